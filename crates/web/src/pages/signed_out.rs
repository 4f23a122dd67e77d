//! The end of a session, where no application waits for the person.
//!
//! With a registered return address the browser is sent there instead (OIDC RP-Initiated Logout §3).

use askama::Template;
use magpie_domain::locale::Locale;

use super::{Page, PageContext};

/// The end of a session, where no application waits for the person.
#[derive(Debug, Template)]
#[template(path = "pages/signed_out.html")]
pub struct SignedOut {
    /// The frame.
    pub ctx: PageContext,
}

impl Page for SignedOut {
    fn marker(&self) -> &'static str {
        "signed-out"
    }
}

impl SignedOut {
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
            assert_sound(&SignedOut::sample(lang), &["signed-out"]);
        }
    }
}
