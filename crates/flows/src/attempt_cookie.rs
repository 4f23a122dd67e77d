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
mod tests {
    use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy, sample_request};
    use magpie_domain::{ChannelId, ClientId, DepartureHandle, Lifetime, RedirectUri};
    use magpie_vault::RootKey;

    use super::*;

    fn vault(seed: u64) -> Vault {
        Vault::new(&RootKey::generate(&SeededEntropy::new(seed)).unwrap()).unwrap()
    }

    fn attempt() -> LoginAttempt {
        let lifetime = Lifetime::from_minutes(10);
        LoginAttempt::start(sample_request(), SAMPLE_NOW, lifetime, &SeededEntropy::new(5)).unwrap()
    }

    #[test]
    fn an_attempt_opens_only_under_its_own_name_key_and_time() {
        let (ours, entropy) = (vault(1), SeededEntropy::new(2));
        let cookie = seal(&ours, &attempt(), &entropy).unwrap();
        let value = cookie.value.unwrap();
        let presented = PresentedAttempt { id: cookie.attempt.as_str(), value: &value };
        assert_eq!(open(&ours, presented, SAMPLE_NOW), Some(attempt()));
        let other_name = AttemptId::generate(SAMPLE_NOW, &entropy).unwrap();
        assert_eq!(
            open(&ours, PresentedAttempt { id: other_name.as_str(), value: &value }, SAMPLE_NOW),
            None
        );
        assert_eq!(open(&vault(9), presented, SAMPLE_NOW), None);
        assert_eq!(open(&ours, presented, SAMPLE_NOW.plus(Lifetime::from_minutes(10))), None);
        assert_eq!(
            open(&ours, PresentedAttempt { id: presented.id, value: "AAAA" }, SAMPLE_NOW),
            None
        );
    }

    /// R20: whatever is let in at the beginning fits one cookie at its largest, name and attributes included.
    #[test]
    fn every_request_that_is_let_in_fits_its_cookie() {
        let entropy = SeededEntropy::new(3);
        let largest = |length: usize| {
            let mut request = sample_request();
            request.client_id = ClientId::parse(&"c".repeat(128)).unwrap();
            let path = "r".repeat(492);
            request.redirect_uri =
                RedirectUri::register(&format!("https://app.example/{path}")).unwrap();
            request.state = Some("\"".repeat(length));
            request.nonce = Some("n".repeat(512));
            request.code_challenge = Some("p".repeat(43));
            let lifetime = Lifetime::from_minutes(10);
            LoginAttempt::start(request, SAMPLE_NOW, lifetime, &entropy).unwrap()
        };
        let longest = (0..1537).rev().find(|length| fits(&largest(*length))).unwrap();
        assert!(longest > 400, "{longest} quotation marks, each of which is escaped");
        assert!(!fits(&largest(1536)));
        let handle = DepartureHandle::generate(&entropy).unwrap();
        let departed =
            largest(longest).depart(ChannelId::parse(&"d".repeat(32)).unwrap(), handle).unwrap();
        let value = seal(&vault(1), &departed, &entropy).unwrap().value.unwrap();
        let name_and_attributes = "__Host-magpie-attempt-01234567890123456789012345=; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure";
        assert!(value.len() + name_and_attributes.len() <= 4096, "{}", value.len());
    }
}
