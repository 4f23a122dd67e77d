//! `[times]`: how long things live (design §5). Every span has limits that keep arithmetic and sense (TM-04);
//! a span outside them is refused with the limits, never clamped in silence.

use std::ops::RangeInclusive;

use magpie_domain::Lifetime;
use magpie_domain::browser_session::SessionLimits;

use super::section::Section;

/// How long things live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// An authorization code.
    pub code: Lifetime,
    /// A login attempt, from the application's request to its answer.
    pub attempt: Lifetime,
    /// A pushed authorization request, until a browser opens it.
    pub pushed_request: Lifetime,
    /// A device's codes, until its person has answered and it has fetched the answer.
    pub device_code: Lifetime,
    /// How long the outcome of an exchange can be had again by the holder of the cookie.
    pub outcome: Lifetime,
    /// An access token.
    pub access_token: Lifetime,
    /// An ID token.
    pub id_token: Lifetime,
    /// A refresh token that is not used.
    pub refresh_token_idle: Lifetime,
    /// A refresh token, however often it is used.
    pub refresh_token_absolute: Lifetime,
    /// A browser session.
    pub session: SessionLimits,
    /// How long a signing key signs.
    pub key_active: Lifetime,
    /// How long a signing key stands in the JWKS before it signs.
    pub key_published_before_use: Lifetime,
}

const fn seconds(from: u32, to: u32) -> RangeInclusive<Lifetime> {
    Lifetime::from_seconds(from)..=Lifetime::from_seconds(to)
}

const MINUTE: u32 = 60;
const HOUR: u32 = 3600;
const DAY: u32 = 86_400;

pub(super) fn read(mut section: Section<'_>) -> Times {
    let mut read = |key, range: RangeInclusive<Lifetime>, usual| {
        section.duration(key, &range).unwrap_or(usual)
    };
    let times = Times {
        code: read("code", seconds(10, 10 * MINUTE), Lifetime::from_seconds(60)),
        attempt: read("attempt", seconds(2 * MINUTE, HOUR), Lifetime::from_minutes(10)),
        // FAPI 2.0 §5.3.2.2 wants less than 600 seconds.
        pushed_request: read("pushed_request", seconds(5, 599), Lifetime::from_seconds(90)),
        device_code: read("device_code", seconds(MINUTE, HOUR), Lifetime::from_minutes(10)),
        outcome: read("outcome", seconds(10, 10 * MINUTE), Lifetime::from_minutes(2)),
        access_token: read("access_token", seconds(MINUTE, DAY), Lifetime::from_hours(1)),
        id_token: read("id_token", seconds(MINUTE, DAY), Lifetime::from_hours(1)),
        refresh_token_idle: read(
            "refresh_token_idle",
            seconds(5 * MINUTE, 400 * DAY),
            Lifetime::from_days(30),
        ),
        refresh_token_absolute: read(
            "refresh_token_absolute",
            seconds(5 * MINUTE, 400 * DAY),
            Lifetime::from_days(180),
        ),
        session: SessionLimits {
            idle: read("session_idle", seconds(5 * MINUTE, 365 * DAY), Lifetime::from_hours(8)),
            absolute: read(
                "session_absolute",
                seconds(5 * MINUTE, 365 * DAY),
                Lifetime::from_days(30),
            ),
        },
        key_active: read("key_active", seconds(DAY, 400 * DAY), Lifetime::from_days(90)),
        // JWKS may be cached for five minutes: twice that is the least that loses no login.
        key_published_before_use: read(
            "key_published_before_use",
            seconds(10 * MINUTE, 30 * DAY),
            Lifetime::from_minutes(10),
        ),
    };
    if times.session.idle > times.session.absolute {
        let cure = "session_absolute ends a session however much it is used";
        section.refuse("session_idle", "is longer than session_absolute", cure);
    }
    if times.refresh_token_idle > times.refresh_token_absolute {
        let cure = "refresh_token_absolute ends a refresh token however much it is used";
        section.refuse("refresh_token_idle", "is longer than refresh_token_absolute", cure);
    }
    if times.key_published_before_use >= times.key_active {
        let problem = "is not shorter than key_active";
        section.refuse("key_published_before_use", problem, "publish for minutes, sign for weeks");
    }
    section.finish();
    times
}
