use magpie_domain::Platform;

use super::*;
use crate::samples::{channel, openid, service_account, token, userinfo, website};

fn token_with(more: &str) -> AccessTokenReply {
    token(&format!(
        r#"{{"access_token":"invented","openid":"oAnn","scope":"snsapi_userinfo"{more}}}"#
    ))
}

fn judge(
    channel: &Channel,
    token: &AccessTokenReply,
    profile: Option<&UserinfoReply>,
) -> Result<WechatIdentity, JudgeRefusal> {
    identity(channel, token, profile, AvatarHosts::Wechat)
}

/// Law 6, cases WX-16 and WX-17. Seen red with the check taken out.
#[test]
fn a_snapshot_user_does_not_exist() {
    let channel = service_account("in");
    let profile = userinfo(r#"{"openid":"oAnn","nickname":"Ann"}"#);
    for mark in ["1", "\"1\"", "true", "\"true\"", "2", "\"yes\"", "{}"] {
        let reply = token_with(&format!(r#","is_snapshotuser":{mark}"#));
        for profile in [None, Some(&profile)] {
            assert_eq!(judge(&channel, &reply, profile), Err(JudgeRefusal::SnapshotUser), "{mark}");
        }
        assert!(!wants_profile(&channel, &reply, true), "{mark}");
    }
    for mark in ["0", "\"0\"", "false", "null", "\"\""] {
        let reply = token_with(&format!(r#","is_snapshotuser":{mark}"#));
        assert!(judge(&channel, &reply, None).is_ok(), "{mark}");
    }
    let marked = userinfo(r#"{"openid":"oAnn","is_snapshotuser":1}"#);
    assert_eq!(judge(&channel, &token_with(""), Some(&marked)), Err(JudgeRefusal::SnapshotUser));
}

/// Seen red with the comparison taken out.
#[test]
fn two_replies_about_two_people_make_nobody() {
    let channel = website("qr");
    for (of_token, of_profile, expected) in [
        ("", r#""openid":"oBen""#, JudgeRefusal::OpenIdsDiffer),
        (
            r#","unionid":"uAnn""#,
            r#""openid":"oAnn","unionid":"uBen""#,
            JudgeRefusal::UnionIdsDiffer,
        ),
    ] {
        let profile = userinfo(&format!("{{{of_profile}}}"));
        assert_eq!(judge(&channel, &token_with(of_token), Some(&profile)), Err(expected));
    }
}

#[test]
fn the_unionid_may_come_with_either_reply_and_needs_a_platform() {
    let bound = website("qr");
    let unbound = Channel { platform: None, ..website("qr") };
    for (of_token, of_profile, expected) in [
        ("", "", None),
        (r#","unionid":"""#, "", None),
        (r#","unionid":"uAnn""#, "", Some("uAnn")),
        ("", r#","unionid":"uAnn""#, Some("uAnn")),
        (r#","unionid":"uAnn""#, r#","unionid":"uAnn""#, Some("uAnn")),
        (r#","unionid":"uAnn""#, r#","unionid":"""#, Some("uAnn")),
    ] {
        let reply = token_with(of_token);
        let profile = userinfo(&format!(r#"{{"openid":"oAnn"{of_profile}}}"#));
        let found = judge(&bound, &reply, Some(&profile)).unwrap();
        let union = expected.and_then(UnionId::parse);
        assert_eq!(found.union, Platform::parse("main").zip(union), "{of_token} {of_profile}");
        assert_eq!(judge(&unbound, &reply, Some(&profile)).unwrap().union, None);
    }
}

#[test]
fn an_identity_is_the_account_the_openid_and_a_clean_profile() {
    let channel = website("qr");
    let profile =
        userinfo(r#"{"openid":"oAnn","nickname":" Ann\u0007 ","headimgurl":"javascript:x"}"#);
    let found = judge(&channel, &token_with(""), Some(&profile)).unwrap();
    assert_eq!((found.app_id, found.openid), (channel.account.app_id.clone(), openid("oAnn")));
    assert_eq!(found.profile, Profile { name: Some("Ann".to_owned()), ..Profile::default() });
    assert!(judge(&channel, &token_with(""), None).unwrap().profile.is_empty());
}

#[test]
fn a_profile_is_asked_for_only_where_wechat_would_give_it() {
    let silent =
        channel("in", Way::ServiceAccount { scope: WebScope::SnsapiBase, silent_first: false });
    let (asking, qr) = (service_account("in"), website("qr"));
    for (channel, scope, requested, expected) in [
        (&asking, "snsapi_userinfo", true, true),
        (&asking, "snsapi_userinfo", false, false),
        (&asking, "snsapi_base", true, false),
        (&asking, "snsapi_base,snsapi_userinfo", true, true),
        (&silent, "snsapi_userinfo", true, true),
        (&silent, "snsapi_base", true, false),
        (&silent, "", true, false),
        (&asking, "", true, true),
        (&qr, "", true, true),
        (&qr, "snsapi_login", true, true),
        (&qr, "snsapi_base", true, false),
    ] {
        let reply = token(&format!(r#"{{"access_token":"t","openid":"oAnn","scope":"{scope}"}}"#));
        assert_eq!(wants_profile(channel, &reply, requested), expected, "{} {scope}", channel.id);
    }
}

#[test]
fn a_refusal_of_ours_is_explained_like_one_of_wechats() {
    assert_eq!(JudgeRefusal::SnapshotUser.meaning().help.as_str(), "snapshot_user");
    assert_eq!(JudgeRefusal::OpenIdsDiffer.meaning().help.as_str(), "unreadable");
    assert_eq!(JudgeRefusal::UnionIdsDiffer.meaning().help.as_str(), "unreadable");
}

/// Law 6, and the two keys of wechat.md §5.1.
#[test]
fn a_mini_program_names_a_person_by_its_keys_alone() {
    let session = |more: &str| {
        let body = format!(r#"{{"session_key":"k","openid":"oAnn"{more}}}"#);
        let crate::reply::WechatReply::Ok(reply) =
            crate::reply::code_session::decode(body.as_bytes())
        else {
            panic!("{body}")
        };
        reply
    };
    let bound = crate::samples::mini_program("mini");
    let unbound = Channel { platform: None, ..bound.clone() };
    let known = session(r#","unionid":"uAnn""#);
    let who = mini_program_identity(&bound, &known).unwrap();
    assert_eq!((who.openid, who.profile), (openid("oAnn"), Profile::default()));
    assert_eq!(who.union.unwrap().1.as_key(), "uAnn");
    assert_eq!(mini_program_identity(&unbound, &known).unwrap().union, None);
    assert_eq!(mini_program_identity(&bound, &session("")).unwrap().union, None);
    let marked = session(r#","is_snapshotuser":1"#);
    assert_eq!(mini_program_identity(&bound, &marked), Err(JudgeRefusal::SnapshotUser));
}

/// wechat.md §5.4. Seen red with the watermark not compared.
#[test]
fn a_number_that_was_given_to_another_account_is_none() {
    let channel = crate::samples::mini_program("mini");
    for (app, expected) in
        [("wx0123456789abcdef", true), ("wx0123456789ABCDEF", false), ("wx9", false)]
    {
        let body = format!(
            r#"{{"phone_info":{{"purePhoneNumber":"13800000000","countryCode":"86","watermark":{{"appid":"{app}"}}}}}}"#
        );
        let crate::reply::WechatReply::Ok(reply) =
            crate::reply::phone_number::decode(body.as_bytes())
        else {
            panic!("{body}")
        };
        assert_eq!(phone_number(&channel, &reply).is_some(), expected, "{app}");
    }
}
