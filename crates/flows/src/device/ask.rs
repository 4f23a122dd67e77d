//! The device authorization endpoint: an application on a device asks for a pair of codes.

use magpie_domain::{Device, DeviceId, UserCode, entropy};
use magpie_oidc::device::{DeviceRequest, DeviceResponse, INTERVAL};
use magpie_oidc::grant::DeviceCodeRequest;
use magpie_store::devices;

use super::{device_hash, user_code_hash};
use crate::budget::Kept;
use crate::client_call::{ClientCall, ClientRefused, authenticate};
use crate::context::Flows;
use crate::outcome::{Inconsistent, Outcome};

/// How often a user code is drawn that another device shows already; one draw in billions meets one.
const TRIES: usize = 8;

/// Gives a device its codes.
///
/// # Errors
/// [`ClientRefused`]: of client authentication, or because the client may not have what it asks for (RFC 8628 §3.2).
pub async fn ask(flows: &Flows, call: &ClientCall<'_>) -> Outcome<DeviceResponse, ClientRefused> {
    let client = authenticate(flows, call).await?;
    let asked = DeviceRequest::read(call.form, &client).map_err(|error| call.refuse(error))?;
    call.ask_for(&client, Kept::Device)?;
    let (now, lifetime) = (flows.now(), flows.settings().lifetimes.device);
    let device = Device {
        id: DeviceId::generate(now, flows.entropy())?,
        client_id: client.id().clone(),
        scopes: asked.scopes,
        resources: asked.resources,
        interval: INTERVAL,
        polled_at: None,
        expires_at: now.plus(lifetime),
        answer: None,
        redeemed: false,
    };
    let secret = entropy::token(flows.entropy())?;
    let hash = device_hash(flows, secret.expose());
    for _ in 0..TRIES {
        let user_code = UserCode::draw(flows.entropy())?;
        let code_hash = user_code_hash(flows, &user_code);
        let mut tx = flows.store().write_single().await?;
        let is_new = devices::insert(&mut tx, &device, &hash, &code_hash).await?.is_won();
        tx.commit().await?;
        if is_new {
            let code = DeviceCodeRequest::write_code(&device.id, &secret);
            return Ok(DeviceResponse::new(flows.issuer(), code, &user_code, lifetime));
        }
    }
    Err(Inconsistent("every user code that was drawn is taken").into())
}
