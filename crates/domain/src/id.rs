//! What things are called.
//! Ids of rows begin with the time they were made, so that their index grows at its end
//! and a random key never dirties a random page; the rest is 88 random bits.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entropy::{Entropy, NoEntropy, bytes};
use crate::time::Timestamp;

/// Crockford's alphabet in lower case: no i, l, o, u, so that a person can read an id aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 26 characters: 40 bits of seconds, then 88 random bits; sorts by time.
fn time_ordered(now: Timestamp, entropy: &dyn Entropy) -> Result<String, NoEntropy> {
    let mut value = [0_u8; 16];
    let seconds = now.as_seconds().max(0).to_be_bytes();
    let (time, random) = value.split_at_mut(5);
    time.copy_from_slice(seconds.get(3..8).unwrap_or(&[0; 5]));
    entropy.fill(random)?;
    Ok(base32(&value))
}

/// Writes bytes in base 32, most significant bits first.
#[must_use]
pub fn base32(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len().saturating_mul(8).div_ceil(5));
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in value {
        buffer = (buffer << 8) | u32::from(*byte);
        bits = bits.saturating_add(8);
        while bits >= 5 {
            bits = bits.saturating_sub(5);
            push_letter(&mut text, (buffer >> bits) & 31);
        }
        buffer &= 0xFFF;
    }
    if bits > 0 {
        push_letter(&mut text, (buffer << 5_u32.saturating_sub(bits)) & 31);
    }
    text
}

fn push_letter(text: &mut String, index: u32) {
    if let Some(letter) = usize::try_from(index).ok().and_then(|i| ALPHABET.get(i)) {
        text.push(char::from(*letter));
    }
}

/// A time-ordered id: made from the moment and chance, read back from a row or a URL.
macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Makes a new id from the present moment and 88 random bits.
            ///
            /// # Errors
            /// [`NoEntropy`] when the system gives no random bytes.
            pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
                time_ordered(now, entropy).map(Self)
            }

            /// Reads an id: 26 characters of the alphabet, else `None`.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let known = text.len() == 26 && text.bytes().all(|b| ALPHABET.contains(&b));
                known.then(|| Self(text.to_owned()))
            }

            /// The 26 characters.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or("not an id")
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

row_id!(
    /// A person's row. Not the `sub`: see [`Subject`].
    UserId
);
row_id!(
    /// One login in flight, from the application's request to its answer.
    AttemptId
);
row_id!(
    /// One signed-in browser.
    SessionId
);
row_id!(
    /// What one application was given by one login.
    GrantId
);
row_id!(
    /// One pushed authorization request (RFC 9126).
    PushedId
);
row_id!(
    /// One device that waits for its person (RFC 8628).
    DeviceId
);
row_id!(
    /// One message to an application that a person signed out.
    DeliveryId
);
row_id!(
    /// The row of one signing key; the `kid` is the key's thumbprint instead.
    SigningKeyId
);
row_id!(
    /// The number a person reads to an operator when something broke.
    IncidentId
);

/// An application's `client_id`: chosen by the operator or made at registration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// Makes the id of a client that names none itself: 26 characters, from the present moment and 88 random bits.
    ///
    /// # Errors
    /// [`NoEntropy`] when the system gives no random bytes.
    pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        time_ordered(now, entropy).map(Self)
    }

    /// Reads a client id: 1 to 128 characters of `[A-Za-z0-9._~-]` and `:` or `/`, else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/".contains(&b);
        ((1..=128).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The text as registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a client id is 1 to 128 characters of A-Z a-z 0-9 . _ ~ : / -")
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientId({})", self.0)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a picture in its address: 26 characters of a keyed hash of whose it is and where it came from.
#[derive(Clone, PartialEq, Eq)]
pub struct AvatarId(String);

impl AvatarId {
    /// Makes a name from 16 bytes of a keyed hash.
    #[must_use]
    pub fn from_hash(hash: &[u8; 16]) -> Self {
        Self(base32(hash))
    }

    /// Reads a name: 26 characters of the alphabet, else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = text.len() == 26 && text.bytes().all(|b| ALPHABET.contains(&b));
        known.then(|| Self(text.to_owned()))
    }

    /// The 26 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AvatarId {
    /// Without the name: whoever knows it sees the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AvatarId(…)")
    }
}

/// The `sub` of a person (OIDC Core §2): at most 255 ASCII characters, never reassigned (law 5).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subject(String);

impl Subject {
    /// Draws a new random subject of 128 bits (26 characters).
    ///
    /// # Errors
    /// [`NoEntropy`] when the system gives no random bytes.
    pub fn random(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self(base32(&bytes::<16>(entropy)?)))
    }

    /// Makes a subject from 16 bytes of a keyed hash (`[identity] subject = "derived"`).
    #[must_use]
    pub fn from_hash(hash: &[u8; 16]) -> Self {
        Self(base32(hash))
    }

    /// Reads a subject: 1 to 255 printable ASCII characters without space, else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        ((1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()))
            .then(|| Self(text.to_owned()))
    }

    /// The text that applications see.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Subject {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a subject")
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({})", self.0)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let entropy = SeededEntropy::new(3);
        let early = GrantId::generate(Timestamp::from_seconds(1_800_000_000), &entropy).unwrap();
        let late = GrantId::generate(Timestamp::from_seconds(1_800_000_001), &entropy).unwrap();
        assert!(early < late);
        assert_eq!(GrantId::parse(early.as_str()), Some(early));
    }

    #[test]
    fn texts_that_are_no_ids_are_refused() {
        for text in ["", "short", "0123456789abcdefghjkmnpqr!", "0123456789ABCDEFGHJKMNPQRS"] {
            assert_eq!(GrantId::parse(text), None, "{text}");
        }
        assert_eq!(AvatarId::parse("../../etc/passwd"), None);
        assert_eq!(ClientId::parse("a b"), None);
        assert_eq!(ClientId::parse("nul\0"), None);
        assert_eq!(Subject::parse("张三"), None);
    }

    #[test]
    fn base32_keeps_every_bit() {
        assert_eq!(base32(&[0xFF; 5]), "zzzzzzzz");
        assert_eq!(base32(&[0x00, 0x01]), "000g");
    }
}
