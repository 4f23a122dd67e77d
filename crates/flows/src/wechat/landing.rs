//! What a callback comes to. Kept sealed beside its claim for two minutes, under a key that only the attempt's cookie
//! yields, so that a second arrival gets the very same answer (law 7).

use magpie_domain::{AttemptId, Client, GrantId, LoginAttempt, Timestamp};
use magpie_oidc::error::OAuthError;
use magpie_oidc::response_mode::AuthorizationResponse;
use magpie_vault::{SealBroken, Vault, VaultError, bound};
use magpie_wechat::HelpKey;
use serde::{Deserialize, Serialize};

use crate::attempt_cookie::AttemptCookie;
use crate::authorize::refusal;
use crate::context::Flows;
use crate::outcome::Outcome;

/// What a callback comes to.
#[derive(Clone, Serialize, Deserialize)]
pub enum Landing {
    /// Signed in, and the application has its answer.
    Answered {
        /// The answer.
        response: AuthorizationResponse,
        /// The new session's cookie; none where the person was refused.
        session: Option<String>,
        /// What the code in the answer leads to, if there is a code.
        grant: Option<GrantId>,
        /// The attempt that ended.
        attempt: AttemptId,
    },
    /// Signed in; a page of the attempt comes next.
    Arrived {
        /// The new session's cookie.
        session: String,
        /// The attempt.
        attempt: AttemptId,
        /// Its cookie as it now stands.
        cookie: String,
    },
    /// WeChat lost the code: off to WeChat once more.
    Restarted {
        /// WeChat's page.
        location: String,
        /// The attempt.
        attempt: AttemptId,
        /// Its cookie as it now stands.
        cookie: String,
    },
    /// WeChat said in silence who it is, and somebody could be known by another key: a page with a button comes next.
    NotYetKnown {
        /// The attempt.
        attempt: AttemptId,
        /// Its cookie as it now stands.
        cookie: String,
    },
    /// A snapshot page: nothing was created; the person starts over from the application's own request (law 6).
    Snapshot {
        /// Where, if it can be repeated: a path below the issuer, with a query.
        again: Option<String>,
    },
    /// The application, or the address it wanted its answer at, was taken away meanwhile: nobody may be told.
    Withdrawn,
    /// Signed in or refused, but the application's pushed request had been answered by another attempt meanwhile.
    Spent {
        /// The new session's cookie; none where the person was refused.
        session: Option<String>,
    },
    /// It did not work; the person may try again while the attempt lives.
    Failed {
        /// Why.
        failure: Failure,
        /// The attempt.
        attempt: AttemptId,
    },
}

/// Why a login did not work, as values of the error table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The key of the help text.
    pub help: HelpKey,
    /// WeChat's number, if it gave one.
    pub errcode: Option<i64>,
    /// The status of the page.
    pub status: u16,
    /// The number under which the log has the details.
    pub reference: String,
}

impl Landing {
    /// The application is told why there is no code for it.
    pub(crate) fn told<R>(
        flows: &Flows,
        client: &Client,
        attempt: &LoginAttempt,
        error: &OAuthError,
    ) -> Outcome<Self, R> {
        Ok(Self::Answered {
            response: refusal(flows, client, attempt, error)?,
            session: None,
            grant: None,
            attempt: attempt.id().clone(),
        })
    }

    /// The cookie of the attempt after this landing, if it changes. An answered attempt keeps its cookie until it
    /// expires by itself: it opens the kept outcome for whoever reloads the callback.
    #[must_use]
    pub fn cookie(&self) -> Option<AttemptCookie> {
        match self {
            Self::Arrived { attempt, cookie, .. }
            | Self::Restarted { attempt, cookie, .. }
            | Self::NotYetKnown { attempt, cookie } => {
                Some(AttemptCookie { attempt: attempt.clone(), value: Some(cookie.clone()) })
            }
            Self::Answered { .. }
            | Self::Snapshot { .. }
            | Self::Withdrawn
            | Self::Spent { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// What the outcome is called in logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Answered { session: Some(_), .. } => "signed_in",
            Self::Answered { session: None, .. } => "refused",
            Self::Arrived { .. } => "arrived",
            Self::Restarted { .. } => "restarted",
            Self::NotYetKnown { .. } => "not_yet_known",
            Self::Snapshot { .. } => "snapshot_user",
            Self::Withdrawn | Self::Spent { .. } => "refused",
            Self::Failed { .. } => "failed",
        }
    }

    /// Seals the outcome for those who hold the attempt's cookie.
    pub(crate) fn seal(
        &self,
        flows: &Flows,
        attempt: &LoginAttempt,
    ) -> Result<Vec<u8>, VaultError> {
        let kept = Kept { at: flows.now(), landing: self.clone() };
        let plain = serde_json::to_vec(&kept).map_err(|_cannot_fail| VaultError::Sealing)?;
        let key = flows.vault().claim_key(attempt.replay_secret());
        Vault::seal_with(&key, &context(attempt), &plain, flows.entropy())
    }

    /// Opens a kept outcome with the attempt's cookie; nothing once it is too old to be repeated.
    pub(super) fn open(
        flows: &Flows,
        attempt: &LoginAttempt,
        sealed: &[u8],
    ) -> Result<Option<Self>, SealBroken> {
        let key = flows.vault().claim_key(attempt.replay_secret());
        let plain = Vault::unseal_with(&key, &context(attempt), sealed)?;
        let kept: Kept =
            serde_json::from_slice(&plain).map_err(|_other_version| SealBroken::OtherVersion)?;
        let is_fresh = flows.now() < kept.at.plus(flows.settings().lifetimes.outcome);
        Ok(is_fresh.then_some(kept.landing))
    }
}

/// An outcome and when it came about. The claim outlives it, so that the exchange never happens twice.
#[derive(Serialize, Deserialize)]
struct Kept {
    at: Timestamp,
    landing: Landing,
}

fn context(attempt: &LoginAttempt) -> Vec<u8> {
    bound(&["claim", attempt.id().as_str()])
}

impl std::fmt::Debug for Landing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Landing::{}", self.name())
    }
}
