//! The only place where a path meets a handler. Paths come from the `oidc` room, as does discovery.

use axum::Router;
use axum::handler::Handler as _;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use magpie_oidc::paths;
use tower_http::catch_panic::CatchPanicLayer;

use crate::kit::{cors, transport};
use crate::state::Web;
use crate::wechat::{callback, push, verification_file};
use crate::{account, avatar, device, discovery, oauth2, relay, relay_program, static_files};

/// Everything that the public listener answers.
pub fn router(web: Web) -> Router {
    let issuer_path = web.flows().issuer().path().to_owned();
    let catch_panic = || CatchPanicLayer::custom(crate::kit::incident::panicked);
    // Where applications in browsers call themselves, and nowhere else (RFC 9700 §2.6). PAR and introspection are for
    // clients that hold a secret, which a page cannot.
    let shared = || from_fn_with_state(web.clone(), cors::share);
    let userinfo = get(oauth2::userinfo::get).post(oauth2::userinfo::post);
    let login = Router::new()
        .route(paths::AUTHORIZE, get(oauth2::authorize::get).post(oauth2::authorize::post))
        .route(paths::RESUME, get(oauth2::resume::get).post(oauth2::resume::post))
        .route(paths::RESUME_EVENTS, get(oauth2::relay::events))
        .route(paths::RESUME_NEWS, get(oauth2::relay::news))
        .route(paths::RESUME_PROGRAM_CODE, get(oauth2::program_code::get))
        .route(paths::PROGRAM_QUESTION, post(relay_program::question::post))
        .route(paths::PROGRAM_ANSWER, post(relay_program::answer::post))
        .route(paths::RELAY, get(relay::get))
        .route(paths::RELAY_END, get(relay::end))
        .route(paths::PUSHED, post(oauth2::pushed::post))
        .route(paths::DEVICE_AUTHORIZATION, post(oauth2::device::post))
        .route(paths::DEVICE, get(device::get).post(device::post))
        .route(paths::DEVICE_END, get(device::end))
        .route(paths::TOKEN, post(oauth2::token::post).layer(shared()))
        .route(paths::REVOKE, post(oauth2::revocation::post).layer(shared()))
        .route(paths::INTROSPECT, post(oauth2::introspection::post))
        .route(paths::USERINFO, userinfo.layer(shared()))
        .route(paths::LOGOUT, get(oauth2::logout::get).post(oauth2::logout::post))
        .route(paths::LOGOUT_CONFIRM, post(oauth2::logout::post_confirmation))
        .route(paths::ACCOUNT, get(account::get))
        .route(paths::ACCOUNT_SIGN_OUT, post(account::sign_out))
        .route(paths::ACCOUNT_WITHDRAW, post(account::withdraw))
        .route(paths::CALLBACK, get(callback::get))
        .route(paths::PUSH, get(push::get).post(push::post));
    let login = if web.flows().settings().registration.is_offered() {
        let managed = get(oauth2::register::get).put(oauth2::register::put);
        login
            .route(paths::REGISTER, post(oauth2::register::post))
            .route(paths::REGISTERED, managed.delete(oauth2::register::delete))
    } else {
        login
    };
    let login = login
        .route_layer(from_fn_with_state(web.clone(), transport::demand_https))
        .layer(catch_panic());
    // No layer here: these answer from bytes or one read, and a layer would cost more than they do. If one of them panicked all the
    // same, its connection would end without an answer, and nothing else with it.
    let public = Router::new()
        .route(paths::OPENID_CONFIGURATION, get(discovery::get))
        .route(paths::JWKS, get(oauth2::jwks::get))
        .route(paths::AVATAR, get(avatar::get))
        .route("/assets/{file}", get(static_files::get));
    let below = login.merge(public);
    // RFC 8414 §3: this document's path begins at the host, before the issuer's own path.
    let server_metadata = paths::oauth_metadata(web.flows().issuer());
    let rooted = Router::new().route(&server_metadata, get(discovery::get));
    let all = if issuer_path.is_empty() {
        below
    } else {
        let appended = below.route(paths::OAUTH_AUTHORIZATION_SERVER, get(discovery::get));
        Router::new().nest(&issuer_path, appended)
    };
    all.merge(rooted).fallback(verification_file::get.layer(catch_panic())).with_state(web)
}
