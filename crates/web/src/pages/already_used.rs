//! A callback whose answer has been given and is no longer kept.
//!
//! It offers no retry: the application alone can start again.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{Page, PageContext};

/// A callback whose answer has been given and is no longer kept.
#[derive(Debug, Template)]
#[template(path = "pages/already_used.html")]
pub struct AlreadyUsed {
    /// The frame.
    pub ctx: PageContext,
}

impl Page for AlreadyUsed {
    fn marker(&self) -> &'static str {
        "already-used"
    }
}

impl AlreadyUsed {
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
            assert_sound(&AlreadyUsed::sample(lang), &[]);
        }
    }
}
