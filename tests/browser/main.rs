//! A real Chromium clicks through the demo as a person would, at desktop and phone width, in both languages.
//! Screenshots stay in `tests/artefacts/`, for people to look at.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a broken set-up should fail loudly, and tests may ask the environment"
)]

mod chromium;
mod demo;
mod device;
mod follow;
mod pages;
mod program;
mod relay;
mod sign_out;
