//! The log of the whole test process at its most talkative, and the secrets that must not be in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static WATCH: LazyLock<Mutex<Watch>> = LazyLock::new(Mutex::default);
static INSTALLED: Once = Once::new();

fn locked<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Tap;

impl io::Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&LOG).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Tap {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        Self
    }
}

/// Records everything that our own rooms and their libraries say, down to TRACE, as JSON.
/// A release never logs libraries below warnings; their own lines are recorded from DEBUG up, so that a leak is seen.
pub(crate) fn install() {
    INSTALLED.call_once(|| {
        let filter = "trace,hyper=debug,hyper_util=debug,reqwest=debug,sqlx=debug,rustls=info,h2=info,mio=info,want=info,tokio_util=info,thirtyfour=off,magpie_simulator=off";
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_env_filter(filter)
            .with_writer(Tap)
            .finish();
        drop(tracing::subscriber::set_global_default(subscriber));
    });
}

/// Says that a house opens, whose secrets are born from here on. It is over when the value is dropped.
pub(crate) fn open() -> Opened {
    let here = locked(&LOG).len();
    locked(&WATCH).open(here)
}

/// A house that is open.
#[derive(Debug)]
pub(crate) struct Opened(u64);

impl Drop for Opened {
    fn drop(&mut self) {
        locked(&WATCH).houses.remove(&self.0);
    }
}

/// Remembers something that nobody may read in a log; short texts would be found by chance.
pub(crate) fn remember(secret: &str) {
    locked(&WATCH).remember(secret);
}

/// Fails when the log holds a secret.
pub(crate) fn search() {
    let mut watch = locked(&WATCH);
    let from = watch.from();
    let new = locked(&LOG).get(from..).unwrap_or_default().to_vec();
    let found = watch.search(from, &new);
    drop(watch);
    assert!(found.is_none(), "a secret is in the log: {}", found.unwrap_or_default());
}

/// Everything that was logged so far.
pub(crate) fn all() -> String {
    String::from_utf8_lossy(&locked(&LOG)).into_owned()
}

/// Searches every line for every secret, and no line for a secret twice: a log of many houses searched anew for each of
/// them takes longer than the houses. A secret is looked for in what was logged since the oldest house opened that is
/// still open, since it is not older than its own house, and from then on in everything new.
#[derive(Debug, Default)]
struct Watch {
    known: BTreeSet<String>,
    /// Remembered since the last search.
    fresh: Vec<String>,
    /// Those from before.
    searched: Index,
    /// How far those were looked for.
    searched_to: usize,
    /// Where each open house opened, by number.
    houses: BTreeMap<u64, usize>,
    opened: u64,
}

impl Watch {
    fn open(&mut self, here: usize) -> Opened {
        self.opened += 1;
        self.houses.insert(self.opened, here);
        Opened(self.opened)
    }

    fn remember(&mut self, secret: &str) {
        if secret.len() >= SHORTEST && self.known.insert(secret.to_owned()) {
            self.fresh.push(secret.to_owned());
        }
    }

    /// Where the next search begins in the log. A secret may have been cut in two by the last one.
    fn from(&self) -> usize {
        let longest = self.known.iter().map(String::len).max().unwrap_or_default();
        let oldest = self.houses.values().min().copied().unwrap_or_default();
        oldest.min(self.searched_to.saturating_sub(longest))
    }

    /// Looks through the log, of which `new` begins at `from`; gives a line that holds a secret.
    fn search(&mut self, from: usize, new: &[u8]) -> Option<String> {
        let longest = self.known.iter().map(String::len).max().unwrap_or_default();
        let fresh = Index::of(std::mem::take(&mut self.fresh));
        let again = self.searched_to.saturating_sub(longest).saturating_sub(from);
        let rest = new.get(again..).unwrap_or_default();
        let at = fresh.find(new).or_else(|| self.searched.find(rest).map(|at| at + again));
        self.searched_to = from + new.len();
        self.searched.extend(fresh);
        let at = at?;
        let start = new[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |line| line + 1);
        let end = new[at..].iter().position(|byte| *byte == b'\n').map_or(new.len(), |n| at + n);
        Some(String::from_utf8_lossy(&new[start..end]).into_owned())
    }
}

