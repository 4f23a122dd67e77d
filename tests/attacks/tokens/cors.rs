//! Pages of other origins: which of them may ask, and which may read what they are answered (T23, A20, D11, HT-20).

use harness::{Application, Page};

use crate::place::{Place, VERIFIER};

/// Two applications that run in browsers, with an origin each and one of both.
const CLIENTS: &str = r#"
[[clients]]
id = "spa"
name = "A page"
preset = "single-page"
redirect_uris = ["https://spa.example/cb"]
scopes = ["openid", "profile", "offline_access"]
allowed_cors_origins = ["https://spa.example", "https://both.example"]
[[clients]]
id = "two"
name = "Another page"
preset = "single-page"
redirect_uris = ["https://two.example/cb"]
scopes = ["openid", "profile", "offline_access"]
allowed_cors_origins = ["https://two.example:8443", "https://both.example"]
"#;

const SPA: &str = "https://spa.example";
const TWO: &str = "https://two.example:8443";
const SHARED: [&str; 3] = ["/oauth2/token", "/oauth2/userinfo", "/oauth2/revoke"];
const OTHERS: [&str; 8] = [
    "/oauth2/authorize",
    "/oauth2/par",
    "/oauth2/introspect",
    "/oauth2/logout",
    "/oauth2/logout/confirm",
    "/account",
    "/callback/desktop",
    "/oauth2/resume/0123456789abcdefghjkmnpqrs",
];
/// What only looks like a registered origin.
const STRANGERS: [&str; 13] = [
    "null",
    "",
    "*",
    "http://spa.example",
    "https://spa.example:443",
    "https://spa.example:8443",
    "https://two.example",
    "https://spa.example/",
    "https://SPA.example",
    "https://spa.example.evil.example",
    "https://evilspa.example",
    "https://spa.example@evil.example",
    "https://spa.example, https://spa.example",
];

fn spa(place: &Place) -> Application {
    let mut app = place.app();
    app.client_id = "spa".to_owned();
    app.secret = None;
    app.redirect_uri = "https://spa.example/cb".to_owned();
    app
}

async fn ask(
    place: &Place,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[(&str, &str)],
) -> Page {
    let uri = format!("{}{path}", place.house.issuer);
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(body);
    if !body.is_empty() {
        request = request.header("content-type", "application/x-www-form-urlencoded");
    }
    place.app().send(request.body(form.finish().into_bytes()).unwrap()).await
}

/// As Chromium asks before a POST with a proof.
async fn preflight(place: &Place, path: &str, origin: &str) -> Page {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,dpop"),
    ];
    ask(place, "OPTIONS", path, &headers, &[]).await
}

fn varies(page: &Page) -> bool {
    page.headers.get_all("vary").iter().any(|value| value == "Origin")
}

/// That page may read the answer, what our dialect puts into headers included, and without cookies.
#[track_caller]
fn assert_shared(page: &Page, origin: &str, what: &str) {
    assert_eq!(page.header("access-control-allow-origin"), origin, "{what}: {}", page.body);
    assert_eq!(page.headers.get_all("access-control-allow-origin").iter().count(), 1, "{what}");
    let exposed = page.header("access-control-expose-headers");
    assert_eq!(exposed, "DPoP-Nonce, WWW-Authenticate", "{what}");
    assert!(page.headers.get("access-control-allow-credentials").is_none(), "{what}");
    assert!(varies(page), "{what}");
}

#[track_caller]
fn assert_kept(page: &Page, what: &str) {
    let told = page.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert!(told.is_none(), "{what}: {told:?}");
}

/// T23, TK-01: with DPoP and Authorization, and nothing for look-alikes. Seen red with preflights of every origin
/// allowed.
#[tokio::test]
async fn a_preflight_of_a_registered_origin_is_allowed_and_no_other() {
    let place = Place::with(CLIENTS).await;
    for path in SHARED {
        for origin in [SPA, TWO, "https://both.example"] {
            let page = preflight(&place, path, origin).await;
            assert_eq!((page.status.as_u16(), &*page.body), (204, ""), "{path} {origin}");
            assert_eq!(page.header("access-control-allow-origin"), origin);
            let allowed = page.header("access-control-allow-headers").to_ascii_lowercase();
            let mut allowed: Vec<_> = allowed.split(", ").collect();
            allowed.sort_unstable();
            assert_eq!(allowed, ["authorization", "content-type", "dpop"]);
            assert!(page.header("access-control-allow-methods").contains("POST"));
            assert_eq!(page.header("access-control-max-age"), "7200");
            assert!(page.headers.get("access-control-allow-credentials").is_none());
            assert!(varies(&page), "{path}");
        }
        for origin in STRANGERS {
            let page = preflight(&place, path, origin).await;
            assert_eq!(page.status, 405, "{path} {origin}");
            assert_kept(&page, origin);
            assert!(varies(&page), "{path} {origin}");
        }
        let twice = [("origin", SPA), ("origin", TWO), ("access-control-request-method", "POST")];
        let page = ask(&place, "OPTIONS", path, &twice, &[]).await;
        assert_eq!(page.status, 405);
        assert_kept(&page, "two origins");
    }
    place.close().await;
}

