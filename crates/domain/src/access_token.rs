//! What an opaque access token says once it is unsealed: no row is written for it.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, GrantId};
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
    /// When it was issued.
    #[serde(rename = "i")]
    pub issued: Timestamp,
    /// When it ends.
    #[serde(rename = "e")]
    pub expires: Timestamp,
    /// The resource servers that it is for (RFC 8707); none is ourselves.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// The thumbprint of the key without which it is nothing (RFC 9449 §6).
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub jkt: Option<String>,
    /// Who holds it, where that is not the client of the grant (RFC 8693).
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<ClientId>,
}

impl AccessToken {
    /// Whether it has ended; at the very second of its expiry it has.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }
}
