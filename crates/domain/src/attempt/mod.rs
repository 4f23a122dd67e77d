//! A login in flight. It lives only in its own sealed cookie: no row, no server memory (law 1).
//!
//! The cookie is proof that the browser which comes back from WeChat is the one that left.
//! [`ReturnedAttempt`] can only be had by showing that cookie, handle, channel and expiry agree,
//! and it is the only key to the exchange claim.

mod stage;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use stage::{AttemptStage, DepartureHandle};

use crate::authorization::AuthorizationRequest;
use crate::channel::ChannelId;
use crate::entropy::{Entropy, NoEntropy, bytes};
use crate::exchange_claim::ClaimKey;
use crate::id::{AttemptId, SessionId};
use crate::relay::RelayWait;
use crate::time::{Lifetime, Timestamp};

/// How often one attempt may be sent to WeChat: the first time, one automatic restart, and the person's own retries.
const MOST_DEPARTURES: u8 = 5;

/// A login in flight, from the application's request to its answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginAttempt {
    version: u8,
    id: AttemptId,
    request: AuthorizationRequest,
    stage: AttemptStage,
    departures: u8,
    restarted: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    silent_in_vain: bool,
    #[serde(with = "replay_secret")]
    replay_secret: [u8; 32],
    expires: Timestamp,
}

/// Why a callback is not this attempt's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnRefused {
    /// It never left for WeChat, or has already arrived.
    NotAtWechat,
    /// The handle in `state` is another one.
    OtherHandle,
    /// It left through another channel.
    OtherChannel,
    /// It took too long.
    Expired,
}

/// Proof that cookie, handle, channel and expiry agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedAttempt {
    attempt: LoginAttempt,
    channel: ChannelId,
    key: ClaimKey,
}

impl LoginAttempt {
    /// Begins an attempt for a checked request.
    ///
    /// # Errors
    /// [`NoEntropy`] when the system gives no random bytes.
    pub fn start(
        request: AuthorizationRequest,
        now: Timestamp,
        lifetime: Lifetime,
        entropy: &dyn Entropy,
    ) -> Result<Self, NoEntropy> {
        Ok(Self {
            version: 1,
            id: AttemptId::generate(now, entropy)?,
            request,
            stage: AttemptStage::Started,
            departures: 0,
            restarted: false,
            silent_in_vain: false,
            replay_secret: bytes::<32>(entropy)?,
            expires: now.plus(lifetime),
        })
    }

    /// Its id: part of its cookie's name and of the resume URL.
    #[must_use]
    pub const fn id(&self) -> &AttemptId {
        &self.id
    }

    /// What the application asked for.
    #[must_use]
    pub const fn request(&self) -> &AuthorizationRequest {
        &self.request
    }

    /// How far it is.
    #[must_use]
    pub const fn stage(&self) -> &AttemptStage {
        &self.stage
    }

    /// When it ends.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Whether it has ended; at the very second of its expiry it has.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }

    /// The secret that opens the stored outcome of its exchange; only this cookie yields it.
    #[must_use]
    pub const fn replay_secret(&self) -> &[u8; 32] {
        &self.replay_secret
    }

    /// The session it arrived with, if it has arrived.
    #[must_use]
    pub const fn arrived_session(&self) -> Option<&SessionId> {
        match &self.stage {
            AttemptStage::Arrived { session } | AttemptStage::Asked { session, fresh: true } => {
                Some(session)
            }
            AttemptStage::Started
            | AttemptStage::AtWechat { .. }
            | AttemptStage::AtRelay(_)
            | AttemptStage::Asked { fresh: false, .. } => None,
        }
    }

    /// Whose yes a page of this attempt asked for: nobody else's counts.
    #[must_use]
    pub const fn asked_session(&self) -> Option<&SessionId> {
        match &self.stage {
            AttemptStage::Asked { session, .. } => Some(session),
            AttemptStage::Started
            | AttemptStage::AtWechat { .. }
            | AttemptStage::AtRelay(_)
            | AttemptStage::Arrived { .. } => None,
        }
    }

    /// The person of a session is about to be asked.
    #[must_use]
    pub fn ask(mut self, session: SessionId) -> Self {
        let fresh = self.arrived_session() == Some(&session);
        self.stage = AttemptStage::Asked { session, fresh };
        self
    }

    /// Leaves for WeChat through `channel` under a fresh handle; an older handle of this attempt is void.
    /// `None` when it has left too often.
    #[must_use]
    pub fn depart(self, channel: ChannelId, handle: DepartureHandle) -> Option<Self> {
        self.once_more(AttemptStage::AtWechat { channel, handle, silent: false })
    }

    /// The same where nobody does anything for it: WeChat says who it is and asks nothing (`snsapi_base`).
    #[must_use]
    pub fn depart_silently(self, channel: ChannelId, handle: DepartureHandle) -> Option<Self> {
        self.once_more(AttemptStage::AtWechat { channel, handle, silent: true })
    }

