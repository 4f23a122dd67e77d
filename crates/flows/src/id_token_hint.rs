//! `id_token_hint`: a token of ours names its person, also after it has expired (OIDC Core §3.1.2.1).

use magpie_domain::Subject;

use crate::context::Flows;

/// The person that the hint names; nothing for a token that we did not sign or that is no ID token.
pub(crate) fn subject(flows: &Flows, token: &str) -> Option<Subject> {
    let kid = magpie_vault::peek(token).ok()?.kid()?.to_owned();
    let claims = flows.keyring().verifier(&kid)?.verify(token, "JWT").ok()?;
    let issuer = claims.get("iss")?.as_str()?;
    (issuer == flows.issuer().as_str()).then_some(())?;
    Subject::parse(claims.get("sub")?.as_str()?)
}
