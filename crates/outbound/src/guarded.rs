//! Calls to addresses that somebody else chose: a client's `jwks_uri`, its `sector_identifier_uri`, where it hears of a
//! logout, a picture. Such an address may be meant to make us speak to our own neighbours (SSRF, CA-13), or to keep us busy.
//!
//! So: https only; the name is resolved, addresses that are not of the Internet are thrown out, and the connection goes
//! to one of those that were looked at; no redirect is followed, no proxy of the environment used, no connection kept;
//! nothing is decompressed; body, time and the number of calls are bounded, in a [`Lane`] for each kind of application.
//! Errors name no address.
//! Callers are the flows; they never hold a transaction open meanwhile (law 3).

mod names;
mod reach;

use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use magpie_domain::Lifetime;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::{Host, Url, form_urlencoded};

use crate::http::{bare, classify};
use crate::unreachable::{CallFailed, HttpClientBroken};

pub use names::ResolveName;
pub use reach::Reach;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// Whose addresses are called. Strangers have calls and look-ups of their own: what their slow servers hold up is nobody
/// else's (law 12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Of applications that an operator stands for.
    Vouched,
    /// Of applications that registered themselves, which may be many and all one person's.
    Strangers,
}

impl Lane {
    /// Most calls in flight; one more is refused at once, since nobody may wait for somebody else's slow server.
    const fn most_calls(self) -> usize {
        match self {
            Self::Vouched => 64,
            Self::Strangers => 16,
        }
    }

    /// Most look-ups at once. The system's look-up cannot be interrupted: one that hangs keeps its place and not one more
    /// thread than that.
    const fn most_lookups(self) -> usize {
        match self {
            Self::Vouched => 32,
            Self::Strangers => 8,
        }
    }
}

/// What one call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest wait from the look-up of the name to the last byte.
    pub total: Duration,
    /// Largest answer in bytes.
    pub largest_body: usize,
}

impl Default for Limits {
    /// Those of a document such as a key set: 3 s and 64 KiB.
    fn default() -> Self {
        Self { total: Duration::from_secs(3), largest_body: 64 * 1024 }
    }
}

/// What was fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The body as it came, never decompressed.
    pub body: Vec<u8>,
    /// The media type without parameters, in lower case.
    pub content_type: Option<String>,
    /// How long the answer says that it may be kept (RFC 9111 §5.2.2): zero for `no-store` and `no-cache`. Callers bound it.
    pub max_age: Option<Lifetime>,
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Why a guarded call brought nothing. Names no address: whoever reads it knows which client it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuardedFailed {
    /// Not https (in development: nor http on loopback), or no URL that can be called. Nothing was looked up.
    #[error("the address is no https URL")]
    Url,
    /// The host is, or its name leads only to, addresses that are not of the Internet. Nothing was sent.
    #[error("the address is not on the public Internet")]
    Address,
    /// The call broke off; a redirect counts as that.
    #[error(transparent)]
    Call(#[from] CallFailed),
    /// An answer with another status than 200.
    #[error("the answer has status {0}")]
    Status(u16),
    /// The answer is compressed, which was not asked for.
    #[error("the answer is compressed")]
    Compressed,
}

impl GuardedFailed {
    /// The name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Address => "address",
            Self::Call(call) => call.as_str(),
            Self::Status(_) => "status",
            Self::Compressed => "compressed",
        }
    }
}

/// The client of the guarded calls of one lane; cheap to clone.
#[derive(Debug, Clone)]
pub struct GuardedHttp {
    client: reqwest::Client,
    permits: Arc<Semaphore>,
    reach: Reach,
}

impl GuardedHttp {
    /// Builds the client with the system's resolver.
    ///
    /// # Errors
    /// [`HttpClientBroken`] when the TLS roots of the system cannot be used.
    pub fn new(reach: Reach, lane: Lane) -> Result<Self, HttpClientBroken> {
        Self::resolving(reach, lane, names::of_the_system())
    }

    /// The same with another way to resolve names, whose answers are vetted alike.
    ///
    /// # Errors
    /// [`HttpClientBroken`] when the TLS roots of the system cannot be used.
    pub fn resolving(
        reach: Reach,
        lane: Lane,
        resolve: ResolveName,
    ) -> Result<Self, HttpClientBroken> {
        let client = bare()
            .dns_resolver(Arc::new(names::Vetted::new(resolve, reach, lane.most_lookups())))
            // Every call is vetted anew, and a stranger's server keeps no socket of ours open.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .build()
            .map_err(|_may_name_files| HttpClientBroken)?;
        Ok(Self { client, permits: Arc::new(Semaphore::new(lane.most_calls())), reach })
    }

