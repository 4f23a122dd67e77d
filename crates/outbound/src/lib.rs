//! Every HTTP call that Magpie starts: to WeChat through [`Sns`], to WeCom through [`Wecom`], through [`guarded`] to
//! addresses that an application named, and through [`Probe`] to find out why one of them does not work.
//!
//! One kind of client for all of them: no redirects, no `Referer`, no cookies, no proxy from the environment, a size cap
//! and deadlines. WeChat's secret travels in the query, so no error of this crate carries a URL (law 9).
//! A code is sent once: after bytes have left, nothing is tried again (wechat.md §8).
//! Callers are the flows; they never hold a transaction open meanwhile (law 3).

mod app_calls;
mod breaker;
pub mod guarded;
mod http;
mod observed;
pub mod probe;
pub mod sns;
mod unreachable;
mod upstream;
pub mod wecom;

pub use guarded::{Fetched, GuardedFailed, GuardedHttp, Lane, Limits, Reach};
pub use http::{Http, HttpSettings};
pub use observed::{ObserveCalls, UpstreamCall};
pub use probe::{Answered, Probe, Unreached};
pub use sns::Sns;
pub use unreachable::{CallFailed, HttpClientBroken};
pub use wecom::Wecom;
