//! Every word that people read, in both languages.
//!
//! Owns the catalog in `templates/locales/`: one file per language, read once into [`Texts`], whose fields the templates
//! name. A missing or unknown key is refused when the file is read; a test reads both files and compares them.
//! Pages, the error table and the operator's log read from here. Answers for programs do not: they are fixed English.

mod catalog;
mod doctor;
mod phrase;
mod wechat_help;
mod wecom;

use std::sync::LazyLock;

use magpie_domain::locale::Locale;

pub use catalog::*;
pub use doctor::{DoctorTexts, FindingWords};
pub use phrase::{BrokenPhrase, Phrase};
pub use wechat_help::{Help, Turn, WechatHelp, WechatPageHelp};
pub use wecom::{OpenInWecomTexts, WecomHelp, WecomTexts};

const ZH_CN: &str = include_str!("../../../../templates/locales/zh-CN.toml");
const EN: &str = include_str!("../../../../templates/locales/en.toml");

static ZH_CN_TEXTS: LazyLock<Texts> = LazyLock::new(|| read_or_blank(ZH_CN));
static EN_TEXTS: LazyLock<Texts> = LazyLock::new(|| read_or_blank(EN));

impl Texts {
    /// The texts of a language, read on first use and kept.
    #[must_use]
    pub fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::ZhCn => &ZH_CN_TEXTS,
            Locale::En => &EN_TEXTS,
        }
    }

    /// What leads away from a page: back to the application, or, since a device has no page of its own to go back to, to the
    /// end of its sign-in.
    #[must_use]
    pub fn way_back(&self, client: &str, for_device: bool) -> String {
        if for_device {
            self.common.device_back.clone()
        } else {
            self.common.back.fill("client", client)
        }
    }

    /// The name of a party that can act, in this language.
    #[must_use]
    pub fn turn_name(&self, turn: Turn) -> &str {
        match turn {
            Turn::Person => &self.turn.person,
            Turn::Application => &self.turn.application,
            Turn::Operator => &self.turn.operator,
            Turn::Wechat => &self.turn.wechat,
        }
    }
}

/// The files are part of the program and a test reads both, so a broken one never ships. Should one do so all the same,
/// a page without words keeps its ids, buttons and status; a panic in a request would take even those away.
fn read_or_blank(file: &str) -> Texts {
    toml::from_str(file).unwrap_or_else(|cause| {
        tracing::error!(%cause, "a catalog of texts is broken; pages have no words");
        Texts::default()
    })
}

#[cfg(test)]
mod tests;
