//! Several ways to sign in: one button each.
//!
//! The page lists what it is given, in that order; which ways suit this browser is decided before. Every button posts
//! its channel's id. What a way is called comes from the operator, else from the catalog.

use askama::Template;
use magpie_domain::channel::ChannelKind;
use magpie_domain::locale::Locale;

use super::{FormTarget, Page, PageContext};
use crate::texts::Texts;

/// Several ways to sign in.
#[derive(Debug, Template)]
#[template(path = "pages/choose_channel.html")]
pub struct ChooseChannel {
    /// The frame.
    pub ctx: PageContext,
    /// The application's name.
    pub client: String,
    /// Takes `step=continue` with `channel`, and `step=cancel`.
    pub form: FormTarget,
    /// The ways, best first.
    pub ways: Vec<Way>,
    /// Whether it is for a device: there is no application to go back to.
    pub device: bool,
}

/// One way to sign in.
#[derive(Debug, Clone)]
pub struct Way {
    /// The channel's id, posted as `channel` and part of the button's element id.
    pub id: String,
    /// Decides the words.
    pub kind: ChannelKind,
    /// What the operator calls it, instead of the catalog's name.
    pub label: Option<String>,
}

impl Way {
    fn name<'a>(&'a self, t: &'a Texts) -> &'a str {
        self.label.as_deref().unwrap_or(match self.kind {
            ChannelKind::Website => &t.choose_channel.website,
            ChannelKind::ServiceAccount => &t.choose_channel.service_account,
            // Never offered to a browser.
            ChannelKind::MiniProgram | ChannelKind::MobileApp => &self.id,
            ChannelKind::Wecom => &t.wecom.name,
            ChannelKind::Relay => &t.choose_channel.relay,
            ChannelKind::Follow => &t.choose_channel.follow,
        })
    }

    fn hint<'a>(&self, t: &'a Texts) -> &'a str {
        match self.kind {
            ChannelKind::Website => &t.choose_channel.website_hint,
            ChannelKind::ServiceAccount => &t.choose_channel.service_account_hint,
            ChannelKind::MiniProgram | ChannelKind::MobileApp => "",
            ChannelKind::Wecom => &t.wecom.hint,
            ChannelKind::Relay => &t.choose_channel.relay_hint,
            ChannelKind::Follow => &t.choose_channel.follow_hint,
        }
    }
}

impl Page for ChooseChannel {
    fn marker(&self) -> &'static str {
        "choose-channel"
    }
}

impl ChooseChannel {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        let way = |id: &str, kind| Way { id: id.to_owned(), kind, label: None };
        Self {
            ctx: PageContext::sample(lang),
            client: "Grafana".to_owned(),
            form: FormTarget::sample(),
            ways: vec![
                way("desktop", ChannelKind::Website),
                way("inapp", ChannelKind::ServiceAccount),
            ],
            device: false,
        }
    }

    /// The page with a way that is not WeChat's.
    #[must_use]
    pub fn sample_with_wecom(lang: Locale) -> Self {
        let mut page = Self::sample(lang);
        page.ways.retain(|way| way.kind == ChannelKind::Website);
        page.ways.push(Way { id: "office".to_owned(), kind: ChannelKind::Wecom, label: None });
        page
    }

    /// Where WeCom is among the ways, not all of them use a WeChat account.
    fn lead(&self) -> String {
        let texts = self.ctx.t;
        let has_wecom = self.ways.iter().any(|way| way.kind == ChannelKind::Wecom);
        let lead = if has_wecom { &texts.wecom.choose_lead } else { &texts.choose_channel.lead };
        lead.fill("client", &self.client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn it_is_sound_and_has_a_button_for_each_way() {
        for lang in Locale::ALL {
            let html = assert_sound(
                &ChooseChannel::sample(lang),
                &["channel-desktop", "channel-inapp", "cancel"],
            );
            assert!(
                html.contains(r#"name="channel" value="desktop""#)
                    && html.contains(r#"name="channel" value="inapp""#)
            );
        }
    }

    #[test]
    fn beside_wecom_nobody_is_told_that_every_way_is_wechats() {
        for lang in Locale::ALL {
            let (plain, mixed) =
                (ChooseChannel::sample(lang), ChooseChannel::sample_with_wecom(lang));
            let html = assert_sound(&mixed, &["channel-desktop", "channel-office", "cancel"]);
            assert!(!html.contains(&plain.lead()) && html.contains(&mixed.lead()), "{html}");
        }
    }

    #[test]
    fn an_operator_may_name_a_way() {
        let mut page = ChooseChannel::sample(Locale::En);
        page.ways[0].label = Some("Head office".to_owned());
        assert!(page.render().unwrap().contains("<span>Head office</span>"));
    }
}
