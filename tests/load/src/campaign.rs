//! One run from an empty folder to figures: build the scene, time the starts, then rounds in which every case and its
//! yardstick are neighbours in time. It owns the children and so their end: whoever drops the run ends them.
//! It judges nothing; that is `goals`. Called by `main`, which listens for Ctrl-C meanwhile.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::bare_route::DOCUMENTS;
use crate::child::{Child, Memory};
use crate::clock;
use crate::drive::{self, get};
use crate::figures::{About, DocumentFigure, Figures, LoginFigure};
use crate::http_client::Connection;
use crate::machine;
use crate::report::progress;
use crate::signing::Yardstick;
use crate::site::{Choice, Site};
use crate::slice::{self, Answering, LoginSlice, Press, StaticSlice};
use crate::statistics::median;

const PRESSES: [Press; 5] =
    [Press::Closed(1), Press::Closed(16), Press::Closed(64), Press::Open(100), Press::Open(300)];
/// How long a child may take to its first answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks whether a child answers.
const GLANCE: Duration = Duration::from_millis(1);

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) rounds: usize,
    pub(crate) starts: usize,
    pub(crate) login_span: Duration,
    pub(crate) document_span: Duration,
    pub(crate) warm_up: Duration,
    /// How long to wait for a quiet machine before each round.
    pub(crate) quiet: Duration,
}

impl Extent {
    /// Enough for figures to quote.
    pub(crate) const FULL: Self = Self {
        rounds: 5,
        starts: 10,
        login_span: Duration::from_secs(3),
        document_span: Duration::from_millis(1500),
        warm_up: Duration::from_secs(4),
        quiet: Duration::from_secs(10),
    };
    /// Enough to see that everything works, in less than a minute.
    pub(crate) const QUICK: Self = Self {
        rounds: 2,
        starts: 3,
        login_span: Duration::from_secs(1),
        document_span: Duration::from_millis(500),
        warm_up: Duration::from_secs(1),
        quiet: Duration::ZERO,
    };
}

/// Runs everything.
pub(crate) async fn run(magpie: &Path, choice: &Choice, extent: Extent) -> anyhow::Result<Figures> {
    let folder = tempfile::Builder::new().prefix("magpie-load-").tempdir()?;
    let site = Arc::new(Site::prepare(folder.path(), choice).context("cannot prepare the scene")?);
    let yardstick = Yardstick::new()?;
    let simulator = start_simulator(magpie, &site).await?;
    let (server, first_start, starts) = time_starts(magpie, &site, extent.starts).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = server.memory()?;
    let bare = start_bare_route(&site).await?;

    progress("warm-up");
    let warm = drive::closed(&site, 16, extent.warm_up).await?;
    if warm.done() == 0 {
        bail!("not one login succeeded: {:?}\n{}", warm.errors, server.last_words());
    }
    let mut stage = Stage { site, simulator, server, bare };
    let mut rounds = Vec::new();
    for number in 1..=extent.rounds {
        let quiet = machine::wait_for_quiet(extent.quiet).await;
        progress(&format!("round {number} of {}", extent.rounds));
        rounds.push(stage.round(&yardstick, extent, quiet).await?);
    }
    let loaded = stage.server.memory()?;
    stage.server.stop()?;
    Ok(sum_up(&rounds, choice, Process { first_start, starts, idle, loaded }))
}

/// What was found out about the process, not about requests.
#[derive(Debug)]
struct Process {
    first_start: f64,
    starts: Vec<f64>,
    idle: Memory,
    loaded: Memory,
}

/// The running programs.
#[derive(Debug)]
struct Stage {
    // Dropped in this order: nobody keeps calling what has ended.
    server: Child,
    simulator: Child,
    bare: Child,
    site: Arc<Site>,
}

#[derive(Debug)]
struct Round {
    quiet: bool,
    signature: f64,
    documents: Vec<(StaticSlice, StaticSlice)>,
    logins: Vec<LoginSlice>,
}

impl Stage {
    async fn round(
        &mut self,
        yardstick: &Yardstick,
        extent: Extent,
        quiet: bool,
    ) -> anyhow::Result<Round> {
        let mut signatures = vec![yardstick.micros_per_signature()?];
        let mut documents = Vec::new();
        for document in DOCUMENTS {
            let span = extent.document_span;
            let bare = slice::document(self.site.bare, &self.bare, document, span).await?;
            let server = slice::document(self.site.public, &self.server, document, span).await?;
            documents.push((server, bare));
        }
        let mut logins = Vec::new();
        for press in PRESSES {
            let answering = Answering { server: &self.server, simulator: &self.simulator };
            logins.push(slice::logins(&self.site, answering, press, extent.login_span).await?);
            self.server.must_run()?;
            signatures.push(yardstick.micros_per_signature()?);
        }
        self.simulator.must_run()?;
        self.bare.must_run()?;
        Ok(Round { quiet, signature: median(&signatures), documents, logins })
    }
}

