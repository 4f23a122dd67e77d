//! A device that waits until its person has signed in somewhere else (RFC 8628): what it asked, how often it may ask
//! again, and what the person answered.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, DeviceId, GrantId};
use crate::scope::ScopeSet;
use crate::time::{Lifetime, Timestamp};
use crate::user_code::UserCode;

/// A device that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The row; its id is also the first half of the device code.
    pub id: DeviceId,
    /// Which application runs on it.
    pub client_id: ClientId,
    /// What it asked for, as far as it may have it.
    pub scopes: ScopeSet,
    /// The resource servers it named (RFC 8707).
    pub resources: Vec<String>,
    /// How long it must wait between two questions.
    pub interval: Lifetime,
    /// When it asked last.
    pub polled_at: Option<Timestamp>,
    /// When it can no longer be answered, nor the answer be fetched.
    pub expires_at: Timestamp,
    /// What the person said.
    pub answer: Option<DeviceAnswer>,
    /// Whether the answer was fetched.
    pub redeemed: bool,
}

/// What a person said to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceAnswer {
    /// Yes, and this is what was given.
    Allowed(GrantId),
    /// No.
    Refused,
}

/// Which device an attempt is about: it travels in the attempt, so that every page of it can show the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceHandle {
    /// The row.
    pub id: DeviceId,
    /// The code that the device shows.
    pub user_code: UserCode,
}

impl Device {
    /// Whether its time is over; at the very second of its expiry it is.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}
