//! `POST /oauth2/register`: an application registers itself (RFC 7591 §3), and `GET`, `PUT` and `DELETE
//! /oauth2/register/{client}`: it manages what it registered (RFC 7592 §2). JSON both ways; the rules are in `oidc`, the
//! steps in `flows::registration`. The routes are there only where the operator opened registration.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use magpie_domain::ClientId;
use magpie_flows::registration::{self, RegistrationRefused};
use magpie_flows::{Outcome, Stop};
use magpie_oidc::error::OAuthError;
use serde_json::{Map, Value};

use super::client_call::{Refusal, single_authorization};
use crate::kit::throttle::{Caller, Costly};
use crate::kit::{answers, headers, incident, json, visitor};
use crate::state::{Observation, Web};

/// Registers.
pub(crate) async fn post(State(web): State<Web>, request: Request) -> Response {
    let answer = async {
        let (authorization, body) = Call::read(&web, request)?.with_body().await?;
        let told = registration::register(web.flows(), authorization.as_deref(), &body).await;
        Ok(answers::private_json(StatusCode::CREATED, &settle(&web, told)?))
    };
    answer.await.unwrap_or_else(|refusal: Refusal| *refusal)
}

/// Shows.
pub(crate) async fn get(
    State(web): State<Web>,
    Path(client): Path<String>,
    request: Request,
) -> Response {
    let answer = async {
        let call = Call::read(&web, request)?;
        let (id, authorization) = (named(&client)?, call.authorization.as_deref());
        let told = settle(&web, registration::show(web.flows(), &id, authorization).await)?;
        Ok(answers::private_json(StatusCode::OK, &told))
    };
    answer.await.unwrap_or_else(|refusal: Refusal| *refusal)
}

/// Replaces.
pub(crate) async fn put(
    State(web): State<Web>,
    Path(client): Path<String>,
    request: Request,
) -> Response {
    let answer = async {
        let (authorization, body) = Call::read(&web, request)?.with_body().await?;
        let (id, authorization) = (named(&client)?, authorization.as_deref());
        let told = registration::replace(web.flows(), &id, authorization, &body).await;
        Ok(answers::private_json(StatusCode::OK, &settle(&web, told)?))
    };
    answer.await.unwrap_or_else(|refusal: Refusal| *refusal)
}

/// Removes.
pub(crate) async fn delete(
    State(web): State<Web>,
    Path(client): Path<String>,
    request: Request,
) -> Response {
    let answer = async {
        let call = Call::read(&web, request)?;
        let (id, authorization) = (named(&client)?, call.authorization.as_deref());
        settle(&web, registration::remove(web.flows(), &id, authorization).await)?;
        let mut response = StatusCode::NO_CONTENT.into_response();
        headers::no_store(response.headers_mut());
        Ok(response)
    };
    answer.await.unwrap_or_else(|refusal: Refusal| *refusal)
}

/// A call that may be answered.
struct Call {
    authorization: Option<String>,
    request: Request,
}

impl Call {
    /// Every call is counted for its address: each one may cost a fetch and a row.
    fn read(web: &Web, request: Request) -> Result<Self, Refusal> {
        let address = visitor::address(web, request.headers(), request.extensions());
        let caller = Caller::everybody_at(address);
        if let Err(too_often) = web.throttle().count(Costly::Registration, caller) {
            web.observe(Observation::Throttled);
            let error = OAuthError::temporarily_unavailable("too many calls from this address");
            let mut response = answers::oauth_error(&error);
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            let wait = HeaderValue::from(too_often.wait_seconds);
            response.headers_mut().insert(header::RETRY_AFTER, wait);
            return Err(response.into());
        }
        let authorization = single_authorization(request.headers()).map_err(|_ambiguous| {
            let twice = OAuthError::invalid_request("there is more than one Authorization header");
            answers::oauth_error(&twice)
        })?;
        Ok(Self { authorization: authorization.map(str::to_owned), request })
    }

    /// The `Authorization` header, and the JSON object of the body.
    async fn with_body(self) -> Result<(Option<String>, Map<String, Value>), Refusal> {
        let (parts, body) = self.request.into_parts();
        let read = json::object(&parts.headers, body).await;
        let body = read.map_err(|why| -> Refusal {
            let error = OAuthError::invalid_client_metadata(match why {
                json::JsonRefused::ContentType => "the body must be application/json",
                json::JsonRefused::TooLarge => "the body is too large",
                json::JsonRefused::Malformed => "the body must be a JSON object",
            });
            let mut response = answers::oauth_error(&error);
            if why == json::JsonRefused::TooLarge {
                *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            }
            response.into()
        })?;
        Ok((self.authorization, body))
    }
}

/// The client in the path. What cannot be one is told apart from an unknown one by nobody.
fn named(client: &str) -> Result<ClientId, Refusal> {
    ClientId::parse(client).ok_or_else(|| no_token(true).into())
}

fn settle<T>(web: &Web, outcome: Outcome<T, RegistrationRefused>) -> Result<T, Refusal> {
    outcome.map_err(|stop| {
        let response = match stop {
            Stop::Refused(RegistrationRefused::NoToken) => no_token(false),
            Stop::Refused(RegistrationRefused::WrongToken) => no_token(true),
            Stop::Refused(RegistrationRefused::Refused(error)) => {
                tracing::info!(
                    error = error.code.as_str(),
                    reason = error.description,
                    "a registration was refused"
                );
                answers::oauth_error(&error)
            }
            Stop::Broken(broken) => incident::as_json(web, &broken),
        };
        response.into()
    })
}

/// 401 in the words of RFC 6750 §3; the challenge blames a token only where one was shown (§3.1).
fn no_token(shown: bool) -> Response {
    let error = OAuthError::invalid_token("the token is missing or not valid");
    let mut response = answers::private_json(StatusCode::UNAUTHORIZED, &error);
    let challenge = if shown {
        "Bearer realm=\"magpie\", error=\"invalid_token\""
    } else {
        "Bearer realm=\"magpie\""
    };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}
