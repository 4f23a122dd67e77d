//! What every endpoint that applications call themselves does first and last: read the form strictly, slow down who
//! guesses, and say no in the dialect of RFC 6749 §5.2. An endpoint adds its flow and its answer.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use magpie_domain::ClientId;
use magpie_flows::{ClientCall, ClientRefused, Flows, Outcome, Stop, dpop};
use magpie_oidc::client_auth::{CHALLENGE, present};
use magpie_oidc::error::{ErrorCode, OAuthError};
use magpie_oidc::params::Params;

use crate::kit::quota::{Quota, slowed_down};
use crate::kit::throttle::{Caller, Costly, TooOften};
use crate::kit::{answers, cors, form, incident, visitor};
use crate::state::{Observation, Web};

/// An answer that says no. Boxed, since every good answer would carry its size.
pub(super) type Refusal = Box<Response>;

/// A call that was read and may be answered.
pub(super) struct Received<'w> {
    form: Params,
    authorization: Option<String>,
    proofs: Vec<String>,
    named: Option<ClientId>,
    caller: Caller,
    quota: Quota<'w>,
}

impl<'w> Received<'w> {
    /// Reads a call, or answers what is wrong with it.
    pub(super) async fn read(web: &'w Web, request: Request) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        if parts.uri.query().is_some_and(|query| !query.is_empty()) {
            // A secret in a URL ends up in logs; answering it would teach clients to send it there (CA-06).
            return Err(refused(web, &invalid_request("parameters belong into the body")).into());
        }
        let form = form::read(&parts.headers, body).await.map_err(|why| unreadable(web, why))?;
        let Ok(authorization) = single_authorization(&parts.headers) else {
            let twice = "there is more than one Authorization header";
            return Err(refused(web, &invalid_request(twice)).into());
        };
        let named = present(authorization, &form).ok().map(|shown| shown.client_id);
        let address = visitor::address(web, &parts.headers, &parts.extensions);
        let name = named.as_ref().map_or("", ClientId::as_str);
        let caller = web.throttle().client_at(address, name);
        // Before the work: a right guess among too many must not be told from a wrong one (TK-20).
        if let Err(too_often) = web.throttle().used_up(Costly::TokenFailure, caller) {
            return Err(slow_down(web, too_often).into());
        }
        Ok(Self {
            authorization: authorization.map(str::to_owned),
            proofs: proofs(&parts.headers),
            form,
            named,
            caller,
            quota: Quota::new(web, address),
        })
    }

    /// What the flow is handed.
    pub(super) fn call(&self) -> ClientCall<'_> {
        ClientCall {
            authorization: self.authorization.as_deref(),
            proofs: &self.proofs,
            form: &self.form,
            budget: &self.quota,
        }
    }

    /// Finishes an answer: a nonce for the next proof where there was one in the call, and a mark that says whose pages
    /// alone may read it.
    pub(super) fn answer(&self, web: &Web, mut response: Response) -> Response {
        if !self.proofs.is_empty() {
            hand_out_nonce(web.flows(), &mut response);
        }
        match &self.named {
            Some(client) => cors::answer_to(client, response),
            None => response,
        }
    }

    /// What the flow gave, or the answer to who gets nothing. A wrong secret or code is counted.
    pub(super) fn settle<T>(
        &self,
        web: &Web,
        outcome: Outcome<T, ClientRefused>,
    ) -> Result<T, Refusal> {
        match outcome {
            Ok(value) => Ok(value),
            Err(Stop::Refused(refusal)) => {
                let code = refusal.error.code;
                if matches!(code, ErrorCode::InvalidClient | ErrorCode::InvalidGrant) {
                    web.throttle().note(Costly::TokenFailure, self.caller);
                }
                let mut response = refused(web, &refusal);
                if let Some(too_often) = self.quota.refused() {
                    response = slowed_down(web, too_often, response);
                }
                Err(self.answer(web, response).into())
            }
            Err(Stop::Broken(broken)) => {
                Err(self.answer(web, incident::as_json(web, &broken)).into())
            }
        }
    }
}

/// Puts the present nonce for proofs into an answer (RFC 9449 §8.2).
pub(super) fn hand_out_nonce(flows: &Flows, response: &mut Response) {
    if let Ok(nonce) = HeaderValue::try_from(dpop::nonce(flows)) {
        response.headers_mut().insert("dpop-nonce", nonce);
    }
}

fn unreadable(web: &Web, why: form::FormRefused) -> Refusal {
    let response = match why {
        form::FormRefused::TooLarge => {
            let mut response = refused(web, &invalid_request("the body is too large"));
            *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            response
        }
        form::FormRefused::ContentType | form::FormRefused::Malformed => {
            refused(web, &invalid_request("the body is not a well-formed form"))
        }
    };
    response.into()
}

fn invalid_request(description: &'static str) -> ClientRefused {
    ClientRefused { error: OAuthError::invalid_request(description), tried_header: false }
}

fn refused(web: &Web, refusal: &ClientRefused) -> Response {
    let code = refusal.error.code;
    web.observe(Observation::Token { result: code.as_str() });
    tracing::info!(
        error = code.as_str(),
        reason = refusal.error.description,
        "an application's request was refused"
    );
    let mut response = answers::oauth_error(&refusal.error);
    if code == ErrorCode::InvalidClient && refusal.tried_header {
        let challenge = HeaderValue::from_static(CHALLENGE);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Too many failures of this client from this address.
fn slow_down(web: &Web, too_often: TooOften) -> Response {
    let error = OAuthError::temporarily_unavailable("too many requests from this address");
    slowed_down(web, too_often, answers::oauth_error(&error))
}

/// Every `DPoP` header (RFC 9449 §4.1); bytes outside ASCII make one that cannot be a proof.
pub(super) fn proofs(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all("dpop").iter();
    values.map(|value| value.to_str().unwrap_or("unreadable").to_owned()).collect()
}

/// The one `Authorization` header, if any; two are ambiguous. Bytes outside ASCII make it one that cannot match.
pub(super) fn single_authorization(headers: &HeaderMap) -> Result<Option<&str>, Ambiguous> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Ok(Some(value.to_str().unwrap_or("unreadable"))),
        (Some(_), Some(_)) => Err(Ambiguous),
    }
}

/// Two `Authorization` headers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ambiguous;
