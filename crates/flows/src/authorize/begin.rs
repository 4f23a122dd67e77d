//! The authorization endpoint: is this a request we may answer at all, and what comes next.

use magpie_domain::LoginAttempt;
use magpie_oidc::params::Params;
use magpie_oidc::response_mode::Answer;

use super::LoginRefused;
use super::answer::{self, Addressee};
use super::next::{Step, Visitor};
use super::request::{self, Arrived};
use super::step;
use crate::attempt_cookie;
use crate::context::Flows;
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
    let arrived = request::arrived(flows, arrival.params).await.map_err(|stop| match stop {
        Stop::Refused(refusal) => Stop::Refused(LoginRefused::Request(refusal)),
        Stop::Broken(incident) => Stop::Broken(incident),
    })?;
    let (client, request) = match arrived {
        Arrived::Asks(client, request) => (client, *request),
        Arrived::IsTold(client, told) => {
            let to =
                Addressee { client: &client, redirect_uri: &told.redirect_uri, mode: told.mode };
            let answer = Answer::Error { error: &told.error, state: told.state.as_deref() };
            return Ok(Step::answered(answer::write(flows, to, &answer)?));
        }
    };
    let lifetime = flows.settings().lifetimes.attempt;
    let attempt = LoginAttempt::start(request, flows.now(), lifetime, flows.entropy())?;
    if !attempt_cookie::fits(&attempt) {
        return answer::refuse(flows, &client, &attempt, &request::TOO_LONG).await;
    }
    let wish = step::Wish { snapshot: arrival.from_snapshot, ..step::Wish::default() };
    step::next(flows, attempt, &arrival.visitor, wish).await
}
