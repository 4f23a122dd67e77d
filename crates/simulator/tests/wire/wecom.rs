//! WeCom's doors and endpoints: what the documents say of them, spelling by spelling.

use std::time::Duration;

use magpie_simulator::{Corp, Endpoint, Fault, RunningSimulator};

use crate::client::{Answer, WECHAT, code_in, demo_with, get, get_as, post};

const CORP: &str = "ww0000000000000001";
const SECRET: &str = "ww0000000000000001-1000002-secret";
const CALLBACK: &str = "http%3A%2F%2Fapp.test%3A8443%2Fcb";

async fn office() -> RunningSimulator {
    demo_with(|world| world.corps = vec![Corp::demo("app.test:8443")]).await
}

fn desktop_link() -> String {
    format!(
        "/wwlogin/sso/login?login_type=CorpApp&appid={CORP}&agentid=1000002&redirect_uri={CALLBACK}&state=s1&lang=zh"
    )
}

fn in_app_link(scope: &str) -> String {
    format!(
        "/connect/oauth2/authorize?appid={CORP}&redirect_uri={CALLBACK}&response_type=code&scope={scope}&state=s1&agentid=1000002"
    )
}

async fn token(simulator: &RunningSimulator) -> String {
    let path = format!("/cgi-bin/gettoken?corpid={CORP}&corpsecret={SECRET}");
    get(simulator, &path).await.field("access_token")
}

/// A code of the given link for a person, without a page.
fn code(simulator: &RunningSimulator, link: &str, person: &str) -> String {
    let fragment = if link.starts_with("/ww") { "" } else { "#wechat_redirect" };
    code_in(&simulator.approve(&format!("http://x{link}{fragment}"), person).unwrap())
}

async fn who(simulator: &RunningSimulator, token: &str, code: &str) -> Answer {
    get(simulator, &format!("/cgi-bin/auth/getuserinfo?access_token={token}&code={code}")).await
}

