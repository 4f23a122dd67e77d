//! The QR code of ours on a desktop, the number to choose on the phone, and the way back to the application.
//!
//! The code names the ticket and nothing else; what the answer is fetched with is in the cookie. The page hears of the
//! answer by a script, and reloads itself without one.

use askama::Template;
use magpie_domain::locale::Locale;
use magpie_domain::relay::MatchNumber;

use super::qr::QrPath;
use super::{FormTarget, OwnPath, Page, PageContext};

/// The QR code of ours on a desktop.
#[derive(Template)]
#[template(path = "pages/relay_code.html")]
pub struct RelayCode {
    /// The frame.
    pub ctx: PageContext,
    /// The application's name.
    pub client: String,
    /// Takes `step=cancel`.
    pub form: FormTarget,
    /// The code.
    pub qr: QrPath,
    /// What the person chooses on the phone.
    pub number: MatchNumber,
    /// Where the page hears.
    pub events: OwnPath,
    /// Where it asks.
    pub news: OwnPath,
    /// Where it goes on.
    pub next: OwnPath,
    /// The code of a mini program, which is shown below once it has come.
    pub program_code: Option<OwnPath>,
    /// Seconds until the code is over.
    pub left: i64,
    /// Whether the code is that of a service account, and the number is typed in its chat.
    pub in_chat: bool,
}

/// Whoever sees code and number can answer for the desktop.
impl std::fmt::Debug for RelayCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayCode").field("client", &self.client).finish_non_exhaustive()
    }
}

impl Page for RelayCode {
    fn marker(&self) -> &'static str {
        "relay-code"
    }
}

impl RelayCode {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Option<Self> {
        let address = "https://login.example.com/relay/0123456789abcdefghjkmnpqrs";
        Some(Self {
            ctx: PageContext::sample(lang),
            client: "Grafana".to_owned(),
            form: FormTarget::sample(),
            qr: QrPath::of(address)?,
            number: MatchNumber::of(42)?,
            events: OwnPath::root(),
            news: OwnPath::root(),
            next: OwnPath::root(),
            program_code: None,
            left: 120,
            in_chat: false,
        })
    }

    /// The page for a service account that is followed.
    #[must_use]
    pub fn sample_in_chat(lang: Locale) -> Option<Self> {
        let qr = QrPath::of("http://weixin.qq.com/q/02NV2eC9HAk7OOgjrIA3w3")?;
        Some(Self { qr, in_chat: true, ..Self::sample(lang)? })
    }

    /// The page with the code of a mini program besides.
    #[must_use]
    pub fn sample_with_program(lang: Locale) -> Option<Self> {
        let path = OwnPath::parse("/oauth2/resume/0123456789abcdefghjkmnpqrt/program-code")?;
        Some(Self { program_code: Some(path), ..Self::sample(lang)? })
    }

    fn title(&self) -> String {
        let t = &self.ctx.t;
        let title = if self.in_chat { &t.follow_code.title } else { &t.relay_code.title };
        title.fill("client", &self.client)
    }

    fn number_words(&self) -> &str {
        let t = &self.ctx.t;
        if self.in_chat { &t.follow_code.number } else { &t.relay_code.number }
    }

    fn steps(&self) -> [String; 3] {
        let t = &self.ctx.t;
        if self.in_chat {
            let t = &t.follow_code;
            let number = self.number.to_string();
            [t.step_one.clone(), t.step_two.clone(), t.step_three.fill("number", &number)]
        } else {
            let t = &t.relay_code;
            [t.step_one.clone(), t.step_two.clone(), t.step_three.clone()]
        }
    }

    fn waiting(&self) -> &str {
        let t = &self.ctx.t;
        if self.in_chat { &t.follow_code.waiting } else { &t.relay_code.waiting }
    }

    fn note(&self) -> &str {
        let t = &self.ctx.t;
        if self.in_chat { &t.follow_code.note } else { &t.relay_code.note }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    /// QR-09: the page is the same whatever the request said, but for the application's own name.
    #[test]
    fn it_is_sound_and_says_the_code_the_number_and_where_it_hears() {
        for lang in Locale::ALL {
            let page = RelayCode::sample(lang).unwrap();
            let html = assert_sound(&page, &["qr", "number", "waiting", "cancel"]);
            assert!(html.contains(r#"<strong id="number" dir="ltr">42</strong>"#));
            assert!(html.contains("data-events=") && html.contains("<noscript><meta http-equiv"));
            assert!(
                !html.contains("0123456789abcdefghjkmnpqrs"),
                "the code alone says the address"
            );
        }
        assert!(!format!("{:?}", RelayCode::sample(Locale::En)).contains("42"));
    }

    /// Nobody is told of a second way before it is there.
    #[test]
    fn with_a_mini_program_its_code_is_below_and_hidden_until_it_has_come() {
        for lang in Locale::ALL {
            let page = RelayCode::sample_with_program(lang).unwrap();
            let html = assert_sound(&page, &["qr", "number", "program", "program-code"]);
            assert!(html.contains(r#"<div class="program" id="program" hidden>"#), "{html}");
            assert!(!RelayCode::sample(lang).unwrap().render().unwrap().contains("program"));
        }
    }

    #[test]
    fn with_a_chat_it_says_what_to_do_there() {
        for lang in Locale::ALL {
            let page = RelayCode::sample_in_chat(lang).unwrap();
            let html = assert_sound(&page, &["qr", "number", "waiting", "cancel"]);
            let other = assert_sound(&RelayCode::sample(lang).unwrap(), &["qr"]);
            let steps = |html: &str| html.split("<ol").nth(1).unwrap().to_owned();
            assert_ne!(steps(&html), steps(&other));
            assert!(!html.contains("weixin.qq.com"), "the code alone says the address");
        }
    }
}
