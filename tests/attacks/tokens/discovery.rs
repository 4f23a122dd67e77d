//! What the issuer says of itself: the two documents, an issuer with a path, and that everything announced is true.

use harness::{Application, Browser, Page, Plan};
use serde_json::Value;

use crate::jws::Jws;
use crate::place::{Place, VERIFIER, redeem};

const OIDC: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

const ALL_ALGORITHMS: &[&str] = &["RS256", "PS256", "ES256", "EdDSA"];
const ALL_METHODS: &[&str] =
    &["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

/// Every list whose absence would mean something else.
const LISTS: &[(&str, &[&str])] = &[
    ("response_types_supported", &["code"]),
    ("response_modes_supported", &["query", "form_post", "query.jwt", "form_post.jwt", "jwt"]),
    (
        "grant_types_supported",
        &[
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
    ),
    ("subject_types_supported", &["public", "pairwise"]),
    ("id_token_signing_alg_values_supported", &["RS256"]),
    ("authorization_signing_alg_values_supported", &["RS256"]),
    ("request_object_signing_alg_values_supported", ALL_ALGORITHMS),
    ("code_challenge_methods_supported", &["S256"]),
    ("token_endpoint_auth_methods_supported", ALL_METHODS),
    ("token_endpoint_auth_signing_alg_values_supported", ALL_ALGORITHMS),
    ("revocation_endpoint_auth_methods_supported", ALL_METHODS),
    ("revocation_endpoint_auth_signing_alg_values_supported", ALL_ALGORITHMS),
    (
        "introspection_endpoint_auth_methods_supported",
        &["client_secret_basic", "client_secret_post", "private_key_jwt"],
    ),
    ("introspection_endpoint_auth_signing_alg_values_supported", ALL_ALGORITHMS),
    ("introspection_signing_alg_values_supported", &["RS256"]),
];

fn strings<'a>(document: &'a Value, name: &str) -> Vec<&'a str> {
    let list = document[name].as_array().unwrap_or_else(|| panic!("{name} is no list"));
    assert!(!list.is_empty(), "{name} is empty");
    list.iter().map(|value| value.as_str().unwrap()).collect()
}

#[track_caller]
fn assert_public(page: &Page) {
    assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
    assert_eq!(page.header("content-type"), "application/json");
    assert_eq!(page.header("cache-control"), "public, max-age=300");
    assert_eq!(page.header("access-control-allow-origin"), "*");
    assert!(page.headers.get("access-control-allow-credentials").is_none());
}

/// D1, D3, D4, D5, D6, D8, D11. Seen red with each row broken by itself: another media type and another issuer, the
/// response types and the key set left out, userinfo and the scopes left out, the grant types and `request_uri` left to
/// their defaults, an empty array, `plain` and no `iss`, and pages of other origins shut out.
#[tokio::test]
async fn the_documents_spell_out_everything_whose_default_would_be_a_lie() {
    let mut place = Place::open().await;
    let page = place.browser.get(OIDC).await;
    assert_public(&page);
    let twin = place.browser.get(OAUTH).await;
    assert_public(&twin);
    assert_eq!(page.body, twin.body);
    let document = page.json();
    assert_eq!(document["issuer"], place.house.issuer.as_str());
    for (name, expected) in LISTS {
        assert_eq!(strings(&document, name), *expected, "{name}");
    }
    assert!(strings(&document, "scopes_supported").contains(&"openid"));
    assert!(strings(&document, "claims_supported").contains(&"sub"));
    for endpoint in ["authorization", "token", "userinfo"] {
        assert!(document[format!("{endpoint}_endpoint")].is_string(), "{endpoint}");
    }
    assert!(document["jwks_uri"].is_string());
    for (name, expected) in [
        ("request_parameter_supported", true),
        ("request_uri_parameter_supported", false),
        ("require_pushed_authorization_requests", false),
        ("claims_parameter_supported", true),
    ] {
        assert_eq!(document[name], expected, "{name}");
    }
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    for (name, value) in document.as_object().unwrap() {
        assert!(
            !value.is_null() && value != "" && value.as_array().is_none_or(|list| !list.is_empty()),
            "{name}"
        );
        if let Some(url) = value.as_str() {
            assert!(url.starts_with(&place.house.issuer), "{name}: {url}");
        }
    }
    place.close().await;
}

