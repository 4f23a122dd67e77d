//! The refresh token's half of a grant row: all of it, or none.

use magpie_domain::{RefreshState, Timestamp, TokenHash};
use sqlx::FromRow;

use crate::error::{Result, RowOf};

/// The columns as they come. Only `refresh_hash` says whether there is a refresh token.
#[derive(FromRow)]
pub(super) struct RefreshRow {
    refresh_hash: Option<Vec<u8>>,
    refresh_previous_hash: Option<Vec<u8>>,
    refresh_generation: Option<i64>,
    refresh_rotated_at: Option<i64>,
    refresh_retries: Option<i64>,
    refresh_expires_at: Option<i64>,
    refresh_ends_at: Option<i64>,
}

impl RefreshRow {
    /// Reads the state, if there is one.
    pub(super) fn read(&self, of: &RowOf<'_>) -> Result<Option<RefreshState>> {
        let Some(hash) = &self.refresh_hash else { return Ok(None) };
        let count = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let moment = |value: Option<i64>| value.map(Timestamp::from_seconds);
        let previous = match &self.refresh_previous_hash {
            Some(bytes) => Some(of.read("refresh_previous_hash", TokenHash::from_slice(bytes))?),
            None => None,
        };
        Ok(Some(RefreshState {
            hash: of.read("refresh_hash", TokenHash::from_slice(hash))?,
            previous,
            generation: of.read("refresh_generation", count(self.refresh_generation))?,
            rotated_at: moment(self.refresh_rotated_at),
            retries: of.read("refresh_retries", count(self.refresh_retries))?,
            expires_at: of.read("refresh_expires_at", moment(self.refresh_expires_at))?,
            ends_at: of.read("refresh_ends_at", moment(self.refresh_ends_at))?,
        }))
    }
}
