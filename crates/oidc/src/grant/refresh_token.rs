//! Using a refresh token (RFC 6749 §6, RFC 9700 §4.14): whose it is, whether it is the present one, and what follows.
//! A token is the grant's id, its generation and 256 bits, so that it is found by its key and known by its hash.
//! Who lost the answer may ask again for 30 seconds and gets the very same successor; whoever else shows an old token
//! ends the whole family. That each step happens once is a conditional statement in the store, not here.

use magpie_domain::{
    Client, Grant, GrantId, GrantType, Lifetime, RefreshState, Scope, ScopeSet, SecurityProfile,
    Timestamp, TokenText,
};

use crate::error::OAuthError;
use crate::params::Params;
use crate::resource;

/// How long after a rotation the one before may be shown again while the present one is unused.
pub const REPEAT_WINDOW: Lifetime = Lifetime::from_seconds(30);

/// How often it may be.
pub const MOST_REPEATS: u32 = 10;

/// The length of the secret part: 256 bits in base64url without padding.
const SECRET_LENGTH: usize = 43;

/// The one sentence of a refused token.
const REFUSED: OAuthError = OAuthError::invalid_grant("the refresh token is not valid");

/// A refresh token taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshHandle<'a> {
    /// The grant that it names.
    pub grant: GrantId,
    /// How many tokens were before it, as it says.
    pub generation: u32,
    /// What must hash to what the grant holds.
    pub secret: &'a str,
}

impl<'a> RefreshHandle<'a> {
    /// Takes a token apart; `None` for anything that is not a refresh token of ours. There is one way to write each.
    #[must_use]
    pub fn parse(token: &'a str) -> Option<Self> {
        let (id, rest) = token.split_once('.')?;
        let (number, secret) = rest.split_once('.')?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let generation: u32 = number.parse().ok()?;
        let whole = secret.len() == SECRET_LENGTH && secret.bytes().all(plain);
        (whole && generation.to_string() == number)
            .then(|| GrantId::parse(id))
            .flatten()
            .map(|grant| Self { grant, generation, secret })
    }

    /// Writes a token that [`RefreshHandle::parse`] takes apart again.
    #[must_use]
    pub fn write(grant: &GrantId, generation: u32, secret: &TokenText) -> TokenText {
        TokenText::new(format!("{grant}.{generation}.{}", secret.expose()))
    }
}

impl std::fmt::Debug for RefreshHandle<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshHandle")
            .field("grant", &self.grant)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// A request to use a refresh token.
#[derive(Debug, Clone)]
pub struct RefreshRequest {
    /// The token as presented; see [`RefreshRequest::handle`].
    pub token: TokenText,
    /// The scopes that were asked for, if any were.
    pub scope: Option<String>,
    /// The resources it names, well formed and nothing more (RFC 8707 §2.2).
    pub resources: Vec<String>,
}

impl RefreshRequest {
    /// Reads the fields; shapes are judged later, so that a malformed token is refused like an unknown one.
    ///
    /// # Errors
    /// `invalid_request` when there is no token, `invalid_target` for a malformed resource.
    pub(super) fn read(form: &Params) -> Result<Self, OAuthError> {
        let text = |name| form.get(name).map(str::to_owned);
        let missing = OAuthError::invalid_request("refresh_token is missing");
        let token = text("refresh_token").map(TokenText::new).ok_or(missing)?;
        Ok(Self { token, scope: text("scope"), resources: resource::named(form)? })
    }

    /// The token taken apart; what is none is refused with [`RefreshRequest::refused`].
    #[must_use]
    pub fn handle(&self) -> Option<RefreshHandle<'_>> {
        RefreshHandle::parse(self.token.expose())
    }

    /// The answer for a token that is malformed, unknown, expired, revoked or somebody else's: one for all.
    #[must_use]
    pub const fn refused() -> OAuthError {
        REFUSED
    }
}

/// Whether a refresh token comes with these tokens: the scope was granted, and the client still may have and use one.
#[must_use]
pub fn is_due(grant: &Grant, client: &Client) -> bool {
    grant.scopes.intersection(client.scopes()).contains(Scope::OfflineAccess)
        && client.policy().grant_types.contains(&GrantType::RefreshToken)
}

