//! How the visit with a device's code came out, and where to go: back to the device. One page for every end.

use askama::Template;
use magpie_domain::locale::Locale;
use magpie_oidc::paths::DeviceEnd;

use super::{Page, PageContext};
use crate::texts::DeviceEndTexts;

/// How the visit with a device's code came out.
#[derive(Debug, Template)]
#[template(path = "pages/device_done.html")]
pub struct DeviceDone {
    /// The frame.
    pub ctx: PageContext,
    /// How.
    pub end: DeviceEnd,
}

impl Page for DeviceDone {
    fn marker(&self) -> &'static str {
        "device-done"
    }
}

impl DeviceDone {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale, end: DeviceEnd) -> Self {
        Self { ctx: PageContext::sample(lang), end }
    }

    fn words(&self) -> &DeviceEndTexts {
        let t = &self.ctx.t.device_end;
        match self.end {
            DeviceEnd::Allowed => &t.allowed,
            DeviceEnd::Refused => &t.refused,
            DeviceEnd::Stopped => &t.stopped,
            DeviceEnd::Late => &t.late,
        }
    }

    const fn is_good(&self) -> bool {
        matches!(self.end, DeviceEnd::Allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn each_end_is_sound_and_has_its_own_words() {
        for lang in Locale::ALL {
            let mut seen = Vec::new();
            for end in DeviceEnd::ALL {
                let html = assert_sound(&DeviceDone::sample(lang, end), &["device-done"]);
                assert!(html.contains(&format!(r#"data-end="{}""#, end.as_str())));
                seen.push(html);
            }
            seen.dedup();
            assert_eq!(seen.len(), DeviceEnd::ALL.len());
        }
    }
}
