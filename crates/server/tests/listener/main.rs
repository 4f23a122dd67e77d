//! The listener over raw TCP: what a stranger may send, and what comes back. Each test names its case of the abuse table.
//! The router behind it is tiny and counts what reaches it, so that "refused" means the application never saw it.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]

mod connections;
mod house;
mod requests;
