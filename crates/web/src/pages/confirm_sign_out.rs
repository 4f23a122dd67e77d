//! The question before a session ends, where nothing proves that the person wants it.
//!
//! A request to sign out may come from anywhere; without an ID token that names this session the person is asked
//! (OIDC RP-Initiated Logout §2). Ends nothing by itself: the post does.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{FormTarget, Page, PageContext};

/// The question before a session ends.
#[derive(Debug, Template)]
#[template(path = "pages/confirm_sign_out.html")]
pub struct ConfirmSignOut {
    /// The frame.
    pub ctx: PageContext,
    /// The application that asks, when it is known.
    pub client: Option<String>,
    /// Takes `step=continue` and `step=cancel`.
    pub form: FormTarget,
}

impl Page for ConfirmSignOut {
    fn marker(&self) -> &'static str {
        "confirm-sign-out"
    }
}

impl ConfirmSignOut {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self {
            ctx: PageContext::sample(lang),
            client: Some("Grafana".to_owned()),
            form: FormTarget::sample(),
        }
    }

    fn lead(&self) -> String {
        let t = &self.ctx.t.confirm_sign_out;
        self.client
            .as_deref()
            .map_or_else(|| t.lead.clone(), |client| t.asked.fill("client", client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn it_is_sound_whether_or_not_the_application_is_known() {
        for lang in Locale::ALL {
            let html = assert_sound(&ConfirmSignOut::sample(lang), &["continue", "cancel"]);
            assert!(html.contains("Grafana"));
            let page = ConfirmSignOut { client: None, ..ConfirmSignOut::sample(lang) };
            assert!(!assert_sound(&page, &["continue", "cancel"]).contains("Grafana"));
        }
    }
}
