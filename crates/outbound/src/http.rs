//! The one HTTP client, its limits and its refusals.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::unreachable::{CallFailed, HttpClientBroken};

/// How long everybody waits for a place, before it matters whether the upstream answers.
const FIRST_PATIENCE: Duration = Duration::from_millis(50);

/// Limits of upstream calls (defaults: the limits sheet of the design).
#[derive(Debug, Clone, Copy)]
pub struct HttpSettings {
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest wait for the whole answer.
    pub total: Duration,
    /// Largest answer in bytes.
    pub largest_body: usize,
    /// Most calls in flight; further ones wait for [`HttpSettings::patience`] and are refused then.
    pub in_flight: usize,
    /// Longest wait for a place among the calls in flight, while the upstream answers.
    pub patience: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            total: Duration::from_secs(5),
            largest_body: 256 * 1024,
            in_flight: 200,
            patience: Duration::from_secs(1),
        }
    }
}

/// The client; cheap to clone, shares its connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    permits: Arc<Semaphore>,
    patience: Duration,
    total: Duration,
    largest_body: usize,
}

impl Http {
    /// Builds the client.
    ///
    /// # Errors
    /// [`HttpClientBroken`] when the TLS roots of the system cannot be used.
    pub fn new(settings: HttpSettings) -> Result<Self, HttpClientBroken> {
        let client = bare()
            // A kept connection that WeChat closes at the moment of a call loses that call, since a code is not sent
            // twice; the shorter it is kept, the rarer that is.
            .pool_idle_timeout(Duration::from_secs(15))
            .connect_timeout(settings.connect)
            .timeout(settings.total)
            .build()
            .map_err(|_may_name_files| HttpClientBroken)?;
        let permits = Arc::new(Semaphore::new(settings.in_flight));
        let HttpSettings { patience, total, largest_body, .. } = settings;
        Ok(Self { client, permits, patience, total, largest_body })
    }

    /// The longest wait for a whole answer, for callers that try more than one base within it.
    pub(crate) const fn total(&self) -> Duration {
        self.total
    }

    /// Fetches `base` + `path` with a query and gives the body, whatever the status (WeChat reports errors with 200).
    ///
    /// # Errors
    /// [`CallFailed`]; only [`CallFailed::Connect`] guarantees that nothing was sent.
    pub async fn get(
        &self,
        base: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<u8>, CallFailed> {
        let _place = self.place(|| true).await?;
        self.ask_in_place(base, path, query, None).await
    }

    /// As [`Self::get`], by POST with a JSON body where there is one, by a caller that holds a place among the calls in
    /// flight.
    pub(crate) async fn ask_in_place(
        &self,
        base: &str,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&serde_json::Value>,
    ) -> Result<Vec<u8>, CallFailed> {
        let url = format!("{base}{path}");
        self.ask(match body {
            None => self.client.get(url).query(query),
            Some(body) => self.client.post(url).query(query).json(body),
        })
        .await
    }

    /// Fetches an address that the operator configured, with a bearer token if there is one.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn get_as(&self, url: &str, bearer: Option<&str>) -> Result<Vec<u8>, CallFailed> {
        let _place = self.place(|| true).await?;
        let request = self.client.get(url);
        self.ask(match bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        })
        .await
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, CallFailed> {
        let response = request.send().await.map_err(classify)?;
        if response.status().is_redirection() {
            return Err(CallFailed::Redirected);
        }
        self.body(response).await
    }
}

impl Http {
    /// Sends any request and gives the answer, redirects included as they are: for the relying parties that Magpie
    /// plays itself (`try-login`, the demo application).
    ///
    /// # Errors
    /// [`CallFailed`]; only [`CallFailed::Connect`] guarantees that nothing was sent.
    pub async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, CallFailed> {
        let _place = self.place(|| true).await?;
        let request = reqwest::Request::try_from(request).map_err(classify)?;
        let response = self.client.execute(request).await.map_err(classify)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut answer = http::Response::new(self.body(response).await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// A place among the calls in flight. A burst waits for one as long as the upstream `is_well` and places come back;
    /// in a jam behind a silent one everybody is told at once.
    pub(crate) async fn place(
        &self,
        is_well: impl Fn() -> bool,
    ) -> Result<SemaphorePermit<'_>, CallFailed> {
        let mut place = pin!(self.permits.acquire());
        let at_once = self.patience.min(FIRST_PATIENCE);
        let mut got = timeout(at_once, place.as_mut()).await;
        if got.is_err() && is_well() {
            got = timeout(self.patience.saturating_sub(at_once), place).await;
        }
        match got {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(CallFailed::Busy),
        }
    }

    /// Reads a body up to the cap.
    async fn body(&self, mut response: reqwest::Response) -> Result<Vec<u8>, CallFailed> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(classify)? {
            if body.len().saturating_add(chunk.len()) > self.largest_body {
                return Err(CallFailed::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// What every client of ours begins with: no redirects, no `Referer`, no proxy from the environment, HTTP/1.1 sent once,
/// and bodies as they came.
pub(crate) fn bare() -> reqwest::ClientBuilder {
    // reqwest panics without a process-wide provider; a second installation is harmless.
    drop(rustls::crypto::ring::default_provider().install_default());
    #[expect(clippy::disallowed_methods, reason = "this is the one place that builds a client")]
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        // What another crate's feature could turn on: HTTP/2 and its second tries, and bodies that grow when read.
        .http1_only()
        .retry(reqwest::retry::never())
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .user_agent(concat!("magpie/", env!("CARGO_PKG_VERSION")))
}

/// Drops everything but the class: the text of a client error names the URL.
#[expect(clippy::needless_pass_by_value, reason = "consumed so that nobody can print it")]
pub(crate) fn classify(error: reqwest::Error) -> CallFailed {
    if error.is_connect() {
        CallFailed::Connect
    } else if error.is_timeout() {
        CallFailed::Deadline
    } else {
        CallFailed::Interrupted
    }
}
