use super::*;

fn no(number: i64) -> Vec<u8> {
    format!("{{\"errcode\":{number},\"errmsg\":\"x, hint: [1], from ip: 203.0.113.9, more\"}}")
        .into_bytes()
}

#[test]
fn each_number_is_its_cause_and_a_refused_code_is_none() {
    let seen = "203.0.113.9".parse().ok();
    for (number, expected) in [
        (40_013, WecomComplaint::CorpId),
        (40_001, WecomComplaint::Secret),
        (40_091, WecomComplaint::Secret),
        (40_056, WecomComplaint::Agent),
        (301_002, WecomComplaint::Agent),
        (60_020, WecomComplaint::Address(seen)),
        (50_001, WecomComplaint::Domain),
        (50_003, WecomComplaint::Disabled),
        (48_002, WecomComplaint::NotPermitted),
        (45_009, WecomComplaint::Busy),
        (99_999, WecomComplaint::Refused(99_999)),
    ] {
        assert_eq!(came(&no(number)), Some(expected.clone()), "{number}");
        assert_eq!(token(&no(number)).map(drop), Err(expected), "{number}");
    }
    assert_eq!(came(&no(40_029)), None);
    for odd in [&b"<html>"[..], b"", b"{}"] {
        assert_eq!(came(odd), Some(WecomComplaint::Unreadable));
        assert_eq!(app(odd, "login.example"), None);
        assert!(!is_wecom(odd));
    }
    assert!(is_wecom(&no(40_013)));
    let given = br#"{"errcode":0,"errmsg":"ok","access_token":"S3CR3T","expires_in":7200}"#;
    assert_eq!(token(given).map(|token| token.expose().clone()), Ok("S3CR3T".to_owned()));
    assert!(!is_wecom(given), "nobody gets a token for nothing");
}

#[test]
fn the_console_is_compared_with_host_and_port() {
    let facts = |more: &str| format!("{{\"errcode\":0,\"errmsg\":\"ok\"{more}}}").into_bytes();
    let at = "login.example:8443";
    for (more, expected) in [
        (",\"agentid\":1,\"close\":0,\"redirect_domain\":\"login.example:8443\"", None),
        (",\"agentid\":1,\"close\":0,\"redirect_domain\":\"Login.Example:8443\"", None),
        (",\"close\":0,\"redirect_domain\":\"login.example\"", Some(WecomComplaint::Domain)),
        (",\"close\":0,\"redirect_domain\":\"\"", Some(WecomComplaint::Domain)),
        (",\"close\":1,\"redirect_domain\":\"\"", Some(WecomComplaint::Disabled)),
        ("", None),
        (",\"close\":\"x\",\"redirect_domain\":7", None),
    ] {
        assert_eq!(app(&facts(more), at), expected, "{more}");
    }
    assert_eq!(app(&no(60_020), at), Some(WecomComplaint::Address("203.0.113.9".parse().ok())));
    for unknown in [99_999, -1] {
        assert_eq!(app(&no(unknown), at), None, "no login asks it");
    }
}

#[test]
fn a_page_complains_by_words_or_by_number() {
    for (page, expected) in [
        ("<p>redirect_uri 参数错误</p>", Some(WecomComplaint::Domain)),
        ("redirect_uri 与配置的授权完成回调域名不一致", Some(WecomComplaint::Domain)),
        ("<b>错误码: 50001</b>", Some(WecomComplaint::Domain)),
        ("错误码: 40056", Some(WecomComplaint::Agent)),
        ("错误码 40013", Some(WecomComplaint::CorpId)),
        ("<script>'redirect_uri 参数错误'</script>企业微信扫码登录", None),
        ("错误码: 12345", None),
        ("", None),
    ] {
        assert_eq!(shown(page.as_bytes()), expected, "{page}");
    }
}
