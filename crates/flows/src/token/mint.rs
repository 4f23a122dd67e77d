//! Making tokens from a plan: sealed access token, signed ID token. No row is written.

use magpie_domain::{Client, Grant, Subject, TokenText};
use magpie_oidc::claims::{self, IdTokenFacts, PersonFacts};
use magpie_oidc::error::OAuthError;
use magpie_oidc::tokens::{self, TokenResponse, TokenSettings};
use magpie_vault::{Purpose, bound};

use crate::context::Flows;
use crate::outcome::{Inconsistent, Outcome};

/// Seals the access token and signs the ID token.
pub(super) fn tokens(
    flows: &Flows,
    client: &Client,
    grant: &Grant,
    subject: &Subject,
    profile: Option<&PersonFacts<'_>>,
) -> Outcome<TokenResponse, OAuthError> {
    let lifetimes = flows.settings().lifetimes;
    let settings =
        TokenSettings { access_token: lifetimes.access_token, id_token: lifetimes.id_token };
    let now = flows.now();
    let plan = tokens::plan(grant, client, &settings, now);
    let plain = serde_json::to_vec(&plan.access)
        .map_err(|_cannot_fail| Inconsistent("an access token has no JSON"))?;
    let access_token = flows.vault().seal_text(
        Purpose::AccessToken,
        &bound(&["access token"]),
        &plain,
        flows.entropy(),
    )?;
    let id_token = if plan.id_token {
        let facts = IdTokenFacts {
            issuer: flows.issuer(),
            subject,
            client,
            grant,
            algorithm: flows.settings().algorithm,
            now,
            lifetime: lifetimes.id_token,
            access_token: &access_token,
            profile,
        };
        Some(TokenText::new(sign(flows, &claims::id_token(&facts))?))
    } else {
        None
    };
    Ok(TokenResponse::new(&plan, TokenText::new(access_token), id_token))
}

fn sign(
    flows: &Flows,
    claims: &serde_json::Map<String, serde_json::Value>,
) -> Outcome<String, OAuthError> {
    let signer = flows
        .keyring()
        .signer(flows.settings().algorithm, flows.now())
        .ok_or(Inconsistent("there is no signing key of the configured algorithm"))?;
    Ok(signer.sign("JWT", claims)?)
}
