//! Requests that applications push ahead of the browser: kept for their own client, answered once, by whatever way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use harness::{Application, Browser, House, Page};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use url::Url;

use crate::scene::{
    STATE, assert_code, assert_to_wechat, assert_told, come_back, rows, signed_in, spelled,
};

const TARGET: &str = "https://app.example/cb?keep=1";
const ASKING: &str = "https://asking.example/cb";

/// Pushes the application's ordinary request with other or more fields; an empty value leaves one out.
pub(crate) async fn push(house: &House, app: &Application, more: &[(&str, &str)]) -> Page {
    let url = Url::parse(&app.authorize(more)).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    push_exactly(house, app, &pairs).await
}

async fn push_exactly(house: &House, app: &Application, pairs: &[(String, String)]) -> Page {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mut request = http::Request::post(format!("{}/oauth2/par", house.issuer))
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some(secret) = &app.secret {
        let basic = STANDARD.encode(format!("{}:{secret}", app.client_id));
        request = request.header("authorization", format!("Basic {basic}"));
    }
    app.send(request.body(body.into_bytes()).unwrap()).await
}

/// The address at which a pushed request is opened.
pub(crate) fn open(house: &House, app: &Application, pushed: &Page) -> String {
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let answer = pushed.json();
    let uri = answer["request_uri"].as_str().unwrap();
    spelled(house, &[("client_id", &app.client_id), ("request_uri", uri)])
}

#[track_caller]
fn assert_json(page: &Page, status: u16, error: &str) {
    assert_eq!((page.status.as_u16(), &*page.oauth_error()), (status, error), "{}", page.body);
    assert_eq!((page.header("cache-control"), page.header("pragma")), ("no-store", "no-cache"));
    assert!(page.headers.get("location").is_none(), "never a redirect");
}

/// Q2, Q5, Q6, AZ-32: the name of a request is a long secret, it may be opened again until it is answered, and nothing
/// that stands beside it in the address counts. Seen red with what stands beside it put in its place and with a code
/// that spends nothing.
#[tokio::test]
async fn a_pushed_request_is_opened_by_its_name_alone() {
    for house in House::on_both_engines().await {
        let app = house.application();
        let pushed = push(&house, &app, &[("nonce", "pushed-nonce")]).await;
        assert_eq!(pushed.status, 201, "{}", pushed.body);
        let stored = (pushed.header("cache-control"), pushed.header("pragma"));
        assert_eq!(stored, ("no-store", "no-cache"));
        let answer = pushed.json();
        assert_eq!(answer["expires_in"], 90);
        assert_eq!(answer.as_object().unwrap().len(), 2);
        let uri = answer["request_uri"].as_str().unwrap();
        let own = uri.strip_prefix("urn:ietf:params:oauth:request_uri:").unwrap();
        assert!(own.len() >= 26 + 1 + 43, "{own}");
        let contradicting = spelled(
            &house,
            &[
                ("client_id", "app"),
                ("request_uri", uri),
                ("redirect_uri", "https://evil.example/"),
                ("state", "outer"),
                ("nonce", "outer"),
                ("prompt", "none"),
                ("scope", "openid wechat"),
                ("response_type", "token"),
                ("response_mode", "form_post"),
            ],
        );
        let mut browser = Browser::new(&house);
        for _ in 0..2 {
            assert_to_wechat(&browser.get(&contradicting).await, &house);
        }
        let departure = browser.get(&contradicting).await;
        let page = come_back(&house, &mut browser, &departure, "xiaoyu").await;
        let code = assert_code(&page, &house, TARGET);
        assert_eq!(page.sent("state").as_deref(), Some(STATE));
        let tokens = app.tokens(&code).await;
        assert_eq!(tokens.id_token["nonce"], "pushed-nonce");
        assert!(tokens.answer.get("scope").is_none(), "as it was asked: {}", tokens.answer);
        browser.get(&contradicting).await.assert_error_page(400);
        house.close().await;
    }
}

