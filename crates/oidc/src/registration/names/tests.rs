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
    for name in
        ["Bank", "应用 2", "Přehled", "Ба\u{301}нк", "위키", "ウィキ", "ويكي", "🐦 Magpie", "a·b"]
    {
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
