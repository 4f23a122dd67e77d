//! One slice of a round: press for a while, and note what it brought and what it cost whom.
//! Owns the bookkeeping around a drive: CPU of every program of ours before and after, the store's counters, and the
//! share of the machine that strangers took. Called by the campaign, which decides what is pressed and in which order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::bare_route::Document;
use crate::child::Child;
use crate::clock;
use crate::drive;
use crate::holder::{Errand, Provider};
use crate::machine::Cores;
use crate::metrics::{Counters, each};
use crate::site::Site;
use crate::statistics::{Latency, Samples, Step};

/// Kept connections to a static route.
const CONNECTIONS: usize = 32;
/// Applications that spend tokens, each on a connection of its own.
const HOLDERS: usize = 16;

/// How logins are pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Press {
    /// So many users, each beginning again when done.
    Closed(usize),
    /// So many logins a second, come what may.
    Open(u32),
}

impl Press {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Closed(users) => format!("C={users}"),
            Self::Open(rate) => format!("{rate}/s"),
        }
    }
}

/// What all logins of one slice came to.
#[derive(Debug, Clone)]
pub(crate) struct LoginSlice {
    pub(crate) done: f64,
    pub(crate) per_second: f64,
    /// What the timetable held; nothing in a closed loop.
    pub(crate) offered: Option<u32>,
    pub(crate) whole: Latency,
    pub(crate) lag: Latency,
    pub(crate) steps: [Latency; 5],
    pub(crate) server_cpu: f64,
    pub(crate) simulator_cpu: f64,
    pub(crate) own_cpu: f64,
    /// What the server counted for one login.
    pub(crate) counted: Counters,
    pub(crate) foreign: f64,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// What one kind of request, over and over in one slice, came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RequestSlice {
    pub(crate) done: f64,
    pub(crate) per_second: f64,
    /// CPU of the answering program for one request, in microseconds.
    pub(crate) cpu: f64,
    pub(crate) latency: Latency,
    /// What the server counted for one request; a program that is not ours counts nothing.
    pub(crate) counted: Counters,
    pub(crate) foreign: f64,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// The programs that answer logins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answering<'a> {
    pub(crate) server: &'a Child,
    pub(crate) simulator: &'a Child,
}

/// Presses logins for `span`.
pub(crate) async fn logins(
    site: &Arc<Site>,
    answering: Answering<'_>,
    press: Press,
    span: Duration,
) -> anyhow::Result<LoginSlice> {
    let counted = Counters::ask(site.management).await.unwrap_or_default();
    let before = Spent::read(answering)?;
    let begun = clock::now();
    let (samples, offered) = match press {
        Press::Closed(users) => (drive::closed(site, users, span).await?, None),
        Press::Open(rate) => {
            (drive::open(site, rate, span).await?, Some(drive::offered(rate, span)))
        }
    };
    let took = begun.elapsed();
    let after = Spent::read(answering)?;
    let counted = Counters::ask(site.management).await.unwrap_or_default().since(counted);
    Ok(summed_up(&samples, took, (before, after), counted, offered))
}

fn summed_up(
    samples: &Samples,
    took: Duration,
    (before, after): (Spent, Spent),
    counted: Counters,
    offered: Option<u32>,
) -> LoginSlice {
    let done = count(samples.done());
    let micros =
        |now: Duration, then: Duration| each(now.saturating_sub(then).as_secs_f64() * 1e6, done);
    LoginSlice {
        done,
        per_second: done / took.as_secs_f64(),
        offered,
        whole: Latency::of(&samples.whole),
        lag: Latency::of(&samples.lag),
        steps: Step::ALL.map(|step| samples.step(step)),
        server_cpu: micros(after.server, before.server),
        simulator_cpu: micros(after.simulator, before.simulator),
        own_cpu: micros(after.own, before.own),
        counted: counted.shared_by(done),
        foreign: after
            .cores
            .foreign_since(before.cores, after.ours().saturating_sub(before.ours())),
        errors: samples.errors.clone(),
    }
}

