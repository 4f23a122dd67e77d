//! What WeCom's return codes mean (wechat.md §12.3). The mechanism is that of WeChat's table; the table is another,
//! since the same number may mean another thing: 40001 is the secret of an app of the organisation's, 50001 the domain of
//! the callback, 50002 a member outside the app's visible range.

use serde::{Deserialize, Serialize};

use super::{Effect, ErrCode, HelpKey, Meaning, Turn};

/// Why a login by WeCom did not succeed, as the name of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WecomKey {
    /// WeCom is busy.
    #[serde(rename = "wecom_busy")]
    Busy,
    /// Too many calls, or too many at once.
    #[serde(rename = "wecom_too_frequent")]
    TooFrequent,
    /// The code is none of this app's, was used, or came too late.
    #[serde(rename = "wecom_code_invalid")]
    CodeInvalid,
    /// WeCom does not know the corp id.
    #[serde(rename = "wecom_corp_id_invalid")]
    CorpIdInvalid,
    /// The secret is wrong, or another organisation's.
    #[serde(rename = "wecom_secret_invalid")]
    SecretInvalid,
    /// The app's token is void, and so was a fresh one.
    #[serde(rename = "wecom_token_invalid")]
    TokenInvalid,
    /// There is no app with this AgentId.
    #[serde(rename = "wecom_agent_invalid")]
    AgentInvalid,
    /// WeCom misses a parameter.
    #[serde(rename = "wecom_missing_parameter")]
    MissingParameter,
    /// The app may not use this interface.
    #[serde(rename = "wecom_api_not_permitted")]
    ApiNotPermitted,
    /// The callback's host and port are not among the app's trusted domains.
    #[serde(rename = "wecom_domain_not_trusted")]
    DomainNotTrusted,
    /// The member is outside the app's visible range.
    #[serde(rename = "wecom_out_of_range")]
    OutOfRange,
    /// The app is switched off.
    #[serde(rename = "wecom_app_disabled")]
    AppDisabled,
    /// Our address is not among the organisation's trusted ones.
    #[serde(rename = "wecom_ip_not_allowed")]
    IpNotAllowed,
    /// The organisation has no such member any more.
    #[serde(rename = "wecom_member_unknown")]
    MemberUnknown,
    /// The person's permission to read their data is void.
    #[serde(rename = "wecom_ticket_invalid")]
    TicketInvalid,
    /// Whoever came is no member of the organisation.
    #[serde(rename = "wecom_not_a_member")]
    NotAMember,
    /// No reply came.
    #[serde(rename = "wecom_unreachable")]
    Unreachable,
    /// The reply made no sense.
    #[serde(rename = "wecom_unreadable")]
    Unreadable,
    /// A number that nobody has explained to us.
    #[serde(rename = "wecom_unknown")]
    Unknown,
}

impl WecomKey {
    /// Every key, so that texts can be checked for completeness.
    pub const ALL: [Self; 19] = [
        Self::Busy,
        Self::TooFrequent,
        Self::CodeInvalid,
        Self::CorpIdInvalid,
        Self::SecretInvalid,
        Self::TokenInvalid,
        Self::AgentInvalid,
        Self::MissingParameter,
        Self::ApiNotPermitted,
        Self::DomainNotTrusted,
        Self::OutOfRange,
        Self::AppDisabled,
        Self::IpNotAllowed,
        Self::MemberUnknown,
        Self::TicketInvalid,
        Self::NotAMember,
        Self::Unreachable,
        Self::Unreadable,
        Self::Unknown,
    ];

    /// The name in texts, logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "wecom_busy",
            Self::TooFrequent => "wecom_too_frequent",
            Self::CodeInvalid => "wecom_code_invalid",
            Self::CorpIdInvalid => "wecom_corp_id_invalid",
            Self::SecretInvalid => "wecom_secret_invalid",
            Self::TokenInvalid => "wecom_token_invalid",
            Self::AgentInvalid => "wecom_agent_invalid",
            Self::MissingParameter => "wecom_missing_parameter",
            Self::ApiNotPermitted => "wecom_api_not_permitted",
            Self::DomainNotTrusted => "wecom_domain_not_trusted",
            Self::OutOfRange => "wecom_out_of_range",
            Self::AppDisabled => "wecom_app_disabled",
            Self::IpNotAllowed => "wecom_ip_not_allowed",
            Self::MemberUnknown => "wecom_member_unknown",
            Self::TicketInvalid => "wecom_ticket_invalid",
            Self::NotAMember => "wecom_not_a_member",
            Self::Unreachable => "wecom_unreachable",
            Self::Unreadable => "wecom_unreadable",
            Self::Unknown => "wecom_unknown",
        }
    }

    /// Who can do something about it.
    #[must_use]
    pub const fn turn(self) -> Turn {
        match self {
            Self::CodeInvalid | Self::TicketInvalid | Self::NotAMember => Turn::Person,
            Self::CorpIdInvalid
            | Self::SecretInvalid
            | Self::AgentInvalid
            | Self::MissingParameter
            | Self::ApiNotPermitted
            | Self::DomainNotTrusted
            | Self::OutOfRange
            | Self::AppDisabled
            | Self::IpNotAllowed
            | Self::MemberUnknown => Turn::Operator,
            Self::Busy
            | Self::TooFrequent
            | Self::TokenInvalid
            | Self::Unreachable
            | Self::Unreadable
            | Self::Unknown => Turn::Wechat,
        }
    }
}

