//! A WeChat that hangs in the middle of the day: two thousand people come back from it and it answers nobody, while the
//! applications of those who are signed in go on. Each round is two stretches with the same timetable, one while WeChat is
//! well and one while it hangs, and every ratio is taken between those two. A server of its own is started, whose calls go
//! through a gate. Called by the campaign; the goals are in `goals`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use crate::bystanders::{Bystanders, Kind};
use crate::campaign;
use crate::child::Child;
use crate::clock;
use crate::drive;
use crate::gate::Gate;
use crate::http_client::Trouble;
use crate::login::VirtualUser;
use crate::machine::{self, Cores};
use crate::report::progress;
use crate::site::{Choice, House, Site};
use crate::statistics::{Latency, Samples, Step, median};

/// People who come back in a second: a fifth of what the server can, so that what they wait for is its decision and not
/// their own crowd.
const PER_SECOND: u32 = 200;
/// How long the server may take to find a WeChat that is back: its rest and a call.
const RECOVERY: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(250);

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) rounds: usize,
    /// Of each of the two stretches.
    pub(crate) span: Duration,
    pub(crate) quiet: Duration,
}

/// What the rounds came to.
#[derive(Debug)]
pub(crate) struct HangFigure {
    pub(crate) rounds: usize,
    /// People of one round who came back in vain.
    pub(crate) people: u32,
    /// Most calls of a round that reached the WeChat that hung.
    pub(crate) sent: f64,
    /// What those waited for their page who were not sent.
    pub(crate) told: Latency,
    /// The same of those who were.
    pub(crate) waited: Latency,
    pub(crate) bystanders: Vec<BystanderFigure>,
    pub(crate) foreign: f64,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// One kind of request that goes on.
#[derive(Debug)]
pub(crate) struct BystanderFigure {
    pub(crate) name: &'static str,
    pub(crate) well: Latency,
    pub(crate) hanging: Latency,
    /// The median over the rounds of p95 while WeChat hung over p95 before.
    pub(crate) ratio: f64,
    /// The largest p95 while WeChat was well over the smallest: what the machine does by itself.
    pub(crate) noise: f64,
}

#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) sent: u64,
    pub(crate) told: Latency,
    pub(crate) waited: Latency,
    /// While WeChat was well and while it hung, for each kind.
    pub(crate) bystanders: Vec<(Latency, Latency)>,
    pub(crate) foreign: f64,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// Runs it on a server of its own.
pub(crate) async fn run(
    magpie: &Path,
    choice: &Choice,
    site: &Arc<Site>,
    extent: Extent,
) -> anyhow::Result<HangFigure> {
    let gate = Gate::open(site.simulator).await?;
    site.furnish(choice, House::Behind(gate.address()))?;
    let simulator = campaign::start_simulator(magpie, site).await?;
    let server = campaign::start_server(magpie, site).await?;
    let mut bystanders = Bystanders::sign_in(site).await?;
    progress("warm-up beside a gate");
    people(site, extent.span.min(Duration::from_secs(3))).await?;
    let mut scene = Scene { site: Arc::clone(site), gate, server, simulator };
    let mut rounds = Vec::new();
    for number in 1..=extent.rounds {
        machine::wait_for_quiet(extent.quiet).await;
        progress(&format!("WeChat hangs, {number} of {}", extent.rounds));
        rounds.push(scene.round(&mut bystanders, extent.span).await?);
    }
    scene.server.stop()?;
    Ok(HangFigure::over(&rounds, drive::offered(PER_SECOND, extent.span)))
}

#[derive(Debug)]
struct Scene {
    site: Arc<Site>,
    gate: Gate,
    server: Child,
    simulator: Child,
}

impl Scene {
    async fn round(
        &mut self,
        bystanders: &mut Bystanders,
        span: Duration,
    ) -> anyhow::Result<Round> {
        let (cores, cpu) = (Cores::now(), self.cpu()?);
        let (signed_in, well) = tokio::join!(people(&self.site, span), bystanders.go_on(span));
        let (signed_in, well) = (signed_in?, well?);
        self.gate.hang();
        let (vain, hanging) =
            tokio::join!(people_in_vain(&self.site, span), bystanders.go_on(span));
        let sent = self.gate.recover();
        let (vain, hanging) = (vain?, hanging?);
        let foreign = Cores::now().foreign_since(cores, self.cpu()?.saturating_sub(cpu));
        self.find_again().await?;
        let mut round = Round { foreign, ..Round::of(&vain.whole, sent) };
        for samples in well.iter().chain(&hanging).chain([&signed_in, &vain]) {
            for (class, count) in &samples.errors {
                *round.errors.entry(class.clone()).or_default() += count;
            }
        }
        let pairs = well.iter().zip(&hanging);
        round.bystanders = pairs
            .map(|(well, hanging)| (Latency::of(&well.whole), Latency::of(&hanging.whole)))
            .collect();
        Ok(round)
    }

    fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(self.server.cpu()? + self.simulator.cpu()? + clock::own_cpu())
    }

    /// Waits until somebody signs in again.
    async fn find_again(&mut self) -> anyhow::Result<()> {
        let begun = clock::now();
        let mut user = VirtualUser::new(&self.site);
        loop {
            let mut samples = Samples::default();
            user.log_in(clock::now(), &mut samples).await;
            if samples.done() == 1 {
                return Ok(());
            }
            self.server.must_run()?;
            self.simulator.must_run()?;
            if begun.elapsed() > RECOVERY {
                bail!("nobody signs in {RECOVERY:?} after WeChat is back: {:?}", samples.errors);
            }
            sleep(GLANCE).await;
        }
    }
}

