//! What one application was given by one login: first a code, then tokens that name this grant.

use crate::access_token::AccessToken;
use crate::authorization::AskedClaims;
use crate::channel::ChannelKind;
use crate::id::{ClientId, GrantId, SessionId, UserId};
use crate::scope::ScopeSet;
use crate::secret::TokenHash;
use crate::time::{Lifetime, Timestamp};

/// What an application was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// The row; its id is also the first half of the code.
    pub id: GrantId,
    /// To whom.
    pub client_id: ClientId,
    /// Of whom.
    pub user_id: UserId,
    /// From which browser session.
    pub session_id: SessionId,
    /// What.
    pub scopes: ScopeSet,
    /// Whether the request asked for more (RFC 6749 §5.1: then the response names the scopes).
    pub scopes_narrowed: bool,
    /// The redirect URI of the request, to be repeated at the token endpoint.
    pub redirect_uri: String,
    /// For the ID token.
    pub nonce: Option<String>,
    /// The S256 challenge.
    pub code_challenge: Option<String>,
    /// For the ID token: when the person signed in.
    pub auth_time: Timestamp,
    /// Whether the request asked for `auth_time` (`max_age`, OIDC Core §2).
    pub wants_auth_time: bool,
    /// For `amr`.
    pub kind: ChannelKind,
    /// The resource servers that its access tokens may be for (RFC 8707); none is ourselves alone.
    pub resources: Vec<String>,
    /// What the `claims` parameter asked for besides the scopes.
    pub asked_claims: AskedClaims,
    /// The thumbprint of the key that its code, and a public client's refresh token, is bound to (RFC 9449 §5 and §10).
    pub dpop_jkt: Option<String>,
    /// The refresh token, where one was given.
    pub refresh: Option<RefreshState>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the code can no longer be redeemed.
    pub code_expires_at: Timestamp,
    /// When the code was redeemed.
    pub code_used_at: Option<Timestamp>,
    /// The access tokens that were issued up to then have ended; the refresh token has not (RFC 7009 §2.1).
    pub access_revoked_at: Option<Timestamp>,
    /// When everything that was given ended before its time.
    pub revoked_at: Option<Timestamp>,
}

/// The refresh token of a grant. It rotates here: one row, the present token and the one before (design §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshState {
    /// The keyed hash of the present token.
    pub hash: TokenHash,
    /// The keyed hash of the one before.
    pub previous: Option<TokenHash>,
    /// How often it was rotated.
    pub generation: u32,
    /// When it was rotated last.
    pub rotated_at: Option<Timestamp>,
    /// How often the one before was shown again while the present one was unused.
    pub retries: u32,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// When it ends however often it is used.
    pub ends_at: Timestamp,
}

/// What a second use of a code means (RFC 6749 §4.1.2, and design §6 for the WebView double fire).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeReuse {
    /// The same client, the same verifier, within ten seconds: refused, nothing is revoked.
    BenignDoubleFire,
    /// Anything else: refused, and the tokens of the first use are revoked.
    Theft,
}

/// How long a second use by the same client with the same verifier counts as a double fire.
pub const DOUBLE_FIRE_WINDOW: Lifetime = Lifetime::from_seconds(10);

impl Grant {
    /// Judges a second use of the code. `same_verifier` is whether a challenge exists and was met again.
    #[must_use]
    pub fn judge_reuse(&self, same_verifier: bool, now: Timestamp) -> CodeReuse {
        match self.code_used_at {
            Some(used) if same_verifier && now >= used && now < used.plus(DOUBLE_FIRE_WINDOW) => {
                CodeReuse::BenignDoubleFire
            }
            Some(_) | None => CodeReuse::Theft,
        }
    }

    /// Whether an access token of this grant still counts, its own expiry aside.
    #[must_use]
    pub fn honours(&self, token: &AccessToken) -> bool {
        self.revoked_at.is_none() && self.access_revoked_at.is_none_or(|at| token.issued > at)
    }

    /// When a token that is issued at this moment says it was issued: always after a revocation of access tokens, which
    /// moments of a whole second could not tell apart otherwise.
    #[must_use]
    pub fn issue_moment(&self, now: Timestamp) -> Timestamp {
        let after = self.access_revoked_at.map(|at| at.plus(Lifetime::from_seconds(1)));
        after.map_or(now, |after| now.max(after))
    }
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant")
            .field("id", &self.id)
            .field("client_id", &self.client_id)
            .field("user_id", &self.user_id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SAMPLE_NOW, sample_grant};

    /// TK-12. Seen red with every repetition taken for theft, with a window of two hours, and with the verifier not
    /// asked for.
    #[test]
    fn only_a_prompt_repetition_with_the_same_verifier_is_benign() {
        let used = Timestamp::from_seconds(1_800_000_000);
        let grant = Grant { code_used_at: Some(used), ..sample_grant() };
        let at = |seconds| used.plus(Lifetime::from_seconds(seconds));
        for (same_verifier, now, expected) in [
            (true, at(0), CodeReuse::BenignDoubleFire),
            (true, at(9), CodeReuse::BenignDoubleFire),
            (true, at(10), CodeReuse::Theft),
            (true, used.minus(Lifetime::from_seconds(1)), CodeReuse::Theft),
            (false, at(0), CodeReuse::Theft),
        ] {
            assert_eq!(grant.judge_reuse(same_verifier, now), expected, "{same_verifier} {now}");
        }
    }

    /// R5.
    #[test]
    fn revoking_access_ends_what_was_issued_and_nothing_that_is_issued_afterwards() {
        let second = Lifetime::from_seconds(1);
        let token = |issued| AccessToken {
            grant: sample_grant().id,
            scopes: sample_grant().scopes,
            issued,
            expires: issued.plus(Lifetime::from_hours(1)),
            audience: Vec::new(),
            jkt: None,
            holder: None,
        };
        let untouched = sample_grant();
        assert!(untouched.honours(&token(SAMPLE_NOW)));
        assert_eq!(untouched.issue_moment(SAMPLE_NOW), SAMPLE_NOW);
        let grant = Grant { access_revoked_at: Some(SAMPLE_NOW), ..sample_grant() };
        assert!(!grant.honours(&token(SAMPLE_NOW.minus(second))));
        assert!(!grant.honours(&token(SAMPLE_NOW)));
        assert!(grant.honours(&token(grant.issue_moment(SAMPLE_NOW))));
        assert_eq!(
            grant.issue_moment(SAMPLE_NOW.plus(second).plus(second)),
            SAMPLE_NOW.plus(second).plus(second)
        );
        let ended = Grant { revoked_at: Some(SAMPLE_NOW), ..sample_grant() };
        assert!(!ended.honours(&token(SAMPLE_NOW.plus(second))));
    }
}
