//! One run from an empty folder to figures: build the scene, time the starts, then rounds in which every case and its
//! yardstick are neighbours in time, then the two scenarios that have a server of their own. It owns the children and so their end: whoever drops the run ends them.
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
use crate::desktops::{self, DesktopFigure};
use crate::drive::{self, get};
use crate::figures::{About, Figures, LoginFigure, RequestFigure, RequestRound};
use crate::hang::{self, HangFigure};
use crate::holder::{Errand, Provider};
use crate::http_client::Connection;
use crate::machine;
use crate::peer::{AboutPeer, Installation};
use crate::report::progress;
use crate::signing::Yardstick;
use crate::site::{Choice, Site};
use crate::slice::{self, Answering, LoginSlice, Press};
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
    pub(crate) errand_span: Duration,
    /// Before the first round, and again for each kind of request to the peer, whose programs are compiled as they run.
    pub(crate) warm_up: Duration,
    /// How long to wait for a quiet machine before each round.
    pub(crate) quiet: Duration,
    pub(crate) hang: hang::Extent,
    /// How many wait for a phone.
    pub(crate) desktops: u64,
}

impl Extent {
    /// Enough for figures to quote.
    pub(crate) const FULL: Self = Self {
        rounds: 5,
        starts: 10,
        login_span: Duration::from_secs(3),
        document_span: Duration::from_millis(1500),
        errand_span: Duration::from_secs(2),
        warm_up: Duration::from_secs(4),
        quiet: Duration::from_secs(10),
        hang: hang::Extent {
            rounds: 3,
            span: Duration::from_secs(10),
            quiet: Duration::from_secs(10),
        },
        desktops: 10_000,
    };
    /// Enough to see that everything works, in about a minute.
    pub(crate) const QUICK: Self = Self {
        rounds: 2,
        starts: 3,
        login_span: Duration::from_secs(1),
        document_span: Duration::from_millis(500),
        errand_span: Duration::from_millis(500),
        warm_up: Duration::from_secs(1),
        quiet: Duration::ZERO,
        hang: hang::Extent { rounds: 1, span: Duration::from_secs(3), quiet: Duration::ZERO },
        desktops: 1000,
    };
}

/// A part of a run, which can be had alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Logins, tokens and documents, in rounds.
    Rounds,
    /// A WeChat that hangs.
    Hang,
    /// Desktops that wait for a phone.
    Desktops,
}

/// What a run found out; a part that was not wanted is not there.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) rounds: Option<Figures>,
    pub(crate) hang: Option<HangFigure>,
    pub(crate) desktops: Option<DesktopFigure>,
}

/// Runs everything, or one part of it. The parts have servers of their own, one after the other, on one database.
pub(crate) async fn run(
    magpie: &Path,
    choice: &Choice,
    extent: Extent,
    only: Option<Part>,
) -> anyhow::Result<Findings> {
    let is_wanted = |part| only.is_none_or(|only| only == part);
    let folder = tempfile::Builder::new().prefix("magpie-load-").tempdir()?;
    let site = Arc::new(Site::prepare(folder.path(), choice).context("cannot prepare the scene")?);
    let mut findings = Findings::default();
    if is_wanted(Part::Rounds) {
        findings.rounds = Some(run_rounds(magpie, choice, &site, extent).await?);
    }
    if is_wanted(Part::Hang) {
        findings.hang = Some(hang::run(magpie, choice, &site, extent.hang).await?);
    }
    if is_wanted(Part::Desktops) {
        findings.desktops = Some(desktops::run(magpie, choice, &site, extent.desktops).await?);
    }
    Ok(findings)
}

async fn run_rounds(
    magpie: &Path,
    choice: &Choice,
    site: &Arc<Site>,
    extent: Extent,
) -> anyhow::Result<Figures> {
    let installation = choice.peer.then(Installation::prepare).transpose()?;
    let site = Arc::clone(site);
    let yardstick = Yardstick::new()?;
    let simulator = start_simulator(magpie, &site).await?;
    let (server, first_start, starts) = time_starts(magpie, &site, extent.starts).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = server.memory()?;
    let bare = start_bare_route(&site).await?;
    let peer = match &installation {
        Some(installation) => Some(start_peer(installation, &site, &choice.algorithm).await?),
        None => None,
    };
    let (peer, about_peer) = peer.unzip();

    progress("warm-up");
    let warm = drive::closed(&site, 16, extent.warm_up).await?;
    if warm.done() == 0 {
        bail!("not one login succeeded: {:?}\n{}", warm.errors, server.last_words());
    }
    let mut stage = Stage { site, simulator, server, bare, peer };
    stage.warm_up_peer(extent.warm_up).await?;
    let mut rounds = Vec::new();
    for number in 1..=extent.rounds {
        let quiet = machine::wait_for_quiet(extent.quiet).await;
        progress(&format!("round {number} of {}", extent.rounds));
        rounds.push(stage.round(&yardstick, extent, quiet).await?);
    }
    let loaded = stage.server.memory()?;
    stage.server.stop()?;
    let process = Process { first_start, starts, idle, loaded, peer: about_peer };
    Ok(sum_up(&rounds, choice, process))
}

