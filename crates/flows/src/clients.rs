//! Which application asks: declared in the configuration, else stored.

use magpie_domain::{AuthorizationRequest, Client, ClientId, GrantType};
use magpie_store::StoreError;

use crate::context::Flows;

/// Finds a client. A declared one costs no read.
pub(crate) async fn find(flows: &Flows, id: &ClientId) -> Result<Option<Client>, StoreError> {
    if let Some(declared) = flows.settings().declared_client(id) {
        return Ok(Some(declared.clone()));
    }
    let mut tx = flows.store().read().await?;
    magpie_store::clients::find(&mut tx, id).await
}

/// The client of a request in flight, if it may still be answered: enabled, and its redirect URI still registered, or,
/// where a device waits, still allowed that grant.
/// The attempt may be minutes old, and an operator may have taken either away meanwhile (law 8).
pub(crate) async fn find_answerable(
    flows: &Flows,
    request: &AuthorizationRequest,
) -> Result<Option<Client>, StoreError> {
    let found = find(flows, &request.client_id).await?;
    let waits = request.device.is_some();
    // The answer of a phone goes to a desktop, whose own attempt is weighed when it takes it.
    let is_phones = request.relay.is_some();
    Ok(found.filter(|client| {
        let reached = if waits {
            client.policy().grant_types.contains(&GrantType::DeviceCode)
        } else {
            is_phones || client.accepts(request.redirect_uri.as_str()).is_some()
        };
        client.is_enabled() && reached
    }))
}
