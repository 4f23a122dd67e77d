//! Desktops that wait for a phone: each shows a QR code and holds one stream open, and nothing else happens. What they cost
//! is the server's resident memory with all of them less that with the first hundred, by number. A server of its own is
//! started, with a relay and room for so many. Called by the campaign; the goals are in `goals`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::campaign;
use crate::child::Memory;
use crate::clock;
use crate::http_client::{Connection, Trouble};
use crate::login::Attempt;
use crate::machine;
use crate::metrics;
use crate::report::progress;
use crate::site::{Choice, House, ONLINE, Site};

/// Who waits before memory is read for the first time: whatever is made once is made by then.
const FIRST: u64 = 100;
/// So many open their page at a time.
const AT_A_TIME: usize = 32;
/// Files that the server, or this program, needs besides a connection for each desktop.
const OTHER_FILES: u64 = 300;
/// Desktops for each address of the loopback that they come from, each of which has some 28,000 ports.
const OF_ONE_ADDRESS: u64 = 5000;
/// A stream lasts 45 seconds, so the last desktop has to be there before the first one is let go.
const STREAM: Duration = Duration::from_secs(45);

/// What was found.
#[derive(Debug, Clone)]
pub(crate) struct DesktopFigure {
    /// How many were to wait.
    pub(crate) wanted: f64,
    /// How many did, by the server's own account.
    pub(crate) waited: f64,
    /// The limit of open files, where it allowed fewer than were wanted.
    pub(crate) limited_by: Option<u64>,
    /// With the first of them.
    pub(crate) before: Memory,
    /// With all.
    pub(crate) after: Memory,
    /// Bytes of the server for each.
    pub(crate) each: f64,
    /// Seconds from the first to the last.
    pub(crate) took: f64,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// Runs it on a server of its own.
pub(crate) async fn run(
    magpie: &Path,
    choice: &Choice,
    site: &Arc<Site>,
    wanted: u64,
) -> anyhow::Result<DesktopFigure> {
    // The server and this program hold one end of each connection, and the limit is inherited.
    let files = machine::raise_open_files();
    let number = wanted.min(files.saturating_sub(OTHER_FILES));
    let limited_by = (number < wanted).then_some(files);
    if let Some(limit) = limited_by {
        progress(&format!("only {number} desktops: the limit of open files is {limit}"));
    }
    if number <= FIRST {
        bail!("the limit of open files, {files}, is too low to measure desktops");
    }
    site.furnish(choice, House::Waiting { connections: 2 * number + OTHER_FILES })?;
    let mut server = campaign::start_server(magpie, site).await?;
    progress(&format!("{number} desktops wait"));
    let mut waiting = Waiting::default();
    let begun = clock::now();
    waiting.add(site, 0..FIRST).await?;
    let before = server.memory()?;
    waiting.add(site, FIRST..number).await?;
    let took = begun.elapsed();
    let waited = metrics::waiting(site.management).await?;
    let after = server.memory()?;
    server.must_run()?;
    if took > STREAM {
        progress(&format!(
            "the first desktops were let go: it took {took:?} until the last one came"
        ));
    }
    let figure = DesktopFigure::of((wanted, waited), (before, after), took, waiting.errors);
    drop(waiting.streams);
    server.stop()?;
    Ok(DesktopFigure { limited_by, ..figure })
}

/// Those who wait, and why others do not.
#[derive(Debug, Default)]
struct Waiting {
    streams: Vec<TcpStream>,
    errors: BTreeMap<String, u64>,
}

impl Waiting {
    async fn add(&mut self, site: &Arc<Site>, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
        let places = Arc::new(Semaphore::new(AT_A_TIME));
        let mut tasks = JoinSet::new();
        for number in numbers {
            let place = Arc::clone(&places).acquire_owned().await?;
            let site = Arc::clone(site);
            tasks.spawn(async move {
                let waits = wait(&site, number).await;
                drop(place);
                waits
            });
        }
        while let Some(waits) = tasks.join_next().await {
            match waits.context("a desktop gave up")? {
                Ok(stream) => self.streams.push(stream),
                Err(trouble) => {
                    *self.errors.entry(format!("desktop: {trouble}")).or_default() += 1;
                }
            }
        }
        Ok(())
    }
}

/// A desktop shows a code and listens, on one kept connection as a browser does; gives its open stream.
async fn wait(site: &Site, number: u64) -> Result<TcpStream, Trouble> {
    let mut attempt = Attempt::new(site.next_login());
    let last = u8::try_from(2 + number / OF_ONE_ADDRESS).unwrap_or(u8::MAX);
    let mut connection = Connection::from(Ipv4Addr::new(127, 0, 0, last), site.public);
    let mut target = ONLINE.authorization_target();
    attempt.write_parameters(&mut target);
    let request = attempt.page_request(site.public, &target, &attempt.at_provider);
    let page = connection.ask(request.as_bytes()).await?.expect_status(200)?;
    attempt.at_provider.obey(&page.cookies);
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let events = events(&text).ok_or(Trouble::Content("no code to wait for"))?;
    let request = attempt.page_request(site.public, events, &attempt.at_provider);
    connection.listen(request.as_bytes(), "event: waiting").await
}

/// The address of the stream that the page's script opens.
fn events(page: &str) -> Option<&str> {
    page.split_once("data-events=\"")?.1.split_once('"').map(|(address, _)| address)
}

impl DesktopFigure {
    fn of(
        (wanted, waited): (u64, f64),
        (before, after): (Memory, Memory),
        took: Duration,
        errors: BTreeMap<String, u64>,
    ) -> Self {
        let count = |number: u64| u32::try_from(number).map_or(f64::INFINITY, f64::from);
        let added = waited - count(FIRST);
        let grown = count(after.now.saturating_sub(before.now));
        Self {
            wanted: count(wanted),
            waited,
            limited_by: None,
            before,
            after,
            // Of nobody it is infinite, and misses its goal.
            each: if added > 0.0 { grown / added } else { f64::INFINITY },
            took: took.as_secs_f64(),
            errors,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A run in which everything is well.
    pub(crate) fn good() -> DesktopFigure {
        let memory = |now| Memory { now, peak: now };
        let span = (memory(30_000_000), memory(30_000_000 + 9_900 * 25_000));
        DesktopFigure::of((10_000, 10_000.0), span, Duration::from_secs(20), BTreeMap::new())
    }

    #[test]
    fn what_the_first_ones_cost_is_nobodys() {
        assert!((good().each - 25_000.0).abs() < 1e-6, "{}", good().each);
        let nobody = DesktopFigure::of(
            (10_000, 100.0),
            (Memory::default(), Memory::default()),
            Duration::ZERO,
            BTreeMap::new(),
        );
        assert!(nobody.each.is_infinite());
    }

    #[test]
    fn the_stream_is_where_the_page_says() {
        assert_eq!(events("<p data-events=\"/a/events\" data-next=\"/b\">"), Some("/a/events"));
        assert_eq!(events("<p>"), None);
    }
}
