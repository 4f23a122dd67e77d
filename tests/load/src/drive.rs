//! The ways to press: users who begin again as soon as they are done, logins that begin on a timetable, one cheap
//! request over and over, and applications that spend their tokens. Closed loops find capacity and cost; the open loop finds what a person waits, because a
//! slow server cannot slow down its callers. Everything is bounded in time and number and ends by itself.
//! Called by the campaign.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::clock;
use crate::holder::{Errand, Holder, Provider};
use crate::http_client::Connection;
use crate::login::{VirtualUser, micros_since};
use crate::site::Site;
use crate::statistics::Samples;

/// Most logins of the open loop at a time; later ones wait, and their wait counts.
const MOST_AT_A_TIME: usize = 512;

/// `users` people log in again and again for `span`; the login under way at its end is finished and counted.
pub(crate) async fn closed(
    site: &Arc<Site>,
    users: usize,
    span: Duration,
) -> anyhow::Result<Samples> {
    let begun = clock::now();
    let mut tasks = JoinSet::new();
    for _ in 0..users {
        let mut user = VirtualUser::new(site);
        tasks.spawn(async move {
            let mut samples = Samples::default();
            while begun.elapsed() < span {
                user.log_in(clock::now(), &mut samples).await;
            }
            samples
        });
    }
    gather(tasks).await
}

/// Logins begin at `per_second` for `span`, whether or not earlier ones are done.
pub(crate) async fn open(
    site: &Arc<Site>,
    per_second: u32,
    span: Duration,
) -> anyhow::Result<Samples> {
    let places = Arc::new(Semaphore::new(MOST_AT_A_TIME));
    let idle: Arc<Mutex<Vec<VirtualUser>>> = Arc::default();
    let begun = clock::now();
    let mut tasks = JoinSet::new();
    for number in 0..offered(per_second, span) {
        let scheduled = begun + Duration::from_secs(1) * number / per_second.max(1);
        sleep_until(scheduled.into()).await;
        let (site, places, idle) = (Arc::clone(site), Arc::clone(&places), Arc::clone(&idle));
        tasks.spawn(async move {
            let mut samples = Samples::default();
            samples.lag.push(micros_since(scheduled));
            let Ok(_place) = places.acquire().await else { return samples };
            let known = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut user = known.unwrap_or_else(|| VirtualUser::new(&site));
            user.log_in(scheduled, &mut samples).await;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(user);
            samples
        });
    }
    gather(tasks).await
}

/// How many logins a timetable holds.
pub(crate) fn offered(per_second: u32, span: Duration) -> u32 {
    u32::try_from(u128::from(per_second) * span.as_millis() / 1000).unwrap_or(u32::MAX)
}

async fn gather(mut tasks: JoinSet<Samples>) -> anyhow::Result<Samples> {
    let mut all = Samples::default();
    while let Some(samples) = tasks.join_next().await {
        all.absorb(samples.context("a virtual user gave up")?);
    }
    Ok(all)
}

/// The same `GET` on `connections` kept connections for `span`: the latencies are in `whole`.
pub(crate) async fn repeat(
    address: SocketAddr,
    path: &str,
    connections: usize,
    span: Duration,
) -> anyhow::Result<Samples> {
    let request: Arc<str> = get(address, path).into();
    let begun = clock::now();
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let request = Arc::clone(&request);
        let mut connection = Connection::to(address);
        tasks.spawn(async move {
            let mut samples = Samples::default();
            while begun.elapsed() < span {
                let asked = clock::now();
                match connection
                    .ask(request.as_bytes())
                    .await
                    .and_then(|answer| answer.expect_status(200))
                {
                    Ok(_) => samples.whole.push(micros_since(asked)),
                    Err(trouble) => samples.note_error(trouble.to_string()),
                }
            }
            samples
        });
    }
    gather(tasks).await
}

/// So many applications that hold tokens of `provider`, each of a person of its own.
///
/// # Errors
/// When anybody cannot sign in: a comparison with fewer would not be one.
pub(crate) async fn sign_in(
    site: &Arc<Site>,
    provider: Provider,
    number: usize,
) -> anyhow::Result<Vec<Holder>> {
    let mut tasks = JoinSet::new();
    for _ in 0..number {
        tasks.spawn(Holder::sign_in(Arc::clone(site), provider));
    }
    let mut holders = Vec::with_capacity(number);
    while let Some(holder) = tasks.join_next().await {
        let holder = holder.context("a holder of tokens gave up")?;
        holders
            .push(holder.map_err(|trouble| anyhow!("nobody signs in at {provider:?}: {trouble}"))?);
    }
    Ok(holders)
}

/// The holders run the same errand again and again for `span`: the latencies are in `whole`.
pub(crate) async fn spend(
    holders: Vec<Holder>,
    errand: Errand,
    span: Duration,
) -> anyhow::Result<Samples> {
    let begun = clock::now();
    let mut tasks = JoinSet::new();
    for mut holder in holders {
        tasks.spawn(async move {
            let mut samples = Samples::default();
            while begun.elapsed() < span {
                let asked = clock::now();
                match holder.run(errand).await {
                    Ok(()) => samples.whole.push(micros_since(asked)),
                    Err(trouble) => samples.note_error(format!("{}: {trouble}", errand.name())),
                }
            }
            samples
        });
    }
    gather(tasks).await
}

/// A plain request for `path`; the server answers to its own name only.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\n\r\n")
}

#[cfg(test)]
mod tests;
