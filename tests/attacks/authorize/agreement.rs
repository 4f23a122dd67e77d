//! Being asked: once, before anything goes out; remembered; never answered by anybody but the person.

use harness::{Application, Browser, House, Page};

use crate::scene::{assert_code, assert_told, come_back, rows, signed_in};

const TARGET: &str = "https://asking.example/cb";

/// Opens a request that must end on the page that asks.
async fn asked(browser: &mut Browser, url: &str) -> Page {
    let page = browser.get(url).await;
    assert_eq!((page.status.as_u16(), &*page.marker()), (200, "consent"), "{}", page.body);
    page
}

/// The first time somebody is asked, the second time not, for more than was allowed again.
#[tokio::test]
async fn a_person_is_asked_once_and_remembered() {
    for house in House::on_both_engines().await {
        let asking = house.asking_application();
        let mut browser = Browser::new(&house);
        let narrow = asking.authorize(&[("scope", "openid")]);
        let departure = browser.get(&narrow).await;
        let landed = come_back(&house, &mut browser, &departure, "xiaoyu").await;
        assert_eq!(landed.status, 303);
        assert!(landed.location().starts_with(&format!("{}/oauth2/resume/", house.issuer)));
        assert!(!landed.location().contains("code="), "no code before the answer");
        let page = asked(&mut browser, &landed.location()).await;
        assert_eq!(page.body.matches("data-scope=").count(), 1);
        let answered = browser.post(&page.action(), &[("step", "allow")]).await;
        let tokens = asking.tokens(&assert_code(&answered, &house, TARGET)).await;
        // RFC 6749 §5.1: told only where it differs from what was asked.
        assert!(tokens.answer.get("scope").is_none_or(|scope| scope == "openid"));
        // Remembered, in this browser and silently.
        for prompt in ["", "none"] {
            let again = asking.authorize(&[("scope", "openid"), ("prompt", prompt)]);
            assert_code(&browser.get(&again).await, &house, TARGET);
        }
        // In another browser the same person is not asked either: the answer belongs to the person.
        let mut second = Browser::new(&house);
        let page = second.sign_in(&house, &narrow, "xiaoyu").await;
        assert_code(&page, &house, TARGET);
        // More than was allowed is asked anew.
        let wide = asking.authorize(&[("scope", "openid profile")]);
        let page = asked(&mut browser, &wide).await;
        assert_eq!(page.body.matches("data-scope=").count(), 2);
        let answered = browser.post(&page.action(), &[("step", "allow")]).await;
        assert_code(&answered, &house, TARGET);
        assert_code(&browser.get(&wide).await, &house, TARGET);
        house.close().await;
    }
}

/// `prompt=consent` asks again, also where the operator vouches for the application.
#[tokio::test]
async fn prompt_consent_asks_whoever_was_asked_before() {
    let house = House::open().await;
    let mut browser = signed_in(&house, "xiaoyu").await;
    let asking = house.asking_application();
    let page = asked(&mut browser, &asking.authorize(&[])).await;
    assert_code(&browser.post(&page.action(), &[("step", "allow")]).await, &house, TARGET);
    for (application, target) in [(asking, TARGET), (house.application(), "https://app.example/cb")]
    {
        let page = asked(&mut browser, &application.authorize(&[("prompt", "consent")])).await;
        let answered = browser.post(&page.action(), &[("step", "allow")]).await;
        assert_code(&answered, &house, target);
    }
    house.close().await;
}

/// No is no: the application hears it, nothing is granted or remembered, and the next time the person is asked again.
#[tokio::test]
async fn a_person_who_says_no_gives_nothing_away() {
    let house = House::open().await;
    let asking = house.asking_application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let before = rows(&house).await;
    for step in ["deny", "cancel"] {
        let page = asked(&mut browser, &asking.authorize(&[])).await;
        let answered = browser.post(&page.action(), &[("step", step)]).await;
        assert_told(&answered, &house, TARGET, "access_denied");
        let late = browser.post(&page.action(), &[("step", "allow")]).await;
        late.assert_error_page(400);
    }
    assert_eq!(rows(&house).await, before);
    asked(&mut browser, &asking.authorize(&[])).await;
    house.close().await;
}

/// WX-30: the page that asks is left by its two buttons alone.
#[tokio::test]
async fn nothing_but_yes_passes_the_page_that_asks() {
    let house = House::open().await;
    let asking = house.asking_application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let page = asked(&mut browser, &asking.authorize(&[])).await;
    let action = page.action();
    let before = rows(&house).await;
    for fields in [
        &[][..],
        &[("step", "")],
        &[("step", "ALLOW")],
        &[("step", "allowed")],
        &[("allow", "")],
        &[("step", "allow"), ("step", "allow")],
        &[("step", "deny"), ("step", "allow")],
        &[("step", "allow"), ("channel", "desktop"), ("channel", "inapp")],
    ] {
        let answered = browser.post(&action, fields).await;
        answered.assert_error_page(400);
    }
    for fields in [&[("step", "continue")][..], &[("step", "continue"), ("channel", "desktop")]] {
        let answered = browser.post(&action, fields).await;
        assert_eq!(answered.marker(), "consent", "{}", answered.body);
    }
    for query in ["step=allow", "step=allow&language=en", "allow", "consented=true"] {
        let answered = browser.get(&format!("{action}?{query}")).await;
        assert_eq!(answered.marker(), "consent", "{}", answered.body);
    }
    let by_query = browser.post(&format!("{action}?step=allow"), &[]).await;
    by_query.assert_error_page(400);
    // The answer of a browser without the session is nobody's answer.
    let mut without = browser.clone();
    without.cookies.remove("magpie-session");
    let answered = without.post(&action, &[("step", "allow")]).await;
    assert!(answered.location().starts_with(&house.wechat.base_url()), "asked to sign in");
    // Nor does a yes count ahead of the question: somebody else signs in and is asked for themselves.
    let landed = come_back(&house, &mut without, &answered, "ann").await;
    assert!(landed.location().contains("/oauth2/resume/"), "{}", landed.location());
    assert_eq!(rows(&house).await["grants"], before["grants"]);
    assert_eq!(rows(&house).await["consents"], before["consents"]);
    house.close().await;
}

/// AZ-25: names that people and operators chose are words on the page that asks.
#[tokio::test]
async fn hostile_names_are_words_on_the_page_that_asks() {
    let mut world = magpie_simulator::World::demo("127.0.0.1");
    world.people.push(magpie_simulator::Person {
        key: "mallory".to_owned(),
        nickname: "</p><script>alert(2)</script>{{7*7}}".to_owned(),
        ..magpie_simulator::Person::default()
    });
    let more = r#"
[[clients]]
id = "hostile"
name = "\"><script>alert(1)</script>'{{7*7}}"
redirect_uris = ["https://hostile.example/cb"]
scopes = ["openid"]
consent = "explicit"
"#;
    let plan = harness::Plan { world: Some(world), more: more.to_owned(), ..Default::default() };
    let house = House::of(plan).await;
    let mut browser = signed_in(&house, "mallory").await;
    let challenge = Application::challenge("a-verifier-that-is-long-enough-for-rfc-7636-43");
    let asks = house.application().authorize(&[
        ("client_id", "hostile"),
        ("redirect_uri", "https://hostile.example/cb"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let page = asked(&mut browser, &asks).await;
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert!(page.body.matches("{{7*7}}").count() >= 2, "nothing is computed: {}", page.body);
    assert!(page.body.contains("alert(1)") && page.body.contains("alert(2)"), "said in words");
    house.close().await;
}
