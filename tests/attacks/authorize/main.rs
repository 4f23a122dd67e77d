//! Attacks on the authorization endpoint and on the pages between a request and its answer, and the bad luck that
//! happens there: requests that are wrong in every way, browsers that are not the one that began, people who say no.
//! Every test is a sentence about the running server; its comment names the cases it answers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a broken fixture should fail loudly"
)]

mod agents;
mod agreement;
mod anonymous;
mod asked_claims;
mod attempts;
mod echoes;
mod form_post;
mod freshness;
mod headers;
mod hints;
mod jarm;
mod methods;
mod parameters;
mod pkce;
mod pushed;
mod request_objects;
mod scene;
mod signing;
mod silence;
mod steps;
mod targets;
mod throttle;
