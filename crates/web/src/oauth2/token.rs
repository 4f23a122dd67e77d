//! `POST /oauth2/token`: an application trades a code for tokens.
//! Owns the dialect of RFC 6749 §5 and nothing else: rules are in `oidc`, steps in `flows::token`.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use magpie_domain::ClientId;
use magpie_flows::Stop;
use magpie_flows::token::{TokenRefused, exchange};
use magpie_oidc::client_auth::{CHALLENGE, present};
use magpie_oidc::error::{ErrorCode, OAuthError};

use crate::kit::throttle::{Costly, TooOften};
use crate::kit::{answers, form, incident, visitor};
use crate::state::{Observation, Web};

/// Answers JSON, refusals included; nothing here renders a page.
pub(crate) async fn post(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    if query.is_some_and(|text| !text.is_empty()) {
        // A secret in a URL ends up in logs; answering it would teach clients to send it there (CA-06).
        return refused(&web, &invalid_request("parameters belong into the body"));
    }
    let form = match form::read(&headers, body).await {
        Ok(form) => form,
        Err(form::FormRefused::TooLarge) => {
            let mut response = refused(&web, &invalid_request("the body is too large"));
            *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            return response;
        }
        Err(_) => return refused(&web, &invalid_request("the body is not a well-formed form")),
    };
    let Ok(authorization) = single_authorization(&headers) else {
        return refused(&web, &invalid_request("there is more than one Authorization header"));
    };
    let named = present(authorization, &form).map(|shown| shown.client_id);
    let address = visitor::address(&web, &headers, &extensions);
    let caller = web.throttle().client_at(address, named.as_ref().map_or("", ClientId::as_str));
    // Before the work: a right guess among too many must not be told from a wrong one (TK-20).
    if let Err(too_often) = web.throttle().used_up(Costly::TokenFailure, caller) {
        return slow_down(&web, too_often);
    }
    match exchange(web.flows(), authorization, &form).await {
        Ok(tokens) => {
            web.observe(Observation::Token { result: "ok" });
            answers::private_json(StatusCode::OK, &tokens)
        }
        Err(Stop::Refused(refusal)) => {
            if matches!(refusal.error.code, ErrorCode::InvalidClient | ErrorCode::InvalidGrant) {
                web.throttle().note(Costly::TokenFailure, caller);
            }
            refused(&web, &refusal)
        }
        Err(Stop::Broken(broken)) => incident::as_json(&web, &broken),
    }
}

fn invalid_request(description: &'static str) -> TokenRefused {
    TokenRefused { error: OAuthError::invalid_request(description), tried_header: false }
}

fn refused(web: &Web, refusal: &TokenRefused) -> Response {
    let code = refusal.error.code;
    web.observe(Observation::Token { result: code.as_str() });
    tracing::info!(
        error = code.as_str(),
        reason = refusal.error.description,
        "a token request was refused"
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
    web.observe(Observation::Throttled);
    let error = OAuthError::temporarily_unavailable("too many failed requests from this address");
    let mut response = answers::oauth_error(&error);
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(too_often.wait_seconds));
    response
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
