//! `GET|POST /oauth2/userinfo`: who the bearer of an access token is about (OIDC Core §5.3).
//! Speaks the dialect of RFC 6750 §3: what is wrong stands in `WWW-Authenticate`.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use magpie_flows::Stop;
use magpie_flows::userinfo::{self, Answered, Userinfo};
use magpie_oidc::params::Params;
use magpie_oidc::userinfo::{BearerRefusal, present};

use super::client_call::single_authorization;
use crate::kit::{answers, cors, form, headers, incident};
use crate::state::Web;

/// By GET: the token is in the `Authorization` header.
pub(crate) async fn get(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(&web, &headers, query.as_deref(), &Params::default()).await
}

/// By POST: the token is in the header or in the form (RFC 6750 §2.2), never in both.
pub(crate) async fn post(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // A POST without a form body is a GET in other words.
    let form = form::read(&headers, body).await.unwrap_or_default();
    answer(&web, &headers, query.as_deref(), &form).await
}

async fn answer(web: &Web, headers: &HeaderMap, query: Option<&str>, form: &Params) -> Response {
    let Ok(authorization) = single_authorization(headers) else {
        return refused(BearerRefusal::InvalidRequest);
    };
    let query = match Params::from_query(query.unwrap_or_default()) {
        Ok(query) => query,
        Err(_malformed) => return refused(BearerRefusal::InvalidRequest),
    };
    let token = match present(authorization, &query, form) {
        Ok(token) => token,
        Err(refusal) => return refused(refusal),
    };
    match userinfo::answer(web.flows(), &token).await {
        Ok(Answered { client, userinfo }) => cors::answer_to(&client, shown(userinfo)),
        Err(Stop::Refused(refusal)) => refused(refusal),
        Err(Stop::Broken(broken)) => incident::as_json(web, &broken),
    }
}

fn shown(userinfo: Userinfo) -> Response {
    match userinfo {
        Userinfo::Plain(claims) => answers::private_json(StatusCode::OK, &claims),
        Userinfo::Signed(jwt) => answers::private_jwt("application/jwt", jwt),
    }
}

fn refused(refusal: BearerRefusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    let mut response = match refusal.body() {
        Some(error) => answers::private_json(status, &error),
        None => status.into_response(),
    };
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(refusal.challenge()));
    headers::no_store(response.headers_mut());
    response
}
