//! Tokens that are bound to a key (RFC 9449): who holds the token without the key holds nothing.

use futures_util::future::join_all;
use harness::{Application, Page, Tokens};
use serde_json::{Value, json};

use crate::jws::{Jws, part};
use crate::place::{OFFLINE, Place, VERIFIER, assert_json};
use crate::proofs::{Prover, call, userinfo};
use crate::resources::{CLIENTS, reader};

const TOKEN: &str = "/oauth2/token";
const PUSHED: &str = "/oauth2/par";

/// An application that may not be given a token without a proof, and one whose tokens are JWTs.
const BOUND: &str = r#"
[[clients]]
id = "bound"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://bound.example/cb"]
dpop_bound_access_tokens = true
"#;

/// A code, redeemed with a proof.
pub(crate) async fn bound_tokens(place: &mut Place, app: &Application, prover: &Prover) -> Tokens {
    let page = redeemed(place, app, &[], &[&prover.proof(app, TOKEN).await]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.json()["token_type"], "DPoP");
    Tokens::read(&page)
}

/// What the token endpoint says to a fresh code with these proofs.
async fn redeemed(
    place: &mut Place,
    app: &Application,
    more: &[(&str, &str)],
    proofs: &[&str],
) -> Page {
    let challenge = Application::challenge(VERIFIER);
    let mut asked = vec![
        ("code_challenge", &*challenge),
        ("code_challenge_method", "S256"),
        ("scope", OFFLINE),
    ];
    asked.extend_from_slice(more);
    let code = place.code(app, &asked).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &*app.redirect_uri),
        ("code_verifier", VERIFIER),
    ];
    call(app, TOKEN, &fields, proofs).await
}

pub(crate) fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

/// Whether one of the challenges is that of `DPoP` with this error.
pub(crate) fn challenged(page: &Page, error: &str) -> bool {
    let all = page.headers.get_all("www-authenticate").iter();
    let mut all = all.map(|one| one.to_str().unwrap());
    all.any(|one| {
        one.starts_with("DPoP realm=\"magpie\"") && one.contains(&format!("error=\"{error}\""))
    })
}

/// X1, X2, X3, RFC 9449 §7.1: each algorithm that discovery names, the nonce that is asked for first, and what it opens.
/// Seen red with a nonce wanted at the token endpoint alone.
#[tokio::test]
async fn a_token_is_bound_to_the_key_that_was_proved_and_opens_with_it() {
    for mut place in Place::on_both_engines().await {
        let (app, discovery) = (place.app(), "/.well-known/openid-configuration");
        let document = place.browser.clone().get(discovery).await.json();
        let listed = &document["dpop_signing_alg_values_supported"];
        assert_eq!(*listed, json!(["ES256", "EdDSA", "PS256"]));
        for algorithm in ["ES256", "EdDSA", "PS256"] {
            let prover = Prover::new(&place, algorithm);
            let bare = prover.sign(&prover.claims("POST", TOKEN, None));
            let page = redeemed(&mut place, &app, &[], &[&bare]).await;
            assert_json(&page, 400, "use_dpop_nonce");
            assert!(page.header("dpop-nonce").len() >= 22);
            let tokens = bound_tokens(&mut place, &app, &prover).await;
            let bare =
                prover.sign(&prover.claims("GET", "/oauth2/userinfo", Some(&tokens.access_token)));
            let page = userinfo(&app, &format!("DPoP {}", tokens.access_token), &[&bare]).await;
            assert!(page.status == 401 && challenged(&page, "use_dpop_nonce"), "{}", page.body);
            assert!(page.header("dpop-nonce").len() >= 22);
            let proof = prover.at_userinfo(&app, &tokens.access_token).await;
            for (scheme, proof) in
                [("DPoP", proof), ("dpop", prover.at_userinfo(&app, &tokens.access_token).await)]
            {
                let shown = format!("{scheme} {}", tokens.access_token);
                let page = userinfo(&app, &shown, &[&proof]).await;
                assert_eq!(page.status, 200, "{algorithm} {}", page.body);
                assert_eq!(page.json()["sub"], tokens.subject().as_str());
                assert!(!page.header("dpop-nonce").is_empty());
            }
            let told =
                app.post("/oauth2/introspect", &[("token", &tokens.access_token)]).await.json();
            assert_eq!(
                (&told["token_type"], &told["cnf"]["jkt"]),
                (&json!("DPoP"), &json!(prover.thumbprint()))
            );
        }
        place.close().await;
    }
}

