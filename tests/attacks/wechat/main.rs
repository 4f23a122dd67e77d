//! Attacks on the way to WeChat and back, and the bad luck that happens there: callbacks that come twice, late or from
//! strangers, a WeChat that refuses, hangs or lies, a database that goes away, a server that is killed.
//! Every test is a sentence about the running server; its comment names the case it answers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a broken fixture should fail loudly"
)]

mod answer;
mod avatars;
mod binary;
mod crash;
mod crash_refresh;
mod database_away;
mod edge;
mod embedded;
mod identity;
mod interactions;
mod ledger;
mod privacy;
mod profiles;
mod refusals;
mod return_codes;
mod silent;
mod silent_first;
mod snapshot;
mod strangers;
mod tcp_proxy;
mod twice;
mod upstream;
mod wecom;
mod wecom_refusals;
