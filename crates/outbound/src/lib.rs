//! Every HTTP call that Magpie starts. Today: the code exchange and the profile at WeChat.
//!
//! One client for all of them: no redirects, no `Referer`, no cookies, no proxy from the environment, a size cap
//! and deadlines. WeChat's secret travels in the query, so no error of this crate carries a URL (law 9).
//! A code is sent once: after bytes have left, nothing is tried again (wechat.md §8).
//! Callers are the flows; they never hold a transaction open meanwhile (law 3).

mod http;
pub mod sns;
mod unreachable;

pub use http::{Http, HttpSettings};
pub use sns::{ObserveCalls, Sns, UpstreamCall};
pub use unreachable::{CallFailed, HttpClientBroken};
