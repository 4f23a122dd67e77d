//! Relying parties that take long to download or to start; `./x interop --all` runs them, the ordinary suite does not.
//! They stand on the same stage as those of `main.rs`: the real binary, the simulated WeChat, the scripted browser.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a broken fixture should fail loudly")]
#![expect(clippy::panic, reason = "a failure shows what the other side said")]
#![expect(
    clippy::print_stderr,
    reason = "a skip and the log of a failed child are for the person who runs the test"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the browser is found by the environment, and an application of one test ends with it"
)]
#![expect(dead_code, reason = "the ordinary target uses the rest of the stage")]

mod application;
mod archives;
mod browser;
#[path = "../browser/chromium.rs"]
mod chromium;
mod desk;
mod foreign;
mod go_programs;
mod jupyterhub;
mod keycloak;
mod kubernetes;
mod oauth2_proxy;
mod page;
mod provider;
mod received;
mod synapse;
mod tls;
mod wire;
mod yardstick;
