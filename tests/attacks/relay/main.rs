//! Attacks on a desktop that signs in with a phone (channel kinds `relay` and `follow`): who photographs a code, who polls without the
//! cookie, who guesses numbers, who is faster, who asks too often; on one replica and two.
//! Every test is a sentence about the running server; its comment names the case it answers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a broken fixture should fail loudly, and a fixture writes SQL of its own"
)]

mod desktop;
mod follow;
mod follow_calls;
mod follow_pushes;
mod follow_scene;
mod limits;
#[path = "../sessions/listener.rs"]
#[expect(
    dead_code,
    clippy::indexing_slicing,
    reason = "shared with the attacks on sessions, which use all of it"
)]
mod listener;
mod memory;
mod phone;
mod program;
mod program_code;
mod program_scene;
mod races;
mod replicas;
mod scene;