/// What was found out about the process, not about requests.
#[derive(Debug)]
struct Process {
    first_start: f64,
    starts: Vec<f64>,
    idle: Memory,
    loaded: Memory,
    peer: Option<AboutPeer>,
}

/// The running programs.
#[derive(Debug)]
struct Stage {
    // Dropped in this order: nobody keeps calling what has ended.
    server: Child,
    simulator: Child,
    bare: Child,
    peer: Option<Child>,
    site: Arc<Site>,
}

#[derive(Debug)]
struct Round {
    quiet: bool,
    signature: f64,
    documents: Vec<RequestRound>,
    errands: Vec<RequestRound>,
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
        let documents = self.documents(extent.document_span).await?;
        let errands = self.errands(extent.errand_span).await?;
        let mut logins = Vec::new();
        for press in PRESSES {
            let answering = Answering { server: &self.server, simulator: &self.simulator };
            logins.push(slice::logins(&self.site, answering, press, extent.login_span).await?);
            self.server.must_run()?;
            signatures.push(yardstick.micros_per_signature()?);
        }
        self.simulator.must_run()?;
        self.bare.must_run()?;
        Ok(Round { quiet, signature: median(&signatures), documents, errands, logins })
    }

    async fn documents(&mut self, span: Duration) -> anyhow::Result<Vec<RequestRound>> {
        let site = &self.site;
        let mut rounds = Vec::new();
        for document in DOCUMENTS {
            let peer = match &self.peer {
                Some(peer) => Some(slice::document(site.peer, peer, document, span).await?),
                None => None,
            };
            let bare = Some(slice::document(site.bare, &self.bare, document, span).await?);
            let server = slice::document(site.public, &self.server, document, span).await?;
            rounds.push(RequestRound { server, bare, peer });
        }
        Ok(rounds)
    }

    async fn errands(&mut self, span: Duration) -> anyhow::Result<Vec<RequestRound>> {
        let mut rounds = Vec::new();
        for errand in Errand::ALL {
            let peer = match &mut self.peer {
                Some(peer) => {
                    peer.must_run()?;
                    Some(slice::errand(&self.site, (Provider::Peer, peer), errand, span).await?)
                }
                None => None,
            };
            let answering = (Provider::Server, &self.server);
            let server = slice::errand(&self.site, answering, errand, span).await?;
            rounds.push(RequestRound { server, bare: None, peer });
        }
        Ok(rounds)
    }

    async fn warm_up_peer(&mut self, span: Duration) -> anyhow::Result<()> {
        let Some(peer) = &self.peer else { return Ok(()) };
        progress("warm-up of the peer");
        for document in DOCUMENTS {
            slice::document(self.site.peer, peer, document, span).await?;
        }
        for errand in Errand::ALL {
            slice::errand(&self.site, (Provider::Peer, peer), errand, span).await?;
        }
        Ok(())
    }
}

fn sum_up(rounds: &[Round], choice: &Choice, process: Process) -> Figures {
    let documents = DOCUMENTS.iter().enumerate().map(|(index, document)| {
        let of_rounds: Vec<_> =
            rounds.iter().filter_map(|round| round.documents.get(index)).collect();
        RequestFigure::over(document.name, &of_rounds)
    });
    let errands = Errand::ALL.iter().enumerate().map(|(index, errand)| {
        let of_rounds: Vec<_> =
            rounds.iter().filter_map(|round| round.errands.get(index)).collect();
        RequestFigure::over(errand.name(), &of_rounds)
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
        peer: process.peer,
        documents: documents.collect(),
        errands: errands.collect(),
        logins: logins.collect(),
    }
}

/// Starts the fake WeChat.
pub(crate) async fn start_simulator(magpie: &Path, site: &Site) -> anyhow::Result<Child> {
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

/// Starts the server with the configuration of the site.
pub(crate) async fn start_server(magpie: &Path, site: &Site) -> anyhow::Result<Child> {
    time_start(magpie, site).await.map(|(server, _)| server)
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

/// Starts the peer and leaves it alone for a while before its memory is read, as the server was.
async fn start_peer(
    installation: &Installation,
    site: &Site,
    algorithm: &str,
) -> anyhow::Result<(Child, AboutPeer)> {
    let begun = clock::now();
    let mut peer = installation.start(site, algorithm)?;
    let [discovery, _] = DOCUMENTS;
    wait_for_answer(&mut peer, site.peer, discovery.path).await?;
    let start = begun.elapsed().as_secs_f64() * 1e3;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = peer.memory()?.now;
    Ok((peer, AboutPeer { versions: installation.versions().to_owned(), start, idle }))
}

/// Waits for the first answer with status 200.
pub(crate) async fn wait_for_answer(
    child: &mut Child,
    address: SocketAddr,
    path: &str,
) -> anyhow::Result<()> {
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
