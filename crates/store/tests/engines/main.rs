//! What the store promises, on SQLite and on PostgreSQL: each test owns its databases.
//!
//! PostgreSQL is used where TEST_POSTGRES_URL names a server on which databases may be created. Without it that half
//! is skipped with a printed line; with MAGPIE_TEST_ALL=1 its absence is a failure.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken fixture should fail loudly"
)]

mod app_tokens;
mod avatars;
mod away;
mod cancellation;
mod client_changes;
mod conformance;
mod contention;
mod devices;
mod grants;
mod group_commit;
mod handles;
mod house;
mod identities;
mod left;
mod logout;
mod many_families;
mod members;
mod migrations;
mod pushed_requests;
mod refresh;
mod registrations;
mod relay_tickets;
mod statements;
mod verification_files;
