//! `id_token_hint`: whom the application means. A token of ours names its person, also when it is old; anything else
//! is refused (OIDC Core §3.1.2.1).

use std::time::Duration;

use harness::{Application, Browser, House};

use crate::scene::{assert_code, assert_to_wechat, assert_told, come_back, rows, signed_in};

const TARGET: &str = "https://app.example/cb?keep=1";

async fn id_token(app: &Application, house: &House, browser: &mut Browser) -> String {
    let page = browser.get(&app.authorize(&[("prompt", "none")])).await;
    let tokens = app.tokens(&assert_code(&page, house, TARGET)).await;
    tokens.answer["id_token"].as_str().unwrap().to_owned()
}

/// AZ-29, A12: the own person is answered at once, another one never silently. Seen red with the hinted person not
/// compared.
#[tokio::test]
async fn a_hint_of_the_person_who_is_there_is_met_and_of_another_is_not() {
    let house = House::open().await;
    let app = house.application();
    let mut ann = signed_in(&house, "ann").await;
    let hint_of_ann = id_token(&app, &house, &mut ann).await;
    let mut browser = signed_in(&house, "xiaoyu").await;
    let own = id_token(&app, &house, &mut browser).await;
    let page = browser.get(&app.authorize(&[("prompt", "none"), ("id_token_hint", &own)])).await;
    assert_code(&page, &house, TARGET);
    let before = rows(&house).await;
    let silent = app.authorize(&[("prompt", "none"), ("id_token_hint", &hint_of_ann)]);
    assert_told(&browser.get(&silent).await, &house, TARGET, "login_required");
    let mut stranger = Browser::new(&house);
    assert_told(&stranger.get(&silent).await, &house, TARGET, "login_required");
    let interactive = app.authorize(&[("id_token_hint", &hint_of_ann)]);
    assert_to_wechat(&browser.get(&interactive).await, &house);
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// AZ-29: whoever comes back from WeChat, only the person who was meant brings a code. Seen red with whoever came back
/// accepted.
#[tokio::test]
async fn a_login_of_another_person_than_the_hinted_one_ends_in_an_error() {
    for house in House::on_both_engines().await {
        let app = house.application();
        let mut ann = signed_in(&house, "ann").await;
        let hint = id_token(&app, &house, &mut ann).await;
        let asks = app.authorize(&[("id_token_hint", &hint)]);
        let mut browser = Browser::new(&house);
        let departure = browser.get(&asks).await;
        let page = come_back(&house, &mut browser, &departure, "laowang").await;
        assert_told(&page, &house, TARGET, "login_required");
        let mut browser = Browser::new(&house);
        let departure = browser.get(&asks).await;
        let page = come_back(&house, &mut browser, &departure, "ann").await;
        assert_code(&page, &house, TARGET);
        house.close().await;
    }
}

/// AZ-29: what we did not sign, or what is no ID token, is told to the application. Seen red with such a hint ignored.
#[tokio::test]
async fn a_hint_that_is_no_id_token_of_ours_is_told_to_the_application() {
    let house = House::open().await;
    let other_house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let own = id_token(&app, &house, &mut browser).await;
    let mut elsewhere = signed_in(&other_house, "xiaoyu").await;
    let foreign = id_token(&other_house.application(), &other_house, &mut elsewhere).await;
    let page = browser.get(&app.authorize(&[])).await;
    let access = app.tokens(&assert_code(&page, &house, TARGET)).await.access_token;
    let parts: Vec<&str> = own.split('.').collect();
    let (head, body, mac) = (parts[0], parts[1], parts[2]);
    let foreign_body = foreign.split('.').nth(1).unwrap();
    let before = rows(&house).await;
    for hint in [
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{head}.{foreign_body}.{mac}"),
        format!("eyJhbGciOiJub25lIn0.{body}."),
        format!("{head}.{body}.{mac}.x"),
        format!("{head}.{body}.{}", mac.chars().rev().collect::<String>()),
        foreign,
        access,
    ] {
        let page = browser.get(&app.authorize(&[("id_token_hint", &hint)])).await;
        assert_told(&page, &house, TARGET, "invalid_request");
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
    other_house.close().await;
}

/// AZ-29: an old token still says whom the application means. Takes the shortest life a token can be given.
#[tokio::test]
async fn a_hint_that_has_expired_still_names_its_person() {
    let house = House::with("[times]\nid_token = \"60s\"\n").await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let mut ann = signed_in(&house, "ann").await;
    let own = id_token(&app, &house, &mut browser).await;
    tokio::time::sleep(Duration::from_secs(62)).await;
    let silent = app.authorize(&[("prompt", "none"), ("id_token_hint", &own)]);
    assert_code(&browser.get(&silent).await, &house, TARGET);
    assert_told(&ann.get(&silent).await, &house, TARGET, "login_required");
    house.close().await;
}
