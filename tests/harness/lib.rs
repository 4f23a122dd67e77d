//! The house that black-box tests open: the real server on loopback, a simulated WeChat, browsers and applications.
//!
//! Nothing in here shares code with the server's rules: a browser is a cookie jar and redirects, an application is
//! written from RFC 6749. Every secret that passes through is remembered, and when a house closes, the log of the whole
//! process is searched for all of them (law 9).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a broken fixture should fail loudly, and tests may ask the environment"
)]

mod application;
mod binary;
mod browser;
mod child;
pub mod foreign;
mod house;
mod logs;
mod page;
mod postgres;
mod qr;
mod raw;
mod wire;

pub use application::{Application, Tokens};
pub use binary::{magpie, serve, without_our_variables, write_root_key};
pub use browser::{Browser, DESKTOP, PHONE, WECHAT_DESKTOP, WECHAT_PHONE, WECOM};
pub use child::{Child, free_port};
pub use house::{House, Plan};
pub use page::Page;
pub use postgres::{Database, postgres_url};
pub use qr::{read_qr, read_qr_picture};
pub use raw::raw;
pub use wire::{Request, Response, send, until};
