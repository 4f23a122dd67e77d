//! An application with a key of its own: what it signs, written with OpenSSL from the texts alone, and how it reads
//! what the house signed.

use std::time::UNIX_EPOCH;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Application, Browser, House};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::{Signer, Verifier};
use serde_json::{Value, json};

/// Where the signing application's answers go.
pub(crate) const SIGNING: &str = "https://signing.example/cb";

/// A key pair, made for one test.
#[derive(Debug)]
pub(crate) struct Key(PKey<Private>);

impl Key {
    pub(crate) fn new() -> Self {
        Self(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap())
    }

    /// The public half as a JWK under that name.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let rsa = self.0.rsa().unwrap();
        let text = |number: &openssl::bn::BigNumRef| URL_SAFE_NO_PAD.encode(number.to_vec());
        json!({"kty": "RSA", "kid": kid, "use": "sig", "n": text(rsa.n()), "e": text(rsa.e())})
    }

    /// A compact JWS over these claims with RS256.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signer = Signer::new(MessageDigest::sha256(), &self.0).unwrap();
        signer.update(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signer.sign_to_vec().unwrap()))
    }
}

/// A house with an application that signs with `key`, and more lines of its configuration.
pub(crate) async fn house(key: &Key, more: &str) -> House {
    let set = json!({"keys": [key.jwk("one")]});
    House::with(&format!(
        r#"
[[clients]]
id = "signing"
name = "An application that signs"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["{SIGNING}"]
scopes = ["openid", "profile"]
jwks = '{set}'
{more}
"#
    ))
    .await
}

/// That application.
pub(crate) fn application(house: &House) -> Application {
    let mut app = house.application();
    app.client_id = "signing".to_owned();
    app.redirect_uri = SIGNING.to_owned();
    app
}

/// The present moment, as the house sees it.
pub(crate) fn now() -> i64 {
    i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap()
}

/// The header of an ordinary object.
pub(crate) fn header() -> Value {
    json!({"alg": "RS256", "kid": "one", "typ": "oauth-authz-req+jwt"})
}

/// The claims of an ordinary object, with others in their place; null leaves one out.
pub(crate) fn claims(house: &House, other: &Value) -> Value {
    let mut claims = json!({
        "iss": "signing",
        "aud": house.issuer,
        "exp": now() + 300,
        "nbf": now(),
        "client_id": "signing",
        "redirect_uri": SIGNING,
        "response_type": "code",
        "scope": "openid profile",
        "state": "inner-state",
        "nonce": "inner-nonce",
    });
    let members = claims.as_object_mut().unwrap();
    for (name, value) in other.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    claims
}

/// What a signed answer says, once its signature proved to be that of the house's published RSA key.
pub(crate) async fn verified(house: &House, jwt: &str) -> Value {
    let parts: Vec<_> = jwt.split('.').collect();
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    assert_eq!(header["alg"], "RS256");
    let set = Browser::new(house).get("/oauth2/jwks").await.json();
    let jwk = set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]);
    let number =
        |name: &str| BigNum::from_slice(&decoded(jwk.unwrap()[name].as_str().unwrap())).unwrap();
    let rsa = Rsa::from_public_components(number("n"), number("e")).unwrap();
    let key = PKey::from_rsa(rsa).unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    verifier.update(format!("{}.{}", parts[0], parts[1]).as_bytes()).unwrap();
    assert!(verifier.verify(&decoded(parts[2])).unwrap(), "the signature");
    serde_json::from_slice(&decoded(parts[1])).unwrap()
}