/// The shortest secret that is looked for.
const SHORTEST: usize = 16;
/// How many of its first bytes a secret is found by.
const HEAD: usize = 8;
const FILTER_BITS: u32 = 20;

/// Secrets by their first bytes: one walk through a text finds any of them.
#[derive(Debug)]
struct Index {
    /// Whether a secret may begin with such bytes.
    filter: Vec<bool>,
    by_head: HashMap<[u8; HEAD], Vec<String>>,
}

impl Default for Index {
    fn default() -> Self {
        Self { filter: vec![false; 1 << FILTER_BITS], by_head: HashMap::new() }
    }
}

impl Index {
    fn of(secrets: Vec<String>) -> Self {
        let mut index = Self::default();
        for secret in secrets {
            if let Some(head) = secret.as_bytes().first_chunk() {
                index.filter[Self::slot(head)] = true;
                index.by_head.entry(*head).or_default().push(secret);
            }
        }
        index
    }

    /// Takes in the secrets of another one.
    fn extend(&mut self, other: Self) {
        for (head, secrets) in other.by_head {
            self.filter[Self::slot(&head)] = true;
            self.by_head.entry(head).or_default().extend(secrets);
        }
    }

    fn slot(head: &[u8; HEAD]) -> usize {
        let mixed = u64::from_le_bytes(*head).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        usize::try_from(mixed >> (64 - FILTER_BITS)).unwrap()
    }

    /// Where the first secret stands.
    fn find(&self, text: &[u8]) -> Option<usize> {
        if self.by_head.is_empty() {
            return None;
        }
        let mut rest = text;
        while let Some(head) = rest.first_chunk() {
            let holds = |secret: &String| rest.starts_with(secret.as_bytes());
            if self.filter[Self::slot(head)]
                && self.by_head.get(head).is_some_and(|secrets| secrets.iter().any(holds))
            {
                return Some(text.len() - rest.len());
            }
            rest = &rest[1..];
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "the-first-secret-0123456789";
    const TWO: &str = "the-first-other-secret-9876543210";

    /// A log that grows, and the watch over it.
    #[derive(Default)]
    struct Story {
        log: Vec<u8>,
        watch: Watch,
    }

    impl Story {
        fn says(&mut self, words: &str) -> &mut Self {
            self.log.extend_from_slice(words.as_bytes());
            self
        }

        fn found(&mut self) -> Option<String> {
            let from = self.watch.from();
            self.watch.search(from, &self.log[from..])
        }
    }

    /// Seen red with the search begun where the last one ended.
    #[test]
    fn a_secret_is_found_wherever_it_stands_and_whenever_it_was_remembered() {
        // Said before it was remembered, beside a house that opened later.
        let mut story = Story::default();
        story.says("nothing\n").watch.open(8);
        story.says(&format!("at first {ONE}\n")).watch.open(20);
        assert_eq!(story.found(), None);
        story.watch.remember(ONE);
        assert_eq!(story.found().unwrap(), format!("at first {ONE}"));
        // Known for long, and said at last, in two pieces between which somebody searched.
        let mut story = Story::default();
        for secret in [TWO, ONE, "too-short", TWO] {
            story.watch.remember(secret);
        }
        assert_eq!(story.says("too-short the-first-oth\n").found(), None);
        assert_eq!(story.says(&ONE[..10]).found(), None);
        let whole = story.says(&ONE[10..]).says(" is said\nmore\n").found();
        assert_eq!(whole.unwrap(), format!("{ONE} is said"));
        assert_eq!(story.says(&format!("x{TWO}")).found().unwrap(), format!("x{TWO}"));
    }
}