/// T23, HT-20: tokens, claims and what is wrong are read by the pages of the client that they are for.
#[tokio::test]
async fn an_answer_is_read_by_pages_of_the_client_that_it_is_for() {
    let mut place = Place::with(CLIENTS).await;
    let app = spa(&place);
    let strangers = STRANGERS.into_iter().chain([TWO]).map(|origin| (origin, false));
    let cases: Vec<_> =
        [(SPA, true), ("https://both.example", true)].into_iter().chain(strangers).collect();
    for (origin, reads) in cases {
        let assert_read = |page: &Page, what: &str| {
            if reads {
                assert_shared(page, origin, what);
            } else {
                assert_kept(page, &format!("{what}, {origin}"));
            }
        };
        let code = place.offline_code(&app).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", "spa"),
            ("code", &*code),
            ("redirect_uri", &*app.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        let page = ask(&place, "POST", "/oauth2/token", &[("origin", origin)], &fields).await;
        assert_eq!(page.status, 200, "an answer is given; who reads it is the browser's business");
        assert_read(&page, "tokens");
        let tokens = harness::Tokens::read(&page);
        let bearer = format!("Bearer {}", tokens.access_token);
        let headers = [("origin", origin), ("authorization", &*bearer)];
        for method in ["GET", "POST"] {
            let page = ask(&place, method, "/oauth2/userinfo", &headers, &[]).await;
            assert_eq!(page.status, 200);
            assert_read(&page, "claims");
        }
        let again = ask(&place, "POST", "/oauth2/token", &[("origin", origin)], &fields).await;
        assert_eq!(again.oauth_error(), "invalid_grant");
        assert_read(&again, "a used code");
        let handed = [("client_id", "spa"), ("token", &*tokens.refresh_token)];
        let page = ask(&place, "POST", "/oauth2/revoke", &[("origin", origin)], &handed).await;
        assert_eq!(page.status, 200);
        assert_read(&page, "a revocation");
    }
    place.close().await;
}

/// T23: a page has to read what is wrong with its request. Nothing of anybody's is in these, so both pages may.
#[tokio::test]
async fn what_is_refused_before_anybody_is_known_is_read_by_every_registered_page() {
    let place = Place::with(CLIENTS).await;
    for origin in [SPA, TWO] {
        let headers = [("origin", origin)];
        let page = ask(&place, "POST", "/oauth2/token", &headers, &[("code", "x")]).await;
        assert_eq!(page.oauth_error(), "invalid_client");
        assert_shared(&page, origin, "nobody named");
        let page = ask(&place, "POST", "/oauth2/revoke", &headers, &[("token", "x")]).await;
        assert_shared(&page, origin, "nobody named");
        let bearer = [("origin", origin), ("authorization", "Bearer never-was")];
        let page = ask(&place, "GET", "/oauth2/userinfo", &bearer, &[]).await;
        assert_eq!(page.oauth_error(), "invalid_token");
        assert!(page.header("www-authenticate").starts_with("Bearer "));
        assert_shared(&page, origin, "a token of nobody's");
        let page = ask(&place, "PUT", "/oauth2/token", &headers, &[]).await;
        assert_eq!((page.status.as_u16(), page.header("allow")), (405, "POST"));
        assert_shared(&page, origin, "another method");
    }
    for origin in STRANGERS {
        let page = ask(&place, "GET", "/oauth2/userinfo", &[("origin", origin)], &[]).await;
        assert_eq!(page.status, 401);
        assert_kept(&page, origin);
        assert!(varies(&page));
    }
    // An application that was never there has no pages.
    let fields = [("client_id", "never-was"), ("grant_type", "refresh_token")];
    let page = ask(&place, "POST", "/oauth2/token", &[("origin", SPA)], &fields).await;
    assert_eq!(page.oauth_error(), "invalid_client");
    assert_kept(&page, "an unknown client");
    // One without a page of its own: whoever calls from a server sends no Origin and is told nothing of it.
    let page = ask(&place, "POST", "/oauth2/token", &[], &[("client_id", "spa")]).await;
    assert_kept(&page, "no origin");
    assert!(varies(&page));
    place.close().await;
}

/// A20: where people are, pages of others neither ask nor read; and clients with a secret do not call from pages. Seen
/// red with every endpoint shared.
#[tokio::test]
async fn no_other_endpoint_answers_pages_of_other_origins() {
    let place = Place::with(CLIENTS).await;
    for path in OTHERS {
        assert_kept(&preflight(&place, path, SPA).await, path);
        for method in ["GET", "POST"] {
            let page = ask(&place, method, path, &[("origin", SPA)], &[]).await;
            assert_kept(&page, path);
        }
    }
    place.close().await;
}

/// D11: what is nobody's in particular may be read anywhere, as before. Seen red with pages of other origins shut out.
#[tokio::test]
async fn discovery_and_the_key_set_are_read_by_every_page() {
    let place = Place::with(CLIENTS).await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/oauth2/jwks",
    ] {
        for origin in [SPA, "https://anybody.example", "null"] {
            let page = ask(&place, "GET", path, &[("origin", origin)], &[]).await;
            assert_eq!(
                (page.status.as_u16(), page.header("access-control-allow-origin")),
                (200, "*")
            );
            assert!(page.headers.get("access-control-allow-credentials").is_none());
        }
    }
    place.close().await;
}