/// AZ-32, Q5: unknown, malformed, another client's and expired are one page. Seen red with the secret not compared and
/// with the time not looked at.
#[tokio::test]
async fn a_name_that_is_not_this_clients_own_leads_nowhere() {
    let house = House::open().await;
    let (app, other) = (house.application(), house.other_application());
    let mut browser = signed_in(&house, "xiaoyu").await;
    let pushed = push(&house, &app, &[]).await;
    let good = open(&house, &app, &pushed);
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let (head, last) = uri.split_at(uri.len() - 1);
    let changed = format!("{head}{}", if last == "A" { "B" } else { "A" });
    for (client, uri) in [
        ("app", "urn:ietf:params:oauth:request_uri:"),
        ("app", "urn:ietf:params:oauth:request_uri:abc"),
        ("app", &*changed),
        ("app", head),
        ("other", &*uri),
        ("native", &*uri),
        ("nobody", &*uri),
    ] {
        // A proved redirect URI beside it changes nothing: what was pushed cannot be told to anybody.
        let beside = [("client_id", client), ("request_uri", uri), ("redirect_uri", TARGET)];
        browser.get(&spelled(&house, &beside)).await.assert_error_page(400);
    }
    let named = [("client_id", &*other.client_id), ("request_uri", &uri)];
    browser.get(&spelled(&house, &named)).await.assert_error_page(400);
    expire(&house).await;
    browser.get(&good).await.assert_error_page(400);
    assert_code(&browser.get(&app.authorize(&[])).await, &house, TARGET);
    house.close().await;
}

