//! How the visit of a phone came out, and where to look now: at the other screen. One page for every end.

use askama::Template;
use magpie_domain::locale::Locale;
use magpie_oidc::paths::RelayEnd;

use super::{Page, PageContext};
use crate::texts::RelayReasonTexts;

/// How the visit of a phone came out.
#[derive(Debug, Template)]
#[template(path = "pages/relay_done.html")]
pub struct RelayDone {
    /// The frame.
    pub ctx: PageContext,
    /// How.
    pub end: RelayEnd,
}

impl Page for RelayDone {
    fn marker(&self) -> &'static str {
        "relay-done"
    }
}

impl RelayDone {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale, end: RelayEnd) -> Self {
        Self { ctx: PageContext::sample(lang), end }
    }

    fn words(&self) -> &RelayReasonTexts {
        let t = &self.ctx.t.relay_end;
        match self.end {
            RelayEnd::Approved => &t.approved,
            RelayEnd::Refused => &t.refused,
            RelayEnd::WrongNumbers => &t.wrong_numbers,
            RelayEnd::Stopped => &t.stopped,
            RelayEnd::Late => &t.late,
        }
    }

    const fn is_good(&self) -> bool {
        matches!(self.end, RelayEnd::Approved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn each_end_has_words_of_its_own() {
        for lang in Locale::ALL {
            let page = |end| assert_sound(&RelayDone::sample(lang, end), &["relay-done"]);
            let mut seen: Vec<_> = RelayEnd::ALL.into_iter().map(page).collect();
            seen.dedup();
            assert_eq!(seen.len(), RelayEnd::ALL.len());
        }
    }
}