/// T23: an application that was added at run time has its pages too, as long as it is switched on.
#[tokio::test]
async fn a_stored_application_has_its_pages() {
    for place in Place::on_both_engines().await {
        for (id, enabled) in [("stored", 1), ("off", 0)] {
            let policy = STORED_POLICY.replace("ORIGIN", &format!("https://{id}.example"));
            let sql = format!(
                "INSERT INTO clients (client_id, name, scopes, enabled, created_at, details) VALUES ('{id}', 'Stored', \
                 'openid profile', {enabled}, 1, '{{\"redirect_uris\":[\"https://{id}.example/cb\"],\
                 \"post_logout_redirect_uris\":[],\"policy\":{policy}}}')"
            );
            place.facts.run(&sql).await;
        }
        let page = preflight(&place, "/oauth2/token", "https://stored.example").await;
        assert_eq!(page.status, 204);
        assert_eq!(preflight(&place, "/oauth2/token", "https://off.example").await.status, 405);
        let fields = [("client_id", "stored"), ("grant_type", "refresh_token")];
        let origin = [("origin", "https://stored.example")];
        let page = ask(&place, "POST", "/oauth2/token", &origin, &fields).await;
        assert_eq!(page.oauth_error(), "invalid_request");
        assert_shared(&page, "https://stored.example", "a stored client");
        place.close().await;
    }
}

/// Law 12: a preflight costs a stranger more than us. Seen red with a read for each.
#[tokio::test]
async fn preflights_of_strangers_do_not_reach_the_database() {
    let place = Place::with(CLIENTS).await;
    preflight(&place, "/oauth2/token", SPA).await;
    let before = statements(&place).await;
    for number in 0..300 {
        let origin = format!("https://stranger-{number}.example");
        assert_eq!(preflight(&place, "/oauth2/token", &origin).await.status, 405);
    }
    let after = statements(&place).await;
    // The house's own jobs go on meanwhile.
    assert!(after - before < 60, "{before} {after}");
    place.close().await;
}

async fn statements(place: &Place) -> u64 {
    let management = place.house.management();
    let request = http::Request::get(format!("http://{management}/metrics"));
    let response = harness::send(management, request.body(Vec::new()).unwrap()).await;
    let text = String::from_utf8(response.into_body()).unwrap();
    let line = text.lines().find(|line| line.starts_with("magpie_statements_total ")).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

const STORED_POLICY: &str = r#"{"auth_methods":["none"],"require_pkce":true,"consent":"implicit","subject_type":"public","id_token_claims":"thin","email":{"mode":"none"},"nickname":false,"require_auth_time":false,"default_max_age":null,"native":false,"allowed_cors_origins":["ORIGIN"]}"#;
