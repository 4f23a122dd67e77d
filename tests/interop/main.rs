//! Relying parties that we did not write, unchanged from their package managers, sign a person in against `magpie serve`.
//! Each test starts the real binary on loopback with a database of its own and a simulated WeChat, starts a small
//! application around the stock client, and lets a scripted browser sign in there; then it compares what the application
//! received with who the person is at WeChat. The guide's pages under `integrations/` show the same settings.
//!
//! A missing foreign program is a failure when `MAGPIE_TEST_ALL=1` and a printed skip otherwise.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]
#![expect(clippy::panic, reason = "a failure shows what the other side said")]
#![expect(
    clippy::print_stderr,
    reason = "a skip and the log of a failed child are for the person who runs the test"
)]

mod application;
mod auth_js;
mod authlib;
mod browser;
#[path = "../browser/chromium.rs"]
#[expect(clippy::expect_used, reason = "a broken fixture should fail loudly")]
#[expect(clippy::disallowed_methods, reason = "tests may ask the environment")]
#[expect(dead_code, reason = "the tests of our own pages look closer")]
mod chromium;
mod django_allauth;
mod express_openid_connect;
mod foreign;
mod guide;
mod mod_auth_openidc;
mod mozilla_django_oidc;
mod oidc_client_ts;
mod omniauth_openid_connect;
mod openid_client;
mod openidconnect_crate;
mod page;
mod passport_openidconnect;
mod provider;
mod received;
mod wire;
