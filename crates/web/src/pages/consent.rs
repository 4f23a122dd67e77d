//! What an application will receive, in plain words, and yes or no.
//!
//! Shows exactly the scopes it is given, each with what it means for the person. Whether to ask at all is decided
//! elsewhere. Both answers are buttons of one form; no is as easy to press as yes.

use askama::Template;
use magpie_domain::locale::Locale;
use magpie_domain::scope::Scope;

use super::{FormTarget, Page, PageContext, WebAddress};
use crate::texts::Texts;

/// What an application will receive, and yes or no.
#[derive(Template)]
#[template(path = "pages/consent.html")]
pub struct Consent {
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
    /// The application's privacy policy (`policy_uri`).
    pub policy: Option<WebAddress>,
}

/// One line of what is asked.
#[derive(Debug)]
pub struct Ask {
    /// The scope's name on the wire.
    pub scope: &'static str,
    /// What it is.
    pub what: &'static str,
    /// What that means.
    pub hint: &'static str,
}

impl std::fmt::Debug for Consent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consent")
            .field("client", &self.client)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl Page for Consent {
    fn marker(&self) -> &'static str {
        "consent"
    }
}

impl Consent {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self {
            ctx: PageContext::sample(lang),
            client: "Grafana".to_owned(),
            form: FormTarget::sample(),
            scopes: Scope::ALL.to_vec(),
            person: Some("小鹊".to_owned()),
            policy: Some(WebAddress::sample()),
        }
    }

    fn asks(&self) -> Vec<Ask> {
        asks(self.ctx.t, &self.scopes)
    }
}

/// What these scopes mean for a person, in words.
pub(super) fn asks(t: &'static Texts, scopes: &[Scope]) -> Vec<Ask> {
    let t = &t.consent;
    let ask = |scope: &Scope| {
        let (what, hint) = match scope {
            Scope::OpenId => (&t.openid, &t.openid_hint),
            Scope::Profile => (&t.profile, &t.profile_hint),
            Scope::Email => (&t.email, &t.email_hint),
            Scope::Groups => (&t.groups, &t.groups_hint),
            Scope::Wechat => (&t.wechat, &t.wechat_hint),
            Scope::OfflineAccess => (&t.offline_access, &t.offline_access_hint),
        };
        Ask { scope: scope.as_str(), what, hint }
    };
    scopes.iter().map(ask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn it_is_sound_and_lists_what_is_asked_and_no_more() {
        for lang in Locale::ALL {
            let html = assert_sound(&Consent::sample(lang), &["allow", "deny"]);
            assert!(html.contains(r#"data-scope="offline_access""#));
            let modest = Consent { scopes: vec![Scope::OpenId], ..Consent::sample(lang) };
            let html = assert_sound(&modest, &["allow", "deny"]);
            assert_eq!(html.matches("data-scope=").count(), 1);
        }
    }

    #[test]
    fn the_person_is_not_in_debug_output() {
        assert!(!format!("{:?}", Consent::sample(Locale::En)).contains("小鹊"));
    }
}
