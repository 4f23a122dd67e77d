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
