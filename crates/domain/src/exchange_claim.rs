//! The claim of one callback's exchange: the first row of a login, and what makes the exchange happen once (law 7).

use std::fmt;

use crate::id::{AttemptId, base32};
use crate::secret::TokenHash;

/// The primary key of a claim: attempt and departure, so that its index grows at its end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClaimKey(String);

impl ClaimKey {
    /// The claim of the given departure of an attempt.
    #[must_use]
    pub fn new(attempt: &AttemptId, departure: u8) -> Self {
        Self(format!("{attempt}.{departure}"))
    }

    /// The claim of a code that an application brought, by the keyed hash of account and code.
    #[must_use]
    pub fn of_brought_code(mark: &TokenHash) -> Self {
        Self(format!("code.{}", base32(mark.as_bytes())))
    }

    /// The text that is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClaimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimKey({})", self.0)
    }
}

/// What claiming an exchange answered.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// Nobody was here before: the caller exchanges the code.
    First,
    /// Somebody is exchanging: the caller waits for the outcome.
    Running,
    /// It is done: the sealed outcome, which only the attempt's cookie opens.
    Settled(Vec<u8>),
}
