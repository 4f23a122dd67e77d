//! Every kind of handle in every slot that takes one: a handle is good for its own slot alone.

use harness::Plan;

use crate::jws::part;
use crate::place::{Place, VERIFIER, assert_json, redeem, refresh};

/// Everything that this version hands out, by name.
async fn handles(place: &mut Place) -> Vec<(&'static str, String)> {
    let app = place.app();
    let used = place.plain_code().await;
    let tokens = app.tokens(&used).await;
    let refresh_token = place.offline(&app).await.refresh_token;
    let mut stranger = harness::Browser::new(&place.house);
    let start = app.authorize(&[("prompt", "login")]);
    let callback = stranger.leave(&place.house, &start, "xiaoyu").await;
    let parameter = |name: &str| {
        let url = url::Url::parse(&callback).unwrap();
        url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned()
    };
    let (attempt, cookie) =
        stranger.cookies.iter().find(|(name, _)| name.contains("attempt-")).unwrap();
    let unused = place.bound_code(&app).await;
    let (grant, secret) = unused.split_once('.').unwrap();
    let codes = crate::device_scene::codes(&place.device(), &[]).await;
    let asked =
        [("response_type", "code"), ("scope", "openid"), ("redirect_uri", &*app.redirect_uri)];
    let pushed = app.post("/oauth2/par", &asked).await.json();
    let urn = pushed["request_uri"].as_str().unwrap().to_owned();
    vec![
        ("code", unused.clone()),
        ("secret half of a code", secret.to_owned()),
        ("grant id", grant.to_owned()),
        ("access token", tokens.access_token.clone()),
        ("ID token", tokens.answer["id_token"].as_str().unwrap().to_owned()),
        ("session cookie", place.browser.cookies["magpie-session"].clone()),
        ("attempt cookie", cookie.clone()),
        ("attempt id", attempt.rsplit('-').next().unwrap().to_owned()),
        ("state at WeChat", parameter("state")),
        ("code of WeChat", parameter("code")),
        ("subject", tokens.subject()),
        ("sid", tokens.id_token["sid"].as_str().unwrap().to_owned()),
        ("client secret", app.secret.clone().unwrap()),
        ("secret half of a PAR urn", urn.rsplit('.').next().unwrap().to_owned()),
        ("handle of a PAR urn", urn.rsplit(':').next().unwrap().to_owned()),
        ("PAR urn", urn),
        ("id of a device", codes.row().to_owned()),
        ("secret half of a device code", codes.device.split('.').nth(1).unwrap().to_owned()),
        ("device code", codes.device),
        ("user code", codes.user),
        ("challenge", harness::Application::challenge(VERIFIER)),
        ("secret part of a refresh token", refresh_token.split('.').nth(2).unwrap().to_owned()),
        ("refresh token", refresh_token),
    ]
}

