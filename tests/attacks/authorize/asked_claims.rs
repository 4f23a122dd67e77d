//! Claims that an application names one by one: alone, in the place it named, within what it may have, and with the
//! person's consent.

use harness::{Application, Browser, House, Tokens};
use serde_json::Value;

use crate::scene::{assert_code, assert_told, signed_in};

const TARGET: &str = "https://app.example/cb";

async fn asked(browser: &mut Browser, house: &House, app: &Application, claims: &str) -> Tokens {
    let page = browser.get(&app.authorize(&[("scope", "openid"), ("claims", claims)])).await;
    app.tokens(&assert_code(&page, house, TARGET)).await
}

fn names(claims: &Value) -> Vec<&str> {
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// A13, oidcc-claims-essential: a claim comes without its scope, without its neighbours, and where it was asked for.
#[tokio::test]
async fn a_claim_that_is_named_comes_alone_and_where_it_was_asked() {
    for house in House::on_both_engines().await {
        let app = house.application();
        let mut browser = signed_in(&house, "xiaoyu").await;
        let essential = r#"{"userinfo":{"name":{"essential":true}}}"#;
        let tokens = asked(&mut browser, &house, &app, essential).await;
        assert!(tokens.id_token.get("name").is_none(), "{}", tokens.id_token);
        let told = app.userinfo(&tokens.access_token).await.json();
        assert_eq!(names(&told), ["name", "sub"]);
        let both = r#"{"id_token":{"picture":null,"wechat_openid":null},"userinfo":{"preferred_username":null}}"#;
        let tokens = asked(&mut browser, &house, &app, both).await;
        assert!(
            tokens.id_token["picture"].is_string() && tokens.id_token["wechat_openid"].is_string()
        );
        for absent in ["name", "preferred_username", "wechat_unionid"] {
            assert!(tokens.id_token.get(absent).is_none(), "{absent}");
        }
        let told = app.userinfo(&tokens.access_token).await.json();
        assert_eq!(names(&told), ["preferred_username", "sub"]);
        house.close().await;
    }
}

/// AZ-38, A13: neither unknown names nor names beyond the client's scopes give anything.
#[tokio::test]
async fn a_claim_beyond_the_clients_scopes_is_not_given() {
    let house = House::open().await;
    let other = house.other_application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let greedy = r#"{"userinfo":{"wechat_openid":{"essential":true},"email":null,"zzz":null},"id_token":{"wechat_unionid":null,"zzz":null}}"#;
    let page = browser.get(&other.authorize(&[("scope", "openid"), ("claims", greedy)])).await;
    let tokens = other.tokens(&assert_code(&page, &house, "https://other.example/cb")).await;
    for absent in ["wechat_unionid", "zzz"] {
        assert!(tokens.id_token.get(absent).is_none(), "{absent}");
    }
    let told = other.userinfo(&tokens.access_token).await.json();
    assert_eq!(names(&told), ["sub"]);
    house.close().await;
}

/// A13, OIDC Core §5.5.1.1: an essential acr by value that WeChat is not fails; a wish for one does not, nor does
/// `acr_values`.
#[tokio::test]
async fn an_acr_that_cannot_be_had_fails_where_it_is_essential() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    for how in [
        r#"{"essential":true,"value":"gold"}"#,
        r#"{"essential":true,"values":["gold","silver"]}"#,
        r#"{"essential":true,"values":[]}"#,
    ] {
        let claims = format!("{{\"id_token\":{{\"acr\":{how}}}}}");
        let page = browser.get(&app.authorize(&[("claims", &claims)])).await;
        let error = "unmet_authentication_requirements";
        assert_told(&page, &house, "https://app.example/cb?keep=1", error);
    }
    for how in [
        r#"{"value":"gold"}"#,
        r#"{"essential":true}"#,
        r#"{"essential":true,"values":["gold","urn:magpie:acr:wechat"]}"#,
    ] {
        let claims = format!("{{\"id_token\":{{\"acr\":{how}}}}}");
        let more = [("claims", &*claims), ("acr_values", "gold")];
        let page = browser.get(&app.authorize(&more)).await;
        let tokens = app.tokens(&assert_code(&page, &house, TARGET)).await;
        assert_eq!(tokens.id_token["acr"], "urn:magpie:acr:wechat");
    }
    house.close().await;
}

/// What is named is asked for in the words of its scope, and remembered as that.
#[tokio::test]
async fn a_person_is_asked_for_what_is_named() {
    let house = House::open().await;
    let asking = house.asking_application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let narrow = asking.authorize(&[("scope", "openid")]);
    let page = browser.get(&narrow).await;
    assert_eq!(page.body.matches("data-scope=").count(), 1, "{}", page.body);
    let target = "https://asking.example/cb";
    assert_code(&browser.post(&page.action(), &[("step", "allow")]).await, &house, target);
    let claims = r#"{"userinfo":{"name":null}}"#;
    let named = asking.authorize(&[("scope", "openid"), ("claims", claims)]);
    let page = browser.get(&named).await;
    assert_eq!(page.marker(), "consent", "{}", page.body);
    assert!(page.body.contains(r#"data-scope="profile""#), "{}", page.body);
    assert_code(&browser.post(&page.action(), &[("step", "allow")]).await, &house, target);
    assert_code(&browser.get(&named).await, &house, target);
    house.close().await;
}
