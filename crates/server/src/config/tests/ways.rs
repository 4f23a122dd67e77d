//! `silent_first`, `embedded` and `quick_login`, and where WeChat's script comes from.

use magpie_domain::{Embedded, Way, WebScope};

use super::{CHANNEL, Desk, LEAST};

const ACCOUNT: &str = "[[channels]]\nid = \"inapp\"\nkind = \"service_account\"\n\
    app_id = \"wx0000000000000002\"\napp_secret = \"S3CR3T-planted-app\"\nplatform = \"main\"\n";

fn way(channel: &str) -> Way {
    let config = Desk::new().accept(&format!("{LEAST}{channel}"));
    config.channels.first().unwrap().way.clone()
}

#[track_caller]
fn says(channel: &str, parts: &[&str]) {
    let complaints = Desk::new().complaints(&format!("{LEAST}{channel}"));
    for part in parts {
        assert!(complaints.contains(part), "{part}: {complaints}");
    }
}

#[test]
fn silence_comes_first_unless_an_operator_says_no() {
    for (keys, scope, silent_first) in [
        ("", WebScope::SnsapiUserinfo, true),
        ("silent_first = false\n", WebScope::SnsapiUserinfo, false),
        ("scope = \"snsapi_userinfo\"\nsilent_first = true\n", WebScope::SnsapiUserinfo, true),
        ("scope = \"snsapi_base\"\n", WebScope::SnsapiBase, true),
    ] {
        let expected = Way::ServiceAccount { scope, silent_first };
        assert_eq!(way(&format!("{ACCOUNT}{keys}")), expected, "{keys}");
    }
    says(
        &format!("{ACCOUNT}scope = \"snsapi_base\"\nsilent_first = false\n"),
        &["channels.inapp.silent_first: snsapi_base is always silent"],
    );
    says(&format!("{CHANNEL}silent_first = true\n"), &["only a service account (服务号)"]);
}

#[test]
fn the_code_stands_in_our_page_only_where_that_was_asked_for() {
    for (keys, embedded) in [
        ("", None),
        ("embedded = false\n", None),
        ("embedded = true\n", Some(Embedded { quick_login: true })),
        ("embedded = true\nquick_login = false\n", Some(Embedded { quick_login: false })),
    ] {
        assert_eq!(way(&format!("{CHANNEL}{keys}")), Way::Website { embedded }, "{keys}");
    }
    says(
        &format!("{CHANNEL}quick_login = false\n"),
        &["channels.desktop.quick_login: WeChat's own page decides this", "embedded = true"],
    );
    says(
        &format!("{ACCOUNT}embedded = true\n"),
        &["channels.inapp.embedded: only a website app (网站应用) has WeChat's QR code"],
    );
}

/// A script runs with our origin's rights: in production it is WeChat's, from its one host. Seen red with the rule of the
/// other addresses, which takes every host of WeChat's.
#[test]
fn the_script_comes_from_wechats_own_host_alone() {
    let desk = Desk::new();
    let base = |text: &str| desk.accept(text).wechat.res_base;
    assert_eq!(base(LEAST), "https://res.wx.qq.com");
    let local = LEAST.replace("https://login.example.com", "http://127.0.0.1:8080");
    let dev = format!("{local}[wechat]\ndevelopment = true\n");
    assert_eq!(base(&dev), "https://res.wx.qq.com");
    let simulator = "open_base = \"http://127.0.0.1:9\"\n";
    assert_eq!(base(&format!("{dev}{simulator}")), "http://127.0.0.1:9");
    let other = "res_base = \"http://127.0.0.1:8\"\n";
    assert_eq!(base(&format!("{dev}{simulator}{other}")), "http://127.0.0.1:8");
    for address in [
        "https://res.wx.qq.com/",
        "http://res.wx.qq.com",
        "https://cdn.example.com",
        "https://evil.weixin.qq.com",
        "https://res.wx.qq.com.example.com",
    ] {
        let wechat = format!("[wechat]\nres_base = \"{address}\"\n");
        says(&wechat, &["wechat.res_base: only WeChat's own script runs in our page"]);
    }
}
