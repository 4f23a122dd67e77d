//! The simulator over real TCP, by a client that shares nothing with it: one promise per test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken fixture should fail loudly"
)]

mod client;
mod exchange;
mod faults;
mod followers;
mod life;
mod links;
mod pages;
mod profile;
mod program_codes;
mod pushes;
mod tokens;
mod wecom;
