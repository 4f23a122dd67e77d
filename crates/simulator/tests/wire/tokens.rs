//! Refreshing a user's token, and the two families of app-level tokens.

use std::time::Duration;

use magpie_simulator::{AccountKind, Endpoint, Fault, Scope, Simulator, World};

use crate::client::{SERVICE, WEBSITE, demo, exchange, get, post};

#[tokio::test]
async fn refreshing_keeps_a_living_token_and_replaces_a_dead_one() {
    let simulator = demo().await;
    let code = simulator.issue_code(WEBSITE, "ann", Scope::Login).unwrap();
    let first = exchange(&simulator, WEBSITE, &code).await;
    let (access, refresh, openid) =
        (first.field("access_token"), first.field("refresh_token"), first.field("openid"));
    let path = format!(
        "/sns/oauth2/refresh_token?appid={WEBSITE}&grant_type=refresh_token&refresh_token={refresh}"
    );
    simulator.advance(Duration::from_secs(7_000));
    let living = get(&simulator, &path).await;
    assert_eq!(living.field("access_token"), access);
    assert!(living.json().get("unionid").is_none());
    simulator.advance(Duration::from_secs(7_000));
    let check = format!("/sns/auth?access_token={access}&openid={openid}");
    assert_eq!(get(&simulator, &check).await.errcode(), 0);
    simulator.advance(Duration::from_secs(201));
    assert_eq!(get(&simulator, &check).await.errcode(), 42_001);
    let anew = get(&simulator, &path).await.field("access_token");
    assert_ne!(anew, access);
    assert_eq!(get(&simulator, &check).await.errcode(), 40_014);
    simulator.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(get(&simulator, &path).await.errcode(), 42_002);
}

#[tokio::test]
async fn a_refresh_token_belongs_to_its_app_and_cannot_be_invented() {
    let simulator = demo().await;
    let code = simulator.issue_code(WEBSITE, "ann", Scope::Login).unwrap();
    let reply = exchange(&simulator, WEBSITE, &code).await;
    let (refresh, access) = (reply.field("refresh_token"), reply.field("access_token"));
    for (app, grant, token, expected) in [
        (SERVICE, "refresh_token", &*refresh, 40_030),
        (WEBSITE, "refresh_token", &*access, 40_030),
        (WEBSITE, "refresh_token", "78_", 40_030),
        (WEBSITE, "refresh_token", "", 41_003),
        (WEBSITE, "authorization_code", &*refresh, 40_002),
        ("wx9", "refresh_token", &*refresh, 40_013),
        ("", "refresh_token", &*refresh, 41_002),
        (WEBSITE, "refresh_token", &*refresh, 0),
    ] {
        let path = format!(
            "/sns/oauth2/refresh_token?appid={app}&grant_type={grant}&refresh_token={token}"
        );
        assert_eq!(get(&simulator, &path).await.errcode(), expected, "{path}");
    }
}

fn plain(app: &str, secret: &str) -> String {
    format!("/cgi-bin/token?grant_type=client_credential&appid={app}&secret={secret}")
}

fn stable(secret: &str, force: bool) -> String {
    format!(
        "{{\"grant_type\":\"client_credential\",\"appid\":\"{SERVICE}\",\"secret\":\"{secret}\",\"force_refresh\":{force}}}"
    )
}

#[tokio::test]
async fn the_stable_token_stays_and_the_plain_one_changes_with_each_call() {
    let simulator = demo().await;
    let secret = format!("{SERVICE}-secret");
    let path = "/cgi-bin/stable_token";
    let first = post(&simulator, path, "", &stable(&secret, false)).await;
    assert_eq!(first.header("content-type"), Some("application/json; encoding=utf-8"));
    let plain_token = get(&simulator, &plain(SERVICE, &secret)).await.field("access_token");
    assert_ne!(get(&simulator, &plain(SERVICE, &secret)).await.field("access_token"), plain_token);
    simulator.advance(Duration::from_secs(3_600));
    let second = post(&simulator, path, "", &stable(&secret, false)).await;
    assert_eq!(second.field("access_token"), first.field("access_token"));
    assert!(second.json()["expires_in"].as_u64().unwrap() <= 3_600);
    let forced = post(&simulator, path, "", &stable(&secret, true)).await.field("access_token");
    assert_ne!(forced, first.field("access_token"));
    simulator.advance(Duration::from_secs(6_901));
    assert_ne!(
        post(&simulator, path, "", &stable(&secret, false)).await.field("access_token"),
        forced
    );
}

