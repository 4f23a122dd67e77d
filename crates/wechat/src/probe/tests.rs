use super::*;

fn no(number: i64) -> Vec<u8> {
    format!("{{\"errcode\":{number},\"errmsg\":\"x, rid: 6630a1b2-1-2\"}}").into_bytes()
}

fn number(credentials: &Credentials) -> Option<i64> {
    match credentials {
        Credentials::Refused(no) => Some(no.code.number()),
        Credentials::Accepted | Credentials::Unreadable => None,
    }
}

#[test]
fn a_refused_code_proves_the_credentials_and_every_other_number_is_a_cause() {
    for about_the_code in [40_029, 40_163, 42_003] {
        assert_eq!(exchanged(&no(about_the_code)), Credentials::Accepted, "{about_the_code}");
    }
    for cause in [40_013, 40_001, 40_125, 40_243, 40_164, 45_009, 48_001, 48_004, 48_017, -1] {
        assert_eq!(number(&exchanged(&no(cause))), Some(cause));
    }
    for odd in [&b"<html>portal</html>"[..], b"", b"[]", b"{}"] {
        assert_eq!(exchanged(odd), Credentials::Unreadable);
        assert!(!is_wechat(odd));
    }
    assert!(is_wechat(&no(41_002)));
}

#[test]
fn an_app_level_token_is_accepted_by_its_presence_alone() {
    let given = br#"{"access_token":"68_S3CR3T","expires_in":7200}"#;
    assert_eq!(tokened(given), Credentials::Accepted);
    assert_eq!(number(&tokened(&no(40_164))), Some(40_164));
    for odd in [&br#"{"access_token":""}"#[..], br#"{"expires_in":7200}"#, b"no"] {
        assert_eq!(tokened(odd), Credentials::Unreadable);
    }
}

#[test]
fn the_address_that_wechat_saw_is_kept() {
    let body = br#"{"errcode":40164,"errmsg":"invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist"}"#;
    let Credentials::Refused(refusal) = tokened(body) else { panic!("accepted") };
    assert_eq!(refusal.seen_ip, Some("203.0.113.9".parse().unwrap()));
}

#[test]
fn an_app_that_gets_no_token_is_no_service_account() {
    use ChannelKind::{ServiceAccount, Website};
    let good = Credentials::Accepted;
    for doubt in [40_013, 40_125, 48_001] {
        let refused = tokened(&no(doubt));
        assert_eq!(account(ServiceAccount, &good, Some(&refused)), Verdict::OtherKind, "{doubt}");
        assert_eq!(account(Website, &good, Some(&refused)), Verdict::InOrder, "{doubt}");
    }
    assert_eq!(account(ServiceAccount, &good, Some(&good)), Verdict::InOrder);
    let Credentials::Refused(address) = tokened(&no(40_164)) else { panic!("accepted") };
    let refused = Credentials::Refused(address.clone());
    assert_eq!(account(ServiceAccount, &good, Some(&refused)), Verdict::Refused(address.clone()));
    assert_eq!(account(Website, &refused, None), Verdict::Refused(address));
    assert_eq!(account(Website, &Credentials::Unreadable, None), Verdict::Unreadable);
}

#[test]
fn a_page_complains_by_words_or_by_number_and_a_script_does_not() {
    for (page, expected) in [
        ("<h4>redirect_uri 参数错误</h4>", Some(Complaint::Callback)),
        ("<p>错误码:10003</p>", Some(Complaint::Callback)),
        ("Scope 参数错误或没有 Scope 权限", Some(Complaint::Scope)),
        ("此公众号并没有这些scope的权限，错误码:10005", Some(Complaint::Scope)),
        ("此公众号被封禁", Some(Complaint::Banned)),
        ("AppID 参数错误", Some(Complaint::AppId)),
        ("<b>错误码</b> · error code 10016", Some(Complaint::OpenPlatformApp)),
        ("错误码：10012", Some(Complaint::Incomplete(10_012))),
        ("请在微信客户端打开链接", None),
        ("错误码：10009，操作太频繁", None),
        ("微信扫一扫登录", None),
        ("<script>var m={10003:'redirect_uri 参数错误'}</script>扫一扫", None),
        ("<script>redirect_uri 参数错误", None),
        ("", None),
    ] {
        assert_eq!(complaint(page.as_bytes()), expected, "{page}");
    }
}
