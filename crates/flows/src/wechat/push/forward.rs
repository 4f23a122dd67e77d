//! A push goes on, as it came, to the system that had the address before: what it was sent there keeps its signature, so
//! that system checks it as ever. Redirects are not followed, and an answer that is slow or long is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use magpie_outbound::{Fetched, GuardedFailed, Limits};
use tokio::sync::Semaphore;

use super::Posted;
use crate::context::Flows;

/// The longest wait for the other system: WeChat waits five seconds for us.
const LIMITS: Limits = Limits { total: Duration::from_secs(3), largest_body: 64 * 1024 };
/// Most pushes that wait to be passed on after their answer.
const MOST_WAITING: usize = 256;
/// The pauses before it is tried again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// What the other system answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Theirs {
    /// The media type, in lower case.
    pub content_type: Option<String>,
    /// The body: `success`, or a reply to the person.
    pub body: Vec<u8>,
}

/// How pushes fared that another system gets after us: counts since the start of this process.
#[derive(Debug)]
pub struct ForwardedPushes {
    places: Arc<Semaphore>,
    taken: AtomicU64,
    lost: AtomicU64,
}

impl Default for ForwardedPushes {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST_WAITING)),
            taken: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }
}

impl ForwardedPushes {
    /// Answered by the other system.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Not answered by it, however often it was tried.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn count(&self, taken: bool) {
        let counter = if taken { &self.taken } else { &self.lost };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Passes on what only the other system can answer; none when it does not in time.
pub(super) async fn and_wait(flows: &Flows, address: &str, posted: Posted<'_>) -> Option<Theirs> {
    let call = Call::of(address, posted);
    let answer = call.make(flows).await;
    flows.forwarded_pushes().count(answer.is_ok());
    let fetched = answer.map_err(|failed| call.tell(failed, "WeChat is asked to say it again"));
    fetched.ok().map(|Fetched { body, content_type, .. }| Theirs { content_type, body })
}

/// Passes on what was dealt with here, after WeChat has its answer. Lost when this process ends in that moment.
pub(super) fn later(flows: &Flows, address: &str, posted: Posted<'_>) {
    let call = Call::of(address, posted);
    let Ok(place) = Arc::clone(&flows.forwarded_pushes().places).try_acquire_owned() else {
        flows.forwarded_pushes().count(false);
        tracing::warn!(
            channel = call.channel,
            "too many pushes wait to be forwarded; one was dropped"
        );
        return;
    };
    let flows_then = flows.clone();
    flows.tasks().spawn(async move {
        let taken = call.insist(&flows_then).await;
        flows_then.forwarded_pushes().count(taken);
        drop(place);
    });
}

/// One push on its way.
struct Call {
    channel: String,
    url: String,
    content_type: String,
    body: Vec<u8>,
}

impl Call {
    fn of(address: &str, posted: Posted<'_>) -> Self {
        let joint = if address.contains('?') { '&' } else { '?' };
        Self {
            channel: posted.channel.as_str().to_owned(),
            url: format!("{address}{joint}{}", posted.query),
            content_type: posted.content_type.to_owned(),
            body: posted.body.to_vec(),
        }
    }

    async fn make(&self, flows: &Flows) -> Result<Fetched, GuardedFailed> {
        flows.forwards().post(&self.url, &self.content_type, self.body.clone(), LIMITS).await
    }

    async fn insist(&self, flows: &Flows) -> bool {
        for pause in PAUSES.into_iter().map(Some).chain([None]) {
            let Err(failed) = self.make(flows).await else { return true };
            let Some(pause) = pause else {
                self.tell(failed, "given up");
                return false;
            };
            self.tell(failed, "trying again");
            tokio::time::sleep(pause).await;
        }
        false
    }

    fn tell(&self, failed: GuardedFailed, next: &str) {
        let reason = failed.as_str();
        tracing::warn!(
            channel = self.channel,
            reason,
            next,
            "the system that pushes are forwarded to did not take one"
        );
    }
}

/// The answer is for a person.
impl std::fmt::Debug for Theirs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Theirs").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}
