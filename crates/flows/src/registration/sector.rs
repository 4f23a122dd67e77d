//! The document behind a `sector_identifier_uri`, which has to be fetched when a client registers (OIDC Registration §5).
//! Whoever registers chooses the address, so the call goes behind the guard.

use magpie_oidc::error::OAuthError;
use magpie_oidc::registration::{Metadata, lists_all};
use magpie_outbound::Limits;

use super::{RegistrationRefused, refuse};
use crate::context::Flows;
use crate::outcome::Outcome;

/// Whether the document lists every redirect URI. Holds no transaction.
pub(super) async fn check(flows: &Flows, metadata: &Metadata) -> Outcome<(), RegistrationRefused> {
    let Some((uri, redirect_uris)) = metadata.sector() else { return Ok(()) };
    let reason =
        match flows.guarded_for_strangers().get(uri, "application/json", Limits::default()).await {
            Ok(fetched) if lists_all(&fetched.body, redirect_uris) => return Ok(()),
            Ok(_) => "incomplete",
            Err(failed) => failed.as_str(),
        };
    tracing::info!(reason, "a sector_identifier_uri does not vouch for its redirect URIs");
    Err(refuse(OAuthError::invalid_client_metadata(
        "sector_identifier_uri must lead to a JSON array that lists every redirect URI",
    )))
}
