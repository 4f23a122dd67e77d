//! Every fact that survives a restart, on SQLite or PostgreSQL, written once for both.
//!
//! A [`Store`] hands out transactions ([`Tx`]) and read handles ([`Reader`]); every other public function is one
//! statement, or a few, on one of them. The verbs: `find` gives an option, `list` a page, `insert` and `set_x`
//! write, and what may happen only once has a verb of its own (`claim`, `redeem`, `settle`) and answers [`Once`].
//! Nothing here knows HTTP, takes a token in the clear or decides anything: law 2 is in the `WHERE` clauses,
//! every other rule is above. Called by `flows` and `server`.
//!
//! What is stored where: [`clients`] (those added at run time), [`registrations`] (those of them that registered themselves), [`users`], [`identities`] (WeChat's two keys),
//! [`members`] (what WeCom says of those who are members of an organisation),
//! [`sessions`], [`claims`] (one row per callback exchange), [`pushed_requests`], [`grants`] (codes and what they led to,
//! as their person sees it in [`session_grants`]), [`consents`], [`devices`] and [`relay_tickets`] (which wait for their person), [`logout_deliveries`] (the outbox of logout),
//! [`app_tokens`] (of WeChat's accounts), [`avatars`], [`phone_numbers`], [`signing_keys`], [`seen_once`] (assertion ids), [`verification_files`], [`audit`], [`meta`] (facts about the database itself).
//! [`purge`] removes what is dead.
#![deny(missing_docs)]

mod engine;
mod error;
mod schema;

pub mod app_tokens;
pub mod audit;
pub mod avatars;
pub mod claims;
pub mod clients;
pub mod consents;
pub mod devices;
pub mod grants;
pub mod identities;
pub mod logout_deliveries;
pub mod members;
pub mod meta;
pub mod phone_numbers;
pub mod purge;
pub mod pushed_requests;
pub mod registrations;
pub mod relay_tickets;
pub mod seen_once;
pub mod session_grants;
pub mod sessions;
pub mod signing_keys;
pub mod users;
pub mod verification_files;

pub use engine::{Named, Once, OpenOptions, Reader, Sql, Statistics, Store, Tx};
pub use error::{Cause, Result, StoreError, Unusable};

/// Every statement by module and name, so that a test can prepare each of them on both engines.
#[doc(hidden)]
#[must_use]
pub fn statements() -> Vec<(&'static str, Named)> {
    let modules: [(&'static str, &'static [Named]); 26] = [
        ("schema", schema::STATEMENTS),
        ("app_tokens", app_tokens::STATEMENTS),
        ("audit", audit::STATEMENTS),
        ("avatars", avatars::STATEMENTS),
        ("claims", claims::STATEMENTS),
        ("clients", clients::STATEMENTS),
        ("consents", consents::STATEMENTS),
        ("devices", devices::STATEMENTS),
        ("grants", grants::STATEMENTS),
        ("refresh", grants::refresh::STATEMENTS),
        ("identities", identities::STATEMENTS),
        ("logout_deliveries", logout_deliveries::STATEMENTS),
        ("members", members::STATEMENTS),
        ("meta", meta::STATEMENTS),
        ("phone_numbers", phone_numbers::STATEMENTS),
        ("purge", purge::STATEMENTS),
        ("pushed_requests", pushed_requests::STATEMENTS),
        ("registrations", registrations::STATEMENTS),
        ("relay_tickets", relay_tickets::STATEMENTS),
        ("chat", relay_tickets::chat::STATEMENTS),
        ("session_grants", session_grants::STATEMENTS),
        ("seen_once", seen_once::STATEMENTS),
        ("sessions", sessions::STATEMENTS),
        ("signing_keys", signing_keys::STATEMENTS),
        ("users", users::STATEMENTS),
        ("verification_files", verification_files::STATEMENTS),
    ];
    let named = |(module, all): (&'static str, &'static [Named])| {
        all.iter().map(move |statement| (module, *statement))
    };
    modules.into_iter().flat_map(named).collect()
}
