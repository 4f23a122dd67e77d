//! Who asks: every way to prove an application wrongly, and that none of them costs the person's code.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::{Application, Page};

use crate::place::{Place, assert_json, redeem};

/// Applications that narrow their methods, and one with a secret that encodings disagree about.
const MORE: &str = r#"
[[clients]]
id = "only-post"
secret = "secret-of-the-posting-one-0123456789"
redirect_uris = ["https://app.example/cb"]
token_endpoint_auth_methods = ["client_secret_post"]
[[clients]]
id = "only-basic"
secret = "secret-of-the-basic-one-0123456789ab"
redirect_uris = ["https://app.example/cb"]
token_endpoint_auth_methods = ["client_secret_basic"]
[[clients]]
id = "urn:odd/one"
secret = "a+b%41:c&d=é~ 0123456789-odd-secret"
redirect_uris = ["https://app.example/cb"]
"#;

const ODD: &str = "a+b%41:c&d=é~ 0123456789-odd-secret";

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A right token request of the application `app` under any proof.
async fn ask(app: &Application, code: &str, header: Option<&str>, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &*app.redirect_uri),
    ];
    fields.extend(more);
    app.token_as(header, &fields).await
}

#[track_caller]
fn assert_no_client(page: &Page, tried_header: bool) {
    assert_json(page, 401, "invalid_client");
    let challenge = page.header("www-authenticate");
    assert_eq!(challenge.starts_with("Basic realm="), tried_header, "{challenge}");
}

/// CA-01, T4: and an outsider cannot tell a wrong secret from an unknown application. Seen red with any secret taken,
/// without the challenge, and with unknown applications told that they are.
#[tokio::test]
async fn a_wrong_secret_is_an_invalid_client_and_does_not_burn_the_code() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.plain_code().await;
    let before = place.facts.picture().await;
    let secret = app.secret.clone().unwrap();
    let mut bodies = Vec::new();
    for (id, wrong) in [
        ("app", "wrong"),
        ("app", &secret[..secret.len() - 1]),
        ("app", &secret.to_uppercase()),
        ("native", &secret),
        ("nobody", &secret),
        ("nobody", "wrong"),
        ("App", &secret),
    ] {
        let page = ask(&app, &code, Some(&basic(&format!("{id}:{wrong}"))), &[]).await;
        assert_no_client(&page, true);
        bodies.push(page.body);
        let fields = [("client_id", id), ("client_secret", wrong)];
        let page = ask(&app, &code, None, &fields).await;
        assert_no_client(&page, false);
        bodies.push(page.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(place.facts.picture().await, before);
    assert_eq!(redeem(&app, &code, &[]).await.status, 200);
    place.close().await;
}

/// CA-02. Seen red with any scheme taken for Basic, with blanks around a secret forgiven, and with what is no
/// credential called an invalid request.
#[tokio::test]
async fn a_header_that_is_no_basic_credential_is_an_invalid_client() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.plain_code().await;
    let before = place.facts.picture().await;
    let secret = app.secret.clone().unwrap();
    let right = basic(&format!("app:{secret}"));
    for header in [
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic YXBw",
        &basic(":"),
        &basic("app:"),
        &basic(&format!(":{secret}")),
        &basic(&format!("app:{secret}%")),
        &basic(&format!("app:{secret}%zz")),
        &basic(&format!("app:{secret}%00")),
        &basic(&format!("app:{secret}+")),
        &basic(&format!("app:{secret}%0A")),
        &format!("Basic {}", STANDARD.encode(b"app:\xff\xfe")),
        &format!("Basic {}", STANDARD.encode("a".repeat(20_000))),
        &right.replace("Basic ", "Bearer "),
        &right.replace("Basic ", "Digest "),
        &right.replace("Basic ", "Basic"),
        &format!("{right}, {right}"),
        &STANDARD.encode(format!("app:{secret}")),
    ] {
        assert_no_client(&ask(&app, &code, Some(header), &[]).await, true);
    }
    assert_eq!(place.facts.picture().await, before);
    let lower = right.replace("Basic ", "bAsIc ");
    assert_eq!(ask(&app, &code, Some(&lower), &[]).await.status, 200, "the scheme has no case");
    place.close().await;
}

/// CA-02, T2: id and secret are form-encoded before they are joined, once. Seen red with the secret decoded twice, and
/// not at all.
#[tokio::test]
async fn a_secret_is_decoded_exactly_once() {
    let mut place = Place::with(MORE).await;
    let app = place.app();
    let code = place.plain_code().await;
    let (id, once) = (encoded("urn:odd/one"), encoded(ODD));
    let twice = encoded(&once);
    // The application is proven where the code is what is refused: it is another one's.
    for (header, proven) in [
        (basic(&format!("{id}:{once}")), true),
        (basic(&format!("{id}:{}", once.replace('+', "%20").to_lowercase())), true),
        (basic(&format!("{id}:{}", once.replace('+', "%20"))), true),
        (basic(&format!("{id}:{twice}")), false),
        (basic(&format!("{id}:{ODD}")), false),
        (basic(&format!("urn:odd/one:{once}")), false),
    ] {
        let page = ask(&app, &code, Some(&header), &[]).await;
        let error = if proven { "invalid_grant" } else { "invalid_client" };
        assert_json(&page, if proven { 400 } else { 401 }, error);
    }
    let fields = [("client_id", "urn:odd/one"), ("client_secret", ODD)];
    assert_json(&ask(&app, &code, None, &fields).await, 400, "invalid_grant");
    let fields = [("client_id", "urn:odd/one"), ("client_secret", &*once)];
    assert_no_client(&ask(&app, &code, None, &fields).await, false);
    assert_eq!(redeem(&app, &code, &[]).await.status, 200, "the code was left alone");
    place.close().await;
}