/// X4, RFC 9449 §7.2. Seen red with every scheme taken for every token.
#[tokio::test]
async fn a_bound_token_is_nothing_without_its_key() {
    let mut place = Place::open().await;
    let app = place.app();
    let (prover, thief) = (Prover::new(&place, "ES256"), Prover::new(&place, "ES256"));
    let token = bound_tokens(&mut place, &app, &prover).await.access_token;
    let own = prover.at_userinfo(&app, &token).await;
    let foreign = thief.at_userinfo(&app, &token).await;
    let (bearer, dpop) = (format!("Bearer {token}"), format!("DPoP {token}"));
    assert_json(&app.userinfo(&token).await, 401, "invalid_token");
    assert_json(&userinfo(&app, &bearer, &[&own]).await, 401, "invalid_token");
    let page = userinfo(&app, &dpop, &[]).await;
    assert!(page.status == 401 && challenged(&page, "invalid_dpop_proof"), "{}", page.body);
    let page = userinfo(&app, &dpop, &[&foreign]).await;
    assert!(page.status == 401 && challenged(&page, "invalid_dpop_proof"), "{}", page.body);
    let page = userinfo(&app, &dpop, &[&own, &own]).await;
    assert!(page.status == 401 && challenged(&page, "invalid_dpop_proof"), "{}", page.body);
    // None of them used the proof up.
    assert_eq!(userinfo(&app, &dpop, &[&own]).await.status, 200);
    // A token that is bound to nothing is not made better by a proof.
    let plain = place.tokens().await.access_token;
    let proof = prover.at_userinfo(&app, &plain).await;
    let page = userinfo(&app, &format!("DPoP {plain}"), &[&proof]).await;
    assert!(page.status == 401 && challenged(&page, "invalid_token"), "{}", page.body);
    // Who shows nothing is told of both ways, and of no error.
    let page = userinfo(&app, "Basic eDp5", &[]).await;
    let challenges: Vec<_> = page.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(challenges.len(), 2);
    assert!(challenges.iter().all(|one| !one.to_str().unwrap().contains("error")));
    place.close().await;
}

/// X1, X2, B1, B2, B3: at the token endpoint nothing that is wrong with a proof burns the code or leaves a row. Seen
/// red with crit ignored (B3).
#[tokio::test]
async fn a_proof_that_proves_nothing_is_refused_and_changes_nothing() {
    let mut place = Place::open().await;
    let app = place.app();
    let prover = Prover::new(&place, "ES256");
    let good = with(&prover.claims("POST", TOKEN, None), "nonce", json!(prover.nonce(&app).await));
    let code = place.bound_code(&app).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &*app.redirect_uri),
        ("code_verifier", VERIFIER),
    ];
    let before = place.facts.picture().await;
    let (header, payload) = (prover.header(), part(&good));
    let private = json!({ "d": "AAAA", "kty": "EC", "crv": "P-256", "x": header["jwk"]["x"], "y": header["jwk"]["y"] });
    let other = Prover::new(&place, "ES256");
    let rsa = Prover::new(&place, "RS256");
    let unsigned = format!("{}.{payload}.", part(&with(&header, "alg", json!("none"))));
    for (what, proof) in [
        ("no JWT", "not a proof".to_owned()),
        ("unsigned", unsigned),
        ("RS256", rsa.sign(&good)),
        ("another kind", prover.key.sign_as(&with(&header, "typ", json!("JWT")), &payload)),
        ("without key", prover.key.sign_as(&with(&header, "jwk", Value::Null), &payload)),
        ("private key", prover.key.sign_as(&with(&header, "jwk", private), &payload)),
        ("foreign key", prover.key.sign_as(&with(&header, "jwk", other.key.jwk()), &payload)),
        ("crit", prover.key.sign_as(&with(&header, "crit", json!(["x"])), &payload)),
        ("for GET", prover.sign(&with(&good, "htm", json!("GET")))),
        ("for userinfo", prover.sign(&with(&good, "htu", json!("https://x.example/oauth2/token")))),
        ("without jti", prover.sign(&with(&good, "jti", Value::Null))),
        ("without iat", prover.sign(&with(&good, "iat", Value::Null))),
    ] {
        let page = call(&app, TOKEN, &fields, &[&proof]).await;
        assert_eq!(
            (page.status.as_u16(), &*page.oauth_error()),
            (400, "invalid_dpop_proof"),
            "{what}"
        );
        assert_json(&page, 400, "invalid_dpop_proof");
    }
    let good_proof = prover.sign(&good);
    let page = call(&app, TOKEN, &fields, &[&good_proof, &good_proof]).await;
    assert_json(&page, 400, "invalid_dpop_proof");
    for nonce in ["", "0000000000000000000000000a"] {
        let page =
            call(&app, TOKEN, &fields, &[&prover.sign(&with(&good, "nonce", json!(nonce)))]).await;
        assert_json(&page, 400, "use_dpop_nonce");
    }
    assert_eq!(place.facts.picture().await, before);
    assert_eq!(place.facts.number("SELECT count(*) FROM seen_once").await, 0);
    // A clock that is wrong by a year is no reason: the nonce is of this minute.
    let late = prover.sign(&with(&good, "iat", json!(1)));
    assert_eq!(call(&app, TOKEN, &fields, &[&late]).await.status, 200);
    place.close().await;
}

