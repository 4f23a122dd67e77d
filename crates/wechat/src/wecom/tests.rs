use magpie_domain::{Gender, OpenId, Way};

use super::*;
use crate::reply::{WechatReply, wecom as reply};
use crate::samples::wecom;

fn came(body: &str) -> WhoCame {
    match reply::who_came(body.as_bytes()) {
        WechatReply::Ok(came) => came,
        other @ (WechatReply::Refused(_) | WechatReply::Unreadable) => panic!("{other:?}: {body}"),
    }
}

fn detail(body: &str) -> MemberDetail {
    match reply::detail(body.as_bytes()) {
        WechatReply::Ok(detail) => detail,
        other @ (WechatReply::Refused(_) | WechatReply::Unreadable) => panic!("{other:?}: {body}"),
    }
}

fn judge(
    members_only: bool,
    who: &str,
    details: Option<&str>,
) -> Result<WechatIdentity, MemberRefusal> {
    let channel = wecom("office", MemberScope::SnsapiPrivateinfo);
    let Way::Wecom(app) = channel.way else { panic!("{:?}", channel.way) };
    let app = WecomApp { members_only, ..app };
    let details = details.map(detail);
    identity((&channel, app), &came(who), details.as_ref(), AvatarHosts::Wechat)
}

#[test]
fn a_member_is_known_by_corp_and_userid_and_has_no_unionid() {
    let body = r#"{"errcode":0,"userid":"ZhangSan","unionid":"uPlanted"}"#;
    let found = judge(true, body, None).unwrap();
    assert_eq!(found.app_id.as_str(), "wwInventedCorp");
    assert_eq!(found.openid.as_key(), "userid:zhangsan");
    assert_eq!(found.union, None);
    assert!(found.profile.is_empty());
    let member = found.member.unwrap();
    assert_eq!((member.id.as_sent(), member.mailbox), ("ZhangSan", Mailbox::Untold));
}

#[test]
fn an_outsider_signs_in_only_where_the_operator_lets_them() {
    let who = r#"{"errcode":0,"openid":"oOutsider","external_userid":"wm1"}"#;
    assert_eq!(judge(true, who, None), Err(MemberRefusal::NotAMember));
    let found = judge(false, who, None).unwrap();
    assert_eq!((Some(found.openid), found.member), (OpenId::parse("oOutsider"), None));
    // Nobody is made of a parent's or a pupil's id.
    for members_only in [true, false] {
        let who = r#"{"errcode":0,"parent_userid":"p1"}"#;
        assert_eq!(judge(members_only, who, None), Err(MemberRefusal::NotAMember));
    }
}

#[test]
fn details_become_a_profile_without_a_name_and_a_mailbox() {
    let who = r#"{"errcode":0,"userid":"zhangsan","user_ticket":"t"}"#;
    let all = r#"{"errcode":0,"userid":"ZHANGSAN","gender":"2","avatar":"http://wework.qpic.cn/a/0","biz_mail":"Z@Corp.Example","email":"private@example.com"}"#;
    let found = judge(true, who, Some(all)).unwrap();
    assert_eq!(found.profile.picture.as_deref(), Some("https://wework.qpic.cn/a/0"));
    assert_eq!((found.profile.gender, found.profile.name), (Some(Gender::Female), None));
    let mail = CorporateMail::parse("z@corp.example").unwrap();
    assert_eq!(found.member.unwrap().mailbox, Mailbox::Is(mail));
    // What was taken away, or is no address, is none: `email` is what the member typed and proves nothing.
    for odd in ["", r#","biz_mail":"""#, r#","biz_mail":"nonsense""#] {
        let body = format!(
            r#"{{"errcode":0,"userid":"zhangsan","email":"z@example.com","gender":"0","avatar":"javascript:x"{odd}}}"#
        );
        let found = judge(true, who, Some(&body)).unwrap();
        assert!(found.profile.is_empty(), "{body}");
        assert_eq!(found.member.unwrap().mailbox, Mailbox::None, "{body}");
    }
    for host in ["evilqpic.cn", "qpic.cn.evil.example", "shp.qpic.cn:8080", "evil.example"] {
        let body = format!(r#"{{"errcode":0,"userid":"zhangsan","avatar":"https://{host}/a"}}"#);
        assert_eq!(judge(true, who, Some(&body)).unwrap().profile.picture, None, "{host}");
    }
}

#[test]
fn details_of_somebody_else_are_nobodys() {
    let who = r#"{"errcode":0,"userid":"zhangsan","user_ticket":"t"}"#;
    let other = r#"{"errcode":0,"userid":"lisi","biz_mail":"l@corp.example"}"#;
    assert_eq!(judge(true, who, Some(other)), Err(MemberRefusal::UserIdsDiffer));
}

#[test]
fn details_are_asked_for_when_they_are_wanted_and_allowed() {
    let [with, without, outsider] = [
        r#"{"errcode":0,"userid":"a","user_ticket":"t"}"#,
        r#"{"errcode":0,"userid":"a"}"#,
        r#"{"errcode":0,"openid":"oA","user_ticket":"t"}"#,
    ]
    .map(came);
    let app = |scope| WecomApp { agent_id: 1, scope, members_only: false };
    let (base, private) = (app(MemberScope::SnsapiBase), app(MemberScope::SnsapiPrivateinfo));
    for (app, came, requested, expected) in [
        (private, &with, true, true),
        (private, &with, false, false),
        (private, &without, true, false),
        (private, &outsider, true, false),
        (base, &with, true, false),
    ] {
        assert_eq!(wants_detail(app, came, requested), expected);
    }
}
