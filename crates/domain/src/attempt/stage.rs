//! How far a login in flight is. Impossible states have no spelling.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::channel::ChannelId;
use crate::entropy::{Entropy, NoEntropy, alphanumeric_32};
use crate::id::SessionId;
use crate::relay::RelayWait;

/// How far a login in flight is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttemptStage {
    /// The request was checked; nobody has left yet.
    Started,
    /// The browser was sent to WeChat.
    AtWechat {
        /// Through which channel.
        channel: ChannelId,
        /// With which `state`.
        handle: DepartureHandle,
        /// Whether nobody did anything for it: no tap on a page of ours, and none at WeChat.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        silent: bool,
    },
    /// The browser shows a QR code and waits for a phone.
    AtRelay(RelayWait),
    /// The person is known and a session was opened; the application waits for consent.
    Arrived {
        /// That session.
        session: SessionId,
    },
    /// The person of this session was shown what would go out, and asked.
    Asked {
        /// That session.
        session: SessionId,
        /// Whether this attempt brought it from WeChat.
        fresh: bool,
    },
}

/// WeChat's `state`: 32 letters and digits, since WeChat changes other characters and refuses more than 128 bytes.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DepartureHandle(String);

impl DepartureHandle {
    /// Draws a new handle.
    ///
    /// # Errors
    /// [`NoEntropy`] when the system gives no random bytes.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        alphanumeric_32(entropy).map(Self)
    }

    /// The text that goes to WeChat.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `presented` is this handle, in constant time.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        self.0.as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

impl PartialEq for DepartureHandle {
    fn eq(&self, other: &Self) -> bool {
        self.matches(&other.0)
    }
}

impl Eq for DepartureHandle {}

impl fmt::Debug for DepartureHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DepartureHandle(…)")
    }
}
