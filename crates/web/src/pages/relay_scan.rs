//! A QR code of ours that was opened elsewhere than in WeChat on a phone: what to do, and what not to.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{Page, PageContext};

/// A QR code of ours that was opened elsewhere than in WeChat on a phone.
#[derive(Debug, Template)]
#[template(path = "pages/relay_scan.html")]
pub struct RelayScan {
    /// The frame.
    pub ctx: PageContext,
}

impl Page for RelayScan {
    fn marker(&self) -> &'static str {
        "relay-scan"
    }
}

impl RelayScan {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self { ctx: PageContext::sample(lang) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn it_is_sound_in_both_languages() {
        for lang in Locale::ALL {
            assert_sound(&RelayScan::sample(lang), &["relay-scan"]);
        }
    }
}