/// X6, T11, RFC 9449 §10: a code that was asked for with a key is redeemed with that key.
#[tokio::test]
async fn a_code_is_bound_to_the_key_that_the_request_named() {
    let mut place = Place::open().await;
    let (app, public) = (place.app(), place.house.public_application());
    let (prover, thief) = (Prover::new(&place, "ES256"), Prover::new(&place, "EdDSA"));
    let jkt = prover.thumbprint();
    for app in [&app, &public] {
        let named = [("dpop_jkt", &*jkt)];
        let foreign = thief.proof(app, TOKEN).await;
        assert_json(&redeemed(&mut place, app, &named, &[&foreign]).await, 400, "invalid_grant");
        assert_json(&redeemed(&mut place, app, &named, &[]).await, 400, "invalid_grant");
        let own = prover.proof(app, TOKEN).await;
        assert_eq!(redeemed(&mut place, app, &named, &[&own]).await.status, 200);
    }
    let page = place.browser.get(&app.authorize(&[("dpop_jkt", "short")])).await;
    assert_eq!(page.sent("error").as_deref(), Some("invalid_request"));
    place.close().await;
}

/// X6, RFC 9449 §10.1. Seen red with the proof at the push ignored.
#[tokio::test]
async fn a_request_that_is_pushed_with_a_proof_binds_its_code() {
    let mut place = Place::open().await;
    let app = place.app();
    let (prover, thief) = (Prover::new(&place, "ES256"), Prover::new(&place, "ES256"));
    let other_key = thief.thumbprint();
    let fields = |jkt: Option<&'static str>| {
        let mut fields = vec![
            ("response_type", "code"),
            ("scope", "openid"),
            ("redirect_uri", "https://app.example/cb?keep=1"),
        ];
        fields.extend(jkt.map(|jkt| ("dpop_jkt", jkt)));
        fields
    };
    let mut mixed = fields(None);
    mixed.push(("dpop_jkt", &other_key));
    let proof = prover.proof(&app, PUSHED).await;
    assert_json(&call(&app, PUSHED, &mixed, &[&proof]).await, 400, "invalid_request");
    // A refused push has not used its proof up; a good one has.
    let pushed = call(&app, PUSHED, &fields(None), &[&proof]).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    assert_json(&call(&app, PUSHED, &fields(None), &[&proof]).await, 400, "invalid_dpop_proof");
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", &app.client_id).append_pair("request_uri", &uri);
    let page = place.browser.get(&format!("/oauth2/authorize?{}", query.finish())).await;
    let code = page.sent("code").unwrap_or_else(|| panic!("{}", page.body));
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &*app.redirect_uri),
    ];
    let page = call(&app, TOKEN, &redeem, &[&thief.proof(&app, TOKEN).await]).await;
    assert_json(&page, 400, "invalid_grant");
    place.close().await;
}