#[tokio::test]
async fn a_token_stays_the_same_until_its_end_and_says_errcode_zero() {
    let simulator = office().await;
    let path = format!("/cgi-bin/gettoken?corpid={CORP}&corpsecret={SECRET}");
    let first = get(&simulator, &path).await;
    assert_eq!(first.header("content-type"), Some("application/json; charset=UTF-8"));
    assert_eq!((first.json()["errcode"].as_i64(), first.field("errmsg").as_str()), (Some(0), "ok"));
    assert_eq!(token(&simulator).await, first.field("access_token"));
    simulator.advance(Duration::from_secs(7_200));
    assert_ne!(token(&simulator).await, first.field("access_token"));
    let old = first.field("access_token");
    let code = code(&simulator, &desktop_link(), "ann");
    assert_eq!(who(&simulator, &old, &code).await.errcode(), 40_014);
    for (path, expected) in [
        (path.replace("corpid=ww", "corpid=WW"), 40_013),
        (path.replace("-secret", "-secreT"), 40_001),
        (path.replace(SECRET, ""), 41_004),
    ] {
        let reply = get(&simulator, &path).await;
        assert_eq!(reply.errcode(), expected, "{path}");
        assert!(reply.field("errmsg").contains("hint: [17"), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_code_names_a_member_once_and_an_outsider_by_openid() {
    let simulator = office().await;
    let token = token(&simulator).await;
    let ann = code(&simulator, &desktop_link(), "ann");
    let reply = who(&simulator, &token, &ann).await;
    assert_eq!(reply.field("userid"), "Ann.Lee@hq_1-a");
    assert!(reply.json().get("user_ticket").is_none(), "not from the desktop");
    assert_eq!(who(&simulator, &token, &ann).await.errcode(), 40_029);
    assert_eq!(simulator.exchanges_of(&ann), 2);
    let ben = who(&simulator, &token, &code(&simulator, &desktop_link(), "ben")).await;
    assert_eq!(ben.field("openid"), simulator.world().corp(CORP).unwrap().openid_of("ben"));
    assert!(ben.json().get("userid").is_none());
    let linked = who(&simulator, &token, &code(&simulator, &desktop_link(), "laowang")).await;
    assert_eq!(linked.field("userid"), "ww0000000000000002/laowang");
    for (token, code, expected) in
        [("", "x", 41_001), ("x", "x", 40_014), (&*token, "", 41_008), (&*token, "x", 40_029)]
    {
        assert_eq!(who(&simulator, token, code).await.errcode(), expected);
    }
    let late = code(&simulator, &desktop_link(), "ann");
    simulator.advance(Duration::from_secs(300));
    assert_eq!(who(&simulator, &token, &late).await.errcode(), 40_029);
}

#[tokio::test]
async fn the_older_address_and_a_script_write_capitals() {
    let simulator = office().await;
    let token = token(&simulator).await;
    let ann = code(&simulator, &desktop_link(), "ann");
    let path = format!("/cgi-bin/user/getuserinfo?access_token={token}&code={ann}");
    let reply = get(&simulator, &path).await;
    assert_eq!(
        (reply.field("UserId"), reply.field("DeviceId").len()),
        ("Ann.Lee@hq_1-a".to_owned(), 10)
    );
    simulator.script().once(Endpoint::WecomUserInfo, Fault::Capitalised);
    let ben = who(&simulator, &token, &code(&simulator, &desktop_link(), "ben")).await;
    assert!(ben.field("OpenId").starts_with('o') && ben.json().get("openid").is_none());
    let text = Fault::RawField("errcode".to_owned(), b"\"0\"".to_vec());
    simulator.script().once(Endpoint::WecomUserInfo, text);
    let ann = who(&simulator, &token, &code(&simulator, &desktop_link(), "ann")).await;
    assert_eq!(ann.json()["errcode"], "0");
}

#[tokio::test]
async fn a_ticket_comes_with_privateinfo_and_an_agent_and_opens_details_for_half_an_hour() {
    let simulator = office().await;
    let token = token(&simulator).await;
    for (link, has_ticket) in [
        (in_app_link("snsapi_privateinfo"), true),
        (in_app_link("snsapi_base"), false),
        // Silently less.
        (in_app_link("snsapi_privateinfo").replace("&agentid=1000002", ""), false),
    ] {
        let reply = who(&simulator, &token, &code(&simulator, &link, "xiaoyu")).await;
        assert_eq!(reply.json().get("user_ticket").is_some(), has_ticket, "{link}");
    }
    let reply =
        who(&simulator, &token, &code(&simulator, &in_app_link("snsapi_privateinfo"), "xiaoyu"))
            .await;
    let body = format!("{{\"user_ticket\":\"{}\"}}", reply.field("user_ticket"));
    let path = format!("/cgi-bin/auth/getuserdetail?access_token={token}");
    let detail = post(&simulator, &path, "", &body).await;
    assert_eq!(
        (detail.field("userid"), detail.field("gender"), detail.field("biz_mail")),
        ("XiaoYu".to_owned(), "2".to_owned(), "xiaoyu@corp.example".to_owned())
    );
    assert!(detail.json().get("name").is_none() && detail.field("avatar").starts_with("http://"));
    assert_eq!(post(&simulator, &path, "", "{\"user_ticket\":\"x\"}").await.errcode(), 84_015);
    simulator.advance(Duration::from_secs(1_800));
    assert_eq!(post(&simulator, &path, "", &body).await.errcode(), 84_014);
}

#[tokio::test]
async fn the_doors_want_their_order_an_agent_and_the_port() {
    let simulator = office().await;
    let page = get(&simulator, &desktop_link()).await;
    assert!(page.text().contains("id=\"wecom\"") && page.text().contains("id=\"approve\""));
    let silent = get_as(&simulator, &in_app_link("snsapi_base"), WECHAT).await;
    assert!(silent.location().starts_with("http://app.test:8443/cb?code="));
    assert!(
        get_as(&simulator, &in_app_link("snsapi_privateinfo"), WECHAT)
            .await
            .text()
            .contains("id=\"approve\"")
    );
    for (link, expected) in [
        (desktop_link().replace("CorpApp", "ServiceApp"), "login_type"),
        (desktop_link().replace("agentid=1000002&", ""), "40056"),
        (desktop_link().replace("agentid=1000002", "agentid=7"), "40056"),
        (desktop_link().replace("%3A8443", ""), "50001"),
        (desktop_link().replace("app.test", "www.app.test"), "50001"),
        (desktop_link().replace("state=s1&lang=zh", "lang=zh&state=s1"), "order"),
        (desktop_link().replace("state=s1", "state=s-1"), "state"),
        (desktop_link().replace("appid=ww", "appid=WW"), "40013"),
    ] {
        assert_eq!(get(&simulator, &link).await.refusal(), expected, "{link}");
    }
    let before = in_app_link("snsapi_base")
        .replace("&agentid=1000002", "")
        .replace("&state", "&agentid=1000002&state");
    assert_eq!(get_as(&simulator, &before, WECHAT).await.refusal(), "order");
    assert_eq!(get(&simulator, &in_app_link("snsapi_base")).await.refusal(), "not-in-wecom");
    let form = "decision=approve&person=ann";
    let back = post(&simulator, &desktop_link(), "", form).await;
    assert!(back.location().ends_with("&state=s1"), "{}", back.location());
}

#[tokio::test]
async fn the_console_decides_who_may_and_whether() {
    let simulator = office().await;
    let token = token(&simulator).await;
    simulator.change_world(|world| world.corps[0].agents[0].hidden_from.push("ann".to_owned()));
    let ann = code(&simulator, &desktop_link(), "ann");
    assert_eq!(who(&simulator, &token, &ann).await.errcode(), 50_002);
    simulator.change_world(|world| world.corps[0].agents[0].disabled = true);
    let xiaoyu = code(&simulator, &desktop_link(), "xiaoyu");
    assert_eq!(who(&simulator, &token, &xiaoyu).await.errcode(), 50_003);
    simulator.script().once(Endpoint::WecomToken, Fault::Errcode(60_020));
    let path = format!("/cgi-bin/gettoken?corpid={CORP}&corpsecret={SECRET}");
    let reply = get(&simulator, &path).await;
    assert!(reply.field("errmsg").contains("from ip: 203.0.113.9"), "{}", reply.text());
}
