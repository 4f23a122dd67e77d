//! Applications whose people are signed in already and who go on while others sign in: they redeem codes, refresh and ask
//! for userinfo on a timetable, so that a stall is seen by everybody who was due meanwhile. They sign in once and are used
//! for every stretch of the run. Called by the benchmark of a WeChat that hangs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::clock;
use crate::drive;
use crate::holder::{Errand, Holder, Provider};
use crate::http_client::Trouble;
use crate::login::micros_since;
use crate::site::Site;
use crate::statistics::Samples;

/// Applications for each kind of request, each on a connection of its own.
const EACH: usize = 16;
/// Requests of each kind in a second: far below what the server can, so that a latency is no queue of our making.
const PER_SECOND: u32 = 50;

/// What goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A code is redeemed that was obtained a moment before, from a browser that is signed in.
    Token,
    Refresh,
    Userinfo,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Token, Self::Refresh, Self::Userinfo];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Userinfo => "userinfo",
        }
    }
}

/// Everybody who goes on.
#[derive(Debug)]
pub(crate) struct Bystanders(Vec<(Kind, Vec<Holder>)>);

impl Bystanders {
    /// Signs them in, which is not measured.
    pub(crate) async fn sign_in(site: &Arc<Site>) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            all.push((kind, drive::sign_in(site, Provider::Server, EACH).await?));
        }
        Ok(Self(all))
    }

    /// They go on for `span`; what each kind of request took, counted from when it was due.
    pub(crate) async fn go_on(&mut self, span: Duration) -> anyhow::Result<Vec<Samples>> {
        let begun = clock::now();
        let mut tasks = JoinSet::new();
        for (kind, holders) in self.0.drain(..) {
            for (place, holder) in (0..).zip(holders) {
                tasks.spawn(keep_going(kind, holder, (begun, place), span));
            }
        }
        let mut found: Vec<(Kind, Vec<Holder>)> = Kind::ALL.map(|kind| (kind, Vec::new())).into();
        let mut all: Vec<Samples> = Kind::ALL.map(|_| Samples::default()).into();
        while let Some(ended) = tasks.join_next().await {
            let (kind, holder, samples) = ended.context("a bystander gave up")?;
            for ((known, holders), sum) in found.iter_mut().zip(&mut all) {
                if *known == kind {
                    holders.push(holder);
                    sum.absorb(samples);
                    break;
                }
            }
        }
        self.0 = found;
        Ok(all)
    }
}

/// One application has every sixteenth turn of its kind.
async fn keep_going(
    kind: Kind,
    mut holder: Holder,
    (begun, place): (Instant, u32),
    span: Duration,
) -> (Kind, Holder, Samples) {
    let mut samples = Samples::default();
    for turn in (place..drive::offered(PER_SECOND, span)).step_by(EACH) {
        let due = begun + Duration::from_secs(1) * turn / PER_SECOND;
        match go(kind, &mut holder, due).await {
            Ok(()) => samples.whole.push(micros_since(due)),
            Err(trouble) => samples.note_error(format!("{}: {trouble}", kind.name())),
        }
    }
    (kind, holder, samples)
}

async fn go(kind: Kind, holder: &mut Holder, due: Instant) -> Result<(), Trouble> {
    match kind {
        Kind::Token => {
            let code = holder.obtain_code().await?;
            sleep_until(due.into()).await;
            holder.redeem(&code).await
        }
        Kind::Refresh => {
            sleep_until(due.into()).await;
            holder.run(Errand::Refresh).await
        }
        Kind::Userinfo => {
            sleep_until(due.into()).await;
            holder.run(Errand::Userinfo).await
        }
    }
}
