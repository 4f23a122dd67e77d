//! QR codes of a service account, who scans them, and what appears in the chat.

use std::time::Duration;

use magpie_simulator::{
    ChatLine, PushAnswer, PushConsole, PushFormat, PushMode, RunningSimulator, Simulator, World,
};

use crate::client::{SERVICE, demo, get, post};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

async fn token(simulator: &RunningSimulator) -> String {
    let body = format!(
        r#"{{"grant_type":"client_credential","appid":"{SERVICE}","secret":"{SERVICE}-secret"}}"#
    );
    post(simulator, "/cgi-bin/stable_token", "", &body).await.field("access_token")
}

#[tokio::test]
async fn a_code_is_made_for_a_service_account_and_names_its_scene_when_it_is_scanned() {
    let simulator = demo().await;
    let token = token(&simulator).await;
    let path = format!("/cgi-bin/qrcode/create?access_token={token}");
    let wanted = |action: &str, scene: &str| {
        format!(
            r#"{{"expire_seconds":120,"action_name":"{action}","action_info":{{"scene":{{"scene_str":"{scene}"}}}}}}"#
        )
    };
    let reply = post(&simulator, &path, "", &wanted("QR_STR_SCENE", "l_1")).await;
    let address = reply.field("url");
    assert!(address.starts_with("http://weixin.qq.com/q/"), "{address}");
    assert_eq!(simulator.scene_of(&address).as_deref(), Some("l_1"));
    assert!(simulator.is_code_alive(&address));
    simulator.advance(Duration::from_secs(120));
    assert!(!simulator.is_code_alive(&address));
    for (path, body, errcode) in [
        (&*path, wanted("QR_SCENE", "l_1"), 40_053),
        (&path, wanted("QR_STR_SCENE", ""), 40_053),
        (&path, wanted("QR_STR_SCENE", &"x".repeat(65)), 40_053),
        (&path, "no JSON".to_owned(), 47_001),
        ("/cgi-bin/qrcode/create?access_token=x", wanted("QR_STR_SCENE", "l_1"), 40_001),
    ] {
        assert_eq!(post(&simulator, path, "", &body).await.errcode(), errcode, "{body}");
    }
}

#[tokio::test]
async fn of_a_follower_the_unionid_is_told_and_of_others_the_openid_alone() {
    let simulator = demo().await;
    let token = token(&simulator).await;
    let code = simulator.issue_code(SERVICE, "ann", magpie_simulator::Scope::UserInfo).unwrap();
    let known = crate::client::exchange(&simulator, SERVICE, &code).await;
    let path = |openid: &str| format!("/cgi-bin/user/info?access_token={token}&openid={openid}");
    let openid = known.field("openid");
    let stranger = get(&simulator, &path(&openid)).await;
    assert_eq!(stranger.json().get("subscribe").unwrap(), 0);
    assert!(stranger.json().get("unionid").is_none());
    simulator.follow(SERVICE, "ann");
    let follower = get(&simulator, &path(&openid)).await;
    assert_eq!(follower.json().get("subscribe").unwrap(), 1);
    assert_eq!(follower.field("unionid"), known.field("unionid"));
    assert_eq!(follower.field("nickname"), "");
    assert_eq!(get(&simulator, &path("oNobody")).await.errcode(), 40_003);
}

#[tokio::test]
async fn an_answer_that_wechat_does_not_understand_is_none() {
    let world = World {
        pushes: vec![PushConsole {
            app_id: SERVICE.to_owned(),
            url: "http://127.0.0.1:1/push".to_owned(),
            token: "token".to_owned(),
            encoding_aes_key: KEY.to_owned(),
            mode: PushMode::Plain,
            format: PushFormat::Xml,
        }],
        ..World::demo("127.0.0.1")
    };
    let simulator = Simulator::new(world);
    let read = |status: u16, body: &str| {
        simulator.read_reply(&PushAnswer::Answered { status, body: body.to_owned() }, "ann")
    };
    assert_eq!(read(200, "success"), Ok(ChatLine::Silence));
    assert_eq!(read(200, ""), Ok(ChatLine::Silence));
    assert!(read(403, "").is_err() && read(200, "<xml></xml>").is_err());
    assert!(simulator.read_reply(&PushAnswer::Unreachable, "ann").is_err());
    let request = simulator
        .write_push(
            SERVICE,
            "ann",
            &magpie_simulator::Pushed::Text("42".to_owned()),
            magpie_simulator::Flaw::None,
        )
        .unwrap();
    let part = |name: &str| {
        let rest = request.body.split(&format!("<{name}><![CDATA[")).nth(1).unwrap();
        rest.split("]]>").next().unwrap().to_owned()
    };
    let answer = |to: &str, from: &str| {
        format!(
            "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName>\
             <CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hi]]></Content></xml>"
        )
    };
    let (person, account) = (part("FromUserName"), part("ToUserName"));
    assert_eq!(read(200, &answer(&person, &account)), Ok(ChatLine::Text("hi".to_owned())));
    assert!(read(200, &answer(&account, &person)).is_err());
    assert!(read(200, &answer("oSomebody", &account)).is_err());
}
