//! Values that must not be printed or compared carelessly.
//! `Debug` writes dots, there is no `Display`, and hashes compare in constant time.

use std::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroize;

/// Something configured that nobody may read in a log: an AppSecret, a client secret, a database password.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps the value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The way out; every call is a place to look at in review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A token or handle in the clear, on its way to the one who may hold it. Never stored.
#[derive(Clone)]
pub struct TokenText(String);

impl TokenText {
    /// Wraps the text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The way out, for the response or cookie that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(…)")
    }
}

/// The keyed hash of a handle: what rows hold in place of the handle.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Wraps the 32 bytes of the hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a stored hash; `None` when the row holds something else.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes that are stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_can_be_printed() {
        let secret = Secret::new("s3cr3t-planted".to_owned());
        let token = TokenText::new("s3cr3t-planted".to_owned());
        let hash = TokenHash::from_bytes([7; 32]);
        let printed = format!("{secret:?} {token:?} {hash:?}");
        assert!(!printed.contains("s3cr3t"), "{printed}");
        assert!(!printed.contains('7'), "{printed}");
    }
}
