//! `GET|POST /oauth2/userinfo`: who the bearer of an access token is about (OIDC Core §5.3).
//! Speaks the dialect of RFC 6750 §3: what is wrong stands in `WWW-Authenticate`.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use magpie_flows::userinfo::{self, Answered, Userinfo, UserinfoCall};
use magpie_flows::{Flows, Stop};
use magpie_oidc::params::Params;
use magpie_oidc::userinfo::{BearerRefusal, Presented, Scheme, present};

use super::client_call::{hand_out_nonce, proofs, single_authorization};
use crate::kit::quota::{Quota, slowed_down};
use crate::kit::{answers, cors, form, headers, incident, visitor};
use crate::state::Web;

/// By GET: the token is in the `Authorization` header.
pub(crate) async fn get(State(web): State<Web>, request: Request) -> Response {
    let (parts, _no_body) = request.into_parts();
    answer(&web, &parts, &Params::default()).await
}

/// By POST: the token is in the header or in the form (RFC 6750 §2.2), never in both.
pub(crate) async fn post(State(web): State<Web>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A POST without a form body is a GET in other words.
    let form = form::read(&parts.headers, body).await.unwrap_or_default();
    answer(&web, &parts, &form).await
}

async fn answer(web: &Web, parts: &Parts, form: &Params) -> Response {
    let shown = match shown(&parts.headers, (parts.uri.query(), form)) {
        Ok(shown) => shown,
        Err(refusal) => return refused(web.flows(), refusal),
    };
    let proofs = proofs(&parts.headers);
    let quota = Quota::new(web, visitor::address(web, &parts.headers, &parts.extensions));
    let method = parts.method.as_str();
    let call = UserinfoCall { shown: &shown, proofs: &proofs, method, budget: &quota };
    let mut response = match userinfo::answer(web.flows(), &call).await {
        Ok(Answered { client, userinfo }) => cors::answer_to(&client, written(userinfo)),
        Err(Stop::Refused(refusal)) => {
            let response = refused(web.flows(), refusal);
            return match quota.refused() {
                Some(too_often) => slowed_down(web, too_often, response),
                None => response,
            };
        }
        Err(Stop::Broken(broken)) => return incident::as_json(web, &broken),
    };
    if shown.scheme == Scheme::Dpop {
        hand_out_nonce(web.flows(), &mut response);
    }
    response
}

fn written(userinfo: Userinfo) -> Response {
    match userinfo {
        Userinfo::Plain(claims) => answers::private_json(StatusCode::OK, &claims),
        Userinfo::Signed(jwt) => answers::private_jwt("application/jwt", jwt),
    }
}

fn shown(
    headers: &HeaderMap,
    (query, form): (Option<&str>, &Params),
) -> Result<Presented, BearerRefusal> {
    let invalid = BearerRefusal::InvalidRequest;
    let authorization = single_authorization(headers).map_err(|_two| invalid)?;
    let query = Params::from_query(query.unwrap_or_default()).map_err(|_malformed| invalid)?;
    present(authorization, &query, form)
}

fn refused(flows: &Flows, refusal: BearerRefusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    let mut response = match refusal.body() {
        Some(error) => answers::private_json(status, &error),
        None => status.into_response(),
    };
    for challenge in refusal.challenges() {
        if let Ok(challenge) = HeaderValue::try_from(challenge) {
            response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
        }
    }
    if matches!(refusal, BearerRefusal::Proof(_) | BearerRefusal::InvalidToken(Scheme::Dpop)) {
        hand_out_nonce(flows, &mut response);
    }
    headers::no_store(response.headers_mut());
    response
}
