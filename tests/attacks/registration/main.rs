//! Applications that register themselves (RFC 7591) and manage what they registered (RFC 7592): strangers who ask for more
//! than they may have, who name addresses of others, and who have another one's token. Seen from outside.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a broken fixture should fail loudly, and a fixture writes SQL of its own"
)]

mod doors;
mod managing;
mod people;
mod registering;
mod room;
mod scene;
