//! The log of the whole test process at its most talkative, and the secrets that must not be in it.

use std::io;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());
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

/// Remembers something that nobody may read in a log; short texts would be found by chance.
pub(crate) fn remember(secret: &str) {
    if secret.len() >= 16 {
        locked(&SECRETS).push(secret.to_owned());
    }
}

/// Fails when the log holds a secret.
pub(crate) fn search() {
    let log = String::from_utf8_lossy(&locked(&LOG)).into_owned();
    let secrets = locked(&SECRETS).clone();
    for secret in &secrets {
        if let Some(at) = log.find(secret.as_str()) {
            let from = log[..at].rfind('\n').map_or(0, |line| line + 1);
            let to = log[at..].find('\n').map_or(log.len(), |line| at + line);
            panic!("a secret is in the log: {}", &log[from..to]);
        }
    }
}

/// Everything that was logged so far.
pub(crate) fn all() -> String {
    String::from_utf8_lossy(&locked(&LOG)).into_owned()
}
