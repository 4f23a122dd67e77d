//! An address that nothing answers.
//!
//! It says nothing about what the address was.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{Page, PageContext};

/// An address that nothing answers.
#[derive(Debug, Template)]
#[template(path = "pages/not_found.html")]
pub struct NotFound {
    /// The frame.
    pub ctx: PageContext,
}

impl Page for NotFound {
    fn marker(&self) -> &'static str {
        "not-found"
    }
}

impl NotFound {
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
            assert_sound(&NotFound::sample(lang), &[]);
        }
    }
}
