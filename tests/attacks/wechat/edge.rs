//! What stands before the application: hosts, proxies, caches, paths.

use std::time::Duration;

use harness::{Browser, House, raw};

use crate::binary::{Binary, CLIENT, DESKTOP, Heard, ask};

const WAIT: Duration = Duration::from_secs(10);
const DISCOVERY: &str = "/.well-known/openid-configuration";

fn status_of(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// HT-10. The answer never holds the host that was sent.
#[tokio::test]
async fn a_host_that_is_not_the_issuers_gets_no_page() {
    let house = House::open().await;
    let ours = house.authority();
    let port = house.address().port();
    for (hosts, status) in [
        (String::new(), 400),
        (format!("Host: {ours}\r\nHost: {ours}\r\n"), 400),
        (format!("Host: {ours}\r\nHost: evil.example\r\n"), 400),
        (format!("Host: evil.example\r\nHost: {ours}\r\n"), 400),
        ("Host:\r\n".to_owned(), 400),
        ("Host: evil.example\r\n".to_owned(), 421),
        (format!("Host: evil.example:{port}\r\n"), 421),
        (format!("Host: {ours}@evil.example\r\n"), 400),
        (format!("Host: evil.example@{ours}\r\n"), 400),
        (format!("Host: {ours}, evil.example\r\n"), 400),
        (format!("Host: {ours}/evil.example\r\n"), 400),
        (format!("Host: {ours}.\r\n"), 421),
        ("Host: 127.0.0.1\r\n".to_owned(), 421),
        ("Host: 127.0.0.1:1\r\n".to_owned(), 421),
        (format!("Host: localhost:{port}\r\n"), 421),
        (format!("Host: [::1]:{port}\r\n"), 421),
        (format!("Host: 127.0.0.1:0{port}\r\n"), 421),
        (format!("Host: {ours}\r\n"), 200),
    ] {
        let request = format!("GET {DISCOVERY} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        let answer = raw(house.address(), request.as_bytes(), WAIT).await;
        assert_eq!(status_of(&answer), status, "{hosts:?}: {answer}");
        assert!(!answer.contains("evil"), "{answer}");
    }
    for target in [
        format!("http://evil.example{DISCOVERY}"),
        format!("http://{ours}{DISCOVERY}"),
        "//evil.example/x".to_owned(),
        "evil.example:443".to_owned(),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {ours}\r\n\r\n");
        let answer = raw(house.address(), request.as_bytes(), Duration::from_secs(1)).await;
        assert!([400, 404].contains(&status_of(&answer)), "{target}: {answer}");
        assert!(!answer.contains("evil"), "{answer}");
    }
    house.close().await;
}

/// HT-08: what follows a refused request on its connection is not read.
#[tokio::test]
async fn a_connection_ends_with_the_first_refused_request() {
    let house = House::open().await;
    let good = format!("GET {DISCOVERY} HTTP/1.1\r\nHost: {}\r\n\r\n", house.authority());
    for bad in [
        format!("GET {DISCOVERY} HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        format!("GET {DISCOVERY} HTTP/1.1\r\n\r\n"),
        format!("BREW / HTTP/1.1\r\nHost: {}\r\n\r\n", house.authority()),
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n".to_owned(),
        format!("GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n", "a".repeat(9_000), house.authority()),
    ] {
        let answer = raw(house.address(), format!("{bad}{good}").as_bytes(), WAIT).await;
        assert!((400..=501).contains(&status_of(&answer)), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(!answer.contains("authorization_endpoint"), "{answer}");
    }
    let both = raw(house.address(), format!("{good}{good}").as_bytes(), WAIT).await;
    assert_eq!(both.matches("HTTP/1.1 200").count(), 2, "two good ones are answered: {both}");
    house.close().await;
}

/// HT-10, HT-14: headers by which proxies rename a request rename nothing, and nothing of them is echoed.
#[tokio::test]
async fn headers_that_poison_caches_change_no_answer() {
    let house = House::open().await;
    let start = house.application().authorize(&[]);
    let callback = format!("{}/callback/desktop?code=x&state=y", house.issuer);
    let mut plain = Browser::new(&house);
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "evil"),
        ("x-forwarded-port", "6666"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-server", "evil.example"),
        ("x-host", "evil.example"),
        ("x-original-url", "/evil"),
        ("x-rewrite-url", "/evil"),
        ("x-forwarded-uri", "/evil"),
        ("x-http-method-override", "DELETE"),
        ("forwarded", "for=evil;host=evil.example;proto=http"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/"),
    ] {
        let mut poisoned = plain.clone().with_header(name, value);
        for path in [DISCOVERY, "/oauth2/jwks", "/nothing", &start, &callback] {
            let (clean, page) = (plain.get(path).await, poisoned.get(path).await);
            assert_eq!(page.status, clean.status, "{name} {path}");
            let headers = format!("{:?}", page.headers);
            assert!(!headers.contains("evil") && !page.body.contains("evil"), "{name} {path}");
        }
    }
    house.close().await;
}

/// HT-14: a private page under the name of a public file is nobody's page, and no private answer may be kept.
#[tokio::test]
async fn private_answers_are_never_cached_and_have_no_second_name() {
    let house = House::open().await;
    let mut browser = Browser::new(&house);
    let start = house.application().authorize(&[]);
    browser.sign_in(&house, &start, "ann").await;
    for path in [
        "/oauth2/authorize/x.css",
        "/oauth2/authorize.css",
        "/oauth2/authorize;x.css",
        "/oauth2/authorize%2fx.css",
        "/oauth2/authorize%3bx.css",
        "/oauth2/userinfo/x.css",
        "/oauth2/userinfo.js",
        "/oauth2/token/x.js",
        "/callback/desktop/x.css",
        "/oauth2//authorize",
        "/oauth2/authorize/",
        "/OAUTH2/authorize",
    ] {
        let query = start.split_once('?').unwrap().1;
        let page = browser.get(&format!("{path}?{query}")).await;
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
    for path in
        [&start, "/oauth2/userinfo", "/callback/desktop", "/oauth2/resume/x", "/oauth2/authorize"]
    {
        let page = browser.get(path).await;
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
    house.close().await;
}

/// HT-30, WP-12, WP-13. Seen red with names in any case, and with any folder.
#[tokio::test]
async fn no_path_leads_to_a_file_that_is_not_ours_to_give() {
    let house = House::open().await;
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2fmagpie.toml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets/....//etc/passwd",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/..\\magpie.toml",
        "/assets/%00",
        "/assets/app.css%00.png",
        "/assets/",
        "/assets",
        "/assets/app.css.map",
        "/assets/.htaccess",
        "/.git/config",
        "/.env",
        "/magpie.toml",
        "/magpie.db",
        "/root.key",
        "/MP_verify_0000000000000000.txt",
        "/mp_verify_AbCdEfGhIjKlMnOp.txt",
        "/MP_verify_AbCdEfGhIjKlMnOp.txt/",
        "/MP_verify_AbCdEfGhIjKlMnOp.txt%00",
        "/x/MP_verify_AbCdEfGhIjKlMnOp.txt",
        "/..%2fMP_verify_AbCdEfGhIjKlMnOp.txt",
        "/%2e%2e/magpie.toml",
    ] {
        let host = house.authority();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = raw(house.address(), request.as_bytes(), WAIT).await;
        assert!([400, 404].contains(&status_of(&answer)), "{path}: {answer}");
        assert!(!answer.contains("root_key") && !answer.contains("root:"), "{path}");
    }
    let mut browser = Browser::new(&house);
    let known = browser.get("/MP_verify_AbCdEfGhIjKlMnOp.txt").await;
    assert_eq!((known.status.as_u16(), known.body.as_str()), (200, "AbCdEfGhIjKlMnOp"));
    house.close().await;
}

const BEHIND_A_PROXY: &str = r#"issuer = "https://login.example.com"
[listen]
public = "127.0.0.1:PORT"
management = "127.0.0.1:0"
trusted_proxies = ["127.0.0.1/32"]
[database]
url = "sqlite:magpie.db"
[keys]
root_key = "c2VjcmV0LXJvb3Qta2V5LW9mLXRlc3QtaG91c2VzLTE"
"#;

async fn behind(binary: &Binary, path: &str, headers: &str) -> Heard {
    let head = format!("GET {path} HTTP/1.1\r\nhost: login.example.com\r\n{headers}");
    ask(binary.address, &head, "").await.unwrap()
}

/// A guess at the application's secret, from this address.
async fn guess(address: std::net::SocketAddr, host: &str, forwarded: &str) -> u16 {
    let body = "grant_type=authorization_code&code=x&client_id=app&client_secret=wrong";
    let head = format!(
        "POST /oauth2/token HTTP/1.1\r\nhost: {host}\r\n{forwarded}\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
        body.len()
    );
    ask(address, &head, body).await.unwrap().status
}

/// HT-12: addresses that a listed proxy reports are counted, from the right; what stands before them is anybody's word.
#[tokio::test]
async fn a_listed_proxy_is_believed_about_the_last_hop_only() {
    let binary = Binary::start(&format!("{BEHIND_A_PROXY}{DESKTOP}{CLIENT}")).await;
    let (address, host) = (binary.address, "login.example.com");
    for number in 0..60 {
        // A new invented first hop each time escapes nothing.
        let hops = format!("x-forwarded-for: 198.18.0.{number}, 203.0.113.9\r\n");
        assert_eq!(guess(address, host, &hops).await, 401);
    }
    let many = format!("x-forwarded-for: {}203.0.113.9\r\n", "198.18.0.1, ".repeat(1_000));
    for hops in [
        "x-forwarded-for: 203.0.113.9\r\n",
        "x-forwarded-for: 198.51.100.7\r\nx-forwarded-for: 203.0.113.9\r\n",
        "x-forwarded-for: 203.0.113.9, 127.0.0.1\r\n",
        "x-forwarded-for: ::ffff:203.0.113.9\r\n",
        "x-forwarded-for: garbage, 203.0.113.9\r\n",
        many.as_str(),
    ] {
        assert_eq!(guess(address, host, hops).await, 429, "{hops}");
    }
    for hops in [
        "x-forwarded-for: 198.51.100.7\r\n",
        "x-forwarded-for: 203.0.113.9, 198.51.100.8\r\n",
        "x-forwarded-for: fe80::1%eth0\r\n",
        "x-forwarded-for: garbage\r\n",
        "x-forwarded-for: 203.0.113.9, garbage\r\n",
        "x-real-ip: 203.0.113.9\r\n",
        "forwarded: for=203.0.113.9\r\n",
        "",
    ] {
        assert_eq!(guess(address, host, hops).await, 401, "{hops}");
    }
}

/// HT-12: by default nobody's word counts.
#[tokio::test]
async fn a_forwarded_address_of_an_unlisted_peer_is_ignored() {
    let house = House::open().await;
    for _ in 0..70 {
        let hops = "x-forwarded-for: 203.0.113.9\r\n";
        assert_eq!(guess(house.address(), &house.authority(), hops).await, 401);
    }
    house.close().await;
}

/// HT-13: the issuer alone says whether cookies are secure and where people come back to; a login that came to a listed
/// proxy by http goes on to https first.
#[tokio::test]
async fn no_forwarded_scheme_takes_secure_from_a_cookie() {
    let binary = Binary::start(&format!("{BEHIND_A_PROXY}{DESKTOP}{CLIENT}")).await;
    let start = "/oauth2/authorize?client_id=app&redirect_uri=https://app.example/cb\
                 &response_type=code&scope=openid";
    for headers in [
        "",
        "x-forwarded-proto: https\r\n",
        "x-forwarded-proto: https\r\nx-forwarded-host: evil.example\r\nx-forwarded-port: 80\r\n",
        "forwarded: proto=http;host=evil.example\r\n",
    ] {
        let leaving = behind(&binary, start, headers).await;
        assert_eq!(leaving.status, 303, "{leaving:?}");
        let wechat = "https://open.weixin.qq.com/connect/qrconnect?";
        assert!(leaving.header("location").starts_with(wechat), "{leaving:?}");
        let back = "https://login.example.com/callback/desktop";
        assert_eq!(leaving.sent("redirect_uri").as_deref(), Some(back));
        let cookie = leaving.header("set-cookie");
        assert!(cookie.starts_with("__Host-magpie-attempt-"), "{cookie}");
        for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.to_ascii_lowercase().contains("domain="), "{cookie}");
        let discovery = behind(&binary, DISCOVERY, headers).await.json();
        assert_eq!(discovery["issuer"], "https://login.example.com");
    }
    let plain = "x-forwarded-proto: http\r\nx-forwarded-host: evil.example\r\n";
    for path in [start, "/callback/desktop?code=x&state=y"] {
        let moved = behind(&binary, path, plain).await;
        assert_eq!((moved.status, moved.header("set-cookie")), (303, ""), "{moved:?}");
        assert_eq!(moved.header("location"), format!("https://login.example.com{path}"));
    }
    let hops = "x-forwarded-for: 198.51.100.9\r\nx-forwarded-proto: http\r\n";
    assert_eq!(guess(binary.address, "login.example.com", hops).await, 400, "no secret over http");
}

/// HT-13: an unlisted peer cannot send people in a circle.
#[tokio::test]
async fn a_forwarded_scheme_of_an_unlisted_peer_is_ignored() {
    let unlisted = BEHIND_A_PROXY.replace("127.0.0.1/32", "203.0.113.1/32");
    let binary = Binary::start(&format!("{unlisted}{DESKTOP}{CLIENT}")).await;
    let answer = behind(&binary, DISCOVERY, "x-forwarded-proto: http\r\n").await;
    assert_eq!(answer.status, 200);
}
