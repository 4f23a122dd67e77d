//! The sample application of `magpie demo`: a page with one button that shows who signed in and what it received.
//! It keeps logins in memory, a bounded number of them, and forgets them when the demo ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use magpie_oidc::Params;
use magpie_outbound::Http;
use tokio::sync::OnceCell;

use super::{Begun, Received, Registration, RelyingParty, RelyingPartyFailed};

/// Most logins kept, begun or finished.
const MOST_KEPT: usize = 200;

/// The application.
#[derive(Debug, Clone)]
pub struct DemoApplication(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registration: Registration,
    http: Http,
    relying_party: OnceCell<RelyingParty>,
    begun: Mutex<VecDeque<Begun>>,
    signed_in: Mutex<VecDeque<(String, Received)>>,
}

impl DemoApplication {
    /// An application that is registered like this.
    #[must_use]
    pub fn new(registration: Registration, http: Http) -> Self {
        Self(Arc::new(Inner {
            registration,
            http,
            relying_party: OnceCell::new(),
            begun: Mutex::default(),
            signed_in: Mutex::default(),
        }))
    }

    /// Its pages: `/`, `/login`, `/callback`, `/logout`.
    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(home))
            .route("/login", get(login))
            .route("/callback", get(callback))
            .route("/logout", get(logout))
            .with_state(self)
    }

    /// Reads discovery once, when first needed: the issuer starts beside the application.
    async fn relying_party(&self) -> Result<&RelyingParty, RelyingPartyFailed> {
        let discover = || RelyingParty::discover(self.0.registration.clone(), self.0.http.clone());
        self.0.relying_party.get_or_try_init(discover).await
    }

    fn find(&self, session: &str) -> Option<Received> {
        let kept = self.0.signed_in.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(id, _)| id == session).map(|(_, received)| received.clone())
    }

    fn keep(&self, session: String, received: Received) {
        keep(
            &mut self.0.signed_in.lock().unwrap_or_else(PoisonError::into_inner),
            (session, received),
        );
    }

    fn keep_begun(&self, begun: Begun) {
        keep(&mut self.0.begun.lock().unwrap_or_else(PoisonError::into_inner), begun);
    }

    fn take_begun(&self, state: &str) -> Option<Begun> {
        let mut begun = self.0.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let position = begun.iter().position(|known| known.state == state)?;
        begun.remove(position)
    }
}

fn keep<T>(kept: &mut VecDeque<T>, newcomer: T) {
    if kept.len() >= MOST_KEPT {
        kept.pop_front();
    }
    kept.push_back(newcomer);
}

#[derive(Debug, Template)]
#[template(path = "demo/home.html")]
struct Home {
    issuer: String,
    person: Option<Person>,
    error: Option<String>,
}

#[derive(Debug)]
struct Person {
    name: String,
    picture: Option<String>,
    subject: String,
    id_token: String,
    userinfo: String,
}

impl Person {
    fn of(received: &Received) -> Self {
        let text = |name: &str| {
            received.userinfo.get(name).and_then(|value| value.as_str()).map(str::to_owned)
        };
        let pretty = |value| serde_json::to_string_pretty(value).unwrap_or_default();
        Self {
            name: text("name").or_else(|| text("preferred_username")).unwrap_or_default(),
            picture: text("picture"),
            subject: text("sub").unwrap_or_default(),
            id_token: pretty(&received.id_token),
            userinfo: pretty(&received.userinfo),
        }
    }
}

async fn home(State(application): State<DemoApplication>, headers: HeaderMap) -> Response {
    let person = session_of(&headers)
        .and_then(|id| application.find(&id))
        .map(|received| Person::of(&received));
    page(&application, StatusCode::OK, person, None)
}

fn page(
    application: &DemoApplication,
    status: StatusCode,
    person: Option<Person>,
    error: Option<String>,
) -> Response {
    let home = Home { issuer: application.0.registration.issuer.clone(), person, error };
    match home.render() {
        Ok(html) => (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(_template) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn login(State(application): State<DemoApplication>) -> Response {
    match application.relying_party().await.and_then(RelyingParty::begin) {
        Ok(begun) => {
            let location = begun.location.clone();
            let cookie =
                format!("demo-state={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600", begun.state);
            application.keep_begun(begun);
            with_cookie(Redirect::to(&location).into_response(), &cookie)
        }
        Err(failed) => page(&application, StatusCode::BAD_GATEWAY, None, Some(failed.to_string())),
    }
}

async fn callback(
    State(application): State<DemoApplication>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let refused = |reason: String| page(&application, StatusCode::BAD_REQUEST, None, Some(reason));
    let expected = cookie_of(&headers, "demo-state");
    let answer = Params::from_query(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let Some(state) =
        answer.get("state").filter(|state| expected.as_deref() == Some(*state)).map(str::to_owned)
    else {
        return refused("the answer is not of this browser; start again".to_owned());
    };
    let Some(begun) = application.take_begun(&state) else {
        return refused("this login is finished or too old; start again".to_owned());
    };
    let Some(code) = answer.get("code").map(str::to_owned) else {
        let text = |name| answer.get(name).unwrap_or_default();
        return refused(format!("{}: {}", text("error"), text("error_description")));
    };
    let finished = match application.relying_party().await {
        Ok(relying_party) => relying_party.finish(begun, code).await,
        Err(failed) => Err(failed),
    };
    match finished {
        Ok(received) => {
            // The state is random and spent: good enough to name a session of a demo.
            let cookie = format!("demo-session={state}; Path=/; HttpOnly; SameSite=Lax");
            application.keep(state, received);
            with_cookie(Redirect::to("/").into_response(), &cookie)
        }
        Err(failed) => refused(failed.to_string()),
    }
}

async fn logout() -> Response {
    with_cookie(
        Redirect::to("/").into_response(),
        "demo-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
    )
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

fn session_of(headers: &HeaderMap) -> Option<String> {
    cookie_of(headers, "demo-session")
}

fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}