/// TK-14, JW-05: the token endpoint and userinfo. Seen red with any secret beside the right grant.
#[tokio::test]
async fn no_handle_passes_for_another_at_token_and_userinfo() {
    for mut place in Place::with_devices_on_both_engines().await {
        let app = place.app();
        let all = handles(&mut place).await;
        let before = place.facts.picture().await;
        for (name, handle) in &all {
            if *name != "code" {
                for shown in [handle.clone(), format!("{}.{handle}", all[2].1)] {
                    // The grant's id and the secret half are the code itself.
                    if *name != "secret half of a code" || shown == *handle {
                        let page = redeem(&app, &shown, &[("code_verifier", VERIFIER)]).await;
                        assert_json(&page, 400, "invalid_grant");
                    }
                }
            }
            if *name != "access token" {
                let page = app.userinfo(handle).await;
                assert_json(&page, 401, "invalid_token");
            }
        }
        assert_eq!(place.facts.picture().await, before);
        let page = redeem(&app, &all[0].1, &[("code_verifier", VERIFIER)]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        place.close().await;
    }
}

/// TK-14: the cookies. Nothing but the session's own value signs anybody in. Seen red with any secret beside the right
/// id.
#[tokio::test]
async fn no_handle_passes_for_a_session() {
    for mut place in Place::with_devices_on_both_engines().await {
        let app = place.app();
        let start = app.authorize(&[("prompt", "none")]);
        let all = handles(&mut place).await;
        let id = all[11].1.clone();
        let forged = all.iter().flat_map(|(name, handle)| {
            [(*name, handle.clone()), (*name, format!("{id}.{handle}"))]
        });
        for (name, handle) in forged.collect::<Vec<_>>() {
            let mut browser = harness::Browser::new(&place.house);
            browser.cookies.insert("magpie-session".to_owned(), handle.clone());
            let page = browser.get(&start).await;
            assert_eq!(page.status, 303, "{}", page.body);
            let signed_in = page.sent("code").is_some();
            assert_eq!(
                signed_in,
                name == "session cookie" && !handle.starts_with(&format!("{id}.{id}")),
                "{name}"
            );
            if !signed_in {
                assert_eq!(page.sent("error").unwrap(), "login_required", "{name}");
            }
        }
        place.close().await;
    }
}

/// JW-05: both houses have one root key, which is as near as two environments can come.
#[tokio::test]
async fn a_token_of_one_house_is_nothing_in_another() {
    let (mut here, there) = (Place::open().await, Place::open().await);
    let tokens = here.tokens().await;
    let code = here.plain_code().await;
    assert_json(&there.app().userinfo(&tokens.access_token).await, 401, "invalid_token");
    assert_json(&redeem(&there.app(), &code, &[]).await, 400, "invalid_grant");
    let mut browser = harness::Browser::new(&there.house);
    browser.cookies = here.browser.cookies.clone();
    let page = browser.get(&there.app().authorize(&[("prompt", "none")])).await;
    assert_eq!(page.sent("error").unwrap(), "login_required");
    here.close().await;
    there.close().await;
}

/// JW-04, JW-06, B1: what is sealed cannot be bent, and what is signed is no access token whoever signed it. Seen red
/// with padding passed over, and with the tag not looked at.
#[tokio::test]
async fn an_access_token_that_was_bent_anywhere_is_an_invalid_token() {
    let mut place = Place::of(Plan::default()).await;
    let app = place.app();
    let token = place.tokens().await.access_token;
    let claims =
        serde_json::json!({"grant": "x", "scopes": "openid", "expires": 4_000_000_000_i64});
    let mut bent = vec![
        token[..token.len() - 1].to_owned(),
        format!("{token}="),
        format!("{token}A"),
        token.chars().rev().collect(),
        part(&claims),
        format!("{}.{}.", part(&serde_json::json!({"alg": "none"})), part(&claims)),
        "a".repeat(4096),
        "a".repeat(5000),
        "null".to_owned(),
    ];
    for at in 0..token.len() {
        let mut letters: Vec<_> = token.chars().collect();
        letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
        bent.push(letters.into_iter().collect());
    }
    for bent in &bent {
        assert_json(&app.userinfo(bent).await, 401, "invalid_token");
    }
    assert_eq!(app.userinfo(&token).await.status, 200);
    place.close().await;
}

/// TK-14: where refresh tokens are shown, handed back and asked about. Seen red with any secret beside the right grant.
#[tokio::test]
async fn no_handle_passes_for_a_refresh_token() {
    for mut place in Place::with_devices_on_both_engines().await {
        let app = place.app();
        let all = handles(&mut place).await;
        let (_, token) = all.last().unwrap().clone();
        let id = token.split('.').next().unwrap();
        let before = place.facts.picture().await;
        for (name, handle) in &all {
            for shown in
                [handle.clone(), format!("{}.0.{handle}", all[2].1), format!("{id}.0.{handle}")]
            {
                if shown == token || *name == "access token" {
                    continue;
                }
                assert_json(&refresh(&app, &shown, &[]).await, 400, "invalid_grant");
                let page = app.post("/oauth2/introspect", &[("token", &shown)]).await;
                assert_eq!(page.json(), serde_json::json!({"active": false}), "{name}");
                let page = app.post("/oauth2/revoke", &[("token", &shown)]).await;
                assert_eq!(page.status, 200, "{name}");
            }
        }
        assert_eq!(place.facts.picture().await, before);
        assert_eq!(refresh(&app, &token, &[]).await.status, 200);
        place.close().await;
    }
}