/// CA-04, T5: what is not registered is not accepted, with the right secret too. Seen red with any method for any
/// application.
#[tokio::test]
async fn a_method_that_is_not_registered_is_an_invalid_client() {
    let mut place = Place::with(MORE).await;
    let app = place.app();
    let code = place.plain_code().await;
    let post_secret = "secret-of-the-posting-one-0123456789";
    let basic_secret = "secret-of-the-basic-one-0123456789ab";
    let by_header = |id: &str, secret: &str| Some(basic(&format!("{id}:{secret}")));
    type Fields<'a> = Vec<(&'a str, &'a str)>;
    let table: [(Option<String>, Fields<'_>, bool); 8] = [
        (by_header("only-post", post_secret), vec![], false),
        (None, vec![("client_id", "only-post"), ("client_secret", post_secret)], true),
        (by_header("only-basic", basic_secret), vec![], true),
        (None, vec![("client_id", "only-basic"), ("client_secret", basic_secret)], false),
        (None, vec![("client_id", "app")], false),
        (None, vec![("client_id", "native"), ("client_secret", post_secret)], false),
        (by_header("native", post_secret), vec![], false),
        (None, vec![("client_id", "native")], true),
    ];
    for (header, fields, proven) in table {
        let page = ask(&app, &code, header.as_deref(), &fields).await;
        if proven {
            assert_json(&page, 400, "invalid_grant");
        } else {
            assert_no_client(&page, header.is_some());
        }
    }
    assert_eq!(redeem(&app, &code, &[]).await.status, 200, "the code was left alone");
    place.close().await;
}

/// T3, T6: two proofs, two names, no name. Seen red with a second proof passed over, with a second name passed over,
/// and with who names nobody taken for a public application.
#[tokio::test]
async fn an_application_says_once_who_it_is() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.plain_code().await;
    let secret = app.secret.clone().unwrap();
    let header = basic(&format!("app:{secret}"));
    for fields in [
        vec![("client_secret", &*secret)],
        vec![("client_id", "app"), ("client_secret", &*secret)],
        vec![("client_id", "other")],
    ] {
        let page = ask(&app, &code, Some(&header), &fields).await;
        assert_json(&page, 400, "invalid_request");
    }
    assert_no_client(&ask(&app, &code, None, &[]).await, false);
    assert_no_client(&ask(&app, &code, None, &[("client_secret", &secret)]).await, false);
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let assertion = [("client_assertion_type", kind), ("client_assertion", "e30.e30.")];
    assert_no_client(&ask(&app, &code, None, &assertion).await, false);
    let mut request = http::Request::post(format!("{}/oauth2/token", place.house.issuer))
        .header("content-type", "application/x-www-form-urlencoded");
    for _ in 0..2 {
        request = request.header("authorization", &header);
    }
    let body = format!("grant_type=authorization_code&code={code}");
    let page = app.send(request.body(body.into_bytes()).unwrap()).await;
    assert_json(&page, 400, "invalid_request");
    let page = ask(&app, &code, Some(&header), &[("client_id", "app")]).await;
    assert_eq!(page.status, 200, "naming oneself twice alike is no contradiction: {}", page.body);
    place.close().await;
}

/// I5: the application is asked about at every request, so switching it off needs no restart. Seen red with disabled
/// applications answered.
#[tokio::test]
async fn an_application_that_was_switched_off_is_answered_like_an_unknown_one() {
    for mut place in Place::on_both_engines().await {
        let mut app = place.app();
        app.client_id = "stored".to_owned();
        app.redirect_uri = "https://stored.example/cb".to_owned();
        app.secret = None;
        let policy = STORED_POLICY;
        let sql = format!(
            "INSERT INTO clients (client_id, name, scopes, enabled, created_at, details) VALUES ('stored', 'Stored', \
             'openid profile', 1, 1, '{{\"redirect_uris\":[\"https://stored.example/cb\"],\"post_logout_redirect_uris\":[],\
             \"policy\":{policy}}}')"
        );
        place.facts.run(&sql).await;
        let code = place.bound_code(&app).await;
        let verifier = ("code_verifier", crate::place::VERIFIER);
        let page = redeem(&app, &code, &[verifier]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let tokens = harness::Tokens::read(&page);
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
        let second = place.bound_code(&app).await;
        place.facts.run("UPDATE clients SET enabled = 0").await;
        assert_no_client(&redeem(&app, &second, &[verifier]).await, false);
        let page = app.userinfo(&tokens.access_token).await;
        assert_eq!((page.status.as_u16(), page.oauth_error()), (401, "invalid_token".to_owned()));
        place.facts.run("DELETE FROM clients").await;
        assert_no_client(&redeem(&app, &second, &[verifier]).await, false);
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 401);
        place.close().await;
    }
}

/// The policy of a public application as it is stored.
const STORED_POLICY: &str = r#"{"auth_methods":["none"],"require_pkce":true,"consent":"implicit","subject_type":"public","id_token_claims":"thin","email":{"mode":"none"},"nickname":false,"require_auth_time":false,"default_max_age":null,"native":false}"#;
