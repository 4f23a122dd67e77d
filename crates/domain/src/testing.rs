//! A clock that tests move, entropy with a seed, and samples. Behind the feature `testing`; never in a release.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::authorization::{AskedClaims, AuthorizationRequest, PromptSet, ResponseMode};
use crate::browser_session::BrowserSession;
use crate::channel::{ChannelId, ChannelKind};
use crate::device::Device;
use crate::entropy::{Entropy, NoEntropy};
use crate::grant::Grant;
use crate::id::{ClientId, DeviceId, GrantId, SessionId, UserId};
use crate::relay::{MatchNumber, RelayId, RelayTicket};
use crate::scope::ScopeSet;
use crate::time::{Clock, Lifetime, Timestamp};
use crate::urls::RedirectUri;

/// The moment at which samples happen.
pub const SAMPLE_NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A clock that stands still until told.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// Begins at `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_seconds()))
    }

    /// Moves forward.
    pub fn advance(&self, span: Lifetime) {
        self.0.fetch_add(span.as_seconds(), Ordering::SeqCst);
    }

    /// Jumps anywhere, back included.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_seconds(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
    }
}

/// Entropy that repeats for the same seed (splitmix64): for tests only.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// Begins with a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in buffer.chunks_mut(8) {
            let step = 0x9E37_79B9_7F4A_7C15_u64;
            let mut z = self.0.fetch_add(step, Ordering::SeqCst).wrapping_add(step);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            for (to, from) in chunk.iter_mut().zip((z ^ (z >> 31)).to_le_bytes()) {
                *to = from;
            }
        }
        Ok(())
    }
}

/// A user id that differs for each number.
///
/// # Panics
/// Never: seeded entropy does not fail.
#[must_use]
#[expect(clippy::expect_used, reason = "test support")]
pub fn sample_user_id(number: u64) -> UserId {
    UserId::generate(SAMPLE_NOW, &SeededEntropy::new(number)).expect("seeded entropy")
}

/// A session id that differs for each number.
///
/// # Panics
/// Never: seeded entropy does not fail.
#[must_use]
#[expect(clippy::expect_used, reason = "test support")]
pub fn sample_session_id(number: u64) -> SessionId {
    SessionId::generate(SAMPLE_NOW, &SeededEntropy::new(number)).expect("seeded entropy")
}

/// A live session of the user with the same number.
#[must_use]
pub fn sample_session(number: u64) -> BrowserSession {
    BrowserSession {
        id: sample_session_id(number),
        user_id: sample_user_id(number),
        auth_time: SAMPLE_NOW,
        kind: ChannelKind::Website,
        last_seen_at: SAMPLE_NOW,
        ended_at: None,
    }
}

/// A request of the client `app` for `openid profile`.
///
/// # Panics
/// Never: the sample is valid.
#[must_use]
#[expect(clippy::expect_used, reason = "test support")]
pub fn sample_request() -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: ClientId::parse("app").expect("a client id"),
        redirect_uri: RedirectUri::register("https://app.example/cb").expect("a redirect URI"),
        response_mode: ResponseMode::Query,
        scopes: ScopeSet::parse("openid profile"),
        scopes_narrowed: false,
        state: Some("af0ifjsldkj".to_owned()),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        code_challenge: None,
        prompt: PromptSet::default(),
        max_age: None,
        ui_locales: None,
        hinted_subject: None,
        resources: Vec::new(),
        asked_claims: AskedClaims::default(),
        dpop_jkt: None,
        pushed: None,
        device: None,
        relay: None,
    }
}

/// A grant for [`sample_request`], with an unused code.
///
/// # Panics
/// Never: the sample is valid.
#[must_use]
#[expect(clippy::expect_used, reason = "test support")]
pub fn sample_grant() -> Grant {
    Grant {
        id: GrantId::generate(SAMPLE_NOW, &SeededEntropy::new(9)).expect("seeded entropy"),
        client_id: ClientId::parse("app").expect("a client id"),
        user_id: sample_user_id(1),
        session_id: sample_session_id(1),
        scopes: ScopeSet::parse("openid profile"),
        scopes_narrowed: false,
        redirect_uri: "https://app.example/cb".to_owned(),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        code_challenge: None,
        auth_time: SAMPLE_NOW,
        wants_auth_time: false,
        kind: ChannelKind::Website,
        resources: Vec::new(),
        asked_claims: AskedClaims::default(),
        dpop_jkt: None,
        refresh: None,
        created_at: SAMPLE_NOW,
        code_expires_at: SAMPLE_NOW.plus(Lifetime::from_seconds(60)),
        code_used_at: None,
        access_revoked_at: None,
        revoked_at: None,
    }
}

/// A device of the client `app` that waits for its person, made at [`SAMPLE_NOW`] for ten minutes.
///
/// # Panics
/// Never: the sample is valid.
#[must_use]
#[expect(clippy::expect_used, reason = "test support")]
pub fn sample_device(number: u64) -> Device {
    Device {
        id: DeviceId::generate(SAMPLE_NOW, &SeededEntropy::new(number)).expect("seeded entropy"),
        client_id: ClientId::parse("app").expect("a client id"),
        scopes: ScopeSet::parse("openid profile"),
        resources: Vec::new(),
        interval: Lifetime::from_seconds(5),
        polled_at: None,
        expires_at: SAMPLE_NOW.plus(Lifetime::from_minutes(10)),
        answer: None,
        redeemed: false,
    }
}

/// A desktop that waits for a phone, for the client `app`, made at [`SAMPLE_NOW`] for two minutes; it shows 42.
///
/// # Panics
/// Never: seeded entropy does not fail.
#[must_use]
#[expect(clippy::expect_used, reason = "test support")]
pub fn sample_ticket(number: u64) -> RelayTicket {
    RelayTicket {
        id: RelayId::draw(&SeededEntropy::new(number)).expect("seeded entropy"),
        client_id: ClientId::parse("app").expect("a client id"),
        channel: ChannelId::parse("scan").expect("a channel id"),
        chat: None,
        scopes: ScopeSet::parse("openid profile"),
        number: MatchNumber::of(42).expect("a number"),
        address: "203.0.113.9".to_owned(),
        browser: "Firefox, Linux".to_owned(),
        created_at: SAMPLE_NOW,
        expires_at: SAMPLE_NOW.plus(crate::relay::TICKET),
        wrong_numbers: 0,
        answer: None,
        taken: false,
    }
}
