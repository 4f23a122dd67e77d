//! `magpie simulator`: the fake WeChat alone, for developing an application against a real Magpie.

use std::net::SocketAddr;
use std::path::Path;

use magpie_simulator::{Simulator, World};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Failure, Invocation};
use crate::shutdown::on_signals;

/// Listens until it is told to stop.
pub(super) async fn run(
    invocation: &Invocation,
    listen: SocketAddr,
    world: Option<&Path>,
) -> Result<(), Failure> {
    let world = match world {
        Some(path) => read(path)?,
        None => World::demo("127.0.0.1"),
    };
    if !listen.ip().is_loopback() {
        invocation.note("warning: others can reach this address, and sign in as anybody there");
    }
    let stop = CancellationToken::new();
    on_signals(&TaskTracker::new(), stop.clone()).map_err(Failure::new)?;
    let accounts = world.accounts.len();
    let running = Simulator::start(world, listen)
        .await
        .map_err(|cause| Failure::new(format!("cannot listen on {listen}: {cause}")))?;
    let base = running.base_url();
    let text = format!(
        "WeChat is simulated at {base} with {accounts} accounts.\n\
         In magpie.toml: [wechat] api_base = \"{base}\", open_base = \"{base}\", development = true"
    );
    invocation.answer(text, &json!({ "base_url": base, "accounts": accounts }));
    stop.cancelled().await;
    Ok(())
}

fn read(path: &Path) -> Result<World, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| Failure::new(format!("cannot read {}: {cause}", path.display())))?;
    World::from_toml(&text).map_err(|cause| Failure::new(format!("{}: {cause}", path.display())))
}
