//! The sealed attempt as the browser carries it: one cookie per attempt, named after it, unreadable and dated (law 1).

use magpie_domain::{AttemptId, Entropy, LoginAttempt, Timestamp};
use magpie_vault::{Purpose, Vault, VaultError, bound};

/// A cookie that carries one attempt: the web room adds the prefix and the attributes.
#[derive(Clone, PartialEq, Eq)]
pub struct AttemptCookie {
    /// Whose cookie it is; part of its name.
    pub attempt: AttemptId,
    /// The sealed value, or nothing when the cookie is to be removed.
    pub value: Option<String>,
}

impl AttemptCookie {
    /// The cookie is no longer needed.
    #[must_use]
    pub const fn removed(attempt: AttemptId) -> Self {
        Self { attempt, value: None }
    }
}

impl std::fmt::Debug for AttemptCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AttemptCookie({}, …)", self.attempt)
    }
}

/// An attempt cookie as a request presented it; nothing of it is trusted yet.
#[derive(Clone, Copy)]
pub struct PresentedAttempt<'a> {
    /// The id in the cookie's name.
    pub id: &'a str,
    /// The sealed value.
    pub value: &'a str,
}

impl std::fmt::Debug for PresentedAttempt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PresentedAttempt(…)")
    }
}

/// Seals an attempt into its cookie, bound to the cookie's name.
pub(crate) fn seal(
    vault: &Vault,
    attempt: &LoginAttempt,
    entropy: &dyn Entropy,
) -> Result<AttemptCookie, VaultError> {
    let plain = serde_json::to_vec(attempt).map_err(|_cannot_fail| VaultError::Sealing)?;
    let context = bound(&["attempt", attempt.id().as_str()]);
    let value = vault.seal_text(Purpose::AttemptCookie, &context, &plain, entropy)?;
    Ok(AttemptCookie { attempt: attempt.id().clone(), value: Some(value) })
}

/// Most bytes of an attempt before it leaves. Browsers keep 4096 bytes a cookie, name and attributes included;
/// departure, seal and base64 take the rest.
const LARGEST: usize = 2750;

/// Whether the attempt will fit its cookie all the way.
pub(crate) fn fits(attempt: &LoginAttempt) -> bool {
    serde_json::to_vec(attempt).is_ok_and(|plain| plain.len() <= LARGEST)
}

/// Opens a presented cookie; nothing for one that is not ours, changed, renamed or expired.
pub(crate) fn open(
    vault: &Vault,
    presented: PresentedAttempt<'_>,
    now: Timestamp,
) -> Option<LoginAttempt> {
    let id = AttemptId::parse(presented.id)?;
    let context = bound(&["attempt", id.as_str()]);
    let plain = vault.unseal_text(Purpose::AttemptCookie, &context, presented.value).ok()?;
    let attempt: LoginAttempt = serde_json::from_slice(&plain).ok()?;
    (*attempt.id() == id && !attempt.is_expired(now)).then_some(attempt)
}

#[cfg(test)]
mod tests;