/// People sign in on the timetable.
async fn people(site: &Arc<Site>, span: Duration) -> anyhow::Result<Samples> {
    drive::open(site, PER_SECOND, span).await
}

/// The same people while WeChat hangs: what each waited for the page that says so is in `whole`.
async fn people_in_vain(site: &Arc<Site>, span: Duration) -> anyhow::Result<Samples> {
    let idle: Arc<Mutex<Vec<VirtualUser>>> = Arc::default();
    let begun = clock::now();
    let mut tasks: JoinSet<Result<u32, (Step, Trouble)>> = JoinSet::new();
    for number in 0..drive::offered(PER_SECOND, span) {
        sleep_until((begun + Duration::from_secs(1) * number / PER_SECOND).into()).await;
        let (site, idle) = (Arc::clone(site), Arc::clone(&idle));
        tasks.spawn(async move {
            let known = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut user = known.unwrap_or_else(|| VirtualUser::new(&site));
            let told = user.come_back_in_vain().await;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(user);
            told
        });
    }
    let mut samples = Samples::default();
    while let Some(told) = tasks.join_next().await {
        match told.context("somebody gave up")? {
            Ok(micros) => samples.whole.push(micros),
            Err((step, trouble)) => {
                samples.note_error(format!("while WeChat hangs, {}: {trouble}", step.name()));
            }
        }
    }
    Ok(samples)
}

impl Round {
    /// Tells those who were sent from those who were not: as many as WeChat heard of waited for it, and they waited longest.
    /// Were it otherwise, somebody who was not sent would be among the slowest, and one who was sent would count as told.
    fn of(waited_for_page: &[u32], sent: u64) -> Self {
        let mut sorted = waited_for_page.to_vec();
        sorted.sort_unstable();
        let sent_here = usize::try_from(sent).unwrap_or(usize::MAX);
        let at = sorted.len().saturating_sub(sent_here);
        let (told, waited) = sorted.split_at(at);
        Self { sent, told: Latency::of(told), waited: Latency::of(waited), ..Self::default() }
    }
}

impl HangFigure {
    /// Medians over rounds, but for errors, maxima and calls.
    pub(crate) fn over(rounds: &[Round], people: u32) -> Self {
        let latency = |pick: &dyn Fn(&Round) -> Latency| {
            Latency::over_rounds(&rounds.iter().map(pick).collect::<Vec<_>>())
        };
        let mut errors = BTreeMap::new();
        for (class, count) in rounds.iter().flat_map(|round| &round.errors) {
            *errors.entry(class.clone()).or_default() += count;
        }
        let sent = rounds.iter().map(|round| round.sent).max().unwrap_or(0);
        let bystanders = Kind::ALL.into_iter().enumerate().map(|(index, kind)| {
            let pairs: Vec<_> =
                rounds.iter().filter_map(|round| round.bystanders.get(index).copied()).collect();
            BystanderFigure::over(kind.name(), &pairs)
        });
        Self {
            rounds: rounds.len(),
            people,
            sent: u32::try_from(sent).map_or(f64::INFINITY, f64::from),
            told: latency(&|round| round.told),
            waited: latency(&|round| round.waited),
            bystanders: bystanders.collect(),
            foreign: median(&rounds.iter().map(|round| round.foreign).collect::<Vec<_>>()),
            errors,
        }
    }
}

impl BystanderFigure {
    fn over(name: &'static str, rounds: &[(Latency, Latency)]) -> Self {
        let (well, hanging): (Vec<_>, Vec<_>) = rounds.iter().copied().unzip();
        let ratios: Vec<f64> =
            rounds.iter().map(|(well, hanging)| hanging.p95 / well.p95).collect();
        let most = well.iter().map(|latency| latency.p95).fold(0.0, f64::max);
        let least = well.iter().map(|latency| latency.p95).fold(f64::INFINITY, f64::min);
        Self {
            name,
            well: Latency::over_rounds(&well),
            hanging: Latency::over_rounds(&hanging),
            ratio: median(&ratios),
            noise: most / least,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn p95(p95: f64) -> Latency {
        Latency { p95, ..Latency::default() }
    }

    /// Three rounds in which everything is well.
    pub(crate) fn good() -> HangFigure {
        let round = |slow: f64| Round {
            sent: 205,
            told: p95(60_000.0),
            waited: p95(5_000_000.0),
            bystanders: vec![(p95(1000.0 * slow), p95(1100.0 * slow)); 3],
            ..Round::default()
        };
        HangFigure::over(&[round(1.0), round(2.0), round(1.2)], 2000)
    }

    #[test]
    fn as_many_of_the_slowest_are_left_out_as_wechat_heard_of() {
        let round = Round::of(&[5_000_000, 50, 60, 4_900_000, 40], 2);
        assert_eq!((round.told.max, round.waited.p50), (60.0, 4_900_000.0));
        // Who was not sent and waited all the same is among the told as soon as WeChat heard of fewer.
        assert_eq!(Round::of(&[5_000_000, 50, 60, 4_900_000, 40], 1).told.max, 4_900_000.0);
        assert_eq!(Round::of(&[50], 7).told.max, 0.0);
    }

    #[test]
    fn a_ratio_is_taken_inside_its_round_and_the_machines_own_is_told_beside_it() {
        let figure = good();
        let token = &figure.bystanders[0];
        assert!((token.ratio - 1.1).abs() < 1e-9 && (token.noise - 2.0).abs() < 1e-9, "{token:?}");
        assert_eq!((token.name, figure.sent), ("token", 205.0));
    }
}
