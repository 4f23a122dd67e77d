//! What WeChat tells us unasked (消息推送): who may say it, and what it says.
//!
//! A push proves itself before anything of it is read but the one element that carries it: `msg_signature` covers the
//! encrypted message, where `signature` covers neither body nor address and is no proof of a message (WP-01, WP-02).
//! So only what is encrypted (安全模式, or 兼容模式 for its encrypted half) is ever looked into. A wrong signature, a
//! broken cipher and somebody else's AppID are one refusal, so that nobody learns how far a forgery came (WP-06).
//!
//! [`is_ours`] answers the console's question whether the address is ours, [`open`] opens what is pushed to it,
//! [`Event::read`] says what it means, and [`answer`] writes back into the chat.

mod answer;
mod envelope;
mod event;
mod fields;

use magpie_domain::{AppId, Lifetime, Push, Timestamp};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;

pub use answer::{answer, harmless};
pub use envelope::is_encoding_aes_key;
pub use event::{Chat, Event, Named};

/// How far a push's own time may be from ours. WeChat says again what was not answered within seconds, so this is for clocks.
pub const WINDOW: Lifetime = Lifetime::from_minutes(5);

/// What the address of a push carries.
#[derive(Clone, Copy)]
pub struct Marks<'a> {
    /// `signature`, of token, timestamp and nonce.
    pub signature: Option<&'a str>,
    /// `msg_signature`, of those and the encrypted message.
    pub msg_signature: Option<&'a str>,
    /// `timestamp`, in seconds.
    pub timestamp: Option<&'a str>,
    /// `nonce`.
    pub nonce: Option<&'a str>,
}

/// Why a push is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Whoever sent it does not prove to be WeChat's side of this account. Never more exact than that.
    Forged,
    /// It is not written the way the channel says.
    Format,
}

/// A push that proved itself: what it says, not read yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The message as it was encrypted.
    pub message: Vec<u8>,
    /// The moment it gives itself; it is not accepted any more [`WINDOW`] later.
    pub at: Timestamp,
}

/// Whether the console's question (`GET`, URL 验证) is signed with our token, a moment ago.
#[must_use]
pub fn is_ours(push: &Push, marks: &Marks<'_>, now: Timestamp) -> bool {
    let (Some(signature), Some((timestamp, nonce))) = (marks.signature, marks.dated()) else {
        return false;
    };
    let expected = signature_of([push.token.expose(), timestamp, nonce]);
    is_same(&expected, signature) && marks.at(now).is_some()
}

/// Opens what was posted to the address of a channel: who signed it, and for whom it was encrypted.
///
/// # Errors
/// [`Refused`].
pub fn open(
    push: &Push,
    receiver: &AppId,
    marks: &Marks<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<Opened, Refused> {
    let encrypted = envelope::encrypted(push.format, body)?.ok_or(Refused::Forged)?;
    let (Some(shown), Some((timestamp, nonce))) = (marks.msg_signature, marks.dated()) else {
        return Err(Refused::Forged);
    };
    let token = push.token.expose();
    let expected = signature_of([token.as_str(), timestamp, nonce, &encrypted]);
    // Both when both are there: whoever knows the token has no reason to show a wrong one.
    let of_address = marks
        .signature
        .is_none_or(|shown| is_same(&signature_of([token.as_str(), timestamp, nonce]), shown));
    if !is_same(&expected, shown) || !of_address {
        return Err(Refused::Forged);
    }
    let at = marks.at(now).ok_or(Refused::Forged)?;
    let key = push.encoding_aes_key.expose();
    let message = envelope::decrypt(key, &encrypted, receiver).ok_or(Refused::Forged)?;
    Ok(Opened { message, at })
}

impl<'a> Marks<'a> {
    fn dated(&self) -> Option<(&'a str, &'a str)> {
        self.timestamp.zip(self.nonce)
    }

    /// The moment it names, if that is near enough.
    fn at(&self, now: Timestamp) -> Option<Timestamp> {
        let digits = self.timestamp.filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
        let at = Timestamp::from_seconds(digits.parse().ok()?);
        (at >= now.minus(WINDOW) && at <= now.plus(WINDOW)).then_some(at)
    }
}

/// SHA-1 over the parts in the order of their bytes, in lower-case hex; that is what WeChat's side does.
fn signature_of<const N: usize>(mut parts: [&str; N]) -> String {
    parts.sort_unstable();
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_same(expected: &str, shown: &str) -> bool {
    expected.as_bytes().ct_eq(shown.as_bytes()).into()
}

/// The address of a push names a person, and its marks prove it.
impl std::fmt::Debug for Marks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Marks(…)")
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("at", &self.at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
