//! The question for a device: which application asks, what it will learn, the code to compare, and when to say no.
//!
//! A stranger can send a person the code of a device of his own (RFC 8628 §5.4), and nothing but the person can tell the
//! difference. So the warning comes before the buttons, and no is as easy to press as yes.

use askama::Template;
use magpie_domain::locale::Locale;
use magpie_domain::scope::Scope;

use super::consent::{Ask, asks};
use super::{FormTarget, Page, PageContext};

/// The question for a device.
#[derive(Template)]
#[template(path = "pages/device_consent.html")]
pub struct DeviceConsent {
    /// The frame.
    pub ctx: PageContext,
    /// The application's name.
    pub client: String,
    /// Takes `step=allow` or `step=deny`.
    pub form: FormTarget,
    /// What would be granted, in the order to show.
    pub scopes: Vec<Scope>,
    /// The person's display name, so that a wrong account is noticed.
    pub person: Option<String>,
    /// What the device shows.
    pub user_code: String,
}

impl std::fmt::Debug for DeviceConsent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceConsent")
            .field("client", &self.client)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl Page for DeviceConsent {
    fn marker(&self) -> &'static str {
        "device-consent"
    }
}

impl DeviceConsent {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self {
            ctx: PageContext::sample(lang),
            client: "Jellyfin".to_owned(),
            form: FormTarget::sample(),
            scopes: vec![Scope::OpenId, Scope::Profile, Scope::OfflineAccess],
            person: Some("小鹊".to_owned()),
            user_code: "WDJB-MJHT".to_owned(),
        }
    }

    fn asks(&self) -> Vec<Ask> {
        asks(self.ctx.t, &self.scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    /// V4, RFC 8628 §5.4: the warning and the code stand before the buttons.
    #[test]
    fn it_is_sound_and_warns_before_it_asks() {
        for lang in Locale::ALL {
            let ids = ["allow", "deny", "warning", "code"];
            let html = assert_sound(&DeviceConsent::sample(lang), &ids);
            let place = |id: &str| html.find(&format!(r#" id="{id}""#)).unwrap();
            assert!(place("code") < place("warning") && place("warning") < place("allow"));
            assert!(html.contains("WDJB-MJHT") && html.contains("Jellyfin"));
            assert_eq!(html.matches("data-scope=").count(), 3);
        }
    }

    #[test]
    fn neither_person_nor_code_is_in_debug_output() {
        let text = format!("{:?}", DeviceConsent::sample(Locale::En));
        assert!(!text.contains("小鹊") && !text.contains("WDJB"), "{text}");
    }
}
