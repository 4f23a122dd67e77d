//! Signing out as a person does it: the account page, the question, the goodbye, and frames that a browser really opens.

use std::time::Duration;

use harness::House;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::chromium::{Chromium, Looks};

const LOOKS: [Looks; 4] = [
    Looks::WECHAT,
    Looks { language: "en", ..Looks::WECHAT },
    Looks::DESKTOP,
    Looks { language: "zh-CN", ..Looks::DESKTOP },
];

/// Signs in at the ordinary application; its own page does not exist, which is no matter.
async fn sign_in(browser: &Chromium, house: &House, client: &str, redirect_uri: &str) {
    let start = house.application().authorize(&[
        ("client_id", client),
        ("redirect_uri", redirect_uri),
        ("ui_locales", ""),
    ]);
    drop(browser.driver.goto(&start).await);
    if browser.marker().await == "interstitial" {
        browser.press("continue").await;
    }
    browser.wait_for("approve").await;
    browser.press("approve").await;
    // Whoever goes on before the browser has left interrupts the sign-in.
    for _ in 0..1200 {
        if browser.driver.current_url().await.unwrap().as_str().starts_with(redirect_uri) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let at = browser.driver.current_url().await.unwrap();
    assert!(at.as_str().starts_with(redirect_uri), "the browser is at {at}");
}

/// LO-01, L11, on a phone and on a desktop, in both languages. Seen red with a page that does not speak of WeChat.
#[tokio::test]
async fn a_person_finds_their_account_page_is_asked_and_signs_out() {
    for looks in LOOKS {
        let house = House::open().await;
        let Some(browser) = Chromium::start(looks).await else { return };
        let name = format!("{}-{}", looks.width, looks.language);
        sign_in(&browser, &house, "app", "https://app.example/cb?keep=1").await;
        browser.driver.goto(format!("{}/account", house.issuer)).await.unwrap();
        assert_eq!(browser.marker().await, "account");
        browser.picture(&format!("page-account-{name}")).await;
        browser.driver.goto(format!("{}/oauth2/logout?client_id=app", house.issuer)).await.unwrap();
        assert_eq!(browser.marker().await, "confirm-sign-out");
        browser.picture(&format!("page-confirm-sign-out-{name}")).await;
        browser.press("cancel").await;
        browser.wait_for("sign-out").await;
        browser.press("sign-out").await;
        browser.wait_for("signed-out").await;
        let said = browser.wait_for("wechat").await;
        assert!(said.contains(if looks.language == "en" { "WeChat" } else { "微信" }), "{said}");
        browser.picture(&format!("page-signed-out-{name}")).await;
        browser.driver.goto(format!("{}/account", house.issuer)).await.unwrap();
        assert_eq!(browser.marker().await, "not-signed-in");
        browser.picture(&format!("page-not-signed-in-{name}")).await;
        browser.end().await;
        house.close().await;
    }
}

/// An application's server, which says `here` to everybody: its address, and every request that it gets.
async fn listening() -> (String, UnboundedReceiver<String>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}", socket.local_addr().unwrap());
    let (sender, asked) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let mut buffer = vec![0_u8; 8192];
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            let text = String::from_utf8_lossy(buffer.get(..read).unwrap_or_default()).into_owned();
            drop(sender.send(text));
            let body = "<!doctype html><p id=\"here\">here</p>";
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
        }
    });
    (here, asked)
}

/// L10: the policy lets the registered frame through, and the page goes on by itself. Seen red with a policy that names
/// no frames.
#[tokio::test]
async fn a_browser_opens_the_frame_of_an_application_and_goes_back() {
    let (here, mut asked) = listening().await;
    let house = House::with(&format!(
        r#"
[[clients]]
id = "framed"
name = "Framed"
redirect_uris = ["{here}/cb"]
post_logout_redirect_uris = ["{here}/out"]
frontchannel_logout_uri = "{here}/front"
scopes = ["openid"]
"#
    ))
    .await;
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let mut app = house.public_application();
    app.client_id = "framed".to_owned();
    app.redirect_uri = format!("{here}/cb");
    let verifier = "a-verifier-that-is-long-enough-for-rfc-7636-43";
    let challenge = harness::Application::challenge(verifier);
    let start = app.authorize(&[
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("scope", "openid"),
    ]);
    browser.driver.goto(&start).await.unwrap();
    browser.press("approve").await;
    browser.wait_for("here").await;
    let url = browser.driver.current_url().await.unwrap();
    let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &*app.redirect_uri),
        ("client_id", "framed"),
        ("code_verifier", verifier),
    ];
    let page = app.token(&fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let hint = page.json()["id_token"].as_str().unwrap().to_owned();
    let out = format!(
        "{}/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri={here}/out&state=s",
        house.issuer
    );
    browser.driver.goto(&out).await.unwrap();
    browser.wait_for("here").await;
    assert_eq!(browser.driver.current_url().await.unwrap().as_str(), format!("{here}/out?state=s"));
    let mut framed = false;
    while let Ok(request) = asked.try_recv() {
        framed |= request.starts_with("GET /front?iss=http") && request.contains("&sid=");
    }
    assert!(framed, "the frame was opened");
    browser.end().await;
    house.close().await;
}
