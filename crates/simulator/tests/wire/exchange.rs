//! `sns/oauth2/access_token` and `sns/jscode2session`: codes are worth one answer.

use std::time::Duration;

use magpie_simulator::{Account, AccountKind, Scope};

use crate::client::{SERVICE, WEBSITE, demo, demo_with, exchange, exchange_path, get};

#[tokio::test]
async fn a_code_gives_tokens_in_wechats_own_shape() {
    let simulator = demo().await;
    let code = simulator.issue_code(SERVICE, "ann", Scope::UserInfo).unwrap();
    let reply = exchange(&simulator, SERVICE, &code).await;
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    let json = reply.json();
    let mut names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    // A feature of another crate decides whether serde_json keeps the order of the text.
    names.sort_unstable();
    assert_eq!(
        names,
        ["access_token", "expires_in", "openid", "refresh_token", "scope", "unionid"]
    );
    assert_eq!(json["expires_in"], 7200);
    assert_eq!(json["scope"], "snsapi_userinfo");
    assert!(reply.field("access_token").len() < 512);
    assert_eq!(reply.field("openid").len(), 28);
}

#[tokio::test]
async fn a_code_is_used_once_then_used_before_then_invalid() {
    let simulator = demo().await;
    let code = simulator.issue_code(WEBSITE, "ann", Scope::Login).unwrap();
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(exchange(&simulator, WEBSITE, &code).await.errcode());
    }
    assert_eq!(answers, [0, 40_163, 40_163, 40_163, 40_029, 40_029]);
    assert_eq!((simulator.exchanges(), simulator.exchanges_of(&code)), (6, 6));
}

#[tokio::test]
async fn a_code_dies_after_five_minutes() {
    let simulator = demo().await;
    let early = simulator.issue_code(WEBSITE, "ann", Scope::Login).unwrap();
    let late = simulator.issue_code(WEBSITE, "ann", Scope::Login).unwrap();
    simulator.advance(Duration::from_secs(298));
    assert_eq!(exchange(&simulator, WEBSITE, &early).await.errcode(), 0);
    simulator.advance(Duration::from_secs(2));
    assert_eq!(exchange(&simulator, WEBSITE, &late).await.errcode(), 42_003);
}

#[tokio::test]
async fn a_code_of_another_app_is_invalid_and_stays_untouched() {
    let simulator = demo().await;
    let code = simulator.issue_code(WEBSITE, "ann", Scope::Login).unwrap();
    assert_eq!(exchange(&simulator, SERVICE, &code).await.errcode(), 40_029);
    assert_eq!(exchange(&simulator, WEBSITE, &code).await.errcode(), 0);
    for invented in ["0", "x", "041aBc", &"0A".repeat(16)] {
        assert_eq!(exchange(&simulator, WEBSITE, invented).await.errcode(), 40_029, "{invented}");
    }
}

#[tokio::test]
async fn each_missing_or_wrong_parameter_has_its_own_number() {
    let simulator = demo().await;
    let code = simulator.issue_code(WEBSITE, "ann", Scope::Login).unwrap();
    let whole = exchange_path(WEBSITE, &code);
    for (path, expected) in [
        (whole.replace(&format!("appid={WEBSITE}&"), ""), 41_002),
        (whole.replace("appid=wx0", "appid=wx9"), 40_013),
        (whole.replace("appid=wx0", "appid=WX0"), 40_013),
        (whole.replace(&format!("secret={WEBSITE}-secret&"), ""), 41_004),
        (whole.replace("-secret", "-secreT"), 40_125),
        (whole.replace(&format!("code={code}&"), ""), 41_008),
        (whole.replace("authorization_code", "client_credential"), 40_002),
        (whole.clone(), 0),
    ] {
        let reply = get(&simulator, &path).await;
        assert_eq!(reply.errcode(), expected, "{path}");
        assert_eq!(
            reply
                .json()
                .get("errmsg")
                .is_some_and(|text| text.as_str().unwrap().contains(", rid: ")),
            expected != 0
        );
    }
}

#[tokio::test]
async fn the_unionid_comes_with_the_profile_scopes_and_a_platform_only() {
    let simulator = demo().await;
    let unionid = async |app: &str, scope| {
        let code = simulator.issue_code(app, "ann", scope).unwrap();
        exchange(&simulator, app, &code)
            .await
            .json()
            .get("unionid")
            .map(|text| text.as_str().unwrap().to_owned())
    };
    let in_app = unionid(SERVICE, Scope::UserInfo).await.unwrap();
    assert_eq!(unionid(WEBSITE, Scope::Login).await.unwrap(), in_app);
    assert_eq!(unionid(SERVICE, Scope::Base).await, None);
    simulator.change_world(|world| {
        world.accounts.iter_mut().for_each(|account| account.platform = Some("other".into()))
    });
    assert_ne!(unionid(SERVICE, Scope::UserInfo).await.unwrap(), in_app);
    simulator.change_world(|world| {
        world.accounts.iter_mut().for_each(|account| account.platform = None)
    });
    assert_eq!(unionid(SERVICE, Scope::UserInfo).await, None);
    simulator.change_world(|world| {
        world.accounts.iter_mut().for_each(|account| {
            account.platform = Some("main".into());
            account.kind = AccountKind::Sandbox;
        });
    });
    assert_eq!(unionid(SERVICE, Scope::UserInfo).await, None);
}

#[tokio::test]
async fn mini_program_codes_and_web_codes_do_not_mix() {
    const MINI: &str = "wx0000000000000003";
    let simulator = demo_with(|world| {
        world.accounts.push(Account {
            app_id: MINI.into(),
            app_secret: format!("{MINI}-secret"),
            kind: AccountKind::MiniProgram,
            name: "mini".into(),
            platform: Some("main".into()),
            callback_domains: vec![],
            allow_port: false,
        });
    })
    .await;
    let session = |code: &str| {
        format!(
            "/sns/jscode2session?appid={MINI}&secret={MINI}-secret&js_code={code}&grant_type=authorization_code"
        )
    };
    let code = simulator.issue_code(MINI, "ann", Scope::MiniProgram).unwrap();
    assert_eq!(exchange(&simulator, MINI, &code).await.errcode(), 40_029);
    let reply = get(&simulator, &session(&code)).await;
    assert!(reply.json().get("errcode").is_none());
    assert_eq!(reply.field("session_key").len(), 24);
    assert_eq!(
        reply.field("unionid"),
        simulator.world().account(WEBSITE).unwrap().unionid_of("ann").unwrap()
    );
    assert_eq!(get(&simulator, &session(&code)).await.errcode(), 40_163);
    assert_eq!(simulator.exchanges_of(&code), 3);
    assert_eq!(get(&simulator, &session("")).await.errcode(), 41_008);
    let web = simulator.issue_code(MINI, "ann", Scope::UserInfo).unwrap();
    assert_eq!(get(&simulator, &session(&web)).await.errcode(), 40_029);
}
