//! The server from start to end: open the database, tend the keys, listen, and drain when told.

use std::net::SocketAddr;
use std::sync::Arc;

use magpie_domain::Clock as _;
use magpie_flows::{Flows, jobs};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::listen::{self, CannotListen, HostRule, Serving};
use crate::management::{self, Check, Management};
use crate::metrics::{LogoutOutcome, Metrics, Upstream};
use crate::system::SystemClock;
use crate::wire::{self, CannotStart};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum CannotServe {
    /// An address is taken or not ours.
    #[error(transparent)]
    Listen(#[from] CannotListen),
    /// Database or keys.
    #[error(transparent)]
    Start(#[from] CannotStart),
}

/// The two sockets of a server, bound before anything else so that a taken address is told at once.
#[derive(Debug)]
pub struct Sockets {
    public: TcpListener,
    management: TcpListener,
}

impl Sockets {
    /// Binds the configured addresses.
    ///
    /// # Errors
    /// [`CannotListen`] in words for the operator.
    pub async fn bind(config: &Config) -> Result<Self, CannotListen> {
        let public = listen::bind(config.listen.public).await?;
        let management = listen::bind(config.listen.management).await?;
        Ok(Self { public, management })
    }

    /// Takes sockets that are bound already.
    #[must_use]
    pub const fn of(public: TcpListener, management: TcpListener) -> Self {
        Self { public, management }
    }

    /// Where people come.
    #[must_use]
    pub fn public_address(&self) -> Option<SocketAddr> {
        self.public.local_addr().ok()
    }

    /// Where the operator looks.
    #[must_use]
    pub fn management_address(&self) -> Option<SocketAddr> {
        self.management.local_addr().ok()
    }
}

/// Whether schema changes are made before serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrations {
    /// Run what has not run yet.
    Run,
    /// Refuse to start unless the schema is this version's (`--no-migrate`).
    Check,
}

/// Opens everything that serving needs and makes it ready.
///
/// # Errors
/// [`CannotStart`] with the cure in words.
pub async fn open(
    config: &Config,
    migrations: Migrations,
    metrics: &Arc<Metrics>,
) -> Result<Flows, CannotStart> {
    let store = wire::store(config, true).await?;
    match migrations {
        Migrations::Run => store.migrate().await?,
        Migrations::Check => store.check_schema().await?,
    }
    let flows = wire::flows(config, store, metrics)?;
    wire::prepare(&flows).await?;
    Ok(flows)
}

/// Serves until `stop`, then drains: open requests end, running exchanges end, the database is closed.
pub async fn serve(
    config: Config,
    sockets: Sockets,
    flows: Flows,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    metrics.started_at(SystemClock.now());
    jobs::start(&flows, &stop);
    let router = wire::public_router(&config, flows.clone(), &metrics);
    let public = Serving {
        limits: config.limits,
        host: HostRule::Only(config.issuer.authority().to_owned()),
        trusted_proxies: config.listen.trusted_proxies.clone(),
        issuer_path: config.issuer.path().to_owned(),
        metrics: Some(Arc::clone(&metrics)),
    };
    let inside = Serving {
        host: HostRule::Any,
        trusted_proxies: Vec::new(),
        issuer_path: String::new(),
        metrics: None,
        ..public.clone()
    };
    let management = management::router(inspection(&flows, &metrics, &stop));
    tokio::join!(
        listen::serve(sockets.public, router, public, stop.clone()),
        listen::serve(sockets.management, management, inside, stop.clone()),
    );
    flows.tasks().close();
    flows.tasks().wait().await;
    flows.store().close().await;
}

fn inspection(flows: &Flows, metrics: &Arc<Metrics>, stop: &CancellationToken) -> Management {
    let asked = flows.clone();
    let database = Check::new("database", move || {
        let flows = asked.clone();
        async move { flows.store().ping().await.is_ok() }
    });
    let keyed = flows.clone();
    let keys = Check::new("keys", move || {
        let signer = keyed.keyring().signer(keyed.settings().algorithm, keyed.now());
        async move { signer.is_some() }
    });
    let counted = flows.clone();
    Management {
        metrics: Arc::clone(metrics),
        checks: vec![database, keys],
        stop: stop.clone(),
        refresh: Arc::new(move |metrics| {
            let statistics = counted.store().statistics();
            metrics.commits(statistics.commits);
            metrics.transactions(statistics.transactions);
            metrics.statements(statistics.statements);
            metrics.signatures(counted.keyring().signatures());
            let told = counted.logout_messages();
            metrics.logout_messages(LogoutOutcome::Delivered, told.delivered());
            metrics.logout_messages(LogoutOutcome::Retried, told.retried());
            metrics.logout_messages(LogoutOutcome::GivenUp, told.given_up());
            let forwarded = counted.forwarded_pushes();
            metrics.pushes_forwarded(forwarded.taken(), forwarded.lost());
            let waiting = counted.waiting();
            metrics.relay_waiting(waiting.desktops(), waiting.windows());
            metrics.upstream_resting(Upstream::Wechat, counted.sns().is_resting());
            metrics.upstream_resting(Upstream::Wecom, counted.wecom().is_resting());
        }),
    }
}
