//! Who asks and where the answer goes: nobody is sent anywhere before both are proved (law 8).

use harness::{Application, Browser, House};

use crate::scene::{assert_to_wechat, rows, spelled};

/// Asserts that a request stays on our page with this cause, for a browser that brings nothing.
#[track_caller]
fn assert_stays(page: &harness::Page, cause: &str) {
    page.assert_error_page(400);
    assert_eq!(page.cause(), cause, "{}", page.url);
    assert!(page.headers.get("set-cookie").is_none(), "{}", page.url);
    assert!(!page.body.contains("evil"), "something sent is on the page of {}", page.url);
}

/// AZ-01, AZ-02, A2. Unknown, impossible and disabled applications are told apart by nobody. Seen red with a missing
/// client_id taken for an application's and with disabled clients let in.
#[tokio::test]
async fn a_request_of_nobody_we_know_stays_on_our_page() {
    let house = House::open().await;
    let app = house.application();
    disable_a_client(&house).await;
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    for nothing in ["/oauth2/authorize", "/oauth2/authorize?", "/oauth2/authorize?=&&&="] {
        assert_stays(&browser.get(nothing).await, "bad_request");
    }
    assert_stays(&browser.get(&app.authorize(&[("client_id", "")])).await, "bad_request");
    let unknown = browser.get(&app.authorize(&[("client_id", "nobody")])).await;
    assert_stays(&unknown, "unknown_client");
    let long = "x".repeat(6000);
    for id in ["disabled", "App", "app ", " app", "app\u{200b}", "' OR 1=1 --", "а", "..", &*long]
    {
        let page = browser.get(&app.authorize(&[("client_id", id)])).await;
        assert_stays(&page, "unknown_client");
        assert_eq!(page.body, unknown.body, "one answer for {id}");
    }
    // What two decoders could read differently is no request at all.
    for raw in ["client_id=app%00", "client_id=%ff", "client_id=ap%", "client_id=app&x=%zz"] {
        assert_stays(&browser.get(&format!("/oauth2/authorize?{raw}")).await, "bad_request");
    }
    let endless = browser.get(&app.authorize(&[("client_id", &"x".repeat(10_000))])).await;
    assert_eq!(endless.status, 414);
    assert!(endless.headers.get("location").is_none());
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// A stored application that may not ask; otherwise as good as any.
async fn disable_a_client(house: &House) {
    use sqlx::{Connection as _, Executor as _};
    let url = format!("sqlite:{}", house.folder().join("magpie.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let insert =
        "INSERT INTO clients (client_id, name, secret_hash, scopes, enabled, created_at, details)
        VALUES ($1, 'Disabled', NULL, 'openid', $2, 0, $3)";
    for (id, enabled) in [("disabled", 0_i64), ("enabled", 1)] {
        let query = sqlx::query(insert).bind(id).bind(enabled).bind(DETAILS);
        connection.execute(query).await.unwrap();
    }
    // The very same row, enabled, is let in: what refuses the other is its being disabled.
    let mut browser = Browser::new(house);
    let challenge = Application::challenge("a-verifier-that-is-long-enough-for-rfc-7636-43");
    let asks = house.application().authorize(&[
        ("client_id", "enabled"),
        ("redirect_uri", "https://app.example/cb?keep=1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    assert_to_wechat(&browser.get(&asks).await, house);
}

const DETAILS: &str = r#"{"redirect_uris": ["https://app.example/cb?keep=1"], "post_logout_redirect_uris": [],
    "policy": {"auth_methods": ["none"], "require_pkce": true, "consent": "implicit", "subject_type": "public",
    "id_token_claims": "thin", "email": {"mode": "none"}, "nickname": false, "require_auth_time": false,
    "default_max_age": null, "native": false}}"#;

/// AZ-04, A4. OIDC Core §3.1.2.1 requires it even where only one is registered. Seen red with the first registered one
/// taken in its place and with the only registered one.
#[tokio::test]
async fn a_request_without_a_redirect_uri_stays_on_our_page() {
    let house = House::open().await;
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    for application in [house.application(), house.other_application()] {
        let page = browser.get(&application.authorize(&[("redirect_uri", "")])).await;
        assert_stays(&page, "redirect_mismatch");
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// AZ-05, AZ-06, AZ-08, AZ-09, AZ-12, AZ-13, AZ-14, AZ-16, A3: accepted means equal, byte for byte. Seen red with
/// whatever begins with the registered one accepted, with case passed over, with the user info passed over, with the
/// port of the scheme passed over, with a host outside ASCII read as its ASCII form, with one percent-encoding taken
/// off, with what has no `://` read as a browser reads it, with backslashes read as slashes, with the URIs of every
/// client accepted, and with every private-use scheme accepted.
#[tokio::test]
async fn every_redirect_uri_but_the_registered_bytes_stays_on_our_page() {
    let house = House::open().await;
    let app = house.other_application();
    let registered = "https://other.example/cb";
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    let mut presented: Vec<String> = SUFFIXES.map(|suffix| format!("{registered}{suffix}")).into();
    presented.extend(VARIANTS.map(str::to_owned));
    presented.push("https%3A%2F%2Fother.example%2Fcb".to_owned());
    presented.push("https%253A%252F%252Fother.example%252Fcb".to_owned());
    presented.push(format!("{registered}{}", "x".repeat(4000)));
    for uri in &presented {
        let page = browser.get(&app.authorize(&[("redirect_uri", uri)])).await;
        page.assert_error_page(400);
        assert_eq!(page.cause(), "redirect_mismatch", "{uri}");
        assert!(!page.body.contains("other.example"), "{uri}");
    }
    assert_eq!(rows(&house).await, before);
    assert_to_wechat(&browser.get(&app.authorize(&[])).await, &house);
    house.close().await;
}

const SUFFIXES: [&str; 14] = [
    ".evil.com",
    "/",
    "/x",
    "/../x",
    "/..;/x",
    "%2f..",
    "?",
    "?x=1",
    "#",
    "#f",
    "%00",
    "%20",
    ";x",
    "&x=1",
];

const VARIANTS: [&str; 46] = [
    "HTTPS://other.example/cb",
    "https://OTHER.example/cb",
    "https://other.example/CB",
    "https://other.example/%63b",
    "https://other.example/c%62",
    "https://other.example%2Fcb",
    "https://other.example:443/cb",
    "https://other.example:/cb",
    "https://other.example:8443/cb",
    "https://other.example./cb",
    "https://other.example@evil/cb",
    "https://evil@other.example/cb",
    "https://other.example:80@evil/cb",
    "http://localhost:80@evil/cb",
    "http://other.example/cb",
    "https://other.example//cb",
    "https://other.example/./cb",
    "https://other.example/x/../cb",
    "https://other.example\\cb",
    "https:\\\\other.example\\cb",
    "https://evil\\@other.example/cb",
    "https:/other.example/cb",
    "https:other.example/cb",
    "https:///other.example/cb",
    "//other.example/cb",
    "/cb",
    "cb",
    "/\\evil",
    "/\t/evil",
    " https://other.example/cb",
    "https://other.example/cb ",
    "https://other.example/cb\t",
    "https://other.example/cb\r\nSet-Cookie: evil=1",
    "https://оther.example/cb",
    "https://xn--ther-n2e.example/cb",
    "https://other．example/cb",
    "https://other%EF%BC%8Eexample/cb",
    "https://oth\u{ad}er.example/cb",
    "https://app.example/cb?keep=1",
    "https://app.example/second",
    "com.example.app:/cb",
    "other:/cb",
    "javascript:alert(1)",
    "javascript://other.example/%0aalert(1)",
    "data:text/html,evil",
    "urn:ietf:wg:oauth:2.0:oob",
];

/// AZ-05: of every URI that differs in one byte, none is accepted. Seen red with case passed over and with the last
/// byte not compared.
#[tokio::test]
async fn a_redirect_uri_that_differs_in_one_byte_stays_on_our_page() {
    let house = House::open().await;
    let app = house.other_application();
    let registered = app.redirect_uri.as_bytes();
    let mut browser = Browser::new(&house);
    let mut tried = 0_u32;
    for at in 0..registered.len() {
        let mut without = registered.to_vec();
        without.remove(at);
        let mut flipped = registered.to_vec();
        flipped[at] ^= 0x01;
        let mut louder = registered.to_vec();
        louder[at] ^= 0x20;
        let mut twice = registered.to_vec();
        twice.insert(at, registered[at]);
        for changed in [without, flipped, louder, twice] {
            let uri = String::from_utf8(changed).unwrap();
            if uri == app.redirect_uri {
                continue;
            }
            let page = browser.get(&app.authorize(&[("redirect_uri", &uri)])).await;
            assert_eq!(page.status, 400, "{uri}");
            assert!(page.headers.get("location").is_none(), "{uri}");
            tried += 1;
        }
    }
    assert!(tried > 90, "{tried}");
    house.close().await;
}

/// AZ-10, A3: RFC 8252 §7.3 lets the port of a loopback address vary and nothing else, for native applications. Seen
/// red with the host not compared and with numbers read as the addresses that browsers take them for.
#[tokio::test]
async fn only_the_port_of_a_loopback_address_may_vary() {
    let house = House::open().await;
    let app = house.public_application();
    let challenge = Application::challenge("a-verifier-that-is-long-enough-for-rfc-7636-43");
    let pkce = [("code_challenge", &*challenge), ("code_challenge_method", "S256")];
    let asks = |uri: &str| app.authorize(&[pkce[0], pkce[1], ("redirect_uri", uri)]);
    let mut browser = Browser::new(&house);
    for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", "http://127.0.0.1:1/cb"] {
        assert_to_wechat(&browser.get(&asks(uri)).await, &house);
    }
    for uri in [
        "http://0.0.0.0/cb",
        "http://127.0.0.2/cb",
        "http://127.1/cb",
        "http://2130706433/cb",
        "http://0177.0.0.1/cb",
        "http://0x7f.0.0.1/cb",
        "http://[::1]/cb",
        "http://[::1%25lo]/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://localhost/cb",
        "http://localhost:80@evil/cb",
        "http://127.0.0.1:80@evil/cb",
        "http://127.0.0.1@evil/cb",
        "http://evil@127.0.0.1/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:80a/cb",
        "http://127.0.0.1.evil/cb",
        "http://127.0.0.1:80/cb/",
        "http://127.0.0.1:80/cb?x=1",
        "http://127.0.0.1:80/cb#f",
        "http://127.0.0.1:80\\cb",
        "http://127.0.0.1:80/CB",
        "https://127.0.0.1:80/cb",
        "HTTP://127.0.0.1:80/cb",
    ] {
        let page = browser.get(&asks(uri)).await;
        page.assert_error_page(400);
        assert_eq!(page.cause(), "redirect_mismatch", "{uri}");
    }
    house.close().await;
}

/// AZ-17: either of the two could be the attacker's. Seen red with two clients told to the application and with two
/// targets.
#[tokio::test]
async fn a_request_that_names_two_clients_or_two_targets_stays_on_our_page() {
    let house = House::open().await;
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    let ask = [
        ("client_id", "other"),
        ("redirect_uri", "https://other.example/cb"),
        ("response_type", "code"),
        ("scope", "openid"),
    ];
    for again in [
        ("client_id", "other"),
        ("client_id", "app"),
        ("client_id", ""),
        ("redirect_uri", "https://other.example/cb"),
        ("redirect_uri", "https://evil.example/cb"),
        ("redirect_uri", ""),
    ] {
        for pairs in [[&ask[..], &[again]].concat(), [&[again], &ask[..]].concat()] {
            assert_stays(&browser.get(&spelled(&house, &pairs)).await, "bad_request");
        }
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}
