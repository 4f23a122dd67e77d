//! What WeChat says of a person, made fit to be kept, shown and put into claims.
//! Owns what a name and a picture may be; whatever is not fit is left out, and never stops a login (case WX-14).
//! Nothing that leaves here is blank, a placeholder or a control character. [`crate::judge`] calls it.

use magpie_domain::{Gender, Profile};
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

use crate::reply::userinfo::UserinfoReply;

/// The longest name kept, in characters. Whole graphemes only: no emoji is cut in two.
const LONGEST_NAME: usize = 64;

/// How much of a nickname is looked at, in characters; WeChat itself allows far less.
const LONGEST_NICKNAME: usize = 1024;

/// The longest picture URL kept, in bytes.
const LONGEST_PICTURE: usize = 512;

/// What WeChat calls somebody whose name it does not tell (since 2022, wechat.md §3.4).
const PLACEHOLDER: &str = "微信用户";

/// The picture of somebody whose picture WeChat does not tell: a grey figure, at whatever size.
const GREY_FIGURE: &str = "/POgEwh4mIHO4nibH0KlMECNjjGxQUq24ZEaGT4poC6icRiccVGKSyXwibcPq4BWmiaIGuG1icwxaQX6grC9VemZoJ8rg/";

/// Where pictures may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AvatarHosts<'a> {
    /// WeChat's own hosts, `*.qlogo.cn`.
    Wechat,
    /// Those and one origin, such as `http://127.0.0.1:8400`: the simulator's, in development.
    Also(&'a str),
}

/// Cleans what WeChat said.
#[must_use]
pub fn clean(reply: &UserinfoReply, avatars: AvatarHosts<'_>) -> Profile {
    Profile {
        name: reply.nickname.as_deref().and_then(name),
        picture: reply.headimgurl.as_deref().and_then(|url| picture(url, avatars)),
        gender: reply.sex.and_then(gender),
        locale: reply.language.as_deref().and_then(locale),
    }
}

/// A nickname without what cannot be seen or turns text around, in NFC, at most 64 characters.
fn name(nickname: &str) -> Option<String> {
    let kept = nickname.chars().take(LONGEST_NICKNAME).filter(|c| !is_unfit(*c));
    let normal: String = kept.nfc().collect();
    let trimmed = normal.trim();
    let mut text = String::new();
    let mut length = 0_usize;
    for grapheme in trimmed.graphemes(true) {
        length = length.saturating_add(grapheme.chars().count());
        if length > LONGEST_NAME {
            break;
        }
        text.push_str(grapheme);
    }
    let text = text.trim_end();
    let shows = text.chars().any(|c| !c.is_whitespace() && !is_invisible(c));
    (shows && text != PLACEHOLDER).then(|| text.to_owned())
}

/// Characters that no name may hold: controls, line ends, private use (old SoftBank emoji among them), direction
/// marks, byte order marks and code points that are no characters.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}'
            | '\u{FDD0}'..='\u{FDEF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Characters that a name may hold but not consist of: joiners and variation selectors of emoji, fillers, blanks.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200C}' | '\u{200D}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

/// An avatar's URL on a host of WeChat's, as https; `None` for everything else.
fn picture(text: &str, avatars: AvatarHosts<'_>) -> Option<String> {
    picture_on(text, &[".qlogo.cn"], avatars)
}

/// The same on hosts whose names have one of these ends.
pub(crate) fn picture_on(text: &str, hosts: &[&str], avatars: AvatarHosts<'_>) -> Option<String> {
    // A parser would quietly drop tabs and line ends, and encode the rest.
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https")
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return None;
    }
    url.set_fragment(None);
    let is_simulated = match avatars {
        AvatarHosts::Wechat => false,
        AvatarHosts::Also(origin) => url.origin().ascii_serialization() == origin,
    };
    if !is_simulated {
        let is_own = |host: &str| hosts.iter().any(|end| host.ends_with(end));
        let from_wechat = url.port().is_none() && url.domain().is_some_and(is_own);
        if !from_wechat {
            return None;
        }
        if url.path().contains(GREY_FIGURE) {
            return None;
        }
        // Old records say http; the hosts serve both.
        url.set_scheme("https").ok()?;
    }
    let written = String::from(url);
    (written.len() <= LONGEST_PICTURE).then_some(written)
}

pub(crate) const fn gender(sex: i64) -> Option<Gender> {
    match sex {
        1 => Some(Gender::Male),
        2 => Some(Gender::Female),
        _ => None,
    }
}

/// `zh_CN` as the BCP 47 tag `zh-CN`; `None` for what has not the shape of a tag.
fn locale(language: &str) -> Option<String> {
    let tag = language.trim().replace('_', "-");
    let is_subtag = |text: &str| {
        (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let primary = tag.split('-').next().unwrap_or_default();
    let is_primary =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    (tag.len() <= 35 && is_primary && tag.split('-').all(is_subtag)).then_some(tag)
}

#[cfg(test)]
mod tests;
