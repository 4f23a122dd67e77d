//! The authorization endpoint: is this a request we may answer at all, and what comes next.

use magpie_domain::{AuthorizationRequest, LoginAttempt};
use magpie_oidc::authorize::{self, AuthorizeRefusal, HintFacts};
use magpie_oidc::error::OAuthError;
use magpie_oidc::params::Params;
use magpie_oidc::response_mode::{self, Answer};

use super::LoginRefused;
use super::answer;
use super::next::{Step, Visitor};
use super::step;
use crate::attempt_cookie;
use crate::clients;
use crate::context::Flows;
use crate::id_token_hint;
use crate::outcome::{Outcome, Stop};

/// A call of the authorization endpoint.
#[derive(Debug)]
pub struct AuthorizeArrival<'a> {
    /// The parameters, from query or form.
    pub params: &'a Params,
    /// Who calls.
    pub visitor: Visitor<'a>,
    /// Whether the person comes from WeChat's snapshot page and needs its explanation.
    pub from_snapshot: bool,
}

/// Checks the request, starts an attempt and takes its first step.
/// A refusal is shown on a page; everything that the application may hear of is a [`Step::Answer`].
///
/// # Errors
/// [`Stop::Refused`] before client and redirect URI are proved (RFC 6749 §4.1.2.1).
pub async fn begin(flows: &Flows, arrival: AuthorizeArrival<'_>) -> Outcome<Step, LoginRefused> {
    let request = match check(flows, arrival.params).await {
        Ok(request) => request,
        Err(Stop::Refused(AuthorizeRefusal::OnPage(refusal))) => {
            return Err(Stop::Refused(LoginRefused::Request(refusal)));
        }
        Err(Stop::Refused(AuthorizeRefusal::ToClient { redirect_uri, mode, state, error })) => {
            let answer = Answer::Error { error: &error, state: state.as_deref() };
            return Ok(Step::answered(response_mode::render(
                flows.issuer(),
                &redirect_uri,
                mode,
                &answer,
            )));
        }
        Err(Stop::Broken(incident)) => return Err(Stop::Broken(incident)),
    };
    let lifetime = flows.settings().lifetimes.attempt;
    let attempt = LoginAttempt::start(request, flows.now(), lifetime, flows.entropy())?;
    if !attempt_cookie::fits(&attempt) {
        let error =
            OAuthError::invalid_request("state, nonce and redirect_uri are too long together");
        let response = answer::refusal(flows, &attempt, &error);
        return Ok(Step::answered(response));
    }
    let wish = step::Wish { snapshot: arrival.from_snapshot, ..step::Wish::default() };
    step::next(flows, attempt, &arrival.visitor, wish).await
}

async fn check(flows: &Flows, params: &Params) -> Outcome<AuthorizationRequest, AuthorizeRefusal> {
    let client_id = authorize::client_id(params).map_err(Stop::Refused)?;
    let client = clients::find(flows, &client_id).await?;
    let hint = hint_facts(flows, params);
    authorize::check(params, client.as_ref(), &hint).map_err(Stop::Refused)
}

/// What `id_token_hint` says; an expired token of ours still names its person (OIDC Core §3.1.2.1).
fn hint_facts(flows: &Flows, params: &Params) -> HintFacts {
    match params.get("id_token_hint") {
        None => HintFacts::NotSent,
        Some(token) => {
            id_token_hint::subject(flows, token).map_or(HintFacts::Unverifiable, HintFacts::Of)
        }
    }
}
