//! The account page of nobody: what it would show, and how to come to it. Offers no sign-in of its own, since a sign-in
//! always belongs to an application.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{Page, PageContext};

/// The account page of nobody.
#[derive(Debug, Template)]
#[template(path = "pages/not_signed_in.html")]
pub struct NotSignedIn {
    /// The frame.
    pub ctx: PageContext,
}

impl Page for NotSignedIn {
    fn marker(&self) -> &'static str {
        "not-signed-in"
    }
}

impl NotSignedIn {
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
            assert_sound(&NotSignedIn::sample(lang), &["not-signed-in"]);
        }
    }
}
