//! Chance as an argument. The one implementation that asks the system is made in the server;
//! tests bring a seeded one, so that a failure can be repeated.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::TokenText;

/// The system could not give random bytes; nothing weaker may take their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct NoEntropy;

/// A source of random bytes.
pub trait Entropy: Send + Sync + std::fmt::Debug {
    /// Fills the buffer, or fails without having written anything usable.
    ///
    /// # Errors
    /// [`NoEntropy`] when the system refuses.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy>;
}

/// Draws `N` random bytes.
///
/// # Errors
/// [`NoEntropy`] when the system refuses.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], NoEntropy> {
    let mut buffer = [0_u8; N];
    entropy.fill(&mut buffer)?;
    Ok(buffer)
}

/// Draws a 256-bit token in base64url without padding (43 characters).
///
/// # Errors
/// [`NoEntropy`] when the system refuses.
pub fn token(entropy: &dyn Entropy) -> Result<TokenText, NoEntropy> {
    Ok(TokenText::new(URL_SAFE_NO_PAD.encode(bytes::<32>(entropy)?)))
}

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Draws 32 characters of `[A-Za-z0-9]` (190 bits), the only alphabet WeChat passes through `state` unharmed.
///
/// # Errors
/// [`NoEntropy`] when the system refuses.
pub fn alphanumeric_32(entropy: &dyn Entropy) -> Result<String, NoEntropy> {
    let mut text = String::with_capacity(32);
    while text.len() < 32 {
        for byte in bytes::<48>(entropy)? {
            // 248 is the largest multiple of 62 in a byte: refusing the rest keeps every character equally likely.
            let index = usize::from(byte);
            if index < 248
                && text.len() < 32
                && let Some(letter) = ALPHANUMERIC.get(index.checked_rem(62).unwrap_or_default())
            {
                text.push(char::from(*letter));
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;

    #[test]
    fn a_state_handle_is_32_letters_and_digits_and_never_the_same_twice() {
        let entropy = SeededEntropy::new(7);
        let one = alphanumeric_32(&entropy).unwrap();
        let two = alphanumeric_32(&entropy).unwrap();
        assert_eq!(one.len(), 32);
        assert!(one.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(one, two);
    }

    #[test]
    fn a_token_carries_256_bits_in_43_characters() {
        assert_eq!(token(&SeededEntropy::new(1)).unwrap().expose().len(), 43);
    }
}
