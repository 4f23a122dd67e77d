//! Where a person types the code that their device shows.
//!
//! A code that came with the address is filled in, to be compared; nothing begins before the button is pressed, and
//! nothing is given before the question that follows.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{FormTarget, Page, PageContext};

/// Where a person types the code that their device shows.
#[derive(Template)]
#[template(path = "pages/device.html")]
pub struct Device {
    /// The frame.
    pub ctx: PageContext,
    /// Takes `user_code`.
    pub form: FormTarget,
    /// The code, where the address had one.
    pub filled: Option<String>,
    /// Whether the last code was none.
    pub wrong: bool,
}

/// Whoever has the code can answer for the device.
impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("wrong", &self.wrong).finish_non_exhaustive()
    }
}

impl Page for Device {
    fn marker(&self) -> &'static str {
        "device"
    }
}

impl Device {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        let form = FormTarget { hidden: Vec::new(), ..FormTarget::sample() };
        Self { ctx: PageContext::sample(lang), form, filled: None, wrong: false }
    }

    /// The page of somebody who came by a QR code.
    #[must_use]
    pub fn sample_filled(lang: Locale) -> Self {
        Self { filled: Some("WDJB-MJHT".to_owned()), ..Self::sample(lang) }
    }

    /// The page after a code that is none.
    #[must_use]
    pub fn sample_wrong(lang: Locale) -> Self {
        Self { wrong: true, ..Self::sample(lang) }
    }

    fn lead(&self) -> &str {
        let t = &self.ctx.t.device;
        if self.filled.is_some() { &t.compare } else { &t.lead }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    /// V4.
    #[test]
    fn it_is_sound_and_a_code_is_filled_in_and_goes_nowhere_by_itself() {
        for lang in Locale::ALL {
            let ids = ["user-code", "continue"];
            let html = assert_sound(&Device::sample(lang), &ids);
            assert!(!html.contains("WDJB") && !html.contains(r#" id="wrong""#));
            let html = assert_sound(&Device::sample_filled(lang), &ids);
            assert!(html.contains(r#"value="WDJB-MJHT""#) && !html.contains("<script"));
            let html = assert_sound(&Device::sample_wrong(lang), &["user-code", "wrong"]);
            assert!(html.contains("aria-invalid"));
        }
    }

    #[test]
    fn the_code_is_not_in_debug_output() {
        assert!(!format!("{:?}", Device::sample_filled(Locale::En)).contains("WDJB"));
    }
}
