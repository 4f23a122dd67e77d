//! Which request it is that a browser brings or a client pushes: spelled out, signed by the client, or pushed before.
//! A pushed request and a signed one take the place of everything that stands around them (RFC 9126 §4, RFC 9101 §6.3),
//! so that nothing in the browser's address can add to them.

use magpie_domain::{
    AuthorizationRequest, Client, LoginAttempt, PushedHandle, RedirectUri, ResponseMode, TokenHash,
};
use magpie_oidc::authorize::{self, AuthorizeRefusal, HintFacts, PageRefusal, Way};
use magpie_oidc::error::OAuthError;
use magpie_oidc::params::Params;
use magpie_oidc::pushed::{self, Named};
use magpie_store::pushed_requests;
use magpie_vault::Purpose;

use super::object;
use crate::attempt_cookie;
use crate::clients;
use crate::context::Flows;
use crate::id_token_hint;
use crate::outcome::{Outcome, Stop};

/// The refusal of a request that fits no attempt cookie.
pub(crate) const TOO_LONG: OAuthError =
    OAuthError::invalid_request("state, nonce, claims and redirect_uri are too long together");

/// What arrived at the authorization endpoint.
pub(super) enum Arrived {
    /// A request that may be answered.
    Asks(Client, Box<AuthorizationRequest>),
    /// One that may not, and the application is told.
    IsTold(Client, Told),
}

/// What the application is told, and where.
pub(super) struct Told {
    pub(super) redirect_uri: RedirectUri,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<String>,
    pub(super) error: OAuthError,
}

/// A proved request with the parameters that count in it.
pub(crate) struct Proved {
    pub(crate) request: AuthorizationRequest,
    pub(crate) params: Params,
}

/// Finds the client and the request that counts, and proves it.
///
/// # Errors
/// [`PageRefusal`] where nobody is proved to whom it could be told.
pub(super) async fn arrived(flows: &Flows, params: &Params) -> Outcome<Arrived, PageRefusal> {
    let id = authorize::client_id(params).map_err(Stop::Refused)?;
    let client = clients::find(flows, &id).await?.filter(Client::is_enabled);
    let client = client.ok_or(Stop::Refused(PageRefusal::UnknownClient))?;
    let named = request_uri(params).and_then(pushed::read);
    let verdict = match &named {
        Some(named) => opened(flows, &client, named).await?,
        None => prove(flows, &client, params, Way::default()).await.map(|proved| proved.request),
    };
    match verdict {
        Ok(request) => Ok(Arrived::Asks(client, Box::new(request))),
        Err(AuthorizeRefusal::OnPage(refusal)) => Err(Stop::Refused(refusal)),
        Err(AuthorizeRefusal::ToClient { redirect_uri, mode, state, error }) => {
            if let Some(Named::Handle(handle)) = &named {
                spend_at_once(flows, handle).await?;
            }
            Ok(Arrived::IsTold(client, Told { redirect_uri, mode, state, error }))
        }
    }
}

/// The one `request_uri` of a call that has nothing else in its place; what is ambiguous is told by [`authorize::check`].
fn request_uri(params: &Params) -> Option<&str> {
    let alone = !params.is_repeated("request_uri") && params.get("request").is_none();
    params.get("request_uri").filter(|_| alone)
}

/// Proves a request of this client, whichever form it has.
///
/// # Errors
/// [`AuthorizeRefusal`] of the first thing that does not hold.
pub(crate) async fn prove(
    flows: &Flows,
    client: &Client,
    params: &Params,
    way: Way,
) -> Result<Proved, AuthorizeRefusal> {
    let inside = object::inside(flows, client, params).await?;
    let way = Way { signed: inside.is_some(), ..way };
    let params = inside.unwrap_or_else(|| params.clone());
    let request = check(flows, client, &params, way)?;
    Ok(Proved { request, params })
}

fn check(
    flows: &Flows,
    client: &Client,
    params: &Params,
    way: Way,
) -> Result<AuthorizationRequest, AuthorizeRefusal> {
    // What id_token_hint says; an expired token of ours still names its person (OIDC Core §3.1.2.1).
    let hint = match params.get("id_token_hint") {
        None => HintFacts::NotSent,
        Some(token) => {
            id_token_hint::subject(flows, token).map_or(HintFacts::Unverifiable, HintFacts::Of)
        }
    };
    authorize::check(params, Some(client), &hint, way)
}

/// Opens a pushed request, which reads and changes nothing; it is proved again, since the client may have changed.
async fn opened(
    flows: &Flows,
    client: &Client,
    named: &Named,
) -> Outcome<Result<AuthorizationRequest, AuthorizeRefusal>, PageRefusal> {
    let gone = || Stop::Refused(PageRefusal::PushedRequestGone);
    let Named::Handle(handle) = named else { return Err(gone()) };
    let hash = pushed_hash(flows, handle);
    let mut tx = flows.store().read().await?;
    let kept =
        pushed_requests::find_live(&mut tx, &handle.id, &hash, client.id(), flows.now()).await?;
    drop(tx);
    let params = Params::from_query(&kept.ok_or_else(gone)?).map_err(|_never_kept| gone())?;
    // Whether it was signed was asked when it was pushed.
    let way = Way { pushed: true, signed: true };
    Ok(check(flows, client, &params, way)
        .map(|request| AuthorizationRequest { pushed: Some(handle.clone()), ..request }))
}

async fn spend_at_once(flows: &Flows, handle: &PushedHandle) -> Outcome<(), PageRefusal> {
    let mut tx = flows.store().write().await?;
    let spent = pushed_requests::spend(&mut tx, &handle.id, flows.now()).await?;
    tx.commit().await?;
    if spent.is_won() { Ok(()) } else { Err(Stop::Refused(PageRefusal::PushedRequestGone)) }
}

/// What a row keeps of a pushed request's secret: the type is part of it, so that no other handle can pass for one.
pub(crate) fn pushed_hash(flows: &Flows, handle: &PushedHandle) -> TokenHash {
    flows.vault().hash_handle(Purpose::HandleHash, &format!("pushed:{}", handle.secret))
}

/// Whether a request will fit the cookie of its attempt.
///
/// # Errors
/// Only breakages.
pub(crate) fn fits<R>(flows: &Flows, request: AuthorizationRequest) -> Outcome<bool, R> {
    let lifetime = flows.settings().lifetimes.attempt;
    let attempt = LoginAttempt::start(request, flows.now(), lifetime, flows.entropy())?;
    Ok(attempt_cookie::fits(&attempt))
}
