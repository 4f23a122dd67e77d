//! Names become addresses here, once for each connection, and only the allowed ones are handed to the connector:
//! what was looked at is what is connected to, so a name that changes its mind gains nothing (DNS rebinding, CA-13).

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use tokio::task;

use super::reach::Reach;

/// Asks for the addresses of a name; may block.
pub type ResolveName = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// Asks as the system is set up to.
pub(super) fn of_the_system() -> ResolveName {
    Arc::new(|name| Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
}

/// The resolver of guarded calls.
#[derive(Clone)]
pub(super) struct Vetted {
    resolve: ResolveName,
    reach: Reach,
    places: Arc<Semaphore>,
}

impl Vetted {
    /// `most` look-ups at once.
    pub(super) fn new(resolve: ResolveName, reach: Reach, most: usize) -> Self {
        Self { resolve, reach, places: Arc::new(Semaphore::new(most)) }
    }
}

/// No address of the name may be called.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the name leads to no address that may be called")]
pub(super) struct OutOfReach;

impl Resolve for Vetted {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { resolve, reach, places } = self.clone();
        Box::pin(async move {
            let place = places.try_acquire_owned()?;
            let found = task::spawn_blocking(move || {
                let found = resolve(name.as_str());
                drop(place);
                found
            });
            let found = found.await??;
            let was_found = !found.is_empty();
            // Port 0 stands for the one of the URL.
            let vetted: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| reach.allows(*address))
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if was_found && vetted.is_empty() {
                return Err(OutOfReach.into());
            }
            Ok(Box::new(vetted.into_iter()) as Addrs)
        })
    }
}
