use std::collections::BTreeSet;

use super::Effect::{Misconfigured, PersonRefused, RestartOnce, TryLater, Unexpected};
use super::Turn::{Operator, Person, Wechat};
use super::*;

/// Every number of wechat.md §7. Seen red with 40163 taken for an unknown number.
#[test]
fn every_known_number_has_its_meaning() {
    for (number, help, turn, effect) in [
        (-1, "busy", Wechat, TryLater),
        (40001, "app_secret_invalid", Operator, Misconfigured),
        (40002, "missing_parameter", Operator, Unexpected),
        (40003, "openid_invalid", Operator, Unexpected),
        (40013, "app_id_invalid", Operator, Misconfigured),
        (40014, "token_invalid", Person, Unexpected),
        (40029, "code_invalid", Person, RestartOnce),
        (40030, "token_invalid", Person, Unexpected),
        (40035, "missing_parameter", Operator, Unexpected),
        (40097, "missing_parameter", Operator, Unexpected),
        (40125, "app_secret_invalid", Operator, Misconfigured),
        (40163, "code_used", Person, RestartOnce),
        (40164, "ip_not_allowed", Operator, Misconfigured),
        (40226, "user_blocked", Person, PersonRefused),
        (40243, "app_secret_frozen", Operator, Misconfigured),
        (41001, "missing_parameter", Operator, Unexpected),
        (41002, "missing_parameter", Operator, Misconfigured),
        (41003, "missing_parameter", Operator, Unexpected),
        (41004, "missing_parameter", Operator, Misconfigured),
        (41008, "missing_parameter", Operator, Unexpected),
        (41009, "missing_parameter", Operator, Unexpected),
        (42001, "token_invalid", Person, Unexpected),
        (42002, "token_invalid", Person, Unexpected),
        (42003, "code_expired", Person, RestartOnce),
        (42007, "token_invalid", Person, Unexpected),
        (43002, "unknown", Wechat, Unexpected),
        (43003, "unknown", Wechat, Unexpected),
        (43004, "user_must_follow", Person, PersonRefused),
        (45009, "quota_reached", Operator, TryLater),
        (45011, "too_frequent", Wechat, TryLater),
        (46004, "openid_invalid", Operator, Unexpected),
        (48001, "api_not_authorized", Operator, Misconfigured),
        (48004, "api_banned", Operator, Misconfigured),
        (48017, "retired_ip", Operator, Misconfigured),
        (50001, "user_refused", Person, PersonRefused),
        (50002, "user_limited", Person, PersonRefused),
        (50005, "user_must_follow", Person, PersonRefused),
        (61003, "component_not_authorized", Operator, Misconfigured),
        (61004, "component_not_authorized", Operator, Misconfigured),
        (61005, "component_not_authorized", Operator, TryLater),
        (61006, "component_not_authorized", Operator, TryLater),
        (61007, "component_not_authorized", Operator, Misconfigured),
        (61009, "component_not_authorized", Operator, Misconfigured),
        (61010, "component_not_authorized", Operator, Misconfigured),
        (61011, "component_not_authorized", Operator, Misconfigured),
        (61023, "component_not_authorized", Operator, Misconfigured),
        (61024, "component_not_authorized", Operator, Unexpected),
        (89503, "ip_not_allowed", Operator, Misconfigured),
        (89506, "ip_not_allowed", Operator, Misconfigured),
        (89507, "ip_not_allowed", Operator, Misconfigured),
    ] {
        let meaning = ErrCode::new(number).unwrap().meaning();
        let expected = (help, turn, effect);
        assert_eq!((meaning.help.as_str(), meaning.turn, meaning.effect), expected, "{number}");
    }
}

#[test]
fn any_other_number_is_unknown_and_zero_is_no_refusal() {
    for number in [1, -2, 99_999, 40_000, i64::MIN, i64::MAX] {
        let meaning = ErrCode::new(number).unwrap().meaning();
        assert_eq!((meaning.help, meaning.effect), (HelpKey::Unknown, Unexpected), "{number}");
    }
    assert_eq!(ErrCode::new(0), None);
}

#[test]
fn outcomes_without_a_number_have_their_meaning_too() {
    for (meaning, help, turn, effect) in [
        (Meaning::UNREACHABLE, "unreachable", Wechat, TryLater),
        (Meaning::UNREADABLE, "unreadable", Wechat, Unexpected),
        (Meaning::SNAPSHOT_USER, "snapshot_user", Person, PersonRefused),
        (Meaning::UNION_ID_MISSING, "union_id_missing", Operator, Misconfigured),
    ] {
        assert_eq!((meaning.help.as_str(), meaning.turn, meaning.effect), (help, turn, effect));
    }
}

#[test]
fn a_key_is_stored_under_the_name_that_its_texts_have() {
    let names: BTreeSet<&str> = HelpKey::ALL.into_iter().map(HelpKey::as_str).collect();
    assert_eq!(names.len(), HelpKey::ALL.len());
    for key in HelpKey::ALL {
        let stored = serde_json::to_string(&key).unwrap();
        assert_eq!(stored, format!("\"{}\"", key.as_str()));
        assert_eq!(serde_json::from_str::<HelpKey>(&stored).unwrap(), key);
    }
}

/// wechat.md §5.5.
#[test]
fn three_numbers_ask_for_another_app_level_token() {
    for (number, expected) in [
        (40_001, true),
        (40_014, true),
        (42_001, true),
        (40_029, false),
        (40_164, false),
        (-1, false),
    ] {
        assert_eq!(ErrCode::new(number).unwrap().rejects_app_token(), expected, "{number}");
    }
}
