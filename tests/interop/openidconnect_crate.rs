//! The `openidconnect` crate with an HTTP client of ours, as Rust applications use it.

use http::Response;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope,
    TokenResponse as _,
};

use crate::browser::Browser;
use crate::provider::{ODD_SECRET, PINNED, Provider, STOCK};
use crate::received::Received;
use crate::wire;

/// Nobody listens there: the test is the application and reads the answer off the browser's next step.
const CALLBACK: &str = "http://127.0.0.1:1/callback";

async fn send(request: HttpRequest) -> std::io::Result<Response<Vec<u8>>> {
    wire::send(request).await
}

/// One login as the guide shows it.
async fn sign_in(provider: &Provider, browser: &mut Browser, id: &str, person: &str) -> Received {
    let issuer = IssuerUrl::new(provider.issuer.clone()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &send).await.unwrap();
    let secret = (id != "none").then(|| ClientSecret::new(provider.secret.to_owned()));
    let auth_type =
        if id == "client_secret_post" { AuthType::RequestBody } else { AuthType::BasicAuth };
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(id.to_owned()), secret)
        .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap())
        .set_auth_type(auth_type);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(challenge)
        .url();

    let back =
        browser.sign_in_until(url.as_str(), person, |url| url.as_str().starts_with(CALLBACK)).await;
    assert!(
        back.url.as_str().starts_with(CALLBACK),
        "{} at {}: {}",
        back.status,
        back.url,
        back.body
    );
    assert_eq!(&back.parameter("state"), state.secret());
    assert_eq!(back.parameter("iss"), provider.issuer, "RFC 9207");

    let tokens = client
        .exchange_code(AuthorizationCode::new(back.parameter("code")))
        .unwrap()
        .set_pkce_verifier(verifier)
        .request_async(&send)
        .await
        .unwrap();
    let id_token = tokens.id_token().unwrap();
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, &nonce).unwrap();
    let key = id_token.signing_key(&verifier).unwrap();
    let computed =
        AccessTokenHash::from_token(tokens.access_token(), id_token.signing_alg().unwrap(), key);
    assert_eq!(claims.access_token_hash(), Some(&computed.unwrap()));
    let userinfo: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        .unwrap()
        .request_async(&send)
        .await
        .unwrap();
    Received {
        id_token: with_plain_audience(serde_json::to_value(claims).unwrap()),
        userinfo: serde_json::to_value(userinfo).unwrap(),
        token: serde_json::Value::Null,
        environment: serde_json::Value::Null,
        way: back.way,
    }
}

/// The crate shows the audience as a list, whichever form it had.
fn with_plain_audience(mut claims: serde_json::Value) -> serde_json::Value {
    if let Some(audience) = claims.get_mut("aud")
        && let Some([only]) = audience.as_array().map(Vec::as_slice)
    {
        *audience = only.clone();
    }
    claims
}

#[tokio::test]
async fn the_openidconnect_crate_signs_people_in_and_finds_the_same_person_again() {
    let provider = Provider::start(CALLBACK, ODD_SECRET).await;
    let mut desk = Browser::new();
    let first = sign_in(&provider, &mut desk, STOCK, "laowang").await;
    first.assert_is(&provider, STOCK, "laowang").await;
    assert_eq!(first.asked("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(provider.wechat.exchanges(), 1);

    let signed_in = sign_in(&provider, &mut desk, STOCK, "laowang").await;
    assert_eq!(signed_in.userinfo, first.userinfo);
    assert_eq!(provider.wechat.exchanges(), 1, "the browser session was not used");

    let elsewhere = sign_in(&provider, &mut Browser::new(), STOCK, "laowang").await;
    assert_eq!(elsewhere.sub(), first.sub());
    assert_eq!(provider.wechat.exchanges(), 2);
}

#[tokio::test]
async fn the_openidconnect_crate_authenticates_every_way_it_knows_and_emoji_arrive_whole() {
    let provider = Provider::start(CALLBACK, ODD_SECRET).await;
    let mut subjects = Vec::new();
    for client in PINNED {
        let received = sign_in(&provider, &mut Browser::new(), client, "xiaoyu").await;
        received.assert_is(&provider, client, "xiaoyu").await;
        subjects.push(received.sub().to_owned());
    }
    let other = sign_in(&provider, &mut Browser::new(), STOCK, "ben").await;
    other.assert_is(&provider, STOCK, "ben").await;
    assert!(subjects.windows(2).all(|pair| pair.first() == pair.last()), "{subjects:?}");
    assert!(!subjects.contains(&other.sub().to_owned()), "two people, one subject");
}
