use std::net::IpAddr;

use super::*;

/// A reply as a word, so that a table can hold it.
fn written(body: &str) -> String {
    match who_came(body.as_bytes()) {
        WechatReply::Ok(WhoCame::Member { userid, ticket }) => {
            let ticket = ticket.map_or("", |_| " with ticket");
            format!("member {}{ticket}", userid.as_sent())
        }
        WechatReply::Ok(WhoCame::Outsider(Some(openid))) => format!("outsider {}", openid.as_key()),
        WechatReply::Ok(WhoCame::Outsider(None)) => "outsider".to_owned(),
        WechatReply::Refused(no) => format!("refused {}", no.code),
        WechatReply::Unreadable => "unreadable".to_owned(),
    }
}

/// The traps of wechat.md §12.2.
#[test]
fn a_member_is_read_in_both_spellings_and_nobody_out_of_half_an_answer() {
    for (body, expected) in [
        (
            r#"{"errcode":0,"errmsg":"ok","userid":"zhangsan","user_ticket":"YzQ1"}"#,
            "member zhangsan with ticket",
        ),
        (r#"{"errcode":0,"errmsg":"ok","userid":"zhangsan"}"#, "member zhangsan"),
        (r#"{"errcode":"0","errmsg":"ok","userid":"zhangsan"}"#, "member zhangsan"),
        (r#"{"userid":"zhangsan"}"#, "member zhangsan"),
        (r#"{"errcode":0,"UserId":"ZhangSan","DeviceId":"3"}"#, "member ZhangSan"),
        (r#"{"errcode":0,"UserId":"","userid":"a"}"#, "member a"),
        (r#"{"errcode":0,"UserId":"a","userid":"a"}"#, "member a"),
        (r#"{"errcode":0,"userid":"wwOther/zhang.san@b_c-d"}"#, "member wwOther/zhang.san@b_c-d"),
        (r#"{"errcode":0,"userid":"a","openid":"oAnn"}"#, "member a"),
        (r#"{"errcode":0,"userid":"a","user_ticket":"x y"}"#, "member a"),
        (r#"{"errcode":0,"userid":"a","user_ticket":7}"#, "member a"),
        (r#"{"errcode":0,"openid":"oCAck","external_userid":"wmEAAA"}"#, "outsider oCAck"),
        (r#"{"errcode":0,"OpenId":"oCAck"}"#, "outsider oCAck"),
        (r#"{"errcode":0,"userid":"","openid":"oCAck"}"#, "outsider oCAck"),
        (r#"{"errcode":0,"parent_userid":"p1"}"#, "outsider"),
        (r#"{"errcode":0,"student_userid":"s1"}"#, "outsider"),
        (r#"{"errcode":0,"UserId":"a","userid":"b"}"#, "unreadable"),
        (r#"{"errcode":0,"userid":7}"#, "unreadable"),
        (r#"{"errcode":0,"userid":"a b"}"#, "unreadable"),
        (r#"{"errcode":0,"userid":"userid:a"}"#, "unreadable"),
        (r#"{"errcode":0,"openid":"userid:a"}"#, "unreadable"),
        (r#"{"errcode":0,"openid":"o A"}"#, "unreadable"),
        (r#"{"errcode":0,"errmsg":"ok"}"#, "unreadable"),
        (r#"{"errcode":"40029","errmsg":"invalid code"}"#, "refused 40029"),
        (r#"{"errcode":40029,"userid":"a"}"#, "refused 40029"),
        ("<html>", "unreadable"),
        ("", "unreadable"),
    ] {
        assert_eq!(written(body), expected, "{body}");
    }
    let long = format!(r#"{{"errcode":0,"userid":"{}"}}"#, "a".repeat(65));
    assert_eq!(written(&long), "unreadable");
}

#[test]
fn a_token_says_how_long_it_is_good_for_within_reason() {
    for (expires_in, expected) in
        [("7200", 7200), ("\"7200\"", 7200), ("0", 60), ("-5", 60), ("99999999", 7200), ("[]", 60)]
    {
        let body = format!(
            r#"{{"errcode":0,"errmsg":"ok","access_token":"t","expires_in":{expires_in}}}"#
        );
        let WechatReply::Ok(token) = app_token(body.as_bytes()) else { panic!("{body}") };
        assert_eq!(
            (token.access_token.expose().as_str(), token.expires_in.as_seconds()),
            ("t", expected)
        );
    }
    for body in [
        r#"{"errcode":0}"#,
        r#"{"errcode":0,"access_token":""}"#,
        r#"{"errcode":0,"access_token":"a b"}"#,
    ] {
        assert!(matches!(app_token(body.as_bytes()), WechatReply::Unreadable), "{body}");
    }
}

#[test]
fn details_come_as_wecom_writes_them() {
    let body = r#"{"errcode":0,"errmsg":"ok","userid":"zhangsan","gender":"1","avatar":"http:\/\/shp.qpic.cn\/a\/0",
        "qr_code":"https:\/\/open.work.weixin.qq.com\/x","mobile":13800000000,"email":"z@example.com","biz_mail":"z@corp.example","address":"x"}"#;
    let WechatReply::Ok(read) = detail(body.as_bytes()) else { panic!("{body}") };
    assert_eq!((read.userid.as_sent(), read.gender), ("zhangsan", Some(1)));
    assert_eq!(read.avatar.as_deref(), Some("http://shp.qpic.cn/a/0"));
    assert_eq!(read.biz_mail.as_deref(), Some("z@corp.example"));
    let WechatReply::Ok(read) = detail(br#"{"errcode":0,"UserId":"z","gender":2,"biz_mail":""}"#)
    else {
        panic!("the other spelling")
    };
    assert_eq!((read.gender, read.avatar, read.biz_mail), (Some(2), None, None));
    for body in [r#"{"errcode":0,"gender":"1"}"#, r#"{"errcode":0,"userid":"a b"}"#] {
        assert!(matches!(detail(body.as_bytes()), WechatReply::Unreadable), "{body}");
    }
}

/// 60020: the address is for the operator's log; the hint is what WeCom's support asks for.
#[test]
fn a_refused_address_is_read_out_of_the_message_and_only_there() {
    let of = |code: i64| {
        let body = format!(
            r#"{{"errcode":{code},"errmsg":"not allow to access from your ip, hint: [1700000000123456789012345], from ip: 203.0.113.9, more info at https:\/\/open.work.weixin.qq.com\/devtool\/query?e=60020"}}"#
        );
        match who_came(body.as_bytes()) {
            WechatReply::Refused(refusal) => refusal,
            other @ (WechatReply::Ok(_) | WechatReply::Unreadable) => panic!("{other:?}"),
        }
    };
    let refusal = of(60_020);
    assert_eq!(refusal.seen_ip, Some("203.0.113.9".parse::<IpAddr>().unwrap()));
    assert_eq!(refusal.rid.as_deref(), Some("1700000000123456789012345"));
    assert_eq!(of(40_029).seen_ip, None);
    // WeChat's number for the same is not WeCom's.
    assert_eq!(of(40_164).seen_ip, None);
}

#[test]
fn nothing_of_a_reply_is_printed() {
    let body = br#"{"errcode":0,"access_token":"planted","userid":"planted","user_ticket":"planted","avatar":"planted","biz_mail":"planted"}"#;
    let told = format!("{:?} {:?} {:?}", app_token(body), who_came(body), detail(body));
    assert!(!told.contains("planted"), "{told}");
}
