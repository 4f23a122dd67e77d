//! One upstream of Magpie's own: its bases, its places among the calls in flight, and its rest when it does not answer.
//! WeChat and WeCom are one each, so that a silent one takes neither the other's places nor its patience
//! ([decision 0051](../../../docs/decisions/0051-everybody-waits-for-their-own.md)).

use std::sync::Arc;

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::breaker::Breaker;
use crate::http::Http;
use crate::unreachable::CallFailed;

/// Who is called. Cheap to clone; clones share places and rest.
#[derive(Clone)]
pub(crate) struct Upstream {
    http: Http,
    bases: Vec<String>,
    breaker: Arc<Breaker>,
}

impl Upstream {
    /// Takes a client that calls nobody else, and the bases in the order in which they are tried.
    pub(crate) fn new<'a>(http: Http, bases: impl Iterator<Item = &'a str>) -> Self {
        let bases = bases.map(|text| text.trim_end_matches('/').to_owned()).collect();
        Self { http, bases, breaker: Arc::default() }
    }

    /// The client, for an address that is none of the bases.
    pub(crate) const fn http(&self) -> &Http {
        &self.http
    }

    /// When a person who asks now has waited long enough.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.http.total()
    }

    /// Whether nobody is sent at the moment but for who finds out if it answers again.
    pub(crate) fn is_resting(&self) -> bool {
        self.breaker.is_resting()
    }

    /// Asks the bases until `deadline`, all of them within it: the person waits for the sum. With a body it is a POST.
    /// Nobody is asked while the upstream rests.
    pub(crate) async fn ask(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
        deadline: Instant,
    ) -> Result<Vec<u8>, CallFailed> {
        let leave = self.breaker.admit(Instant::now()).ok_or(CallFailed::Resting)?;
        let asked = timeout_at(deadline, self.ask_in_turn(path, query, body)).await;
        let asked = asked.unwrap_or(Err(CallFailed::Deadline));
        leave.report(&asked, Instant::now());
        asked
    }

    /// Tries the bases in turn while no connection can be had; after bytes were sent there is no second try.
    async fn ask_in_turn(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Vec<u8>, CallFailed> {
        let mut failure = CallFailed::Connect;
        for base in &self.bases {
            let _place = self.http.place(|| self.breaker.is_well(Instant::now())).await?;
            match self.http.ask_in_place(base, path, query, body).await {
                Err(CallFailed::Connect) => failure = CallFailed::Connect,
                other => return other,
            }
        }
        Err(failure)
    }
}
