//! What people will see of an application that nobody vouches for: its name must not look like another one's.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use magpie_domain::WebUrl;

use super::members::{Members, member};
use crate::error::OAuthError;

/// Most characters of a name; `Client::new` holds everybody to it.
const LONGEST: usize = 100;

/// The plain name counts, not `client_name#…`; without one, where people would be sent.
pub(super) fn shown(members: Members<'_>, redirect_uris: &[String]) -> Result<String, OAuthError> {
    let member = member!("client_name", "1 to 100 characters, none of them invisible");
    if let Some(name) = members.text(member)? {
        let visible = !name.trim().is_empty() && !name.chars().any(misleads);
        return if visible { Ok(name.to_owned()) } else { Err(member.wrong) };
    }
    let first = redirect_uris.first().map(String::as_str).unwrap_or_default();
    let host = WebUrl::parse(first).ok().and_then(|url| url.host());
    let scheme = || first.split(':').next().unwrap_or_default().to_owned();
    Ok(end_of(host.unwrap_or_else(scheme)))
}

/// A host is owned from its end: `bank.example.….evil.example` must not be cut to what somebody put before it.
fn end_of(host: String) -> String {
    let surplus = host.chars().count().saturating_sub(LONGEST);
    if surplus == 0 {
        return host;
    }
    // One more makes room for the mark.
    let end: String = host.chars().skip(surplus.saturating_add(1)).collect();
    format!("…{end}")
}

/// Characters that nobody sees and that turn others around (UTS 55 §3.1): those that a renderer may leave out (UAX 44,
/// `Default_Ignorable_Code_Point`), format characters, the breaks of lines and paragraphs, and the Braille pattern without
/// a dot, which is drawn as nothing.
fn misleads(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
        || c == '\u{2800}'
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(name: &str) -> Result<String, OAuthError> {
        let body = json!({ "client_name": name });
        shown(Members(body.as_object().unwrap()), &[])
    }

    fn nameless(uri: &str) -> String {
        shown(Members(&serde_json::Map::new()), &[uri.to_owned()]).unwrap()
    }

    /// Seen red with the marks of direction alone refused.
    #[test]
    fn what_nobody_sees_is_in_no_name() {
        for c in [
            '\u{AD}',
            '\u{34F}',
            '\u{600}',
            '\u{61C}',
            '\u{115F}',
            '\u{1160}',
            '\u{17B4}',
            '\u{180B}',
            '\u{180E}',
            '\u{200B}',
            '\u{200D}',
            '\u{200F}',
            '\u{2028}',
            '\u{2029}',
            '\u{202A}',
            '\u{202E}',
            '\u{2060}',
            '\u{2069}',
            '\u{206F}',
            '\u{2800}',
            '\u{3164}',
            '\u{FE00}',
            '\u{FE0F}',
            '\u{FEFF}',
            '\u{FFA0}',
            '\u{FFF9}',
            '\u{1D173}',
            '\u{E0000}',
            '\u{E0041}',
            '\u{E007F}',
            '\u{E0100}',
        ] {
            assert!(named(&format!("Ba{c}nk")).is_err(), "U+{:04X}", u32::from(c));
        }
        for name in [
            "Bank",
            "应用 2",
            "Přehled",
            "Ба\u{301}нк",
            "위키",
            "ウィキ",
            "ويكي",
            "🐦 Magpie",
            "a·b",
        ] {
            assert_eq!(named(name).as_deref(), Ok(name));
        }
    }

    /// Seen red with the first characters kept.
    #[test]
    fn who_has_no_name_is_called_by_the_end_of_its_host() {
        assert_eq!(nameless("https://app.example/cb"), "app.example");
        assert_eq!(nameless("com.example.app:/cb"), "com.example.app");
        let before = "bank.example.".repeat(10);
        let name = nameless(&format!("https://{before}evil.example/cb"));
        assert_eq!(name.chars().count(), LONGEST);
        assert!(name.starts_with('…') && name.ends_with(".bank.example.evil.example"), "{name}");
        let whole = format!("{}.example", "a".repeat(LONGEST - 8 - 50) + "." + &"b".repeat(49));
        assert_eq!(nameless(&format!("https://{whole}/cb")), whole);
    }
}
