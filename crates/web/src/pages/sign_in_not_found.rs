//! A callback that comes without its sealed attempt: another browser, a crawler, a late reload.
//!
//! Neutral by design: it neither confirms nor denies that the sign-in exists (case WX-10).

use askama::Template;
use magpie_domain::locale::Locale;

use super::{Page, PageContext};

/// A callback that comes without its sealed attempt: another browser, a crawler, a late reload.
#[derive(Debug, Template)]
#[template(path = "pages/sign_in_not_found.html")]
pub struct SignInNotFound {
    /// The frame.
    pub ctx: PageContext,
}

impl Page for SignInNotFound {
    fn marker(&self) -> &'static str {
        "sign-in-not-found"
    }
}

impl SignInNotFound {
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
            assert_sound(&SignInNotFound::sample(lang), &[]);
        }
    }
}
