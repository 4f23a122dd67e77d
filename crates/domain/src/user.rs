//! A person, and what WeChat last said of them.

use serde::{Deserialize, Serialize};

use crate::id::{Subject, UserId};
use crate::time::Timestamp;

/// Whether a person may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// May sign in.
    Active,
    /// An administrator said no.
    Blocked,
}

impl AccountState {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Blocked].into_iter().find(|state| state.as_str() == text)
    }
}

/// `sex` where WeChat still gives it; 0 is never kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// `sex = 1`.
    Male,
    /// `sex = 2`.
    Female,
}

impl Gender {
    /// The value of the `gender` claim, which is also the stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Male, Self::Female].into_iter().find(|gender| gender.as_str() == text)
    }
}

/// What WeChat says of a person, cleaned: no blank, placeholder or control character survives into here.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// 昵称, at most 64 characters.
    pub name: Option<String>,
    /// An https URL on WeChat's avatar hosts.
    pub picture: Option<String>,
    /// Only when known.
    pub gender: Option<Gender>,
    /// BCP 47, only when known.
    pub locale: Option<String>,
}

impl Profile {
    /// Whether WeChat said nothing that can be shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profile(…)")
    }
}

/// A person who has signed in at least once or was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The row.
    pub id: UserId,
    /// What applications know them by; never changes (law 5).
    pub subject: Subject,
    /// `wx_` and 10 base32 characters; immutable.
    pub preferred_username: String,
    /// What WeChat last said.
    pub profile: Profile,
    /// Whether they may sign in.
    pub state: AccountState,
    /// When they first came.
    pub created_at: Timestamp,
    /// When the profile last changed (`updated_at`).
    pub updated_at: Timestamp,
}