impl From<WecomKey> for HelpKey {
    fn from(key: WecomKey) -> Self {
        Self::Wecom(key)
    }
}

const fn meant(key: WecomKey, effect: Effect) -> Meaning {
    Meaning::new(HelpKey::Wecom(key), effect)
}

/// No reply came: no connection, or none in time.
pub const UNREACHABLE: Meaning = meant(WecomKey::Unreachable, Effect::TryLater);
/// A reply came that is not what the documentation describes (case WX-18).
pub const UNREADABLE: Meaning = meant(WecomKey::Unreadable, Effect::Unexpected);
/// Whoever came is no member, and only members may sign in.
pub const NOT_A_MEMBER: Meaning = meant(WecomKey::NotAMember, Effect::PersonRefused);

/// What a number means when WeCom says it.
#[must_use]
pub const fn meaning(code: ErrCode) -> Meaning {
    use Effect::{Misconfigured, PersonRefused, RestartOnce, TryLater, Unexpected};
    use WecomKey as Key;
    let (key, effect) = match code.number() {
        -1 => (Key::Busy, TryLater),
        45_009 | 45_033 => (Key::TooFrequent, TryLater),
        40_029 => (Key::CodeInvalid, RestartOnce),
        40_001 | 40_091 => (Key::SecretInvalid, Misconfigured),
        40_013 => (Key::CorpIdInvalid, Misconfigured),
        40_056 => (Key::AgentInvalid, Misconfigured),
        // A token that was just fetched again.
        40_014 | 42_001 => (Key::TokenInvalid, TryLater),
        // An empty secret is the operator's; an empty code would be ours.
        41_004 => (Key::MissingParameter, Misconfigured),
        41_008 => (Key::MissingParameter, Unexpected),
        48_002 => (Key::ApiNotPermitted, Misconfigured),
        50_001 => (Key::DomainNotTrusted, Misconfigured),
        // Who may use the app is set in the console; this person cannot, others can.
        50_002 | 60_011 => (Key::OutOfRange, PersonRefused),
        50_003 => (Key::AppDisabled, Misconfigured),
        60_020 => (Key::IpNotAllowed, Misconfigured),
        60_111 => (Key::MemberUnknown, PersonRefused),
        84_014 | 84_015 => (Key::TicketInvalid, RestartOnce),
        _ => (Key::Unknown, Unexpected),
    };
    meant(key, effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number of wechat.md §12.3.
    #[test]
    fn every_known_number_has_its_meaning() {
        use super::super::Effect::{
            Misconfigured, PersonRefused, RestartOnce, TryLater, Unexpected,
        };
        use super::super::Turn::{Operator, Person, Wechat};
        for (number, help, turn, effect) in [
            (-1, "wecom_busy", Wechat, TryLater),
            (40_001, "wecom_secret_invalid", Operator, Misconfigured),
            (40_091, "wecom_secret_invalid", Operator, Misconfigured),
            (40_013, "wecom_corp_id_invalid", Operator, Misconfigured),
            (40_014, "wecom_token_invalid", Wechat, TryLater),
            (42_001, "wecom_token_invalid", Wechat, TryLater),
            (40_029, "wecom_code_invalid", Person, RestartOnce),
            (40_056, "wecom_agent_invalid", Operator, Misconfigured),
            (41_004, "wecom_missing_parameter", Operator, Misconfigured),
            (41_008, "wecom_missing_parameter", Operator, Unexpected),
            (45_009, "wecom_too_frequent", Wechat, TryLater),
            (45_033, "wecom_too_frequent", Wechat, TryLater),
            (48_002, "wecom_api_not_permitted", Operator, Misconfigured),
            (50_001, "wecom_domain_not_trusted", Operator, Misconfigured),
            (50_002, "wecom_out_of_range", Operator, PersonRefused),
            (50_003, "wecom_app_disabled", Operator, Misconfigured),
            (60_011, "wecom_out_of_range", Operator, PersonRefused),
            (60_020, "wecom_ip_not_allowed", Operator, Misconfigured),
            (60_111, "wecom_member_unknown", Operator, PersonRefused),
            (84_014, "wecom_ticket_invalid", Person, RestartOnce),
            (84_015, "wecom_ticket_invalid", Person, RestartOnce),
            (99_999, "wecom_unknown", Wechat, Unexpected),
            (i64::MIN, "wecom_unknown", Wechat, Unexpected),
        ] {
            let meaning = meaning(ErrCode::new(number).unwrap());
            let expected = (help, turn, effect);
            assert_eq!((meaning.help.as_str(), meaning.turn, meaning.effect), expected, "{number}");
        }
    }

    /// One mechanism, two tables: WeChat's word for a number is not WeCom's.
    #[test]
    fn the_same_number_means_another_thing_at_wechat() {
        for number in [40_001, 50_001, 50_002, 40_029, -1] {
            let code = ErrCode::new(number).unwrap();
            assert_ne!(meaning(code).help, code.meaning().help, "{number}");
        }
    }

    #[test]
    fn a_key_is_stored_under_the_name_that_its_texts_have() {
        for key in WecomKey::ALL {
            let stored = serde_json::to_string(&HelpKey::from(key)).unwrap();
            assert_eq!(stored, format!("\"{}\"", key.as_str()));
            assert_eq!(serde_json::from_str::<HelpKey>(&stored).unwrap(), HelpKey::Wecom(key));
        }
        assert!(HelpKey::ALL.iter().all(|key| !key.as_str().starts_with("wecom_")));
    }
}
