//! What an application is told when a session ends: the logout token of the back channel, the address of the front one.

use magpie_domain::{ClientId, Issuer, Lifetime, SessionId, Subject, Timestamp};
use serde_json::{Map, Value, json};

use crate::encoding::query;
use crate::response_mode::with_query;

/// The member of `events` that makes a token a logout token (Back-Channel Logout §2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// How long a logout token is good: long enough for a clock that is a little off, short against replays (§2.4).
const LIFETIME: Lifetime = Lifetime::from_minutes(2);

/// What goes into a logout token.
#[derive(Clone, Copy)]
pub struct LogoutTokenFacts<'a> {
    /// Ourselves.
    pub issuer: &'a Issuer,
    /// Who is told.
    pub client: &'a ClientId,
    /// Who signed out, as that application knows them.
    pub subject: &'a Subject,
    /// The session that ended, as its ID tokens named it.
    pub session: &'a SessionId,
    /// The present moment.
    pub now: Timestamp,
    /// Random, new for each token.
    pub jti: &'a str,
}

impl std::fmt::Debug for LogoutTokenFacts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogoutTokenFacts").field("client", self.client).finish_non_exhaustive()
    }
}

/// The claims of a logout token. There is no `nonce`, which tells it from an ID token (§2.4).
#[must_use]
pub fn logout_token(facts: &LogoutTokenFacts<'_>) -> Map<String, Value> {
    let claims = [
        ("iss", json!(facts.issuer.as_str())),
        ("aud", json!(facts.client.as_str())),
        ("iat", json!(facts.now.as_seconds())),
        ("exp", json!(facts.now.plus(LIFETIME).as_seconds())),
        ("jti", json!(facts.jti)),
        ("events", json!({ EVENT: {} })),
        ("sub", json!(facts.subject.as_str())),
        ("sid", json!(facts.session.as_str())),
    ];
    claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The address that a page opens in a frame: the registered one with `iss` and `sid`, always both (Front-Channel
/// Logout §2: either both or none).
#[must_use]
pub fn frontchannel_address(registered: &str, issuer: &Issuer, session: &SessionId) -> String {
    with_query(registered, &query([("iss", issuer.as_str()), ("sid", session.as_str())]))
}
