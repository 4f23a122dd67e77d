//! One human being is one `sub`: across applications, channels, visits and what WeChat lets us know.

use harness::{Browser, House, Plan, WECHAT_DESKTOP, WECHAT_PHONE};
use magpie_simulator::{AccountKind, PushConsole, PushFormat, PushMode, World};

async fn subject(house: &House, agent: &str, person: &str) -> String {
    let application = house.application();
    let answered =
        Browser::of(house, agent).sign_in(house, &application.authorize(&[]), person).await;
    application.tokens(&answered.sent("code").unwrap()).await.subject()
}

#[tokio::test]
async fn the_same_person_is_the_same_by_qr_and_inside_wechat_and_nobody_else_is() {
    for house in House::on_both_engines().await {
        let by_qr = subject(&house, harness::DESKTOP, "xiaoyu").await;
        assert_eq!(subject(&house, WECHAT_PHONE, "xiaoyu").await, by_qr);
        assert_eq!(subject(&house, WECHAT_DESKTOP, "xiaoyu").await, by_qr);
        assert_eq!(subject(&house, harness::DESKTOP, "xiaoyu").await, by_qr);
        assert_ne!(subject(&house, harness::DESKTOP, "ann").await, by_qr);
        house.close().await;
    }
}

#[tokio::test]
async fn a_second_application_needs_no_second_visit_to_wechat() {
    let house = House::open().await;
    let (first, second) = (house.application(), house.other_application());
    let mut browser = Browser::new(&house);
    let answered = browser.sign_in(&house, &first.authorize(&[]), "ann").await;
    let one = first.tokens(&answered.sent("code").unwrap()).await;
    let answered = browser.get(&second.authorize(&[])).await;
    assert!(
        answered.location().starts_with("https://other.example/cb?"),
        "{}",
        answered.location()
    );
    let two = second.tokens(&answered.sent("code").unwrap()).await;
    assert_eq!(one.subject(), two.subject());
    assert_eq!(one.id_token["auth_time"], two.id_token["auth_time"]);
    assert_eq!(house.wechat.exchanges(), 1);
    // Another browser knows nothing of it.
    let stranger = Browser::new(&house).get(&second.authorize(&[("prompt", "none")])).await;
    assert_eq!(stranger.sent("error").unwrap(), "login_required");
    house.close().await;
}

/// The silent scope gives an identity and nothing else: no page, no profile call, no name.
#[tokio::test]
async fn a_silent_service_account_signs_in_without_a_page_and_without_a_name() {
    let channels = r#"
[[channels]]
id = "inapp"
kind = "service_account"
app_id = "wx0000000000000002"
app_secret = "wx0000000000000002-secret"
platform = "main"
scope = "snsapi_base"
"#;
    let house = House::of(Plan { channels: Some(channels.to_owned()), ..Plan::default() }).await;
    let application = house.application();
    let mut browser = Browser::of(&house, WECHAT_PHONE);
    let departed = browser.get(&application.authorize(&[])).await;
    assert_eq!(departed.status, 303, "{}", departed.body);
    assert!(departed.location().contains("scope=snsapi_base"), "{}", departed.location());
    let callback = house.wechat.approve(&departed.location(), "laowang").unwrap();
    let answered = browser.get(&callback).await;
    let tokens = application.tokens(&answered.sent("code").unwrap()).await;
    let claims = application.userinfo(&tokens.access_token).await.json();
    assert_eq!(house.wechat.profiles(), 0);
    assert!(claims.get("name").is_none() && claims.get("picture").is_none(), "{claims}");
    assert!(claims["preferred_username"].as_str().unwrap().starts_with("wx_"));
    house.close().await;
}

/// The `wechat` scope hands out what payments and messages need, and only with the scope.
#[tokio::test]
async fn openid_and_unionid_are_told_to_those_who_asked_and_may_know() {
    let house = House::open().await;
    let application = house.application();
    for (scope, told) in [("openid profile", false), ("openid wechat", true)] {
        let mut browser = Browser::new(&house);
        let answered =
            browser.sign_in(&house, &application.authorize(&[("scope", scope)]), "ben").await;
        let tokens = application.tokens(&answered.sent("code").unwrap()).await;
        let claims = application.userinfo(&tokens.access_token).await.json();
        let keys = ["wechat_app_id", "wechat_openid", "wechat_unionid", "wechat_openids"];
        assert!(keys.iter().all(|key| claims.get(key).is_some() == told), "{scope}: {claims}");
    }
    house.close().await;
}

