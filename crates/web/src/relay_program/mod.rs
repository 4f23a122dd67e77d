//! What a mini program asks of us after it was opened by its code on a desktop: a form in, JSON out, refusals in the
//! dialect of RFC 6749 §5.2. No client calls here and no browser, so there is neither authentication nor a cookie; what
//! proves a person is in the form.

pub(crate) mod answer;
pub(crate) mod question;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use magpie_flows::{Outcome, Stop};
use magpie_oidc::error::{ErrorCode, OAuthError};
use magpie_oidc::params::Params;

use crate::kit::quota::{Quota, slowed_down};
use crate::kit::throttle::{Caller, Costly, TooOften};
use crate::kit::{answers, form, incident, visitor};
use crate::state::Web;

/// Whose failures are counted: no client can have this name.
const NAME: &str = "a mini program";

/// An answer that says no. Boxed, since every good answer would carry its size.
type Refusal = Box<Response>;

/// A call that was read and may be answered.
struct Received<'w> {
    form: Params,
    everybody: Caller,
    caller: Caller,
    quota: Quota<'w>,
}

impl<'w> Received<'w> {
    /// Reads a call, or answers what is wrong with it.
    async fn read(web: &'w Web, request: Request) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let address = visitor::address(web, &parts.headers, &parts.extensions);
        let everybody = Caller::everybody_at(address);
        let throttle = web.throttle();
        let caller = throttle.client_at(address, NAME);
        let counted = throttle.count(Costly::Authorize, everybody);
        if let Err(too_often) =
            counted.and_then(|()| throttle.used_up(Costly::TokenFailure, caller))
        {
            return Err(slow_down(web, too_often).into());
        }
        if parts.uri.query().is_some_and(|query| !query.is_empty()) {
            // A code in a URL ends up in logs.
            return Err(refused(&OAuthError::invalid_request("parameters belong into the body")));
        }
        let form = form::read(&parts.headers, body).await.map_err(unreadable)?;
        Ok(Self { form, everybody, caller, quota: Quota::new(web, address) })
    }

    /// What the flow gave, or the answer to who gets nothing. A code that is no good is counted, and so is a scene with
    /// which nobody waits; who guesses those is slowed down (QR-06).
    fn settle<T>(&self, web: &Web, outcome: Outcome<T, OAuthError>) -> Result<T, Refusal> {
        match outcome {
            Ok(value) => Ok(value),
            Err(Stop::Refused(error)) => Err(self.say_no(web, &error)),
            Err(Stop::Broken(broken)) => Err(incident::as_json(web, &broken).into()),
        }
    }

    fn say_no(&self, web: &Web, error: &OAuthError) -> Refusal {
        match error.code {
            ErrorCode::InvalidGrant => web.throttle().note(Costly::TokenFailure, self.caller),
            ErrorCode::ExpiredToken => {
                // Only misses are refused for misses: a carrier has one address for a guesser and for many people.
                if let Err(refused) = web.throttle().count(Costly::RelayMiss, self.everybody) {
                    return slow_down(web, refused).into();
                }
            }
            _ => {}
        }
        let response = refused(error);
        match self.quota.refused() {
            Some(too_often) => slowed_down(web, too_often, *response).into(),
            None => response,
        }
    }
}

fn refused(error: &OAuthError) -> Refusal {
    tracing::info!(
        error = error.code.as_str(),
        reason = error.description,
        "a mini program's request was refused"
    );
    answers::oauth_error(error).into()
}

fn unreadable(why: form::FormRefused) -> Refusal {
    match why {
        form::FormRefused::TooLarge => {
            let mut response = refused(&OAuthError::invalid_request("the body is too large"));
            *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            response
        }
        form::FormRefused::ContentType | form::FormRefused::Malformed => {
            refused(&OAuthError::invalid_request("the body is not a well-formed form"))
        }
    }
}

fn slow_down(web: &Web, too_often: TooOften) -> Response {
    let error = OAuthError::temporarily_unavailable("too many requests from this address");
    slowed_down(web, too_often, answers::oauth_error(&error))
}
