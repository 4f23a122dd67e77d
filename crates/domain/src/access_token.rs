//! What an opaque access token says once it is unsealed: no row is written for it.

use serde::{Deserialize, Serialize};

use crate::id::GrantId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// The content of a sealed access token; one read of its grant serves userinfo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// The grant it was issued under.
    #[serde(rename = "g")]
    pub grant: GrantId,
    /// What it may be used for.
    #[serde(rename = "s")]
    pub scopes: ScopeSet,
    /// When it ends.
    #[serde(rename = "e")]
    pub expires: Timestamp,
}

impl AccessToken {
    /// Whether it has ended; at the very second of its expiry it has.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }
}
