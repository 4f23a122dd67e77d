//! Attacks on a desktop that signs in with a phone (channel kind `relay`): who photographs a code, who polls without the
//! cookie, who guesses numbers, who is faster, who asks too often; on one replica and two.
//! Every test is a sentence about the running server; its comment names the case it answers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a broken fixture should fail loudly, and a fixture writes SQL of its own"
)]

mod desktop;
mod limits;
mod phone;
mod races;
mod replicas;
mod scene;
