//! `magpie doctor` against misconfigurations planted one by one: the real binary, a running house and a simulated WeChat.
//! Each plant has one cause, and the doctor has to name that cause and no other.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken fixture should fail loudly"
)]

mod accounts;
mod configuration;
mod databases;
mod healthy;
mod issuers;
mod network;
mod people;
mod trap;
mod wecom;