/// Whether the key that was proved is the one that the token needs: a public client's token is bound to the key of its
/// first use of DPoP (RFC 9449 §5), since nothing else proves that client. One that authenticates may change its key.
#[must_use]
pub fn is_shown_with_its_key(grant: &Grant, client: &Client, jkt: Option<&str>) -> bool {
    !client.is_public() || grant.dpop_jkt.is_none() || grant.dpop_jkt.as_deref() == jkt
}

/// Whether nothing is left to judge once the token proves to be the present one of a live grant of this client: it asks
/// for everything that was granted, its tokens rotate, and it has proved itself. What a grant needs for a refresh token
/// it had when the first one came, and keeps.
#[must_use]
pub fn is_plain(request: &RefreshRequest, client: &Client) -> bool {
    request.scope.is_none()
        && request.resources.is_empty()
        && !client.is_public()
        && client.policy().profile == SecurityProfile::Standard
        && client.policy().grant_types.contains(&GrantType::RefreshToken)
        && client.scopes().contains(Scope::OfflineAccess)
}

/// Where a token stands among those of its grant, by its hash and by what the vault derives from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the present one.
    Present,
    /// The present one follows it.
    Previous,
    /// It was there before those.
    Ancestor,
    /// It never was one, as far as can be told.
    Unknown,
}

/// What is to be done about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is good, and this happens to it.
    Step(Step),
    /// No, and nothing changes.
    Refuse,
    /// No, and the family ends.
    Revoke(Breach),
}

/// What happens to a good token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its successor takes its place.
    Rotate,
    /// It stays and lives longer.
    Prolong,
    /// The answer was lost: the same successor again.
    Repeat,
}

/// Why a family ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// The token had been used.
    Reused,
    /// Another client has it.
    Leaked,
}

/// Judges a token that some client shows.
#[must_use]
pub fn judge(
    standing: Standing,
    grant: &Grant,
    refresh: &RefreshState,
    client: &Client,
    now: Timestamp,
) -> Verdict {
    if standing == Standing::Unknown || grant.revoked_at.is_some() {
        return Verdict::Refuse;
    }
    if grant.client_id != *client.id() {
        return Verdict::Revoke(Breach::Leaked);
    }
    if now >= refresh.expires_at || now >= refresh.ends_at {
        return Verdict::Refuse;
    }
    match standing {
        Standing::Present => match client.policy().profile {
            SecurityProfile::Standard => Verdict::Step(Step::Rotate),
            // FAPI 2.0 §5.3.2.1: sender-constrained already, and a lost answer must not end a customer's consent.
            SecurityProfile::Fapi2 => Verdict::Step(Step::Prolong),
        },
        Standing::Previous => repetition(refresh, now),
        Standing::Ancestor => Verdict::Revoke(Breach::Reused),
        Standing::Unknown => Verdict::Refuse,
    }
}

/// The one before, while the present one is unused: a replica's clock that is behind counts as no time at all.
fn repetition(refresh: &RefreshState, now: Timestamp) -> Verdict {
    let in_time = refresh.rotated_at.is_some_and(|at| now.since(at) < REPEAT_WINDOW);
    if !in_time {
        Verdict::Revoke(Breach::Reused)
    } else if refresh.retries >= MOST_REPEATS {
        Verdict::Refuse
    } else {
        Verdict::Step(Step::Repeat)
    }
}

/// What the new access token is for: what was asked, or everything that was granted, and never what the client lost.
/// Words that name no scope are dropped, as they are where a login begins.
///
/// # Errors
/// `invalid_scope` for a scope that was not granted (RFC 6749 §6), or where nothing is left.
pub fn scopes(
    request: &RefreshRequest,
    grant: &Grant,
    client: &Client,
) -> Result<ScopeSet, OAuthError> {
    let asked = request.scope.as_deref().map_or(grant.scopes, ScopeSet::parse);
    if !grant.scopes.covers(asked) {
        return Err(OAuthError::invalid_scope("scope names what was not granted"));
    }
    let given = asked.intersection(client.scopes());
    if given.is_empty() {
        return Err(OAuthError::invalid_scope("no granted scope is left"));
    }
    Ok(given)
}

#[cfg(test)]
mod tests;
