//! A QR code of ours that leads nowhere any more: why, and a button for a new one.

use askama::Template;
use magpie_domain::locale::Locale;
use magpie_flows::authorize::RelayLost as Why;

use super::{FormTarget, Page, PageContext};
use crate::texts::RelayReasonTexts;

/// A QR code that leads nowhere any more.
#[derive(Debug, Template)]
#[template(path = "pages/relay_lost.html")]
pub struct RelayLost {
    /// The frame.
    pub ctx: PageContext,
    /// The application's name.
    pub client: String,
    /// Takes `step=continue` and `step=cancel`.
    pub form: FormTarget,
    /// Why.
    pub why: Why,
}

impl Page for RelayLost {
    fn marker(&self) -> &'static str {
        "relay-lost"
    }
}

impl RelayLost {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale, why: Why) -> Self {
        let client = "Grafana".to_owned();
        Self { ctx: PageContext::sample(lang), client, form: FormTarget::sample(), why }
    }

    fn words(&self) -> &RelayReasonTexts {
        let t = &self.ctx.t.relay_lost;
        match self.why {
            Why::Expired => &t.expired,
            Why::Refused => &t.refused,
            Why::WrongNumbers => &t.wrong_numbers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn each_reason_has_words_of_its_own_and_a_way_on_and_back() {
        for lang in Locale::ALL {
            for why in Why::ALL {
                let html = assert_sound(&RelayLost::sample(lang, why), &["continue", "cancel"]);
                assert!(html.contains(&format!(r#"data-why="{}""#, why.as_str())));
            }
        }
    }
}
