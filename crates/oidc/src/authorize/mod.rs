//! The authorization request: what an application may ask, in the order in which it is proved
//! (RFC 6749 §4.1.1, OIDC Core §3.1.2, RFC 7636 §4.3, RFC 9700 §2.1).
//! Until client and redirect URI are proved the person is told on a page; afterwards the application is told
//! by redirect, and the type of the refusal says which. The `flows` room looks up the client, verifies the hint,
//! calls [`check`], and weighs the session with [`needs()`].

mod asked_claims;
mod needs;
mod pkce;
mod start_over;
mod steps;

use magpie_domain::{AuthorizationRequest, Client, ClientId, RedirectUri, ResponseMode, Subject};

use crate::dpop;
use crate::error::OAuthError;
use crate::params::{Params, ParamsRefused};
use crate::resource;

pub use asked_claims::scopes_to_agree;
pub use needs::{ConsentFacts, Needs, NeedsFacts, SessionFacts, needs};
pub use start_over::start_over;
pub(crate) use steps::granted;

/// Every parameter that [`check`] asks for; others mean nothing and are ignored (RFC 6749 §3.1).
pub const PARAMETERS: [&str; 17] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "ui_locales",
    "id_token_hint",
    "claims",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "dpop_jkt",
    "registration",
];

/// What became of `id_token_hint`, which only the holder of the keys can verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HintFacts {
    /// None was sent.
    NotSent,
    /// It is not an ID token of ours; one of ours that has expired is still [`Self::Of`] (OIDC Core §3.1.2.1).
    Unverifiable,
    /// It is ours and names this person.
    Of(Subject),
}

/// Why a request goes no further, and who hears of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizeRefusal {
    /// The person, on our own page: nothing about the application is proved (law 8).
    OnPage(PageRefusal),
    /// The application, at its proved redirect URI (RFC 6749 §4.1.2.1).
    ToClient {
        /// Where.
        redirect_uri: RedirectUri,
        /// How.
        mode: ResponseMode,
        /// What to echo; nothing when `state` itself was sent twice.
        state: Option<String>,
        /// What to say.
        error: OAuthError,
    },
}

/// Why the person is told rather than the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageRefusal {
    /// The request cannot be read, or names no client.
    MalformedRequest,
    /// There is no such client, or it is disabled: one answer, so that nobody learns which.
    UnknownClient,
    /// `redirect_uri` is required even where one is registered (OIDC Core §3.1.2.1).
    RedirectUriMissing,
    /// It is not byte for byte one of the client's (RFC 9700 §2.1).
    RedirectUriNotRegistered,
    /// `client_id` or `redirect_uri` was sent twice.
    RepeatedParameter,
    /// The pushed request is unknown, expired, answered, or another client's: one answer for all (RFC 9126 §4).
    PushedRequestGone,
    /// The request object cannot be believed, and nothing outside it says where to tell (RFC 9101 §6).
    RequestObjectUnusable,
}

/// How a request came, which some clients must be particular about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// The client pushed it (RFC 9126).
    pub pushed: bool,
    /// The client signed it (RFC 9101).
    pub signed: bool,
}

impl From<PageRefusal> for AuthorizeRefusal {
    fn from(refusal: PageRefusal) -> Self {
        Self::OnPage(refusal)
    }
}

impl From<ParamsRefused> for AuthorizeRefusal {
    /// What cannot be decoded proves no client.
    fn from(_unreadable: ParamsRefused) -> Self {
        Self::OnPage(PageRefusal::MalformedRequest)
    }
}

/// Reads the client's name, with which the caller looks the client up.
///
/// # Errors
/// [`PageRefusal`] when it was sent twice, is missing, or cannot be anybody's.
pub fn client_id(params: &Params) -> Result<ClientId, PageRefusal> {
    steps::client_is_named_once(params)
}

/// Where a refusal goes that concerns the request as a whole, by what stands outside of it: to the application if
/// client and redirect URI are proved there, else on a page.
#[must_use]
pub fn refusal_of_all(
    params: &Params,
    client: &Client,
    page: PageRefusal,
    error: OAuthError,
) -> AuthorizeRefusal {
    match steps::redirect_uri_is_registered(params, client) {
        Ok(redirect_uri) => AuthorizeRefusal::ToClient {
            redirect_uri,
            mode: steps::mode_for_errors(params),
            state: steps::state_to_echo(params),
            error,
        },
        Err(_unproved) => AuthorizeRefusal::OnPage(page),
    }
}

/// Proves a request, one step after the other. `client` is what was found under [`client_id`].
///
/// # Errors
/// [`AuthorizeRefusal`] of the first step that fails; the variant says who is told.
pub fn check(
    params: &Params,
    client: Option<&Client>,
    hint: &HintFacts,
    way: Way,
) -> Result<AuthorizationRequest, AuthorizeRefusal> {
    let id = steps::client_is_named_once(params)?;
    let client = steps::client_may_ask(&id, client)?;
    let redirect_uri = steps::redirect_uri_is_registered(params, client)?;
    // From here on the application is told (RFC 6749 §4.1.2.1).
    let mode = steps::mode_for_errors(params);
    prove(params, client, hint, way, &redirect_uri).map_err(|error| AuthorizeRefusal::ToClient {
        redirect_uri,
        mode,
        state: steps::state_to_echo(params),
        error,
    })
}

fn prove(
    params: &Params,
    client: &Client,
    hint: &HintFacts,
    way: Way,
    redirect_uri: &RedirectUri,
) -> Result<AuthorizationRequest, OAuthError> {
    steps::nothing_is_sent_twice(params)?;
    let response_mode = steps::response_mode_is_ours(params)?;
    steps::way_is_the_clients(client, way)?;
    steps::request_is_spelled_out(params)?;
    steps::response_type_is_code(params)?;
    steps::client_uses_codes(client)?;
    let granted = steps::scopes_include_openid(params, client)?;
    let wishes = asked_claims::wishes(params, client)?;
    Ok(AuthorizationRequest {
        client_id: client.id().clone(),
        redirect_uri: redirect_uri.clone(),
        response_mode,
        scopes: granted.scopes,
        scopes_narrowed: granted.narrowed,
        state: steps::state_fits(params)?,
        nonce: steps::nonce_fits(params)?,
        code_challenge: pkce::challenge_is_s256(params, client.policy().require_pkce)?,
        prompt: steps::prompts_are_known(params)?,
        max_age: steps::max_age_is_a_number(params, client)?,
        ui_locales: steps::languages(params),
        hinted_subject: steps::one_person_is_meant(wishes.subject, hint)?,
        resources: resource::of_client(params, client)?,
        asked_claims: wishes.claims,
        dpop_jkt: dpop::key_of_request(params)?,
        pushed: None,
        device: None,
        relay: None,
    })
}

#[cfg(test)]
mod tests;