/// Presses one document of the program at `address` for `span`.
pub(crate) async fn document(
    address: SocketAddr,
    answering: &Child,
    document: Document,
    span: Duration,
) -> anyhow::Result<RequestSlice> {
    requests(answering, drive::repeat(address, document.path, CONNECTIONS, span)).await
}

/// Spends tokens of `provider` for `span`; the applications sign in before it, which is not counted.
pub(crate) async fn errand(
    site: &Arc<Site>,
    (provider, answering): (Provider, &Child),
    errand: Errand,
    span: Duration,
) -> anyhow::Result<RequestSlice> {
    let holders = drive::sign_in(site, provider, HOLDERS).await?;
    let counted = match provider {
        Provider::Server => Counters::ask(site.management).await.unwrap_or_default(),
        Provider::Peer => Counters::default(),
    };
    let slice = requests(answering, drive::spend(holders, errand, span)).await?;
    let counted = match provider {
        Provider::Server => Counters::ask(site.management).await.unwrap_or_default().since(counted),
        Provider::Peer => counted,
    };
    Ok(RequestSlice { counted: counted.shared_by(slice.done), ..slice })
}

/// Keeps the books of one program around a drive.
async fn requests(
    answering: &Child,
    drive: impl Future<Output = anyhow::Result<Samples>>,
) -> anyhow::Result<RequestSlice> {
    let (cpu, own, cores, begun) = (answering.cpu()?, clock::own_cpu(), Cores::now(), clock::now());
    let samples = drive.await?;
    let took = begun.elapsed();
    let cpu = answering.cpu()?.saturating_sub(cpu);
    let ours = cpu + clock::own_cpu().saturating_sub(own);
    let done = count(samples.done());
    Ok(RequestSlice {
        done,
        per_second: done / took.as_secs_f64(),
        cpu: each(cpu.as_secs_f64() * 1e6, done),
        latency: Latency::of(&samples.whole),
        counted: Counters::default(),
        foreign: Cores::now().foreign_since(cores, ours),
        errors: samples.errors,
    })
}

/// CPU that was spent until a moment.
#[derive(Debug, Clone, Copy)]
struct Spent {
    server: Duration,
    simulator: Duration,
    own: Duration,
    cores: Cores,
}

impl Spent {
    fn read(answering: Answering<'_>) -> anyhow::Result<Self> {
        Ok(Self {
            server: answering.server.cpu()?,
            simulator: answering.simulator.cpu()?,
            own: clock::own_cpu(),
            cores: Cores::now(),
        })
    }

    fn ours(&self) -> Duration {
        self.server + self.simulator + self.own
    }
}

/// Counts stay far below 2⁵², where this would lose one.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(server_ms: u64, total_ms: u64) -> Spent {
        let at = Duration::from_millis;
        let cores = Cores { busy: at(server_ms + total_ms / 10), total: at(total_ms) };
        Spent { server: at(server_ms), simulator: at(0), own: at(0), cores }
    }

    #[test]
    fn cost_is_counted_for_each_login_that_came_to_its_end() {
        let mut samples = Samples::default();
        samples.whole = vec![1000; 100];
        samples.note_error("token: status 500".to_owned());
        let counted =
            Counters { commits: Some(50.0), transactions: Some(300.0), ..Counters::default() };
        let slice = summed_up(
            &samples,
            Duration::from_secs(2),
            (spent(10, 100), spent(60, 1100)),
            counted,
            None,
        );
        assert_eq!((slice.per_second, slice.server_cpu), (50.0, 500.0));
        let counted =
            Counters { commits: Some(0.5), transactions: Some(3.0), ..Counters::default() };
        assert_eq!(slice.counted, counted);
        assert!((slice.foreign - 0.1).abs() < 1e-9, "{}", slice.foreign);
        assert_eq!(slice.errors.len(), 1);
    }

    #[test]
    fn no_login_at_all_is_not_a_cheap_login() {
        let samples = Samples::default();
        let slice = summed_up(
            &samples,
            Duration::from_secs(1),
            (spent(0, 0), spent(10, 100)),
            Counters::default(),
            Some(9),
        );
        assert!(slice.server_cpu.is_infinite());
        assert_eq!(slice.offered, Some(9));
    }
}