/// UI-08, D11, G9. Seen red with the host that a proxy names, and with the tag not looked at.
#[tokio::test]
async fn the_documents_do_not_depend_on_who_asks() {
    let mut place = Place::open().await;
    let page = place.browser.get(OIDC).await;
    let tag = page.header("etag").to_owned();
    for header in ["x-forwarded-host", "forwarded", "x-forwarded-proto", "origin", "x-original-url"]
    {
        let value =
            if header == "forwarded" { "host=evil.example;proto=https" } else { "evil.example" };
        let other = place.browser.clone().with_header(header, value).get(OIDC).await;
        assert_eq!(other.body, page.body, "{header}");
    }
    let spoofed = http::Request::get(format!("{}{OIDC}", place.house.issuer))
        .header("host", "evil.example")
        .body(Vec::new())
        .unwrap();
    let spoofed = place.app().send(spoofed).await;
    assert_eq!(spoofed.status, 421, "{}", spoofed.body);
    assert!(!spoofed.body.contains("evil"));
    for path in [
        format!("{OIDC}/"),
        format!("/{OIDC}"),
        "/.well-known//openid-configuration".to_owned(),
        "/.well-known/OpenID-Configuration".to_owned(),
        format!("{OIDC}.json"),
        "/.well-known/".to_owned(),
        format!("/x{OIDC}"),
    ] {
        let request = http::Request::get(format!("http://{}{path}", place.house.authority()));
        let page = place.app().send(request.body(Vec::new()).unwrap()).await;
        assert_eq!(page.status, 404, "{path}");
    }
    let head = place.browser.method("HEAD", OIDC).await;
    assert_eq!((head.status.as_u16(), &*head.body, head.header("etag")), (200, "", &*tag));
    let known = place.browser.clone().with_header("if-none-match", &tag).get(OIDC).await;
    assert_eq!((known.status.as_u16(), &*known.body, known.header("etag")), (304, "", &*tag));
    let with_query = place.browser.get(&format!("{OIDC}?x=1")).await;
    assert_eq!(with_query.body, page.body);
    for method in ["POST", "PUT", "DELETE"] {
        let page = place.browser.method(method, OIDC).await;
        assert_eq!((page.status.as_u16(), page.header("allow")), (405, "GET,HEAD"));
    }
    place.close().await;
}

/// D2, D7: an issuer below a path, found and used by nothing but its documents.
#[tokio::test]
async fn an_issuer_with_a_path_is_found_both_ways_and_works() {
    let plan = Plan { issuer_path: "/sso/wechat".to_owned(), ..Plan::default() };
    let mut place = Place::of(plan).await;
    assert!(place.house.issuer.ends_with("/sso/wechat"));
    let root = format!("http://{}", place.house.authority());
    let mut documents = Vec::new();
    for url in [
        format!("{}{OIDC}", place.house.issuer),
        format!("{root}{OAUTH}/sso/wechat"),
        format!("{}{OAUTH}", place.house.issuer),
    ] {
        let page = place.browser.get(&url).await;
        assert_public(&page);
        documents.push(page.body);
    }
    documents.dedup();
    assert_eq!(documents.len(), 1);
    let document: Value = serde_json::from_str(&documents[0]).unwrap();
    assert_eq!(document["issuer"], place.house.issuer.as_str());
    for path in [OIDC, OAUTH, "/oauth2/token", "/oauth2/jwks", "/sso/oauth2/jwks"] {
        assert_eq!(place.browser.get(&format!("{root}{path}")).await.status, 404, "{path}");
    }
    let app = place.app();
    let endpoint = |name: &str| document[name].as_str().unwrap().to_owned();
    let query = app.authorize(&[]);
    let query = query.split_once('?').unwrap().1.to_owned();
    let start = format!("{}?{query}", endpoint("authorization_endpoint"));
    let mut browser = Browser::new(&place.house);
    let page = browser.sign_in(&place.house, &start, "xiaoyu").await;
    assert_eq!(page.sent("iss").unwrap(), place.house.issuer);
    let code = page.sent("code").unwrap();
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={}&client_id=app&client_secret={}",
        url::form_urlencoded::byte_serialize(app.redirect_uri.as_bytes()).collect::<String>(),
        app.secret.as_deref().unwrap()
    );
    let request = http::Request::post(endpoint("token_endpoint"))
        .header("content-type", "application/x-www-form-urlencoded");
    let page = app.send(request.body(body.into_bytes()).unwrap()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let answer = page.json();
    let set = browser.get(&endpoint("jwks_uri")).await.json();
    let token = Jws::read(answer["id_token"].as_str().unwrap());
    assert!(token.is_signed_by(&set));
    assert_eq!(token.claims["iss"], place.house.issuer.as_str());
    let request = http::Request::get(endpoint("userinfo_endpoint"))
        .header("authorization", format!("Bearer {}", answer["access_token"].as_str().unwrap()));
    assert_eq!(app.send(request.body(Vec::new()).unwrap()).await.status, 200);
    place.close().await;
}

