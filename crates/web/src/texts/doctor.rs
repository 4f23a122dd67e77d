//! What `magpie doctor` and the console say of a finding, in an operator's words.
//!
//! The flow names the problem and what there is to show; this file turns it into text. The keys of the catalog are those
//! of the problems, checks and console pages, no more and no fewer: a test holds them together.

use std::collections::BTreeMap;

use magpie_flows::doctor::Finding;
use serde::Deserialize;

use super::{Phrase, Texts};

/// The words about one problem.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProblemTexts {
    /// What is the matter.
    pub what: Phrase,
    /// What to do about it; none where all is well.
    #[serde(default)]
    pub cure: Option<Phrase>,
}

/// The words around findings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoctorFrame {
    /// Before good news.
    pub good: String,
    /// Before a warning.
    pub warning: String,
    /// Before what somebody has to act on.
    pub act: String,
    /// Before whose turn it is.
    pub turn: String,
    /// Before what to do.
    pub cure: String,
    /// Before the page of WeChat's console.
    pub console: String,
    /// Before the page of the guide.
    pub guide: String,
    /// The last line when nobody has to act.
    pub all_well: String,
    /// The last line otherwise.
    pub somebody_acts: Phrase,
}

/// Every word of the doctor's.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoctorTexts {
    /// The words around findings.
    pub frame: DoctorFrame,
    /// The names of the checks.
    pub check: BTreeMap<String, String>,
    /// The pages of WeChat's consoles.
    pub place: BTreeMap<String, String>,
    /// The problems.
    pub problem: BTreeMap<String, ProblemTexts>,
}

/// One finding in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingWords {
    /// What was looked at.
    pub check: String,
    /// What is the matter.
    pub what: String,
    /// Whose turn it is.
    pub turn: String,
    /// What to do; empty where all is well.
    pub cure: String,
    /// The page of WeChat's console; empty where none helps.
    pub console: String,
}

impl Texts {
    /// A finding in this language.
    #[must_use]
    pub fn finding(&self, finding: &Finding) -> FindingWords {
        let shown = finding.problem.shown();
        let values: Vec<(&str, &str)> =
            shown.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let problem = self.doctor.problem.get(finding.problem.key());
        let place = finding.console.and_then(|page| self.doctor.place.get(page.as_str()));
        let turn = match finding.problem.turn() {
            magpie_wechat::Turn::Person => &self.turn.person,
            magpie_wechat::Turn::Application => &self.turn.application,
            magpie_wechat::Turn::Operator => &self.turn.operator,
            magpie_wechat::Turn::Wechat => &self.turn.wechat,
        };
        let cure = problem.and_then(|words| words.cure.as_ref());
        FindingWords {
            check: self.doctor.check.get(finding.check.as_str()).cloned().unwrap_or_default(),
            what: problem.map(|words| words.what.fill_all(&values)).unwrap_or_default(),
            turn: turn.clone(),
            cure: cure.map(|cure| cure.fill_all(&values)).unwrap_or_default(),
            console: place.cloned().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use magpie_domain::Locale;
    use magpie_flows::doctor::{Check, Console, Problem};

    use super::*;

    fn gaps(phrase: &Phrase, names: &[&str]) -> BTreeSet<String> {
        let filled: Vec<(&str, &str)> = names.iter().map(|name| (*name, "\u{1}")).collect();
        let text = phrase.fill_all(&filled);
        text.split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_problem_has_its_words_in_both_languages_and_shows_what_it_has() {
        for locale in Locale::ALL {
            let texts = &Texts::of(locale).doctor;
            let keys: BTreeSet<_> = Problem::KEYS.iter().map(|(key, _)| *key).collect();
            assert_eq!(keys, texts.problem.keys().map(String::as_str).collect(), "{locale:?}");
            for (key, shown) in Problem::KEYS {
                let words = &texts.problem[*key];
                assert_eq!(gaps(&words.what, shown), BTreeSet::new(), "{key}");
                assert_ne!(words.what, Phrase::default(), "{key}");
                assert_eq!(words.cure.is_none(), key.ends_with("_good"), "{key}");
                if let Some(cure) = &words.cure {
                    assert_eq!(gaps(cure, shown), BTreeSet::new(), "{key}");
                }
            }
        }
    }

    #[test]
    fn every_check_and_every_page_of_a_console_has_its_name() {
        for locale in Locale::ALL {
            let texts = &Texts::of(locale).doctor;
            let checks: BTreeSet<_> = Check::ALL.map(Check::as_str).into();
            assert_eq!(checks, texts.check.keys().map(String::as_str).collect());
            let places: BTreeSet<_> = Console::ALL.map(Console::as_str).into();
            assert_eq!(places, texts.place.keys().map(String::as_str).collect());
        }
    }

    #[test]
    fn a_finding_is_told_with_what_it_shows() {
        let finding = Finding::of_configuration("channels.desktop.id");
        let words = Texts::of(Locale::En).finding(&finding);
        assert!(words.what.contains("channels.desktop.id"), "{words:?}");
        assert_eq!(words.turn, Texts::of(Locale::En).turn.operator);
    }
}
