//! `id_token_hint`: a token of ours names its person, also after it has expired (OIDC Core §3.1.2.1).

use magpie_domain::{ClientId, SessionId, Subject};
use magpie_oidc::claims::is_id_token;
use magpie_oidc::logout::Hint;
use serde_json::{Map, Value};

use crate::context::Flows;

/// The person that the hint names; nothing for a token that we did not sign or that is no ID token.
pub(crate) fn subject(flows: &Flows, token: &str) -> Option<Subject> {
    Subject::parse(claims(flows, token)?.get("sub")?.as_str()?)
}

/// All that a request to sign out needs of the hint: person, application and session.
pub(crate) fn of_logout(flows: &Flows, token: &str) -> Option<Hint> {
    let claims = claims(flows, token)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    Some(Hint {
        client: ClientId::parse(text("aud")?)?,
        subject: Subject::parse(text("sub")?)?,
        session: text("sid").and_then(SessionId::parse),
    })
}

/// The claims of an ID token of ours, whatever its age; any key that is still known will do. Signed userinfo and signed
/// answers come from the same keys under the same `typ`, so it is the claims that tell an ID token (RFC 8725 §3.12).
fn claims(flows: &Flows, token: &str) -> Option<Map<String, Value>> {
    let kid = magpie_vault::peek(token).ok()?.kid()?.to_owned();
    let claims = flows.keyring().verifier(&kid)?.verify(token, "JWT").ok()?;
    let issuer = claims.get("iss")?.as_str()?;
    (issuer == flows.issuer().as_str() && is_id_token(&claims)).then_some(claims)
}
