//! `magpie serve`: the server, until SIGTERM or SIGINT.

use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Failure, Invocation};
use crate::metrics::Metrics;
use crate::serve::{self, Migrations, Sockets};
use crate::shutdown::on_signals;
use crate::telemetry;

/// Serves until it is told to stop, and says where once it can.
pub(super) async fn run(invocation: &Invocation, migrations: Migrations) -> Result<(), Failure> {
    let config = invocation.load()?;
    telemetry::install(&config.telemetry).map_err(Failure::new)?;
    let metrics = Arc::new(Metrics::default());
    let sockets = Sockets::bind(&config).await.map_err(Failure::new)?;
    let flows = serve::open(&config, migrations, &metrics).await.map_err(Failure::new)?;
    let stop = CancellationToken::new();
    on_signals(flows.tasks(), stop.clone()).map_err(Failure::new)?;
    let shown = |address: Option<std::net::SocketAddr>| address.map(|address| address.to_string());
    let (public, management) =
        (shown(sockets.public_address()), shown(sockets.management_address()));
    let issuer = config.issuer.as_str();
    let text = format!("{issuer} is served at {}", public.as_deref().unwrap_or_default());
    let value = json!({ "issuer": issuer, "public": public, "management": management });
    invocation.answer(text, &value);
    serve::serve(config, sockets, flows, metrics, stop).await;
    Ok(())
}
