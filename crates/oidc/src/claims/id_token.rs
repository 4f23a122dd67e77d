//! The ID token (OIDC Core §2): who signed in, for whom, when and how. Thin by default, since profile claims
//! belong to userinfo in the code flow (OIDC Core §5.4); fat for clients that never call userinfo.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::{
    Algorithm, Client, Grant, IdTokenClaims, Issuer, Lifetime, ScopeSet, Subject, Timestamp,
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use super::ACR;
use super::person::{PersonFacts, Released, userinfo};

/// What goes into an ID token.
pub struct IdTokenFacts<'a> {
    /// Ourselves.
    pub issuer: &'a Issuer,
    /// The person.
    pub subject: &'a Subject,
    /// For whom.
    pub client: &'a Client,
    /// What was granted: nonce, authentication time, channel kind, session.
    pub grant: &'a Grant,
    /// The present moment.
    pub now: Timestamp,
    /// How long it is valid.
    pub lifetime: Lifetime,
    /// What the ID token will be signed with, for `at_hash`.
    pub algorithm: Algorithm,
    /// The access token issued along with it, for `at_hash`.
    pub access_token: &'a str,
    /// The person's profile, where [`released`] says that something of it goes out.
    pub profile: Option<&'a PersonFacts<'a>>,
}

impl fmt::Debug for IdTokenFacts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokenFacts")
            .field("client", self.client.id())
            .field("grant", &self.grant.id)
            .finish_non_exhaustive()
    }
}

/// The claims of the ID token. `aud` is one string and `azp` the same, as strict applications compare them;
/// `auth_time` is always sent, so that it is there whenever `max_age` or the client asks for it.
#[must_use]
pub fn id_token(facts: &IdTokenFacts<'_>) -> Map<String, Value> {
    let client = facts.client.id().as_str();
    let released = released(facts.client, facts.grant);
    let mut claims = facts
        .profile
        .map_or_else(Map::new, |person| userinfo(person, &released, facts.client.policy()));
    // After the profile, so that nothing said of a person can stand in for what we say ourselves.
    for (name, value) in [
        ("iss", json!(facts.issuer.as_str())),
        ("sub", json!(facts.subject.as_str())),
        ("aud", json!(client)),
        ("azp", json!(client)),
        ("exp", json!(facts.now.plus(facts.lifetime).as_seconds())),
        ("iat", json!(facts.now.as_seconds())),
        ("auth_time", json!(facts.grant.auth_time.as_seconds())),
        ("at_hash", json!(at_hash(facts.algorithm, facts.access_token))),
        ("amr", json!([facts.grant.kind.as_str()])),
        ("acr", json!(ACR)),
        ("sid", json!(facts.grant.session_id.as_str())),
    ] {
        claims.insert(name.to_owned(), value);
    }
    if let Some(nonce) = &facts.grant.nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    claims
}

/// Whether these claims are those of an ID token: nothing else that we sign for an application says all of this. Signed
/// userinfo (OIDC Core §5.3.2) says only what is known of the person, and a signed answer (JARM §2.1) names nobody.
#[must_use]
pub fn is_id_token(claims: &Map<String, Value>) -> bool {
    let moment = |name: &str| claims.get(name).is_some_and(Value::is_i64);
    let text = |name: &str| claims.get(name).is_some_and(Value::is_string);
    ["exp", "iat", "auth_time"].into_iter().all(moment)
        && ["sub", "aud", "azp", "at_hash", "sid"].into_iter().all(text)
}

/// What the ID token says of the person: everything that was granted where the client's policy is fat, and what was
/// asked for here by name.
#[must_use]
pub fn released<'a>(client: &Client, grant: &'a Grant) -> Released<'a> {
    let scopes = match client.policy().id_token_claims {
        IdTokenClaims::Fat => grant.scopes,
        IdTokenClaims::Thin => ScopeSet::default(),
    };
    let allowed = client.scopes();
    let asked = &grant.asked_claims.id_token;
    Released { scopes: scopes.intersection(allowed), asked, allowed }
}

/// The left half of the access token's hash in base64url (OIDC Core §3.1.3.6), the hash being the one inside the ID
/// token's signature: SHA-256, or the SHA-512 of Ed25519 (RFC 8032 §5.1).
#[must_use]
pub fn at_hash(algorithm: Algorithm, access_token: &str) -> String {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => {
            left_half(&Sha256::digest(access_token))
        }
        Algorithm::EdDsa => left_half(&Sha512::digest(access_token)),
    }
}

fn left_half(hash: &[u8]) -> String {
    let (left, _) = hash.split_at(hash.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}