    /// Where it is, if it has left: the channel, the handle and the key of its outcome.
    #[must_use]
    pub fn away(&self) -> Option<(&ChannelId, &DepartureHandle, ClaimKey)> {
        match &self.stage {
            AttemptStage::AtWechat { channel, handle, .. } => {
                Some((channel, handle, ClaimKey::new(&self.id, self.departures)))
            }
            AttemptStage::Started
            | AttemptStage::AtRelay(_)
            | AttemptStage::Arrived { .. }
            | AttemptStage::Asked { .. } => None,
        }
    }

    /// The person came back silently, which was not enough: from here on they are asked.
    #[must_use]
    pub fn ask_at_wechat(mut self) -> Self {
        self.silent_in_vain = true;
        self.stage = AttemptStage::Started;
        self
    }

    /// Whether a silent round trip of this attempt was not enough.
    #[must_use]
    pub const fn was_silent_in_vain(&self) -> bool {
        self.silent_in_vain
    }

    /// Whether it has left and nobody did anything for it.
    #[must_use]
    pub const fn left_silently(&self) -> bool {
        matches!(&self.stage, AttemptStage::AtWechat { silent: true, .. })
    }

    /// Shows a QR code and waits for a phone; that counts as a departure, and an older one is void.
    /// `None` when it has left too often.
    #[must_use]
    pub fn relay(self, wait: RelayWait) -> Option<Self> {
        self.once_more(AttemptStage::AtRelay(wait))
    }

    fn once_more(mut self, stage: AttemptStage) -> Option<Self> {
        if self.departures >= MOST_DEPARTURES {
            return None;
        }
        self.departures = self.departures.saturating_add(1);
        self.stage = stage;
        Some(self)
    }

    /// What it waits for, if it shows a QR code, and the key of the outcome.
    #[must_use]
    pub fn waits(&self) -> Option<(&RelayWait, ClaimKey)> {
        match &self.stage {
            AttemptStage::AtRelay(wait) => Some((wait, ClaimKey::new(&self.id, self.departures))),
            AttemptStage::Started
            | AttemptStage::AtWechat { .. }
            | AttemptStage::Arrived { .. }
            | AttemptStage::Asked { .. } => None,
        }
    }

    /// Leaves once more after WeChat lost the code, once per attempt and as silently as before; `None` when that has
    /// happened before.
    #[must_use]
    pub fn restart(mut self, channel: ChannelId, handle: DepartureHandle) -> Option<Self> {
        if self.restarted {
            return None;
        }
        self.restarted = true;
        if self.left_silently() {
            self.depart_silently(channel, handle)
        } else {
            self.depart(channel, handle)
        }
    }

    /// Has come back with a signed-in browser session.
    #[must_use]
    pub fn arrive(mut self, session: SessionId) -> Self {
        self.stage = AttemptStage::Arrived { session };
        self
    }

    /// Proves that a callback belongs to this attempt. Checked before the code is touched, so that a scanner
    /// without the cookie cannot burn the person's code (wechat.md §8).
    ///
    /// # Errors
    /// [`ReturnRefused`] naming what does not agree.
    pub fn returned(
        self,
        handle: &str,
        channel: &ChannelId,
        now: Timestamp,
    ) -> Result<ReturnedAttempt, ReturnRefused> {
        let AttemptStage::AtWechat { channel: left_by, handle: left_with, .. } = &self.stage else {
            return Err(ReturnRefused::NotAtWechat);
        };
        if !left_with.matches(handle) {
            return Err(ReturnRefused::OtherHandle);
        }
        if left_by != channel {
            return Err(ReturnRefused::OtherChannel);
        }
        if self.is_expired(now) {
            return Err(ReturnRefused::Expired);
        }
        let key = ClaimKey::new(&self.id, self.departures);
        Ok(ReturnedAttempt { attempt: self, channel: channel.clone(), key })
    }
}

impl ReturnedAttempt {
    /// The attempt that returned.
    #[must_use]
    pub const fn attempt(&self) -> &LoginAttempt {
        &self.attempt
    }

    /// The channel it returned by.
    #[must_use]
    pub const fn channel(&self) -> &ChannelId {
        &self.channel
    }

    /// The key of its exchange claim.
    #[must_use]
    pub const fn claim_key(&self) -> &ClaimKey {
        &self.key
    }

    /// Gives the attempt back, for the next stage.
    #[must_use]
    pub fn into_attempt(self) -> LoginAttempt {
        self.attempt
    }
}

impl fmt::Debug for LoginAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginAttempt")
            .field("id", &self.id)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

/// The replay secret as 43 characters rather than a list of numbers: the cookie has no room to waste.
mod replay_secret {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&URL_SAFE_NO_PAD.encode(secret))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let bytes =
            URL_SAFE_NO_PAD.decode(text).map_err(|_quotes_it| D::Error::custom("no secret"))?;
        bytes.try_into().map_err(|_wrong_length| D::Error::custom("no secret"))
    }
}

#[cfg(test)]
mod tests;
