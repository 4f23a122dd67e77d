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
    /// Seconds until the code is over.
    pub left: i64,
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
            left: 120,
        })
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
}
