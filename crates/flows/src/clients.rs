//! Which application asks: declared in the configuration, else stored.

use magpie_domain::{Client, ClientId};
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