#[tokio::test]
async fn app_tokens_want_the_right_account_and_secret() {
    let simulator = demo().await;
    let secret = format!("{SERVICE}-secret");
    assert_eq!(get(&simulator, &plain("", &secret)).await.errcode(), 41_002);
    assert_eq!(get(&simulator, &plain("wx9", &secret)).await.errcode(), 40_013);
    assert_eq!(get(&simulator, &plain(SERVICE, "")).await.errcode(), 41_004);
    assert_eq!(get(&simulator, &plain(SERVICE, "wrong")).await.errcode(), 40_125);
    assert_eq!(
        get(&simulator, &plain(SERVICE, &secret).replace("client_credential", "x")).await.errcode(),
        40_002
    );
    assert_eq!(
        post(&simulator, "/cgi-bin/stable_token", "", &stable("wrong", false)).await.errcode(),
        40_125
    );
    assert_eq!(post(&simulator, "/cgi-bin/stable_token", "", "appid=1").await.errcode(), 47_001);
    assert_eq!(get(&simulator, "/cgi-bin/stable_token").await.status, 405);
    // An app of the Open Platform gets none.
    let website = "wx0000000000000001";
    assert_eq!(
        get(&simulator, &plain(website, &format!("{website}-secret"))).await.errcode(),
        48_001
    );
}

#[tokio::test]
async fn an_unlisted_address_is_named_in_the_text() {
    let simulator = demo().await;
    simulator
        .script()
        .once(Endpoint::Token, Fault::Errcode(40_164))
        .once(Endpoint::StableToken, Fault::Errcode(40_164));
    let reply = get(&simulator, &plain(SERVICE, "x")).await;
    assert_eq!(reply.errcode(), 40_164);
    assert!(
        reply
            .field("errmsg")
            .starts_with("invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist, rid: ")
    );
    assert_eq!(
        post(&simulator, "/cgi-bin/stable_token", "", &stable("x", false)).await.errcode(),
        40_164
    );
    let seen = simulator.requests();
    assert_eq!(seen.last().unwrap().parameter("appid"), Some(SERVICE));
}

/// wechat.md section 5.4: the token is looked at first, the code counts once and is no login code.
#[tokio::test]
async fn a_phone_number_wants_a_living_token_of_the_mini_program_and_its_own_code() {
    let mut world = World::demo("127.0.0.1");
    world.accounts.get_mut(1).unwrap().kind = AccountKind::MiniProgram;
    // An app of the Open Platform gets no such token at all.
    world.accounts.get_mut(0).unwrap().kind = AccountKind::ServiceAccount;
    let simulator = Simulator::start(world, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let secret = format!("{SERVICE}-secret");
    let token = async |app: &str| {
        let path = plain(app, &format!("{app}-secret"));
        get(&simulator, &path).await.field("access_token")
    };
    let ask = async |token: &str, code: &str| {
        let query = format!("/wxa/business/getuserphonenumber?access_token={token}");
        post(&simulator, &query, "", &format!("{{\"code\":\"{code}\"}}")).await
    };
    let fresh = || simulator.issue_code(SERVICE, "ann", Scope::PhoneNumber).unwrap();
    let login = simulator.issue_code(SERVICE, "ann", Scope::MiniProgram).unwrap();
    let (own, foreign) = (token(SERVICE).await, token(WEBSITE).await);
    for (token, code, expected) in [
        ("", fresh(), 41_001),
        ("79_invented", fresh(), 40_001),
        (&*foreign, fresh(), 48_001),
        (&*own, String::new(), 41_008),
        (&*own, login, 40_029),
    ] {
        assert_eq!(ask(token, &code).await.errcode(), expected, "{token} {code}");
    }
    let code = fresh();
    let reply = ask(&own, &code).await.json();
    let info = &reply["phone_info"];
    assert_eq!((&reply["errcode"], &info["countryCode"]), (&0.into(), &"86".into()));
    assert_eq!(info["purePhoneNumber"].as_str().map(str::len), Some(11));
    assert_eq!(info["watermark"]["appid"], SERVICE);
    assert_eq!(ask(&own, &code).await.errcode(), 40_163);
    assert_eq!(ask(&token(SERVICE).await, &fresh()).await.errcode(), 0);
    assert_eq!(ask(&own, &fresh()).await.errcode(), 40_001, "another one has replaced it");
    let first = post(&simulator, "/cgi-bin/stable_token", "", &stable(&secret, false)).await;
    assert_eq!(ask(&first.field("access_token"), &fresh()).await.errcode(), 0);
    simulator.replace_app_token(SERVICE);
    assert_eq!(ask(&first.field("access_token"), &fresh()).await.errcode(), 40_001);
    simulator.advance(Duration::from_secs(7_201));
    let second = post(&simulator, "/cgi-bin/stable_token", "", &stable(&secret, false)).await;
    simulator.advance(Duration::from_secs(7_201));
    assert_eq!(ask(&second.field("access_token"), &fresh()).await.errcode(), 42_001);
}
