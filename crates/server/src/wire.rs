//! Where the rooms meet: from a checked configuration to flows, and from flows to what the listeners serve.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use magpie_domain::{Algorithm, Client};
use magpie_flows::{Flows, Lifetimes, Parts, Settings, keys};
use magpie_outbound::{
    GuardedHttp, Http, HttpClientBroken, HttpSettings, Lane, Reach, Sns, UpstreamCall, Wecom,
};
use magpie_store::{OpenOptions, Store, StoreError, meta};
use magpie_vault::{Keyring, Vault, VaultError, rotation};
use magpie_web::{Observation, Web, WebParts};
use tokio_util::task::TaskTracker;

use crate::config::{Config, Database, SubjectSource};
use crate::metrics::{
    LoginOutcome, Metrics, PushEvent, PushOutcome, TokenAnswer, UpstreamEndpoint, UpstreamResult,
};
use crate::system::{SystemClock, SystemEntropy};

/// Why the rooms could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// The database.
    #[error("the database cannot be used: {0}")]
    Store(#[from] StoreError),
    /// The keys.
    #[error("the keys cannot be used: {0}")]
    Vault(#[from] VaultError),
    /// TLS roots of this machine.
    #[error("{0}")]
    Http(#[from] HttpClientBroken),
    /// A throw-away configuration would change what real people rely on.
    #[error(
        "this database has served production; development mode, which simulates WeChat, refuses it. Use another database"
    )]
    ServedProduction,
    /// Something that flows report.
    #[error("{0}")]
    Incident(String),
}

/// The address of the configured database, as the store wants it.
fn address(database: &Database) -> String {
    match database {
        Database::Sqlite { path } => format!("sqlite:{}", path.display()),
        Database::Postgres { url } => url.expose().clone(),
    }
}

/// Opens the configured database. `create` is whether a missing SQLite file may be made.
///
/// # Errors
/// [`CannotStart::Store`] with the cure in words.
pub async fn store(config: &Config, create: bool) -> Result<Store, CannotStart> {
    Ok(Store::open(&address(&config.database), OpenOptions { create, ..OpenOptions::default() })
        .await?)
}

/// Puts flows together over an open store. Reads no table: see [`prepare`].
///
/// # Errors
/// [`CannotStart`] when keys or the HTTP client cannot be made.
pub fn flows(config: &Config, store: Store, metrics: &Arc<Metrics>) -> Result<Flows, CannotStart> {
    let settings = settings(config);
    let rotation = rotation::Settings {
        active_for: settings.lifetimes.key_active,
        published_ahead: settings.lifetimes.key_published,
        longest_token: settings.lifetimes.id_token.max(settings.lifetimes.access_token),
        ..rotation::Settings::default()
    };
    let wechat = &config.wechat;
    let http = Http::new(HttpSettings::default())?;
    let wecom = Wecom::new(http.clone(), &config.wecom.api_base);
    let sns = Sns::new(http, &wechat.api_base, &wechat.api_fallback_bases);
    // Applications run beside the server in development, and nowhere else.
    let reach = if wechat.development { Reach::PublicAndLoopback } else { Reach::Public };
    let (observed, of_wecom) = (Arc::clone(metrics), Arc::clone(metrics));
    Ok(Flows::new(Parts {
        store,
        vault: Arc::new(Vault::new(&config.keys.root)?),
        keyring: Arc::new(Keyring::new(rotation)?),
        sns: sns.observed_by(Arc::new(move |call| count_call(&observed, call))),
        wecom: wecom.observed_by(Arc::new(move |call| count_call(&of_wecom, call))),
        guarded: GuardedHttp::new(reach, Lane::Vouched)?,
        guarded_for_strangers: GuardedHttp::new(reach, Lane::Strangers)?,
        forwards: GuardedHttp::new(Reach::Configured, Lane::Vouched)?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        settings,
        tasks: TaskTracker::new(),
    }))
}

/// Makes an open house ready for people: the mark of production, and keys to sign with.
///
/// # Errors
/// [`CannotStart::ServedProduction`] in development on a database that real people rely on.
pub async fn prepare(flows: &Flows) -> Result<(), CannotStart> {
    if flows.settings().development {
        let mut tx = flows.store().read().await?;
        if meta::has_served_production(&mut tx).await? {
            return Err(CannotStart::ServedProduction);
        }
    } else {
        let mut tx = flows.store().write().await?;
        meta::mark_production(&mut tx, flows.now()).await?;
        tx.commit().await?;
    }
    keys::tend(flows).await.map_err(|stop| CannotStart::Incident(format!("{stop:?}")))
}

