//! The page before WeChat: which application asks, one button onwards, one way back.
//!
//! The tap on its button is what keeps WeChat from answering with a preview (wechat.md section 4), and its way back is
//! the only one there is, since WeChat tells nobody about a refusal (section 1.5). A demand for a fresh sign-in
//! (`prompt=login`, `max_age`) has words of its own.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{FormTarget, Page, PageContext};

/// The page before WeChat.
#[derive(Debug, Template)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, read by name")]
#[template(path = "pages/interstitial.html")]
pub struct Interstitial {
    /// The frame.
    pub ctx: PageContext,
    /// The application's name.
    pub client: String,
    /// Takes `step=continue` and `step=cancel`.
    pub form: FormTarget,
    /// Whether the person is signed in and has to prove it once more.
    pub fresh: bool,
    /// Whether it is for a device: there is no application to go back to.
    pub device: bool,
    /// Whether the way leads to WeCom rather than to WeChat.
    pub wecom: bool,
    /// Whether WeChat was asked in silence who this is, and who it is with us is not known by that.
    pub unknown_yet: bool,
}

impl Page for Interstitial {
    fn marker(&self) -> &'static str {
        "interstitial"
    }
}

impl Interstitial {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self {
            ctx: PageContext::sample(lang),
            client: "Grafana".to_owned(),
            form: FormTarget::sample(),
            fresh: false,
            device: false,
            wecom: false,
            unknown_yet: false,
        }
    }

    fn title(&self) -> String {
        let texts = &self.ctx.t.interstitial;
        if self.fresh {
            texts.fresh_title.clone()
        } else {
            texts.title.fill("client", &self.client)
        }
    }

    fn lead(&self) -> String {
        let texts = &self.ctx.t.interstitial;
        let wecom = &self.ctx.t.wecom;
        let lead = match (self.wecom, self.fresh) {
            (false, false) if self.unknown_yet => &texts.unknown_yet,
            (false, false) => &texts.lead,
            (false, true) => &texts.fresh_lead,
            (true, false) => &wecom.lead,
            (true, true) => &wecom.fresh_lead,
        };
        lead.fill("client", &self.client)
    }

    fn button(&self) -> &str {
        let (texts, wecom) = (&self.ctx.t.interstitial, &self.ctx.t.wecom);
        match (self.wecom, self.fresh) {
            (false, false) => &texts.button,
            (false, true) => &texts.fresh_button,
            (true, false) => &wecom.button,
            (true, true) => &wecom.fresh_button,
        }
    }

    fn note(&self) -> &str {
        if self.wecom { &self.ctx.t.wecom.note } else { &self.ctx.t.interstitial.note }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn it_is_sound_in_both_languages() {
        for lang in Locale::ALL {
            for fresh in [false, true] {
                let html = assert_sound(
                    &Interstitial { fresh, ..Interstitial::sample(lang) },
                    &["continue", "cancel"],
                );
                assert!(
                    html.contains(r#"name="step" value="continue""#)
                        && html.contains(r#"name="step" value="cancel""#)
                );
                assert_eq!(
                    html.matches(r#"name="attempt" value="sample""#).count(),
                    2,
                    "both forms carry the attempt"
                );
            }
        }
    }

    #[test]
    fn a_demand_for_a_fresh_sign_in_says_so() {
        let page = Interstitial::sample(Locale::En);
        let fresh = Interstitial { fresh: true, ..Interstitial::sample(Locale::En) };
        assert!(fresh.render().unwrap().contains("once more"));
        assert!(!page.render().unwrap().contains("once more"));
    }

    /// Whoever was sent through WeChat in silence hears why a button comes all the same.
    #[test]
    fn somebody_who_is_not_known_yet_is_told_that_it_is_for_once() {
        for (lang, word) in [(Locale::En, "this time"), (Locale::ZhCn, "这一次")] {
            let page = Interstitial { unknown_yet: true, ..Interstitial::sample(lang) };
            let html = assert_sound(&page, &["continue", "cancel"]);
            assert!(html.contains(word), "{html}");
            assert!(!Interstitial::sample(lang).render().unwrap().contains(word));
        }
    }

    /// Whoever goes to WeCom is told so, in every sentence.
    #[test]
    fn the_way_to_wecom_says_wecom() {
        for fresh in [false, true] {
            let page = Interstitial { wecom: true, fresh, ..Interstitial::sample(Locale::En) };
            let html = assert_sound(&page, &["continue", "cancel"]);
            assert!(html.contains("WeCom") && !html.contains("WeChat"), "{html}");
        }
    }
}