fn sum_up(rounds: &[Round], choice: &Choice, process: Process) -> Figures {
    let documents = DOCUMENTS.iter().enumerate().map(|(index, document)| {
        let of_rounds: Vec<_> =
            rounds.iter().filter_map(|round| round.documents.get(index).copied()).collect();
        DocumentFigure::over(document.name, &of_rounds)
    });
    let logins = PRESSES.iter().enumerate().map(|(index, press)| {
        let of_rounds: Vec<_> =
            rounds.iter().filter_map(|round| round.logins.get(index).cloned()).collect();
        LoginFigure::over(*press, &of_rounds)
    });
    Figures {
        about: About {
            machine: machine::describe(),
            database: if choice.postgres.is_some() {
                "PostgreSQL"
            } else {
                "SQLite, synchronous=FULL"
            },
            algorithm: choice.algorithm.clone(),
            people: choice.people,
            rounds: rounds.len(),
            unquiet: rounds.iter().filter(|round| !round.quiet).count(),
        },
        signature: median(&rounds.iter().map(|round| round.signature).collect::<Vec<_>>()),
        first_start: process.first_start,
        starts: process.starts,
        idle: process.idle,
        loaded: process.loaded,
        documents: documents.collect(),
        logins: logins.collect(),
    }
}

async fn start_simulator(magpie: &Path, site: &Site) -> anyhow::Result<Child> {
    let mut command = Command::new(magpie);
    command
        .args(["simulator", "--listen", &site.simulator.to_string(), "--world"])
        .arg(site.world());
    let mut simulator = Child::start("simulator", &mut command, site.folder())?;
    wait_for_answer(&mut simulator, site.simulator, "/").await?;
    Ok(simulator)
}

/// Starts the server once with nothing there, then `times` with its database in place, and leaves the last one running.
async fn time_starts(
    magpie: &Path,
    site: &Site,
    times: usize,
) -> anyhow::Result<(Child, f64, Vec<f64>)> {
    let (mut server, first) = time_start(magpie, site).await?;
    let mut starts = Vec::new();
    for _ in 0..times {
        server.stop()?;
        let (next, took) = time_start(magpie, site).await?;
        starts.push(took);
        server = next;
    }
    Ok((server, first, starts))
}

/// Milliseconds from the start of the process to its first answer.
async fn time_start(magpie: &Path, site: &Site) -> anyhow::Result<(Child, f64)> {
    let mut command = Command::new(magpie);
    command.args(["serve", "--config"]).arg(site.configuration()).current_dir(site.folder());
    let begun = clock::now();
    let mut server = Child::start("server", &mut command, site.folder())?;
    let [discovery, _] = DOCUMENTS;
    wait_for_answer(&mut server, site.public, discovery.path).await?;
    Ok((server, begun.elapsed().as_secs_f64() * 1e3))
}

async fn start_bare_route(site: &Site) -> anyhow::Result<Child> {
    for document in DOCUMENTS {
        let mut connection = Connection::to(site.public);
        let answer =
            connection.ask(get(site.public, document.path).as_bytes()).await?.expect_status(200)?;
        std::fs::write(site.folder().join(document.file), answer.body)?;
    }
    let itself: PathBuf = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(itself);
    command.args(["--bare-route", &site.bare.to_string(), "--documents"]).arg(site.folder());
    let mut bare = Child::start("bare-route", &mut command, site.folder())?;
    let [discovery, _] = DOCUMENTS;
    wait_for_answer(&mut bare, site.bare, discovery.path).await?;
    Ok(bare)
}

async fn wait_for_answer(child: &mut Child, address: SocketAddr, path: &str) -> anyhow::Result<()> {
    let begun = clock::now();
    let request = get(address, path);
    loop {
        let answer = Connection::to(address).ask(request.as_bytes()).await;
        if answer.and_then(|answer| answer.expect_status(200)).is_ok() {
            return Ok(());
        }
        child.must_run()?;
        if begun.elapsed() > PATIENCE {
            bail!("no answer from {address} in {PATIENCE:?}:\n{}", child.last_words());
        }
        tokio::time::sleep(GLANCE).await;
    }
}
