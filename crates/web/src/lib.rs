//! HTTP in and out: endpoints, pages, cookies, languages.
//!
//! This room turns requests into calls of flows and outcomes into answers, each in its endpoint's own dialect:
//! JSON for applications, pages for people, redirects only to what flows proved. It decides nothing about logins,
//! and it cannot see SQL, an HTTP client or a key. The server room brings the listener and mounts [`router`].
//!
//! [`routes`](router) is the only place where a path meets a handler; an endpoint is one file, read from the top.

mod account;
pub mod assets;
mod avatar;
mod device;
mod discovery;
mod documents;
mod kit;
mod oauth2;
pub mod pages;
mod relay;
mod relay_program;
mod routes;
mod state;
mod static_files;
pub mod texts;
mod wechat;

pub use kit::throttle::Limits;
pub use routes::router;
pub use state::{Observation, Observe, Web, WebParts};