/// X5, RFC 9449 §5: what proves a public client when it refreshes is its key; a confidential client may change its own.
#[tokio::test]
async fn a_public_clients_refresh_token_is_bound_to_its_key() {
    for mut place in Place::on_both_engines().await {
        let (prover, other) = (Prover::new(&place, "ES256"), Prover::new(&place, "ES256"));
        for (app, may_change) in [(place.house.public_application(), false), (place.app(), true)] {
            let mut tokens = bound_tokens(&mut place, &app, &prover).await;
            for (key, is_own) in [(Some(&other), false), (None, false), (Some(&prover), true)] {
                let proof = match key {
                    Some(key) => Some(key.proof(&app, TOKEN).await),
                    None => None,
                };
                let proofs: Vec<_> = proof.as_deref().into_iter().collect();
                let fields =
                    [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh_token)];
                let page = call(&app, TOKEN, &fields, &proofs).await;
                if is_own || may_change {
                    assert_eq!(page.status, 200, "{}", page.body);
                    let expected = if key.is_some() { "DPoP" } else { "Bearer" };
                    assert_eq!(page.json()["token_type"], expected);
                    tokens = Tokens::read(&page);
                } else {
                    assert_json(&page, 400, "invalid_grant");
                }
            }
        }
        place.close().await;
    }
}

/// X6, RFC 9449 §5.2: a client that registered bound tokens gets no others.
#[tokio::test]
async fn a_client_of_bound_tokens_proves_its_key() {
    let mut place = Place::with(BOUND).await;
    let app = place.house.own_application("bound", "https://bound.example/cb");
    let prover = Prover::new(&place, "EdDSA");
    let code = place.code(&app, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &*app.redirect_uri),
    ];
    assert_json(&call(&app, TOKEN, &fields, &[]).await, 400, "invalid_dpop_proof");
    let page = call(&app, TOKEN, &fields, &[&prover.proof(&app, TOKEN).await]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    place.close().await;
}

/// X3, E6: a JWT names the key, an exchanged token keeps to it, and a client's own token is bound too.
#[tokio::test]
async fn jwts_name_the_key_and_an_exchange_keeps_it() {
    let mut place = Place::with(CLIENTS).await;
    let app = reader(&place);
    let (prover, thief) = (Prover::new(&place, "ES256"), Prover::new(&place, "ES256"));
    let jkt = json!(prover.thumbprint());
    let code = place.code(&app, &[]).await;
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &*app.redirect_uri),
    ];
    let page = call(&app, TOKEN, &redeem, &[&prover.proof(&app, TOKEN).await]).await;
    let token = Tokens::read(&page).access_token;
    assert_eq!(Jws::read(&token).claims["cnf"]["jkt"], jkt);
    let shown = format!("DPoP {token}");
    let proof = prover.at_userinfo(&app, &token).await;
    assert_eq!(userinfo(&app, &shown, &[&proof]).await.status, 200);
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", &*token),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("resource", "https://api.example/v1"),
    ];
    assert_json(&call(&app, TOKEN, &exchange, &[]).await, 400, "invalid_request");
    let foreign = thief.proof(&app, TOKEN).await;
    assert_json(&call(&app, TOKEN, &exchange, &[&foreign]).await, 400, "invalid_request");
    let page = call(&app, TOKEN, &exchange, &[&prover.proof(&app, TOKEN).await]).await;
    assert_eq!(page.json()["token_type"], "DPoP", "{}", page.body);
    assert_eq!(Jws::read(page.json()["access_token"].as_str().unwrap()).claims["cnf"]["jkt"], jkt);
    let service = place.house.own_application("single", "");
    let proof = prover.proof(&service, TOKEN).await;
    let page = call(&service, TOKEN, &[("grant_type", "client_credentials")], &[&proof]).await;
    assert_eq!(page.json()["token_type"], "DPoP", "{}", page.body);
    assert_eq!(Jws::read(page.json()["access_token"].as_str().unwrap()).claims["cnf"]["jkt"], jkt);
    place.close().await;
}

/// X8, CC-01: one proof, two replicas, 64 callers. Seen red with nobody remembering.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_uses_of_one_proof_on_two_replicas_exactly_one_counts() {
    for mut place in Place::on_both_engines().await {
        let (address, stop) = place.house.replica().await;
        let apps = [place.app(), place.app().at(address)];
        let prover = Prover::new(&place, "ES256");
        let token = bound_tokens(&mut place, &apps[0], &prover).await.access_token;
        let shown = format!("DPoP {token}");
        let proof = prover.at_userinfo(&apps[0], &token).await;
        let proofs = [&*proof];
        let pages = join_all((0..64).map(|turn| userinfo(&apps[turn % 2], &shown, &proofs))).await;
        let (won, lost): (Vec<_>, Vec<_>) = pages.iter().partition(|page| page.status == 200);
        assert_eq!(won.len(), 1);
        for page in lost {
            assert!(page.status == 401 && challenged(page, "invalid_dpop_proof"), "{}", page.body);
        }
        stop.cancel();
        place.close().await;
    }
}
