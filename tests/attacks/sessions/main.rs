//! Signing out, being signed out by WeChat, and what a signed-in person can do about themselves: requests that nobody made, applications that do not
//! answer, and people on shared machines. Every test is a sentence about the running server, seen from outside.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a broken fixture should fail loudly, and a fixture writes SQL of its own"
)]

mod account;
mod backchannel;
mod backchannel_crowd;
mod forwarding;
mod frontchannel;
mod left;
mod listener;
mod logout;
mod push;
mod push_scene;
mod scene;
