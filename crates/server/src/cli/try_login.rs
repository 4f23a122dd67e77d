//! `magpie try-login`: plays an application against the running issuer and prints what it would receive.

use serde_json::json;

use super::{Failure, Invocation, house};
use crate::relying_party::try_login::try_login;

/// Signs in as an application of its own and prints what the application received. Leaves no client behind.
pub(super) async fn run(invocation: &Invocation) -> Result<(), Failure> {
    let flows = house::open(invocation).await?;
    let tell = |location: &str| {
        invocation.note(&format!(
            "Open this in a browser and sign in; waiting ten minutes:\n\n{location}\n"
        ));
    };
    let received = try_login(&flows, tell).await.map_err(Failure::new)?;
    let value = json!({
        "id_token": received.id_token,
        "userinfo": received.userinfo,
        "expires_in": received.expires_in,
    });
    let pretty = |claims| serde_json::to_string_pretty(claims).unwrap_or_default();
    let text = format!(
        "ID token\n{}\n\nUserinfo\n{}",
        pretty(&received.id_token),
        pretty(&received.userinfo)
    );
    invocation.answer(text, &value);
    Ok(())
}
