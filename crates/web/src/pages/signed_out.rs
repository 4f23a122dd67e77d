//! The end of a session: where no application waits for the person, or where applications are told in frames first.
//!
//! Frames open the addresses that applications registered for it (OIDC Front-Channel Logout §2), shut in a sandbox that
//! keeps them from moving this page; a script of our own then follows the link back, which works without it too.
//! The policy of this page alone names their origins.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{OwnPath, Page, PageContext, WebAddress};

/// The end of a session.
#[derive(Template)]
#[template(path = "pages/signed_out.html")]
pub struct SignedOut {
    /// The frame.
    pub ctx: PageContext,
    /// What is opened unseen.
    pub frames: Vec<WebAddress>,
    /// The way back to the application that asked.
    pub next: Option<OwnPath>,
}

/// The addresses name a session.
impl std::fmt::Debug for SignedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedOut").field("frames", &self.frames.len()).finish_non_exhaustive()
    }
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
        Self { ctx: PageContext::sample(lang), frames: Vec::new(), next: None }
    }

    /// The page that tells two applications and then goes on.
    #[must_use]
    pub fn sample_with_frames(lang: Locale) -> Self {
        let frames = vec![WebAddress::sample(), WebAddress::sample()];
        let next = OwnPath::parse("/oauth2/logout?client_id=grafana");
        Self { frames, next, ..Self::sample(lang) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::asset_path;
    use crate::pages::tests::assert_sound;

    /// L11: it says what WeChat does not do. Seen red with a page that does not say so.
    #[test]
    fn it_is_sound_in_both_languages_and_speaks_of_wechat() {
        for lang in Locale::ALL {
            let html = assert_sound(&SignedOut::sample(lang), &["signed-out", "wechat"]);
            assert!(!html.contains("<iframe") && !html.contains("<script"));
        }
    }

    /// L10. Seen red with the frames left out.
    #[test]
    fn with_frames_it_goes_on_with_and_without_its_script() {
        for lang in Locale::ALL {
            let html = assert_sound(&SignedOut::sample_with_frames(lang), &["signed-out", "next"]);
            assert_eq!(html.matches("<iframe").count(), 2);
            assert!(html.contains(asset_path("signed-out.js")));
        }
    }
}
