//! Every word about WeCom (企业微信), which is not WeChat: on the pages they share, on its own page, and for its refusals.

use serde::Deserialize;

use super::Phrase;
use super::catalog::section;
use super::wechat_help::{Help, help_table};

section! {
    /// An ordinary browser of a phone, where WeCom is the only way.
    OpenInWecomTexts {
        title: String,
        lead: Phrase,
        link: String,
        step_one: String,
        step_two: String,
        begin: Phrase,
        other_device: Phrase,
        cancel: Phrase,
    }
}

section! {
    /// Everything about WeCom.
    WecomTexts {
        name: String,
        hint: String,
        choose_lead: Phrase,
        lead: Phrase,
        note: String,
        button: String,
        fresh_lead: Phrase,
        fresh_button: String,
        account: String,
        turn: String,
        error_title: String,
        open: OpenInWecomTexts,
        help: WecomHelp,
    }
}

help_table! {
    /// Refusals that WeCom answers to our server, and ours of whom it sends, by help key without its `wecom_`
    /// (wechat.md section 12.3).
    WecomHelp:
    busy, too_frequent, code_invalid, corp_id_invalid, secret_invalid, token_invalid, agent_invalid, missing_parameter,
    api_not_permitted, domain_not_trusted, out_of_range, app_disabled, ip_not_allowed, member_unknown, ticket_invalid,
    not_a_member, unreachable, unreadable, unknown,
}

impl WecomTexts {
    /// The words for a help key of WeCom's; nothing for WeChat's.
    #[must_use]
    pub fn help_of(&self, key: &str) -> Option<&Help> {
        self.help.get(key.strip_prefix("wecom_")?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Turn;

    /// A turn of WeCom's is written as WeChat's in the catalog; the page says which of the two it is.
    #[test]
    fn waiting_for_wecom_is_called_so() {
        let texts = crate::texts::Texts::of(magpie_domain::Locale::En);
        assert_eq!(texts.wecom.help.busy.turn, Turn::Wechat);
        assert_ne!(texts.wecom.turn, texts.turn.wechat);
    }
}
