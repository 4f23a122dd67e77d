//! `[wecom]` and channels of kind `wecom`.

use magpie_domain::{EmailPolicy, MemberScope, Way, WecomApp};

use super::{CHANNEL, CLIENT, Desk, LEAST};

const OFFICE: &str = "[[channels]]\nid = \"office\"\nkind = \"wecom\"\ncorp_id = \"ww0000000000000001\"\n\
    corp_secret = \"S3CR3T-planted-corp\"\nagent_id = 1000002\n";

fn app(text: &str) -> WecomApp {
    let config = Desk::new().accept(text);
    match config.channels.first().unwrap().way {
        Way::Wecom(app) => app,
        ref other => panic!("{other:?}"),
    }
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    let complaints = Desk::new().complaints(text);
    for part in parts {
        assert!(complaints.contains(part), "{part} not in:\n{complaints}");
    }
    assert!(!complaints.contains("S3CR3T"), "{complaints}");
}

#[test]
fn an_app_of_wecoms_is_silent_and_for_members_only_by_default() {
    let plain = app(&format!("{LEAST}{OFFICE}"));
    let expected =
        WecomApp { agent_id: 1_000_002, scope: MemberScope::SnsapiBase, members_only: true };
    assert_eq!(plain, expected);
    let other = app(&format!(
        "{LEAST}{OFFICE}scope = \"snsapi_privateinfo\"\nmembers_only = false\nlabel = \"Office\"\n"
    ));
    let expected =
        WecomApp { scope: MemberScope::SnsapiPrivateinfo, members_only: false, ..expected };
    assert_eq!(other, expected);
    let config = Desk::new().accept(&format!("{LEAST}{OFFICE}"));
    assert_eq!(config.wecom.api_base, "https://qyapi.weixin.qq.com");
    assert_eq!(config.wecom.login_base, "https://login.work.weixin.qq.com");
}

#[test]
fn what_is_missing_or_does_not_belong_is_said_with_its_console_page() {
    let without = |line: &str| format!("{LEAST}{}", OFFICE.replace(line, ""));
    says(
        &without("corp_id = \"ww0000000000000001\"\n"),
        &["office.corp_id: the key is missing", "我的企业"],
    );
    says(&without("agent_id = 1000002\n"), &["office.agent_id: the key is missing", "AgentId"]);
    says(
        &without("corp_secret = \"S3CR3T-planted-corp\"\n"),
        &["neither `corp_secret` nor `corp_secret_file` is set", "应用管理"],
    );
    for (more, parts) in [
        ("platform = \"main\"\n", ["office.platform", "no unionid"]),
        ("scope = \"snsapi_userinfo\"\n", ["office.scope", "snsapi_privateinfo"]),
        ("app_id = \"wx1\"\n", ["unknown key `app_id`", "corp_id"]),
        ("members_only = \"yes\"\n", ["office.members_only", "true or false"]),
    ] {
        says(&format!("{LEAST}{OFFICE}{more}"), &parts);
    }
    says(
        &format!("{LEAST}{}", OFFICE.replace("1000002", "0")),
        &["office.agent_id: the number is out of range"],
    );
    says(&format!("{LEAST}{CHANNEL}agent_id = 7\n"), &["unknown key `agent_id`"]);
    says(&format!("{LEAST}{}", OFFICE.replace("ww0", "xx0")), &["corp ids begin with ww"]);
}

/// Two apps of one organisation are two channels; one app is not.
#[test]
fn an_organisation_may_have_several_apps() {
    let branch = OFFICE.replace("office", "branch");
    let two = format!("{LEAST}{OFFICE}{}", branch.replace("1000002", "1000003"));
    assert_eq!(Desk::new().accept(&two).channels.len(), 2);
    says(&format!("{LEAST}{OFFICE}{branch}"), &["branch.corp_id: two channels have this AppID"]);
}

/// Opposite to WeChat, where a port is forbidden (wechat.md §12.1).
#[test]
fn the_port_of_the_issuer_belongs_into_wecoms_console() {
    let text = format!("{LEAST}{OFFICE}").replace("login.example.com", "login.example.com:8443");
    says(&text, &["enter `login.example.com:8443` with its port", "可信域名"]);
    let complaints = Desk::new().complaints(&format!("{LEAST}{OFFICE}"));
    assert!(!complaints.contains("port"), "{complaints}");
}

#[test]
fn foreign_addresses_are_for_development() {
    let text = |line: &str| format!("{LEAST}{OFFICE}[wecom]\n{line}\n");
    for key in ["api_base", "login_base"] {
        says(
            &text(&format!("{key} = \"https://evil.example\"")),
            &[&format!("wecom.{key}"), "development = true"],
        );
        says(
            &text(&format!("{key} = \"https://qyapi.weixin.qq.com/\"")),
            &[&format!("wecom.{key}")],
        );
    }
    says(&text("open_base = \"https://open.weixin.qq.com\""), &["unknown key `open_base`"]);
    let local = text("api_base = \"http://127.0.0.1:1\"\nlogin_base = \"http://127.0.0.1:2\"\n[wechat]\ndevelopment = true")
        .replace("https://login.example.com", "http://127.0.0.1:3");
    assert_eq!(Desk::new().accept(&local).wecom.login_base, "http://127.0.0.1:2");
}

#[test]
fn corporate_addresses_need_a_channel_that_tells_them() {
    let client = format!("{CLIENT}email = {{ mode = \"corporate\" }}\n");
    says(&format!("{LEAST}{OFFICE}{client}"), &["clients.grafana.email", "snsapi_privateinfo"]);
    let config =
        Desk::new().accept(&format!("{LEAST}{OFFICE}scope = \"snsapi_privateinfo\"\n{client}"));
    assert_eq!(config.clients.first().unwrap().policy().email, EmailPolicy::Corporate);
}
