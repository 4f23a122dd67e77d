//! The two languages of the pages, and which of them a person gets.

use serde::{Deserialize, Serialize};

/// A language that every page exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Locale {
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    ZhCn,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Locale {
    /// Both languages, the first being the default of an issuer that says nothing.
    pub const ALL: [Self; 2] = [Self::ZhCn, Self::En];

    /// The BCP 47 tag, as in `<html lang>`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
        }
    }

    /// Reads one language tag: anything Chinese is zh-CN, anything English is en, the rest is unknown.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().trim();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::ZhCn)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }
}

/// Chooses the language: what the application asked (`ui_locales`, OIDC Core §3.1.2.1), what the person chose before,
/// what the browser says (`Accept-Language`), else `fallback`.
#[must_use]
pub fn negotiate(
    ui_locales: Option<&str>,
    chosen: Option<Locale>,
    accept_language: Option<&str>,
    fallback: Locale,
) -> Locale {
    let asked = ui_locales.and_then(|tags| tags.split(' ').take(16).find_map(Locale::from_tag));
    asked.or(chosen).or_else(|| accept_language.and_then(best_accepted)).unwrap_or(fallback)
}

/// The most wanted language of an `Accept-Language` header that we have; earlier wins among equals.
fn best_accepted(header: &str) -> Option<Locale> {
    let mut best: Option<(u32, Locale)> = None;
    for range in header.split(',').take(32) {
        let mut parts = range.split(';');
        let Some(locale) = parts.next().and_then(|tag| Locale::from_tag(tag.trim())) else {
            continue;
        };
        let weight = parts.find_map(|p| p.trim().strip_prefix("q=")).map_or(1000, thousandths);
        if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, locale));
        }
    }
    best.map(|(_, locale)| locale)
}

/// Reads a quality value such as `0.8` as thousandths; nonsense counts as zero.
fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let mut padded: String = fraction.chars().take(3).collect();
    while padded.len() < 3 {
        padded.push('0');
    }
    match (whole, padded.parse::<u32>()) {
        ("1", _) => 1000,
        ("0", Ok(value)) => value,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Locale::{En, ZhCn};

    #[test]
    fn a_person_gets_the_language_that_was_asked_for_most_directly() {
        for (ui, chosen, accept, expected) in [
            (None, None, None, ZhCn),
            (Some("se fr en"), Some(ZhCn), Some("zh"), En),
            (Some("se"), Some(ZhCn), Some("en"), ZhCn),
            (None, None, Some("fr, en;q=0.4, zh-Hant-TW;q=0.9"), ZhCn),
            (None, None, Some("zh;q=0, en;q=0.1"), En),
            (None, None, Some("*, ;;q=abc"), ZhCn),
        ] {
            assert_eq!(
                negotiate(ui, chosen, accept, ZhCn),
                expected,
                "{ui:?} {chosen:?} {accept:?}"
            );
        }
    }
}
