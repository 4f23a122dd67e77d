//! Calls over real connections to servers that misbehave on purpose: what is sent, how often, and for how long.
//! Every server writes down each byte it hears, so that "the code was sent once" is counted, not believed.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]
#![expect(clippy::panic, reason = "a broken fixture should fail loudly")]

mod answers;
mod app_calls;
mod call;
mod child;
mod connections;
mod fallbacks;
mod guarded;
mod limits;
mod probing;
mod redirects;
mod rest;
mod secrecy;
mod strangers;
mod upstream;
mod wecom;
