//! Who is signed in, and which applications hold what; each line has the button that takes it back.
//!
//! Times are told as a span, since a page does not know the reader's time zone. Everything it can do is a POST with a
//! token of this page and session.

use askama::Template;
use magpie_domain::locale::Locale;
use magpie_domain::scope::Scope;
use magpie_domain::{ChannelKind, Lifetime};

use super::{FormTarget, Page, PageContext, WebAddress};

/// Who is signed in, and which applications hold what.
#[derive(Template)]
#[template(path = "pages/account.html")]
pub struct Account {
    /// The frame.
    pub ctx: PageContext,
    /// What the person calls themselves, or their login name.
    pub person: String,
    /// How long ago they signed in.
    pub ago: Lifetime,
    /// Through which kind of channel.
    pub kind: ChannelKind,
    /// What applications hold.
    pub applications: Vec<HeldApplication>,
    /// Takes the wish to sign out.
    pub sign_out: FormTarget,
    /// Takes `client_id` of an application that loses its access.
    pub withdraw: FormTarget,
}

/// An application that holds something.
#[derive(Debug, Clone)]
pub struct HeldApplication {
    /// Its `client_id`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it may read.
    pub scopes: Vec<Scope>,
    /// Where a login at it begins.
    pub start: Option<WebAddress>,
}

/// The name is a person's, the forms hold tokens.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("applications", &self.applications.len())
            .finish_non_exhaustive()
    }
}

impl Page for Account {
    fn marker(&self) -> &'static str {
        "account"
    }
}

impl Account {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        let held = |id: &str, name: &str, scopes: &[Scope]| HeldApplication {
            id: id.to_owned(),
            name: name.to_owned(),
            scopes: scopes.to_vec(),
            start: (id == "grafana").then(WebAddress::sample),
        };
        Self {
            ctx: PageContext::sample(lang),
            person: "小鹊".to_owned(),
            ago: Lifetime::from_hours(3),
            kind: ChannelKind::Website,
            applications: vec![
                held("grafana", "Grafana", &[Scope::OpenId, Scope::Profile]),
                held("tickets", "工单系统", &Scope::ALL),
            ],
            sign_out: FormTarget::sample(),
            withdraw: FormTarget::sample(),
        }
    }

    /// The page of somebody of whom no application holds anything.
    #[must_use]
    pub fn sample_without_applications(lang: Locale) -> Self {
        Self { applications: Vec::new(), ..Self::sample(lang) }
    }

    fn when(&self) -> String {
        let t = &self.ctx.t.account;
        let seconds = self.ago.as_seconds();
        let (phrase, count) = match seconds {
            ..120 => return t.just_now.clone(),
            120..7200 => (&t.minutes_ago, seconds / 60),
            7200..172_800 => (&t.hours_ago, seconds / 3600),
            _ => (&t.days_ago, seconds / 86_400),
        };
        phrase.fill("count", &count.to_string())
    }

    fn how(&self) -> &str {
        let t = &self.ctx.t.account;
        match self.kind {
            ChannelKind::Website => &t.website,
            // The other two open no browser session.
            ChannelKind::ServiceAccount | ChannelKind::MiniProgram | ChannelKind::MobileApp => {
                &t.service_account
            }
            ChannelKind::Wecom => &self.ctx.t.wecom.account,
            ChannelKind::Relay => &t.relay,
            ChannelKind::Follow => &t.follow,
        }
    }

    fn what(&self, held: &HeldApplication) -> String {
        let t = &self.ctx.t.consent;
        let words = held.scopes.iter().map(|scope| match scope {
            Scope::OpenId => t.openid.as_str(),
            Scope::Profile => t.profile.as_str(),
            Scope::Email => t.email.as_str(),
            Scope::Phone => t.phone.as_str(),
            Scope::Groups => t.groups.as_str(),
            Scope::Wechat => t.wechat.as_str(),
            Scope::OfflineAccess => t.offline_access.as_str(),
        });
        words.collect::<Vec<_>>().join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn it_is_sound_with_and_without_applications() {
        for lang in Locale::ALL {
            let html =
                assert_sound(&Account::sample(lang), &["sign-out", "person", "applications"]);
            assert_eq!(html.matches(r#"name="client_id""#).count(), 2);
            assert_eq!(html.matches(r#"rel="noopener noreferrer nofollow""#).count(), 1);
            let html = assert_sound(&Account::sample_without_applications(lang), &["sign-out"]);
            assert!(!html.contains("client_id") && html.contains(r#"id="no-applications""#));
        }
    }

    #[test]
    fn a_span_is_told_in_its_own_unit() {
        let of = |seconds| {
            let ago = Lifetime::from_seconds(seconds);
            Account { ago, ..Account::sample(Locale::En) }.when()
        };
        assert_eq!(of(119), "just now");
        assert_eq!(of(120), "2 minutes ago");
        assert_eq!(of(7199), "119 minutes ago");
        assert_eq!(of(7200), "2 hours ago");
        assert_eq!(of(172_799), "47 hours ago");
        assert_eq!(of(172_800), "2 days ago");
    }

    #[test]
    fn the_person_is_not_in_debug_output() {
        assert!(!format!("{:?}", Account::sample(Locale::En)).contains("小鹊"));
    }
}