/// CC-13: any replica serves any step.
#[tokio::test]
async fn a_login_may_be_spread_over_replicas() {
    let Some(database) = harness::Database::on_postgres().await else { return };
    let house = House::of(Plan { database: Some(database), ..Plan::default() }).await;
    let (other, _stop) = house.replica().await;
    let application = house.application();
    let mut browser = Browser::new(&house);
    let callback = browser.leave(&house, &application.authorize(&[]), "ann").await;
    let answered = browser.at(other).get(&callback).await;
    let tokens = application.tokens(&answered.sent("code").unwrap()).await;
    let userinfo = application.at(other).userinfo(&tokens.access_token).await;
    assert_eq!(userinfo.json()["sub"], tokens.subject().as_str());
    house.close().await;
}

/// With a service account to follow, a desktop and WeChat's own browser are one person, by the unionid or, with the same
/// account, by the openid already.
#[tokio::test]
async fn who_follows_on_a_desktop_is_who_signs_in_inside_wechat() {
    let push = "push = { token = \"0123456789abcdef0123456789abcdef\", \
                encoding_aes_key = \"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG\" }";
    let inapp = "[[channels]]\nid = \"inapp\"\nkind = \"service_account\"\napp_id = \"wx0000000000000002\"\n\
                 app_secret = \"wx0000000000000002-secret\"\nplatform = \"main\"\n";
    let own = "[[channels]]\nid = \"chat\"\nkind = \"follow\"\napp_id = \"wx0000000000000003\"\n\
               app_secret = \"wx0000000000000003-secret\"\nplatform = \"main\"\n";
    let borrowed = "[[channels]]\nid = \"scan\"\nkind = \"follow\"\nthrough = \"inapp\"\n";
    for (channels, account, address) in [
        (format!("{inapp}{own}{push}\n"), "wx0000000000000003", "chat"),
        (format!("{borrowed}{inapp}{push}\n"), "wx0000000000000002", "inapp"),
    ] {
        let house = House::of(Plan {
            channels: Some(channels),
            world: Some(followed_world()),
            ..Plan::default()
        })
        .await;
        let url = format!("{}/push/{address}", house.issuer);
        house.wechat.change_world(|world| {
            world.pushes.push(PushConsole {
                app_id: account.to_owned(),
                url,
                token: "0123456789abcdef0123456789abcdef".to_owned(),
                encoding_aes_key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".to_owned(),
                mode: PushMode::Secure,
                format: PushFormat::Xml,
            });
        });
        let inside = subject(&house, WECHAT_PHONE, "ann").await;
        assert_eq!(by_following(&house, account, "ann").await, inside);
        assert_ne!(by_following(&house, account, "ben").await, inside);
        house.close().await;
    }
}

fn followed_world() -> World {
    let mut world = World::demo("127.0.0.1");
    let mut another =
        world.accounts.iter().find(|a| a.kind == AccountKind::ServiceAccount).unwrap().clone();
    another.app_id = "wx0000000000000003".to_owned();
    another.app_secret = "wx0000000000000003-secret".to_owned();
    world.accounts.push(another);
    world
}

/// The subject of somebody who scans a desktop's code and types its number.
async fn by_following(house: &House, account: &str, person: &str) -> String {
    let application = house.application();
    let mut desktop = Browser::new(house);
    let page = desktop.get(&application.authorize(&[])).await;
    assert_eq!(page.marker(), "relay-code", "{}", page.body);
    let line = house.wechat.scan(&harness::read_qr(&page.body), person).await.unwrap();
    assert!(line.text().contains("The application"), "{line:?}");
    let part = |from: &str, to: &str| {
        let rest = page.body.split(from).nth(1).unwrap();
        rest.split(to).next().unwrap().to_owned()
    };
    let number = part(r#"id="number" dir="ltr">"#, "<");
    house.wechat.say(account, person, &number).await.unwrap();
    let answered = desktop.get(&part("data-next=\"", "\"")).await;
    application.tokens(&answered.sent("code").unwrap()).await.subject()
}
