//! Secrets that machines make for machines: handles and client secrets, 256 bits each.
//! Nothing here is ever chosen by a person, so their keyed hash is all that is stored.

use magpie_domain::{Entropy, NoEntropy, TokenText, entropy};

/// Draws an opaque handle: 32 random bytes in base64url without padding (43 characters).
///
/// # Errors
/// [`NoEntropy`] when the system gives no random bytes.
pub fn handle(entropy: &dyn Entropy) -> Result<TokenText, NoEntropy> {
    entropy::token(entropy)
}

/// Draws a client secret of 256 bits. Its 43 characters are those that `application/x-www-form-urlencoded` and HTTP
/// Basic leave alone (RFC 6749 §2.3.1), since many clients forget to encode; the first is never a dash,
/// which a command line would take for an option.
///
/// # Errors
/// [`NoEntropy`] when the system gives no random bytes.
pub fn client_secret(entropy: &dyn Entropy) -> Result<TokenText, NoEntropy> {
    loop {
        let secret = entropy::token(entropy)?;
        // Drawing again, rather than replacing the dash, keeps the others equally likely.
        if !secret.expose().starts_with('-') {
            return Ok(secret);
        }
    }
}

#[cfg(test)]
mod tests {
    use magpie_domain::testing::SeededEntropy;

    use super::*;

    #[derive(Debug)]
    struct Dry;

    impl Entropy for Dry {
        fn fill(&self, _buffer: &mut [u8]) -> Result<(), NoEntropy> {
            Err(NoEntropy)
        }
    }

    #[test]
    fn a_client_secret_is_43_plain_characters_that_no_shell_takes_for_an_option() {
        let entropy = SeededEntropy::new(5);
        for _ in 0..500 {
            let secret = client_secret(&entropy).unwrap();
            assert_eq!(secret.expose().len(), 43);
            assert!(!secret.expose().starts_with('-'));
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            assert!(secret.expose().bytes().all(plain));
        }
    }

    /// KY-08.
    #[test]
    fn without_entropy_there_is_no_secret_at_all() {
        assert!(handle(&Dry).is_err());
        assert!(client_secret(&Dry).is_err());
    }
}
