//! `push` of a channel: what its account tells us unasked, and by what that proves itself.

use std::net::IpAddr;

use magpie_domain::{Push, PushFormat, Secret};
use magpie_wechat::push::is_encoding_aes_key;
use url::{Host, Url};

use super::secrets::{self, SecretKeys};
use super::section::Section;

const WHERE: &str = "the console of the account, where the address of pushes is entered: 公众平台 → 设置与开发 → \
开发接口管理 → 消息推送 (服务器配置), or 开放平台 → 管理中心 → 网站应用 → 消息与事件接收";

const TOKEN: SecretKeys =
    SecretKeys { inline: "token", file: "token_file", where_to_find: WHERE, strict: false };
const KEY: SecretKeys = SecretKeys {
    inline: "encoding_aes_key",
    file: "encoding_aes_key_file",
    where_to_find: WHERE,
    strict: false,
};

/// Reads the table; a wrong one has been reported by then.
pub(super) fn read(mut section: Section<'_>) -> Option<Push> {
    let token = secret(&mut section, TOKEN, "the token (令牌) is missing");
    let key = secret(&mut section, KEY, "the EncodingAESKey (消息加解密密钥) is missing");
    let token = token.filter(|token| is_token(&section, token));
    let key = key.filter(|key| is_key(&section, key));
    let formats = [("xml", PushFormat::Xml), ("json", PushFormat::Json)];
    let format = section.one_of("format", &formats).unwrap_or(PushFormat::Xml);
    let wanted = "the address of your other system: https, or http to a host inside your network";
    let forward_to = section.parse("forward_to", wanted, forward_to);
    section.finish();
    Some(Push { token: token?, encoding_aes_key: key?, format, forward_to })
}

fn secret(section: &mut Section<'_>, keys: SecretKeys, missing: &str) -> Option<Secret<String>> {
    let given = secrets::read(section, keys);
    if !given.was_given {
        section.refuse_quietly(keys.inline, missing, keys.where_to_find);
    }
    given.secret
}

/// 3 to 32 letters and digits, as the console demands.
fn is_token(section: &Section<'_>, token: &Secret<String>) -> bool {
    let text = token.expose();
    let fits = (3..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        let problem = "a token (令牌) is 3 to 32 letters and digits";
        section.refuse_quietly(TOKEN.inline, problem, TOKEN.where_to_find);
    } else if text.len() < 16 {
        let problem = "whoever guesses the token can sign pushes";
        section.warn(
            TOKEN.file,
            problem,
            "take one of 32 letters and digits, here and in the console",
        );
    }
    fits
}

fn is_key(section: &Section<'_>, key: &Secret<String>) -> bool {
    let fits = is_encoding_aes_key(key.expose());
    if !fits {
        let letters = key.expose().chars().count();
        let problem = format!(
            "an EncodingAESKey is 43 letters and digits, and this has {letters} characters"
        );
        let cure = "copy it whole, without the `=` that some libraries put behind it";
        section.refuse_quietly(KEY.inline, &problem, cure);
    }
    fits
}

/// The operator's own address, so it may be inside the house, where an address that a stranger chose may not be.
/// What goes there is encrypted, so http is good enough inside.
fn forward_to(text: &str) -> Result<String, &'static str> {
    let url = Url::parse(text).map_err(|_quotes_the_text| "this is no address")?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("an address to forward to has no user, password or fragment");
    }
    match url.scheme() {
        "https" => Ok(text.to_owned()),
        "http" if is_inside(&url) => Ok(text.to_owned()),
        "http" => Err("http would cross the Internet"),
        _ => Err("this is neither https nor http"),
    }
}

/// Loopback, a private address, or a name without a dot, as containers have.
fn is_inside(url: &Url) -> bool {
    let is_near = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    };
    match url.host() {
        Some(Host::Ipv4(address)) => is_near(address.into()),
        Some(Host::Ipv6(address)) => is_near(address.into()),
        Some(Host::Domain(name)) => !name.contains('.') || name.ends_with(".internal"),
        None => false,
    }
}
