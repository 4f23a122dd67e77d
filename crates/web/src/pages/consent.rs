//! What an application will receive, in plain words, and yes or no.
//!
//! Shows exactly the scopes it is given, each with what it means for the person. Whether to ask at all is decided
//! elsewhere. Both answers are buttons of one form; no is as easy to press as yes.

use askama::Template;
use magpie_domain::ClientAbout;
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
    /// Pages of the application's own.
    pub pages: ClientPages,
    /// Where the person would be sent, of an application that registered itself and that nobody vouches for.
    pub unvouched: Option<String>,
}

/// Pages of an application, as links: we never fetch them, and show no picture of theirs.
#[derive(Debug, Clone, Default)]
pub struct ClientPages {
    /// Its home page (`client_uri`).
    pub home: Option<WebAddress>,
    /// Its logo (`logo_uri`).
    pub logo: Option<WebAddress>,
    /// Its privacy policy (`policy_uri`).
    pub policy: Option<WebAddress>,
    /// Its terms of service (`tos_uri`).
    pub terms: Option<WebAddress>,
}

impl ClientPages {
    /// What a client registered, as far as it can be linked to.
    pub(crate) fn of(about: ClientAbout) -> Self {
        let link = |uri: Option<String>| uri.and_then(|uri| WebAddress::parse(&uri));
        Self {
            home: link(about.home),
            logo: link(about.logo),
            policy: link(about.privacy_policy),
            terms: link(about.terms),
        }
    }
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
            pages: ClientPages {
                home: Some(WebAddress::sample()),
                logo: Some(WebAddress::sample()),
                policy: Some(WebAddress::sample()),
                terms: Some(WebAddress::sample()),
            },
            unvouched: None,
        }
    }

    /// The page of an application that nobody vouches for, and that has no pages.
    #[must_use]
    pub fn sample_unvouched(lang: Locale) -> Self {
        let unvouched = Some("https://app.example.com".to_owned());
        Self { unvouched, pages: ClientPages::default(), ..Self::sample(lang) }
    }

    /// The links to the application's pages: their ids, where they lead, what they say.
    fn links(&self) -> Vec<(&'static str, &WebAddress, String)> {
        let (t, pages) = (&self.ctx.t.consent, &self.pages);
        let links = [
            ("home", &pages.home, &t.home),
            ("policy", &pages.policy, &t.policy),
            ("terms", &pages.terms, &t.terms),
            ("logo", &pages.logo, &t.logo),
        ];
        links
            .into_iter()
            .filter_map(|(id, to, text)| {
                to.as_ref().map(|to| (id, to, text.fill("client", &self.client)))
            })
            .collect()
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
            Scope::Phone => (&t.phone, &t.phone_hint),
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

    /// C8: links that tell nobody where somebody came from, and no picture.
    #[test]
    fn pages_of_the_application_are_links_and_an_unvouched_one_is_called_so() {
        for lang in Locale::ALL {
            let html = assert_sound(&Consent::sample(lang), &["home", "policy", "terms", "logo"]);
            assert_eq!(html.matches(r#"rel="noopener noreferrer nofollow""#).count(), 4);
            assert!(!html.contains(r#"id="unvouched""#));
            let html = assert_sound(&Consent::sample_unvouched(lang), &["unvouched"]);
            assert!(
                html.contains("https://app.example.com") && !html.contains("noreferrer nofollow")
            );
        }
    }

    #[test]
    fn the_person_is_not_in_debug_output() {
        assert!(!format!("{:?}", Consent::sample(Locale::En)).contains("小鹊"));
    }
}
