//! Access tokens that resource servers read for themselves (RFC 9068): what goes into one, and what one of ours says
//! when it comes back. The `jti` begins with the grant's id, so that revocation reaches these tokens too.

use magpie_domain::{AccessToken, ClientId, GrantId, Issuer, ScopeSet, Subject, Timestamp};
use serde_json::{Map, Value, json};

use super::ACR;

/// The media type in the header (RFC 9068 §2.1), which keeps it apart from an ID token (RFC 8725 §3.11).
pub const TYPE: &str = "at+jwt";

/// What goes into a token for somebody who signed in.
#[derive(Debug, Clone, Copy)]
pub struct PersonTokenFacts<'a> {
    /// Ourselves.
    pub issuer: &'a Issuer,
    /// What the token stands for.
    pub token: &'a AccessToken,
    /// To whom it is issued.
    pub client: &'a ClientId,
    /// Who signed in, as this client sees them.
    pub subject: &'a Subject,
    /// When.
    pub auth_time: Timestamp,
    /// How: the channel's kind.
    pub method: &'a str,
    /// Chance that makes it unique.
    pub nonce: &'a str,
    /// Who acts for the person, where the token was exchanged (RFC 8693 §4.1).
    pub actor: Option<&'a ClientId>,
}

/// The claims of a token for somebody who signed in.
#[must_use]
pub fn of_person(facts: &PersonTokenFacts<'_>) -> Map<String, Value> {
    let token = facts.token;
    let jti = format!("{}.{}", token.grant.as_str(), facts.nonce);
    let mut claims =
        common(facts.issuer, facts.client, &token.audience, (token.issued, token.expires));
    claims.insert("sub".to_owned(), json!(facts.subject.as_str()));
    claims.insert("jti".to_owned(), json!(jti));
    claims.insert("scope".to_owned(), json!(token.scopes.to_string()));
    claims.insert("auth_time".to_owned(), json!(facts.auth_time.as_seconds()));
    claims.insert("acr".to_owned(), json!(ACR));
    claims.insert("amr".to_owned(), json!([facts.method]));
    if let Some(jkt) = &token.jkt {
        claims.insert("cnf".to_owned(), json!({ "jkt": jkt }));
    }
    if let Some(actor) = facts.actor {
        claims.insert("act".to_owned(), json!({ "sub": actor.as_str() }));
    }
    claims
}

/// A token that a client got for itself (RFC 6749 §4.4, RFC 9068 §2.2): nobody signed in, so `sub` is the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientToken {
    /// The client.
    pub client: ClientId,
    /// The resource servers that it is for; never none.
    pub audience: Vec<String>,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// The key without which it is nothing (RFC 9449 §6).
    pub jkt: Option<String>,
}

/// The claims of a client's own token; `nonce` is chance that makes it unique.
#[must_use]
pub fn of_client(issuer: &Issuer, token: &ClientToken, nonce: &str) -> Map<String, Value> {
    let mut claims = common(issuer, &token.client, &token.audience, (token.issued, token.expires));
    claims.insert("sub".to_owned(), json!(token.client.as_str()));
    claims.insert("jti".to_owned(), json!(nonce));
    if let Some(jkt) = &token.jkt {
        claims.insert("cnf".to_owned(), json!({ "jkt": jkt }));
    }
    claims
}

fn common(
    issuer: &Issuer,
    client: &ClientId,
    audience: &[String],
    (issued, expires): (Timestamp, Timestamp),
) -> Map<String, Value> {
    // One audience is a text, as most libraries of resource servers compare it.
    let aud = match audience {
        [] => json!(issuer.as_str()),
        [only] => json!(only),
        several => json!(several),
    };
    let mut claims = Map::new();
    for (name, value) in [
        ("iss", json!(issuer.as_str())),
        ("aud", aud),
        ("client_id", json!(client.as_str())),
        ("iat", json!(issued.as_seconds())),
        ("exp", json!(expires.as_seconds())),
    ] {
        claims.insert(name.to_owned(), value);
    }
    claims
}

/// What a JWT of ours stands for, once its signature and `typ` are proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// Somebody signed in.
    OfPerson(AccessToken),
    /// A client speaks for itself.
    OfClient(ClientToken),
}

/// Reads the claims of a token of ours. `None` for what we would not have written.
#[must_use]
pub fn read(issuer: &Issuer, claims: &Map<String, Value>) -> Option<Read> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let moment = |name: &str| claims.get(name)?.as_i64().map(Timestamp::from_seconds);
    (text("iss")? == issuer.as_str()).then_some(())?;
    let client = ClientId::parse(text("client_id")?)?;
    let audience: Vec<String> = match claims.get("aud")? {
        Value::String(only) => vec![only.clone()],
        Value::Array(several) => {
            several.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    let audience = if audience == [issuer.as_str()] { Vec::new() } else { audience };
    let (issued, expires) = (moment("iat")?, moment("exp")?);
    let jkt = claims.get("cnf").and_then(|cnf| cnf.get("jkt")?.as_str()).map(str::to_owned);
    Some(match text("jti")?.split_once('.') {
        Some((grant, _nonce)) => Read::OfPerson(AccessToken {
            grant: GrantId::parse(grant)?,
            scopes: ScopeSet::parse(text("scope")?),
            issued,
            expires,
            audience,
            jkt,
            holder: Some(client),
        }),
        None => Read::OfClient(ClientToken { client, audience, issued, expires, jkt }),
    })
}

#[cfg(test)]
mod tests;