/// The algorithms that keys are made for: the configured ones, and those that declared clients registered.
fn algorithms(config: &Config) -> Vec<Algorithm> {
    let of_client = |client: &Client| {
        let algorithms = client.policy().algorithms;
        [
            algorithms.id_token,
            algorithms.userinfo,
            algorithms.authorization_response,
            algorithms.introspection,
        ]
    };
    let named = config.clients.iter().flat_map(of_client).flatten();
    let configured = config.keys.algorithms.iter().copied();
    let wanted: BTreeSet<_> =
        named.chain(configured).chain([config.keys.default_algorithm]).collect();
    wanted.into_iter().collect()
}

/// The checked configuration, as far as flows need it.
#[must_use]
pub fn settings(config: &Config) -> Settings {
    let times = &config.times;
    Settings {
        issuer: config.issuer.clone(),
        open_base: config.wechat.open_base.clone(),
        wecom_login_base: config.wecom.login_base.clone(),
        channels: config.channels.clone(),
        clients: config.clients.clone(),
        lifetimes: Lifetimes {
            code: times.code,
            attempt: times.attempt,
            pushed: times.pushed_request,
            device: times.device_code,
            access_token: times.access_token,
            id_token: times.id_token,
            refresh_idle: times.refresh_token_idle,
            refresh_absolute: times.refresh_token_absolute,
            outcome: times.outcome,
            session: times.session,
            key_active: times.key_active,
            key_published: times.key_published_before_use,
        },
        algorithm: config.keys.default_algorithm,
        algorithms: algorithms(config),
        email_domain: config.claims.email_domain.clone(),
        subject: match config.identity.subject {
            SubjectSource::Random => magpie_flows::SubjectSource::Random,
            SubjectSource::Derived => magpie_flows::SubjectSource::Derived,
        },
        // The simulator serves its people's pictures itself.
        avatar_origin: config.wechat.development.then(|| config.wechat.open_base.clone()),
        registration: config.registration,
        privacy: config.privacy,
        development: config.wechat.development,
    }
}

/// What the public listener serves.
pub fn public_router(config: &Config, flows: Flows, metrics: &Arc<Metrics>) -> Router {
    let observed = Arc::clone(metrics);
    magpie_web::router(Web::new(WebParts {
        flows,
        brand: magpie_web::pages::Brand::default(),
        default_locale: magpie_domain::Locale::ZhCn,
        trusted_proxies: config.listen.trusted_proxies.clone(),
        limits: magpie_web::Limits {
            // Each holds a connection; the other half is for everybody else.
            waiting: config.limits.connections / 2,
            ..magpie_web::Limits::default()
        },
        verification_files: config.wechat.verification_files.clone(),
        observe: Arc::new(move |seen: Observation<'_>| count(&observed, seen)),
    }))
}

fn count(metrics: &Metrics, seen: Observation<'_>) {
    match seen {
        Observation::Departed { channel } => metrics.departed(channel),
        Observation::Returned { channel } => metrics.returned(channel),
        Observation::Landed { outcome } => {
            let outcome = match outcome {
                "signed_in" | "arrived" => LoginOutcome::SignedIn,
                "refused" => LoginOutcome::Denied,
                "snapshot_user" => LoginOutcome::Snapshot,
                "failed" => LoginOutcome::Refused,
                // A restart is not an end, and a callback of nobody is no login.
                _ => return,
            };
            if outcome == LoginOutcome::SignedIn {
                metrics.session_started();
            }
            metrics.login(outcome);
        }
        Observation::Token { result } => metrics.token_answer(TokenAnswer::of(result)),
        Observation::Push { event, outcome } => {
            metrics.push(PushEvent::of(event), PushOutcome::of(outcome));
        }
        Observation::Incident => metrics.incident(),
        Observation::Throttled => {}
    }
}

fn count_call(metrics: &Metrics, call: UpstreamCall) {
    let endpoint = match call.endpoint {
        "access_token" => UpstreamEndpoint::AccessToken,
        "jscode2session" => UpstreamEndpoint::CodeSession,
        "app_token" => UpstreamEndpoint::AppToken,
        "phone_number" => UpstreamEndpoint::PhoneNumber,
        "program_code" => UpstreamEndpoint::ProgramCode,
        "scene_code" => UpstreamEndpoint::SceneCode,
        "follower" => UpstreamEndpoint::Follower,
        "userinfo" => UpstreamEndpoint::UserInfo,
        "gettoken" => UpstreamEndpoint::WecomToken,
        "getuserinfo" => UpstreamEndpoint::WecomUserInfo,
        "getuserdetail" => UpstreamEndpoint::WecomUserDetail,
        _ => UpstreamEndpoint::Other,
    };
    let result = match call.result {
        "answered" => UpstreamResult::Answered,
        "refused" => UpstreamResult::Refused,
        "unreadable" => UpstreamResult::Unreadable,
        _ => UpstreamResult::Unreachable,
    };
    metrics.upstream_call(endpoint, result, call.took);
}
