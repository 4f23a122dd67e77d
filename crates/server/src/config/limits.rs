//! `[limits]`: what one peer and all peers together may take (law 12). The defaults are the ones that are tested.

use magpie_domain::Lifetime;
use std::time::Duration;

use super::section::Section;

/// What the listener allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections in all.
    pub connections: u32,
    /// Connections of one address (one /64 on IPv6); loopback and trusted proxies are exempt.
    pub connections_per_ip: u32,
    /// Header fields of one request.
    pub header_fields: u32,
    /// Bytes of one request's head.
    pub header_bytes: u32,
    /// Bytes of a request's target.
    pub uri_bytes: u32,
    /// Bytes of a request's body.
    pub body_bytes: u32,
    /// How long a client may take over a head, or over its first byte.
    pub header_time: Duration,
    /// How long a client may take over a body.
    pub body_time: Duration,
    /// How long a request may take in all.
    pub request_time: Duration,
    /// How long a connection may rest between requests; longer than a proxy's pool keeps it.
    pub idle_time: Duration,
    /// How long requests in flight may take once the server has been told to stop.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_ip: 100,
            header_fields: 64,
            header_bytes: 32 * 1024,
            uri_bytes: 8 * 1024,
            body_bytes: 64 * 1024,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            request_time: Duration::from_secs(15),
            idle_time: Duration::from_secs(75),
            drain_time: Duration::from_secs(25),
        }
    }
}

pub(super) fn read(mut section: Section<'_>) -> Limits {
    let usual = Limits::default();
    let mut number = |key, range, usual| section.whole(key, &range).unwrap_or(usual);
    let limits = Limits {
        connections: number("connections", 10..=100_000, usual.connections),
        connections_per_ip: number("connections_per_ip", 1..=100_000, usual.connections_per_ip),
        header_fields: number("header_fields", 16..=256, usual.header_fields),
        header_bytes: number("header_bytes", 8192..=262_144, usual.header_bytes),
        uri_bytes: number("uri_bytes", 2048..=32_768, usual.uri_bytes),
        body_bytes: number("body_bytes", 4096..=1_048_576, usual.body_bytes),
        ..usual
    };
    let mut time = |key, usual| seconds(&mut section, key).unwrap_or(usual);
    let limits = Limits {
        header_time: time("header_time", limits.header_time),
        body_time: time("body_time", limits.body_time),
        request_time: time("request_time", limits.request_time),
        idle_time: time("idle_time", limits.idle_time),
        drain_time: time("drain_time", limits.drain_time),
        ..limits
    };
    if limits.idle_time <= limits.request_time {
        let problem = "is not longer than request_time";
        section.refuse("idle_time", problem, "a connection must outlast the request it carries");
    }
    section.finish();
    limits
}

fn seconds(section: &mut Section<'_>, key: &'static str) -> Option<Duration> {
    let allowed = Lifetime::from_seconds(1)..=Lifetime::from_minutes(5);
    let span = section.duration(key, &allowed)?;
    u64::try_from(span.as_seconds()).ok().map(Duration::from_secs)
}