async fn expire(house: &House) {
    let options = SqliteConnectOptions::new().filename(house.folder().join("magpie.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let sql = "UPDATE pushed_requests SET expires_at = expires_at - 90";
    assert_eq!(sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected(), 1);
}

/// AZ-33: silently, with a session, by a no on our page and at WeChat: whatever answers a request spends it. Seen red
/// with a refusal that spends nothing and with a code that spends nothing.
#[tokio::test]
async fn whatever_answers_a_pushed_request_spends_it() {
    let house = House::open().await;
    let (app, asking) = (house.application(), house.asking_application());
    let mut stranger = Browser::new(&house);
    let silent = open(&house, &app, &push(&house, &app, &[("prompt", "none")]).await);
    assert_told(&stranger.get(&silent).await, &house, TARGET, "login_required");
    stranger.get(&silent).await.assert_error_page(400);

    let url = open(&house, &app, &push(&house, &app, &[]).await);
    let departure = stranger.get(&url).await;
    assert_to_wechat(&departure, &house);
    let denied = house.wechat.deny(&departure.location()).unwrap();
    assert_told(&stranger.get(&denied).await, &house, TARGET, "access_denied");
    stranger.get(&url).await.assert_error_page(400);

    let mut browser = signed_in(&house, "xiaoyu").await;
    browser.get(&silent).await.assert_error_page(400);
    for prompt in ["", "none"] {
        let url = open(&house, &app, &push(&house, &app, &[("prompt", prompt)]).await);
        assert_code(&browser.get(&url).await, &house, TARGET);
        browser.get(&url).await.assert_error_page(400);
    }
    for (step, answered) in [("deny", "access_denied"), ("allow", "")] {
        let url = open(&house, &asking, &push(&house, &asking, &[]).await);
        let page = browser.get(&url).await;
        assert_eq!(page.marker(), "consent", "{}", page.body);
        let page = browser.post(&page.action(), &[("step", step)]).await;
        if step == "deny" {
            assert_told(&page, &house, ASKING, answered);
        } else {
            assert_code(&page, &house, ASKING);
        }
        browser.get(&url).await.assert_error_page(400);
    }
    house.close().await;
}

/// AZ-33: of two tabs the first is answered; the second one's person is signed in and its application hears nothing.
/// Seen red with a code that spends nothing and with a spent request spent again.
#[tokio::test]
async fn of_two_tabs_with_one_pushed_request_one_is_answered() {
    for house in House::on_both_engines().await {
        let (app, asking) = (house.application(), house.asking_application());
        let mut browser = Browser::new(&house);
        let url = open(&house, &app, &push(&house, &app, &[]).await);
        let (first, second) = (browser.get(&url).await, browser.get(&url).await);
        let page = come_back(&house, &mut browser, &first, "xiaoyu").await;
        assert_code(&page, &house, TARGET);
        let late = come_back(&house, &mut browser, &second, "xiaoyu").await;
        late.assert_error_page(400);
        // A reload is told the same, and the person is signed in all the same.
        assert_code(&browser.get(&app.authorize(&[("prompt", "none")])).await, &house, TARGET);

        let url = open(&house, &asking, &push(&house, &asking, &[]).await);
        let (first, second) = (browser.get(&url).await, browser.get(&url).await);
        let page = browser.post(&first.action(), &[("step", "allow")]).await;
        assert_code(&page, &house, ASKING);
        for step in ["allow", "deny"] {
            browser.post(&second.action(), &[("step", step)]).await.assert_error_page(400);
        }
        house.close().await;
    }
}

/// CC-10, Q6: 64 at once over two replicas are one code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_uses_of_one_pushed_request_on_two_replicas_exactly_one_is_answered() {
    for house in House::on_both_engines().await {
        let (address, stop) = house.replica().await;
        let app = house.application();
        let browser = signed_in(&house, "xiaoyu").await;
        for _ in 0..3 {
            let url = open(&house, &app, &push(&house, &app, &[]).await);
            let visits = (0..64).map(|turn| {
                let mut tab = browser.clone();
                if turn % 2 == 1 {
                    tab = tab.at(address);
                }
                let url = url.clone();
                async move { tab.get(&url).await }
            });
            let pages = join_all(visits).await;
            let (won, lost): (Vec<_>, Vec<_>) = pages.iter().partition(|page| page.status == 303);
            assert_eq!(won.len(), 1);
            let code = assert_code(won[0], &house, TARGET);
            for page in lost {
                page.assert_error_page(400);
            }
            assert_eq!(app.redeem(&code).await.status, 200);
        }
        stop.cancel();
        house.close().await;
    }
}

/// Q1, Q3, Q4, Q8, G5, G6: everything that the authorization endpoint would refuse is refused here, as JSON and to
/// nobody else, and nothing is kept. Seen red with any secret taken (Q1), with a request_uri read like any parameter
/// (Q3), with refused requests kept (Q4), and with every method taken (G5).
#[tokio::test]
async fn what_cannot_be_asked_cannot_be_pushed() {
    let house = House::open().await;
    let app = house.application();
    let before = rows(&house).await;
    let long = "s".repeat(1537);
    for (more, error) in [
        (&[("redirect_uri", "https://evil.example/cb")][..], "invalid_request"),
        (&[("redirect_uri", "")], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("scope", "profile")], "invalid_scope"),
        (&[("code_challenge", "short"), ("code_challenge_method", "S256")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("claims", "{")], "invalid_request"),
        (&[("state", &*long)], "invalid_request"),
        (&[("client_id", "other")], "invalid_request"),
        (&[("request_uri", "urn:ietf:params:oauth:request_uri:x")], "invalid_request"),
        (&[("request", "e30.e30.")], "request_not_supported"),
        (&[("registration", "{}")], "registration_not_supported"),
    ] {
        assert_json(&push(&house, &app, more).await, 400, error);
    }
    let mut wrong = app.clone();
    wrong.secret = Some("a-wrong-secret".to_owned());
    let refused = push(&house, &wrong, &[]).await;
    assert_json(&refused, 401, "invalid_client");
    assert!(refused.header("www-authenticate").starts_with("Basic"));
    let mut silent = app.clone();
    silent.secret = None;
    assert_json(&push(&house, &silent, &[]).await, 401, "invalid_client");
    // Law 1: a public client proves nothing, so anybody could write rows in its name.
    let public = push(&house, &house.public_application(), &[]).await;
    assert_json(&public, 400, "unauthorized_client");
    let twice = [("client_id", "app"), ("scope", "openid"), ("scope", "openid")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_json(&push_exactly(&house, &app, &twice).await, 400, "invalid_request");
    let large = [("state".to_owned(), "s".repeat(70_000))];
    assert_eq!(push_exactly(&house, &app, &large).await.status, 413);
    let get = http::Request::get(format!("{}/oauth2/par", house.issuer));
    let page = app.send(get.body(Vec::new()).unwrap()).await;
    assert_eq!((page.status.as_u16(), page.header("allow")), (405, "POST"));
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// Q7, Q4, P1: a client that promised to push is asked for by nobody else, and its challenge is wanted at the push.
/// Seen red with refused requests kept and with no challenge asked for.
#[tokio::test]
async fn a_client_that_must_push_is_not_asked_for_otherwise() {
    let more = r#"
[[clients]]
id = "pushing"
name = "An application that pushes"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://pushing.example/cb"]
scopes = ["openid"]
require_pushed_authorization_requests = true
require_pkce = true
"#;
    let house = House::with(more).await;
    let mut app = house.application();
    app.client_id = "pushing".to_owned();
    app.redirect_uri = "https://pushing.example/cb".to_owned();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let plain = browser.get(&app.authorize(&[("scope", "openid")])).await;
    assert_told(&plain, &house, &app.redirect_uri, "invalid_request");
    let bare = push(&house, &app, &[("scope", "openid")]).await;
    assert_json(&bare, 400, "invalid_request");
    let challenge = Application::challenge("a-verifier-that-is-long-enough-for-rfc-7636-43");
    let whole =
        [("scope", "openid"), ("code_challenge", &*challenge), ("code_challenge_method", "S256")];
    let url = open(&house, &app, &push(&house, &app, &whole).await);
    assert_code(&browser.get(&url).await, &house, &app.redirect_uri);
    house.close().await;
}

async fn past_the_server(house: &House, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(house.folder().join("magpie.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    assert_eq!(sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected(), 1);
}

/// RT-12: user x pushed request. What was pushed before its person was blocked gives no code: neither silently, nor after
/// WeChat has named the person again. Seen red with sessions of blocked people that count.
#[tokio::test]
async fn a_pushed_request_gives_nothing_of_a_person_who_was_blocked_meanwhile() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let silent = open(&house, &app, &push(&house, &app, &[("prompt", "none")]).await);
    let plain = open(&house, &app, &push(&house, &app, &[]).await);
    past_the_server(&house, "UPDATE users SET state = 'blocked'").await;
    assert_told(&browser.get(&silent).await, &house, TARGET, "login_required");
    let departure = browser.get(&plain).await;
    let page = come_back(&house, &mut browser, &departure, "xiaoyu").await;
    assert_told(&page, &house, TARGET, "access_denied");
    past_the_server(&house, "UPDATE users SET state = 'active'").await;
    let again = open(&house, &app, &push(&house, &app, &[("prompt", "none")]).await);
    assert_code(&browser.get(&again).await, &house, TARGET);
    house.close().await;
}

/// RT-12: client x pushed request. What a client pushed before it was disabled or removed leads nowhere, and it pushes
/// nothing more. Seen red with disabled clients that count as enabled.
#[tokio::test]
async fn a_pushed_request_of_a_client_that_was_shut_out_meanwhile_leads_nowhere() {
    let house = House::with("[registration]\nmode = \"open\"\n").await;
    let body = r#"{"client_name":"Newcomer","redirect_uris":["https://new.example/cb"]}"#;
    let request = http::Request::post(format!("{}/oauth2/register", house.issuer))
        .header("content-type", "application/json");
    let told = house.application().send(request.body(body.into()).unwrap()).await.json();
    let mut app = house.application();
    app.client_id = told["client_id"].as_str().unwrap().to_owned();
    app.secret = told["client_secret"].as_str().map(str::to_owned);
    app.redirect_uri = "https://new.example/cb".to_owned();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let url = open(&house, &app, &push(&house, &app, &[]).await);
    let question = browser.get(&url).await;
    assert_eq!(question.marker(), "consent", "{}", question.body);
    for change in ["UPDATE clients SET enabled = 0", "DELETE FROM clients"] {
        past_the_server(&house, change).await;
        browser.get(&url).await.assert_error_page(400);
        let late = browser.clone().post(&question.action(), &[("step", "allow")]).await;
        late.assert_error_page(400);
        assert_json(&push(&house, &app, &[]).await, 401, "invalid_client");
    }
    house.close().await;
}
