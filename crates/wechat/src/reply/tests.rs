use std::net::IpAddr;

use magpie_domain::Lifetime;
use proptest::prelude::*;

use super::*;
use crate::errcode::HelpKey;
use crate::samples;

const TOKEN: &str = r#"{"access_token":"78_Invented-Token","expires_in":7200,"refresh_token":"78_Invented-Refresh","openid":"oInventedOpenId0000000000001","scope":"snsapi_userinfo","unionid":"uInventedUnionId000000000001"}"#;

fn is_unreadable<T>(reply: &WechatReply<T>) -> bool {
    matches!(reply, WechatReply::Unreadable)
}

/// A token reply with `fields` besides an access token and an openid.
fn token_of(fields: &str) -> WechatReply<access_token::AccessTokenReply> {
    access_token::decode(format!(r#"{{"access_token":"t","openid":"oAnn",{fields}}}"#).as_bytes())
}

fn refusal_of(body: &str) -> Refusal {
    match access_token::decode(body.as_bytes()) {
        WechatReply::Refused(refusal) => refusal,
        other @ (WechatReply::Ok(_) | WechatReply::Unreadable) => panic!("{other:?}: {body}"),
    }
}

#[test]
fn an_exchange_says_who_came_and_what_they_allowed() {
    let reply = samples::token(TOKEN);
    assert_eq!(reply.access_token.expose(), "78_Invented-Token");
    assert_eq!(reply.openid.as_key(), "oInventedOpenId0000000000001");
    assert_eq!(reply.unionid.unwrap().as_key(), "uInventedUnionId000000000001");
    assert_eq!((reply.scope.as_str(), reply.is_snapshot_user), ("snsapi_userinfo", false));
    assert_eq!(reply.expires_in, Lifetime::from_seconds(7200));
}

/// wechat.md §3.5. Seen red with each of the three mendings taken out.
#[test]
fn a_nickname_can_hold_anything_and_the_reply_is_still_read() {
    for (raw, expected) in [
        (b"a\x07\x08\x14\n\tb".as_slice(), "a\u{7}\u{8}\u{14}\n\tb"),
        (b"a\xff\xfeb".as_slice(), "a\u{FFFD}\u{FFFD}b"),
        (br"\ud83d\udc1f".as_slice(), "🐟"),
        (br"\ud83d".as_slice(), "\u{FFFD}"),
        (br"\udc1f\ud83d\ud83d\udc1f\ud83dx".as_slice(), "\u{FFFD}\u{FFFD}🐟\u{FFFD}x"),
        (br"\ud83d\u0041".as_slice(), "\u{FFFD}A"),
        (br#"\"errcode\":40029,\\"#.as_slice(), r#""errcode":40029,\"#),
        (br"{[{[{[{[{[{[{[{[{[{[{[".as_slice(), "{[{[{[{[{[{[{[{[{[{[{["),
        (r"\/小鱼\u0000".as_bytes(), "/小鱼\0"),
    ] {
        let body = [br#"{"openid":"oAnn","nickname":""#.as_slice(), raw, br#"","sex":0}"#].concat();
        let WechatReply::Ok(reply) = userinfo::decode(&body) else {
            panic!("{:?}", String::from_utf8_lossy(&body));
        };
        assert_eq!(reply.nickname.as_deref(), Some(expected));
        assert_eq!(reply.sex, Some(0));
    }
}

#[test]
fn white_space_marks_and_unknown_fields_do_no_harm() {
    for body in [
        format!("\u{FEFF}{TOKEN}"),
        format!("\r\n\u{b} {TOKEN}\n\0"),
        TOKEN.replace(',', ",\x01\t"),
        TOKEN.replacen('{', r#"{"token_type":"bearer","more":{"a":[null,{"b":1.5}]},"#, 1),
        TOKEN.replacen('{', r#"{"errcode":0,"errmsg":"ok","#, 1),
        TOKEN.replacen('{', r#"{"errcode":"0","#, 1),
        TOKEN.replacen('{', r#"{"errcode":null,"#, 1),
    ] {
        assert_eq!(samples::token(&body).openid.as_key(), "oInventedOpenId0000000000001");
    }
}

#[test]
fn types_may_drift() {
    for (written, seconds) in [
        (r#""expires_in":"7200""#, 7200),
        (r#""expires_in":300"#, 300),
        (r#""expires_in":0"#, 60),
        (r#""expires_in":-5"#, 60),
        (r#""expires_in":99999999"#, 7200),
        (r#""expires_in":1e3"#, 60),
        (r#""expires_in":"soon""#, 60),
        (r#""scope":"""#, 7200),
        (r#""scope":7"#, 7200),
        (r#""unionid":"""#, 7200),
        (r#""unionid":null"#, 7200),
    ] {
        let WechatReply::Ok(reply) = token_of(written) else { panic!("{written}") };
        assert_eq!(reply.expires_in, Lifetime::from_seconds(seconds), "{written}");
        assert_eq!((reply.scope.as_str(), reply.unionid), ("", None), "{written}");
    }
    for (written, sex) in [("1", Some(1)), ("\"2\"", Some(2)), ("\"Male\"", None), ("[]", None)] {
        let reply = samples::userinfo(&format!(r#"{{"openid":"oAnn","sex":{written}}}"#));
        assert_eq!(reply.sex, sex, "{written}");
    }
}

/// Case WX-18. Seen red with an odd unionid taken for none.
#[test]
fn half_an_answer_is_no_answer() {
    for openid in [
        r#""openid":"""#,
        r#""openid":null"#,
        r#""openid":17"#,
        r#""openid":"o A""#,
        r#""openid":"o\u0007A""#,
        "\"openid\":\"o\x07A\"",
        r#""openid":["oAnn"]"#,
        r#""OpenId":"oAnn""#,
    ] {
        let token = format!(r#"{{"access_token":"t",{openid}}}"#);
        assert!(is_unreadable(&access_token::decode(token.as_bytes())), "{openid}");
        assert!(is_unreadable(&userinfo::decode(format!("{{{openid}}}").as_bytes())), "{openid}");
    }
    let long = format!(r#"{{"openid":"{}"}}"#, "o".repeat(200));
    assert!(is_unreadable(&userinfo::decode(long.as_bytes())));
    for odd in [r#""unionid":7"#, r#""unionid":" u""#, r#""errcode":"bad""#, r#""errcode":{}"#] {
        assert!(is_unreadable(&token_of(odd)), "{odd}");
    }
    for token in ["", r#""access_token":"","#, r#""access_token":"a b","#, r#""access_token":1,"#] {
        let body = format!(r#"{{{token}"openid":"oAnn"}}"#);
        assert!(is_unreadable(&access_token::decode(body.as_bytes())), "{token}");
    }
}

#[test]
fn what_is_no_reply_is_unreadable() {
    let deep = format!(r#"{{"openid":"oAnn","x":{}1{}}}"#, "[".repeat(16), "]".repeat(16));
    let large = format!(r#"{{"openid":"oAnn","x":"{}"}}"#, "x".repeat(256 * 1024));
    for body in [
        "",
        "null",
        "[]",
        "\"oAnn\"",
        "<html>502 Bad Gateway</html>",
        "{\"openid\":\"oAnn\"",
        r#"{"openid":"oAnn","nickname":"\u12"#,
        r#"{"openid":"oAnn","nickname":"\"#,
        r#"{"openid":"oAnn"} trailing"#,
        r#"{"openid":"oAnn","n":"\x"}"#,
        &deep,
        &large,
    ] {
        assert!(is_unreadable(&userinfo::decode(body.as_bytes())));
    }
    let fifteen = format!(r#"{{"openid":"oAnn","x":{}1{}}}"#, "[".repeat(15), "]".repeat(15));
    assert_eq!(samples::userinfo(&fifteen).openid.as_key(), "oAnn");
}

#[test]
fn a_refusal_carries_its_number_and_the_id_for_support() {
    for (body, number, rid) in [
        (
            r#"{"errcode":40029,"errmsg":"invalid code, rid: 6630a1b2-0c0ffee1-5d1e2f30"}"#,
            40029,
            Some("6630a1b2-0c0ffee1-5d1e2f30"),
        ),
        (
            r#"{"errcode":"40163","errmsg":"code been used, hints: [ req_id: aBc_12 ]"}"#,
            40163,
            Some("aBc_12"),
        ),
        (r#"{"errcode":-1,"errmsg":"system error"}"#, -1, None),
        (r#"{"errcode":48001}"#, 48001, None),
        (r#"{"errcode":48001,"errmsg":"rid: <script>"}"#, 48001, None),
        (r#"{"errcode":40013,"errmsg":17}"#, 40013, None),
        // The openid of a refusal is nobody.
        (r#"{"errcode":40003,"openid":"oAnn","access_token":"t"}"#, 40003, None),
    ] {
        let refusal = refusal_of(body);
        assert_eq!((refusal.code.number(), refusal.rid.as_deref()), (number, rid), "{body}");
        assert_eq!(refusal.seen_ip, None, "{body}");
    }
    let long = format!(r#"{{"errcode":-1,"errmsg":"rid: {}"}}"#, "a".repeat(500));
    assert_eq!(refusal_of(&long).rid.unwrap().len(), 64);
}

#[test]
fn a_refused_address_is_told_to_the_operator() {
    for (message, expected) in [
        (
            "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist, rid: 1-2",
            Some("203.0.113.7"),
        ),
        ("invalid ip ::ffff:203.0.113.7, not in whitelist", Some("203.0.113.7")),
        ("invalid ip 2001:db8::7 ipv6 2001:db8::7, not in whitelist", Some("2001:db8::7")),
        ("not in whitelist", None),
    ] {
        let refusal = refusal_of(&format!(r#"{{"errcode":40164,"errmsg":"{message}"}}"#));
        assert_eq!(refusal.seen_ip, expected.map(|ip| ip.parse::<IpAddr>().unwrap()), "{message}");
        assert_eq!(refusal.code.meaning().help, HelpKey::IpNotAllowed);
    }
}

/// wechat.md §5.1, case WX-34: with and without `errcode`, and what the key says is not kept anywhere.
#[test]
fn a_mini_program_session_is_two_keys_and_no_third() {
    let key = r#""session_key":"UGxhbnRlZFNlc3Npb25LZQ==""#;
    for (more, unionid) in [
        ("", None),
        (r#","unionid":"uAnn""#, Some("uAnn")),
        (r#","unionid":"","errcode":0,"errmsg":"ok""#, None),
        (r#","unionid":null,"expires_in":7200"#, None),
    ] {
        let body = format!(r#"{{{key},"openid":"oInvented"{more}}}"#);
        let WechatReply::Ok(reply) = code_session::decode(body.as_bytes()) else {
            panic!("{body}")
        };
        assert_eq!(reply.openid.as_key(), "oInvented");
        assert_eq!(reply.unionid.as_ref().map(UnionId::as_key), unionid, "{body}");
        assert!(!reply.is_snapshot_user);
        let printed = format!("{reply:?}");
        assert!(!printed.contains("Planted") && !printed.contains("UGxhbnRlZ"), "{printed}");
        assert!(!printed.contains("Invented"), "{printed}");
    }
    for body in [
        format!("{{{key}}}"),
        format!(r#"{{{key},"openid":""}}"#),
        format!(r#"{{{key},"openid":7}}"#),
        format!(r#"{{{key},"openid":"oInvented","unionid":7}}"#),
    ] {
        assert!(is_unreadable(&code_session::decode(body.as_bytes())), "{body}");
    }
    let refused = code_session::decode(br#"{"errcode":40226,"errmsg":"code blocked"}"#);
    assert!(matches!(refused, WechatReply::Refused(no) if no.code.number() == 40_226));
    let marked = code_session::decode(br#"{"openid":"oInvented","is_snapshotuser":1}"#);
    assert!(matches!(marked, WechatReply::Ok(reply) if reply.is_snapshot_user));
}

/// WX-42, on the token of an account. Seen red with the clamp taken out.
#[test]
fn an_app_level_token_is_a_token_and_a_plausible_time() {
    for (more, seconds) in [
        (r#","expires_in":7200"#, 7200),
        (r#","expires_in":"300""#, 300),
        (r#","expires_in":0"#, 60),
        (r#","expires_in":-1"#, 60),
        (r#","expires_in":"soon""#, 60),
        ("", 7200),
    ] {
        let body = format!(r#"{{"access_token":"79_Invented"{more}}}"#);
        let WechatReply::Ok(reply) = app_token::decode(body.as_bytes()) else { panic!("{body}") };
        assert_eq!(reply.expires_in, Lifetime::from_seconds(seconds), "{body}");
        assert!(!format!("{reply:?}").contains("Invented"));
    }
    for body in ["{}", r#"{"access_token":""}"#, r#"{"access_token":"a b"}"#, "[]"] {
        assert!(is_unreadable(&app_token::decode(body.as_bytes())), "{body}");
    }
}

/// wechat.md §5.4: the country code is text or number, and the watermark says whom the number was given to.
#[test]
fn a_phone_number_comes_with_its_country_and_its_watermark() {
    let of = |info: &str| {
        let body = format!(r#"{{"errcode":0,"errmsg":"ok","phone_info":{info}}}"#);
        phone_number::decode(body.as_bytes())
    };
    let whole = |country: &str| {
        format!(
            r#"{{"phoneNumber":"x","purePhoneNumber":"13800000000","countryCode":{country},"watermark":{{"timestamp":1,"appid":"wx1"}}}}"#
        )
    };
    for country in ["\"86\"", "86"] {
        let WechatReply::Ok(reply) = of(&whole(country)) else { panic!("{country}") };
        assert_eq!((reply.number.as_str(), reply.app_id.as_str()), ("+8613800000000", "wx1"));
        assert!(!format!("{reply:?}").contains("138"));
    }
    for info in [
        whole("\"\""),
        whole("null"),
        whole("\"+86\"x"),
        whole("86").replace("13800000000", ""),
        whole("86").replace("13800000000", "138-0000"),
        whole("86").replace("\"wx1\"", "\"\""),
        whole("86").replace("watermark", "water"),
        "[]".to_owned(),
        "null".to_owned(),
    ] {
        assert!(is_unreadable(&of(&info)), "{info}");
    }
}

/// Law 9. Seen red with one of the texts written out.
#[test]
fn nothing_that_names_a_person_can_be_printed() {
    let profile = samples::userinfo(
        r#"{"openid":"oInvented","unionid":"uInvented","nickname":"Invented","headimgurl":"https://Invented"}"#,
    );
    let printed =
        format!("{:?} {profile:?} {:?}", access_token::decode(TOKEN.as_bytes()), profile.openid);
    assert!(!printed.contains("Invented"), "{printed}");
}

/// A text that looks like a reply until it does not.
fn nearly_a_reply() -> impl Strategy<Value = Vec<u8>> {
    (any::<Vec<u8>>(), 0..TOKEN.len(), 0..TOKEN.len()).prop_map(|(noise, at, until)| {
        let bytes = TOKEN.as_bytes();
        let (head, tail) = (bytes.get(..at).unwrap(), bytes.get(until..).unwrap());
        [head, &noise, tail].concat()
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in any::<Vec<u8>>(), nearly in nearly_a_reply()) {
        for body in [bytes, nearly] {
            let _token = access_token::decode(&body);
            let _profile = userinfo::decode(&body);
        }
    }

    #[test]
    fn any_text_survives_as_a_nickname(nickname in any::<String>(), escaped in any::<bool>()) {
        let mut written = serde_json::to_string(&nickname).unwrap();
        if escaped {
            // WeChat escapes slashes, and anybody may escape everything.
            let units: String = nickname.encode_utf16().map(|u| format!("\\u{u:04X}")).collect();
            written = format!("\"{units}\"");
        }
        let reply = samples::userinfo(&format!(r#"{{"openid":"oAnn","nickname":{written}}}"#));
        prop_assert_eq!(reply.nickname.unwrap_or_default(), nickname);
    }
}
