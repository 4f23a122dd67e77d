//! The question on the phone: who asks, from where and when as far as known, and which number the other screen shows.
//!
//! A stranger can show a person the code of a desktop of his own (RFC 10027), and nothing but the person can tell the
//! difference. So the facts and the warning come before the numbers, the refusal is the button that stands out, and there
//! is no button that says yes.

use askama::Template;
use magpie_domain::locale::Locale;
use magpie_domain::relay::{MOST_WRONG, MatchNumber};
use magpie_domain::time::Lifetime;

use super::{FormTarget, Page, PageContext};

/// The question on the phone.
#[derive(Template)]
#[template(path = "pages/relay_question.html")]
pub struct RelayQuestion {
    /// The frame.
    pub ctx: PageContext,
    /// The application's name.
    pub client: String,
    /// Takes `step=number` with `number`, and `step=deny`.
    pub form: FormTarget,
    /// Who is signed in on the phone, so that a wrong account is noticed.
    pub person: Option<String>,
    /// The desktop's address.
    pub address: String,
    /// The desktop's browser; empty when it does not say.
    pub browser: String,
    /// How long ago it asked.
    pub ago: Lifetime,
    /// What to choose from.
    pub choices: Vec<MatchNumber>,
    /// How many wrong numbers were chosen.
    pub wrong: u8,
}

/// Addresses and names are of people.
impl std::fmt::Debug for RelayQuestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayQuestion").field("client", &self.client).finish_non_exhaustive()
    }
}

impl Page for RelayQuestion {
    fn marker(&self) -> &'static str {
        "relay-question"
    }
}

impl RelayQuestion {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self {
            ctx: PageContext::sample(lang),
            client: "Grafana".to_owned(),
            form: FormTarget::sample(),
            person: Some("小鹊".to_owned()),
            address: "203.0.113.9".to_owned(),
            browser: "Chrome, Windows".to_owned(),
            ago: Lifetime::from_seconds(20),
            choices: [17, 25, 42, 58, 73, 91].into_iter().filter_map(MatchNumber::of).collect(),
            wrong: 0,
        }
    }

    /// The page after a wrong number, for a desktop that says nothing of itself.
    #[must_use]
    pub fn sample_wrong(lang: Locale) -> Self {
        Self { wrong: 1, browser: String::new(), ..Self::sample(lang) }
    }

    fn when(&self) -> String {
        let seconds = self.ago.as_seconds().to_string();
        self.ctx.t.relay_question.seconds_ago.fill("count", &seconds)
    }

    fn wrong_words(&self) -> String {
        let left = MOST_WRONG.saturating_sub(self.wrong).to_string();
        self.ctx.t.relay_question.wrong.fill("count", &left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    /// QR-05, RFC 10027: facts and warning stand before the numbers, and nothing says yes without one.
    #[test]
    fn it_is_sound_and_tells_what_it_knows_before_it_asks() {
        for lang in Locale::ALL {
            let ids = ["application", "browser", "address", "asked", "person", "warning", "deny"];
            let html = assert_sound(&RelayQuestion::sample(lang), &ids);
            let place = |id: &str| html.find(&format!(r#" id="{id}""#)).unwrap();
            assert!(place("address") < place("warning") && place("warning") < place("number-17"));
            assert_eq!(html.matches(r#" name="number" value=""#).count(), 6);
            for part in ["203.0.113.9", "Chrome, Windows", "20", "小鹊", "Grafana"] {
                assert!(html.contains(part), "{part}");
            }
            assert!(!html.contains(r#" id="wrong""#) && !html.contains(r#"value="allow""#));
            let html = assert_sound(&RelayQuestion::sample_wrong(lang), &["wrong", "browser"]);
            assert!(!html.contains("Chrome"));
        }
    }

    #[test]
    fn neither_person_nor_address_is_in_debug_output() {
        let text = format!("{:?}", RelayQuestion::sample(Locale::En));
        assert!(!text.contains("小鹊") && !text.contains("203.0"), "{text}");
    }
}
