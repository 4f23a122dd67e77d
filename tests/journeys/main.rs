//! Whole logins against the real server: what a person, a browser and an application see from start to end.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken journey should fail loudly, and say where"
)]

mod desktop;
mod every_way;
mod one_person;
mod program;
