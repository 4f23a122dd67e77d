//! The server around the rooms: configuration, command line, listeners, telemetry, and the wiring of all of them.
//!
//! This crate owns what a process owns: arguments, files, the environment, the clock, chance, sockets and the log.
//! It decides nothing about OAuth, OIDC or WeChat.
//! Reading order: [`config`] (what the operator wrote), [`listen`] and [`management`] (who may connect and how),
//! [`telemetry`] and [`metrics`] (what is told about it), [`cli`] (what a person can ask of the binary).
#![deny(missing_docs)]

pub mod cli;
pub mod config;
pub mod demo;
pub mod listen;
pub mod management;
pub mod metrics;
pub mod relying_party;
pub mod serve;
pub mod shutdown;
pub mod system;
pub mod telemetry;
pub mod wire;
