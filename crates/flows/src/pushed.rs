//! An application pushes its request before it sends a browser (RFC 9126): everything is proved here, while nobody waits
//! and nothing can be redirected, and the browser brings no more than a name for it.

use magpie_domain::{AuthorizationRequest, PushedHandle, PushedId, entropy};
use magpie_oidc::authorize::Way;
use magpie_oidc::dpop as rules;
use magpie_oidc::paths;
use magpie_oidc::pushed::{self, PushedResponse};
use magpie_store::pushed_requests::{self, PushedRequest};

use crate::authorize::{Proved, TOO_LONG, fits, prove, pushed_hash};
use crate::budget::Kept;
use crate::client_call::{ClientCall, ClientRefused, authenticate};
use crate::context::Flows;
use crate::dpop;
use crate::outcome::Outcome;

/// Proves and keeps a request.
///
/// # Errors
/// [`ClientRefused`] with what the authorization endpoint would have said, as JSON (RFC 9126 §2.3).
pub async fn push(flows: &Flows, call: &ClientCall<'_>) -> Outcome<PushedResponse, ClientRefused> {
    let client = authenticate(flows, call).await?;
    let refuse = |error| call.refuse(error);
    pushed::may_push(&client).map_err(refuse)?;
    let asked = pushed::request_of(call.form, &client).map_err(refuse)?;
    let key = dpop::of_call(flows, call, paths::PUSHED).map_err(refuse)?;
    let jkt = key.as_ref().map(|key| &*key.jkt);
    let way = Way { pushed: true, signed: false };
    let Proved { request, params } = prove(flows, &client, &asked, way)
        .await
        .map_err(|refusal| call.refuse(pushed::refusal(&refusal)))?;
    let params = rules::pushed_with(params, jkt).map_err(refuse)?;
    let dpop_jkt = jkt.map(str::to_owned).or(request.dpop_jkt);
    let now = flows.now();
    let handle = PushedHandle {
        id: PushedId::generate(now, flows.entropy())?,
        secret: entropy::token(flows.entropy())?.expose().to_owned(),
    };
    if !fits(flows, AuthorizationRequest { pushed: Some(handle.clone()), dpop_jkt, ..request })? {
        return Err(refuse(TOO_LONG));
    }
    call.ask_for(&client, Kept::Pushed)?;
    if let Some(key) = &key {
        call.refused(dpop::spend(flows, call.budget, &client, key).await?.or_error())?;
    }
    let lifetime = flows.settings().lifetimes.pushed;
    let kept = PushedRequest {
        id: handle.id.clone(),
        client: client.id().clone(),
        parameters: pushed::kept(&params),
        expires_at: now.plus(lifetime),
    };
    let mut tx = flows.store().write().await?;
    pushed_requests::insert(&mut tx, &kept, &pushed_hash(flows, &handle)).await?;
    tx.commit().await?;
    Ok(PushedResponse {
        request_uri: pushed::request_uri(&handle),
        expires_in: lifetime.as_seconds(),
    })
}