/// D7: each listed value is driven; a value that nobody listed is not accepted.
#[tokio::test]
async fn everything_that_is_announced_works() {
    let mut place = Place::open().await;
    let document = place.browser.get(OIDC).await.json();
    let app = place.app();
    for mode in strings(&document, "response_modes_supported") {
        let page = place.browser.get(&app.authorize(&[("response_mode", mode)])).await;
        let has_code = match mode {
            "query" => page.sent("code").is_some(),
            "query.jwt" | "jwt" => page.sent("response").is_some(),
            "form_post" => page.body.contains("name=\"code\""),
            _ => page.body.contains("name=\"response\""),
        };
        assert!(has_code, "{mode}: {} {}", page.status, page.body);
    }
    for prompt in strings(&document, "prompt_values_supported") {
        let page = place.browser.get(&app.authorize(&[("prompt", prompt)])).await;
        let refused = page.headers.contains_key("location") && page.sent("error").is_some();
        assert!(!refused && page.status.as_u16() < 400, "{prompt}: {} {}", page.status, page.body);
    }
    for scope in strings(&document, "scopes_supported") {
        let scopes = format!("openid {scope}");
        let code = place.code(&app, &[("scope", &scopes)]).await;
        let answer = redeem(&app, &code, &[]).await.json();
        assert!(answer.get("scope").is_none(), "{scope} was granted as asked: {answer}");
    }
    for name in ["acr_values_supported", "ui_locales_supported"] {
        let parameter = if name.starts_with("acr") { "acr_values" } else { "ui_locales" };
        for value in strings(&document, name) {
            place.code(&app, &[(parameter, value)]).await;
        }
    }
    let secret = app.secret.clone().unwrap();
    for method in strings(&document, "token_endpoint_auth_methods_supported") {
        let (app, more): (Application, Vec<_>) = match method {
            "client_secret_basic" => (app.clone(), vec![]),
            "client_secret_post" => {
                let mut bare = app.clone();
                bare.secret = None;
                (bare, vec![("client_secret", &*secret)])
            }
            // Proved in `client_assertions`, whose clients have keys.
            "private_key_jwt" => continue,
            _ => (place.house.public_application(), vec![]),
        };
        let code = place.bound_code(&app).await;
        let fields = [more, vec![("code_verifier", VERIFIER)]].concat();
        let page = redeem(&app, &code, &fields).await;
        assert_eq!(page.status, 200, "{method}: {}", page.body);
    }
    place.close().await;
}

/// D4, D7: every claim that we issue is announced, and what is announced and never issued is named here. Seen red with
/// claims that nobody announced.
#[tokio::test]
async fn every_claim_that_is_issued_is_announced() {
    let mut place = Place::open().await;
    let document = place.browser.get(OIDC).await.json();
    let announced = strings(&document, "claims_supported");
    let app = place.app();
    let code = place.code(&app, &[("scope", "openid profile wechat"), ("nonce", "n")]).await;
    let tokens = app.tokens(&code).await;
    let claims = app.userinfo(&tokens.access_token).await.json();
    let mut issued: Vec<_> =
        tokens.id_token.as_object().unwrap().keys().map(String::as_str).collect();
    issued.extend(claims.as_object().unwrap().keys().map(String::as_str));
    for claim in &issued {
        assert!(announced.contains(claim), "{claim}");
    }
    let mut missing: Vec<_> =
        announced.into_iter().filter(|claim| !issued.contains(claim)).collect();
    missing.sort_unstable();
    // By policy, and only where WeChat knows them; the last one of members in WeCom alone.
    let by_circumstance = ["gender", "locale", "nickname", "wecom_userid"];
    assert!(missing.iter().all(|claim| by_circumstance.contains(claim)), "{missing:?}");
    place.close().await;
}
