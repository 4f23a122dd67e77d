//! Whole logins against the real server: what a person, a browser and an application see from start to end.
#![expect(clippy::unwrap_used, reason = "a broken journey should fail loudly")]

mod desktop;
mod one_person;
mod program;
