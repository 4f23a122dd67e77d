//! `magpie try-login`: an application for one login. It registers itself, waits for one person on a loopback port,
//! proves everything, and takes itself away again.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Html;
use axum::routing::get;
use magpie_domain::client::ClientDraft;
use magpie_domain::{ClientId, ClientPolicy, ClientSecrets, ScopeSet};
use magpie_flows::administration::{self, NewSecret};
use magpie_flows::{Flows, Stop};
use magpie_oidc::Params;
use magpie_outbound::{Http, HttpSettings};
use tokio::sync::{Mutex, oneshot};
use tokio_util::sync::CancellationToken;

use super::{Begun, Received, Registration, RelyingParty, RelyingPartyFailed};
use crate::config::Limits;
use crate::listen::{self, HostRule, Serving};

/// How long the person may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Plays one login. `tell` gets the URL that the person opens.
///
/// # Errors
/// [`RelyingPartyFailed`] naming the step that failed.
pub async fn try_login(
    flows: &Flows,
    tell: impl FnOnce(&str),
) -> Result<Received, RelyingPartyFailed> {
    let failed = RelyingPartyFailed::at("set-up");
    let listener = listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .map_err(|error| failed(&error))?;
    let address = listener.local_addr().map_err(|error| failed(&error))?;
    let redirect_uri = format!("http://{address}/callback");
    let client_id = register(flows, &redirect_uri).await?;
    let registration = Registration {
        issuer: flows.issuer().as_str().to_owned(),
        client_id: client_id.as_str().to_owned(),
        secret: None,
        redirect_uri,
        scopes: vec!["profile".to_owned(), "email".to_owned(), "wechat".to_owned()],
    };
    let outcome = play(registration, listener, tell).await;
    match administration::remove_client(flows, &client_id).await {
        Ok(()) => outcome,
        Err(stop) => Err(RelyingPartyFailed { step: "clean-up", reason: in_words(stop) }),
    }
}

/// A public client of a random name: it can use PKCE alone, and only this process knows its port.
async fn register(flows: &Flows, redirect_uri: &str) -> Result<ClientId, RelyingPartyFailed> {
    let name = format!("try-login-{}", flows.incident_number());
    let id = ClientId::parse(&name)
        .ok_or_else(|| RelyingPartyFailed::because("set-up", "no name for a client"))?;
    let draft = ClientDraft {
        id: id.clone(),
        name: "magpie try-login".to_owned(),
        secrets: ClientSecrets::default(),
        redirect_uris: vec![redirect_uri.to_owned()],
        post_logout_redirect_uris: Vec::new(),
        scopes: ScopeSet::parse("openid profile email wechat"),
        policy: ClientPolicy::default(),
        enabled: true,
    };
    match administration::add_client(flows, draft, NewSecret::None).await {
        Ok(_client) => Ok(id),
        Err(stop) => Err(RelyingPartyFailed { step: "set-up", reason: in_words(stop) }),
    }
}

fn in_words<R: std::fmt::Display>(stop: Stop<R>) -> String {
    match stop {
        Stop::Refused(refused) => refused.to_string(),
        Stop::Broken(incident) => incident.causes(),
    }
}

async fn play(
    registration: Registration,
    listener: tokio::net::TcpListener,
    tell: impl FnOnce(&str),
) -> Result<Received, RelyingPartyFailed> {
    let failed = RelyingPartyFailed::at("set-up");
    let http = Http::new(HttpSettings::default()).map_err(|error| failed(&error))?;
    let relying_party = RelyingParty::discover(registration, http).await?;
    let begun = relying_party.begin()?;
    let (sender, returned) = oneshot::channel();
    let router = Router::new()
        .route("/callback", get(callback))
        .with_state(Waiting { answer: Arc::new(Mutex::new(Some(sender))) });
    let serving = Serving {
        limits: Limits::default(),
        host: HostRule::Any,
        trusted_proxies: Vec::new(),
        issuer_path: String::new(),
        metrics: None,
    };
    let stop = CancellationToken::new();
    tell(&begun.location);
    let waiting = async {
        let answer = tokio::time::timeout(PATIENCE, returned).await;
        stop.cancel();
        answer.ok().and_then(Result::ok)
    };
    let (answer, ()) =
        tokio::join!(waiting, listen::serve(listener, router, serving, stop.clone()));
    let answer = answer.ok_or_else(|| {
        RelyingPartyFailed::because("login", "nobody came back within ten minutes")
    })?;
    let code = code_of(&answer, &begun)?;
    relying_party.finish(begun, code).await
}

/// The code of an answer that is this login's.
fn code_of(answer: &Params, begun: &Begun) -> Result<String, RelyingPartyFailed> {
    if answer.get("state") != Some(&begun.state) {
        return Err(RelyingPartyFailed::because(
            "authorization response",
            "state is of another login",
        ));
    }
    if let Some(error) = answer.get("error") {
        let reason = format!("{error}: {}", answer.get("error_description").unwrap_or_default());
        return Err(RelyingPartyFailed { step: "authorization response", reason });
    }
    let code = answer.get("code").map(str::to_owned);
    code.ok_or_else(|| RelyingPartyFailed::because("authorization response", "there is no code"))
}

#[derive(Clone)]
struct Waiting {
    answer: Arc<Mutex<Option<oneshot::Sender<Params>>>>,
}

async fn callback(State(waiting): State<Waiting>, RawQuery(query): RawQuery) -> Html<&'static str> {
    let params = Params::from_query(query.as_deref().unwrap_or_default()).unwrap_or_default();
    if let Some(sender) = waiting.answer.lock().await.take() {
        // Nobody waits any more once the patience ran out.
        drop(sender.send(params));
    }
    Html(
        "<!doctype html><meta charset=utf-8><title>magpie try-login</title><p>Done. Look at the terminal. · 完成，请看终端。</p>",
    )
}