    /// Fetches a document or a picture. `accept` is the `Accept` header; what came is for the caller to check.
    ///
    /// # Errors
    /// [`GuardedFailed`], any other status than 200 included.
    pub async fn get(
        &self,
        url: &str,
        accept: &'static str,
        limits: Limits,
    ) -> Result<Fetched, GuardedFailed> {
        let request = self.client.get(self.callable(url)?).header(ACCEPT, accept);
        self.within(limits.total, async {
            let response = send(request).await?;
            if response.status() != StatusCode::OK {
                return Err(GuardedFailed::Status(response.status().as_u16()));
            }
            fetched(response, limits.largest_body).await
        })
        .await
    }

    /// Posts a form once and gives the status, whatever it is but a redirect. The body of the answer is not read.
    ///
    /// # Errors
    /// [`GuardedFailed`]; all but [`GuardedFailed::Call`] guarantee that nothing was sent.
    pub async fn post_form(
        &self,
        url: &str,
        form: &[(&str, &str)],
        total: Duration,
    ) -> Result<u16, GuardedFailed> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self
            .client
            .post(self.callable(url)?)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.within(total, async { Ok(send(request).await?.status().as_u16()) }).await
    }

    /// Posts a body once, as it is, and gives what a 200 brought.
    ///
    /// # Errors
    /// [`GuardedFailed`], any other status than 200 included.
    pub async fn post(
        &self,
        url: &str,
        content_type: &str,
        body: Vec<u8>,
        limits: Limits,
    ) -> Result<Fetched, GuardedFailed> {
        let request =
            self.client.post(self.callable(url)?).header(CONTENT_TYPE, content_type).body(body);
        self.within(limits.total, async {
            let response = send(request).await?;
            if response.status() != StatusCode::OK {
                return Err(GuardedFailed::Status(response.status().as_u16()));
            }
            fetched(response, limits.largest_body).await
        })
        .await
    }

    /// The URL, if it may be called. A literal address is judged here: the client does not ask the resolver for it.
    fn callable(&self, url: &str) -> Result<Url, GuardedFailed> {
        let url = Url::parse(url).map_err(|_quotes_the_url| GuardedFailed::Url)?;
        let is_right_scheme = match (self.reach, url.scheme()) {
            (_, "https") => true,
            (Reach::PublicAndLoopback, "http") => magpie_domain::urls::is_loopback_or_test(&url),
            (Reach::Configured, scheme) => scheme == "http",
            (Reach::Public | Reach::PublicAndLoopback, _) => false,
        };
        if !is_right_scheme || !url.username().is_empty() || url.password().is_some() {
            return Err(GuardedFailed::Url);
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(GuardedFailed::Url),
        };
        if literal.is_some_and(|address| !self.reach.allows(address)) {
            return Err(GuardedFailed::Address);
        }
        Ok(url)
    }

    /// Runs a call in one of the places, up to the deadline.
    async fn within<T>(
        &self,
        total: Duration,
        call: impl Future<Output = Result<T, GuardedFailed>>,
    ) -> Result<T, GuardedFailed> {
        let _permit = self.permits.try_acquire().map_err(|_none_left| CallFailed::Busy)?;
        timeout(total, call).await.unwrap_or(Err(CallFailed::Deadline.into()))
    }
}

async fn send(request: RequestBuilder) -> Result<Response, GuardedFailed> {
    let sent = request.header(ACCEPT_ENCODING, "identity").send().await;
    let response = sent.map_err(refused)?;
    if response.status().is_redirection() {
        return Err(CallFailed::Redirected.into());
    }
    Ok(response)
}

/// Tells a name that leads nowhere we go from a host that cannot be reached.
fn refused(error: reqwest::Error) -> GuardedFailed {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<names::OutOfReach>() {
            return GuardedFailed::Address;
        }
        cause = inner.source();
    }
    classify(error).into()
}

async fn fetched(mut response: Response, largest: usize) -> Result<Fetched, GuardedFailed> {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    if header(CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(GuardedFailed::Compressed);
    }
    let content_type = header(CONTENT_TYPE).and_then(|value| value.split(';').next());
    let content_type = content_type.map(|value| value.trim().to_ascii_lowercase());
    let max_age = header(CACHE_CONTROL).and_then(max_age);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(refused)? {
        if body.len().saturating_add(chunk.len()) > largest {
            return Err(CallFailed::TooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Fetched { body, content_type, max_age })
}

fn max_age(cache_control: &str) -> Option<Lifetime> {
    let lower = cache_control.to_ascii_lowercase();
    let directives = || lower.split(',').map(str::trim);
    if directives().any(|directive| matches!(directive, "no-store" | "no-cache")) {
        return Some(Lifetime::from_seconds(0));
    }
    let seconds = directives().find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse().ok().map(Lifetime::from_seconds)
}
