//! `Authorization: Basic` as OAuth has it: id and secret are form-urlencoded before they are joined
//! (RFC 6749 §2.3.1), which plain HTTP clients do not do. Decoded exactly once.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use magpie_domain::Secret;

use crate::encoding::form_decode;

/// The longest header that is decoded: an id of 128 and a secret of 512 bytes, every byte escaped, in base 64.
const LONGEST_HEADER: usize = 2600;

/// Some clients leave the padding out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The client id and the secret of a header value, or `None` for anything but Basic with both halves.
pub(super) fn credentials(header: &str) -> Option<(String, Secret<String>)> {
    if header.len() > LONGEST_HEADER {
        return None;
    }
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Secret::new(LENIENT.decode(encoded.trim()).ok()?);
    let mut halves = decoded.expose().splitn(2, |b| *b == b':');
    let id = form_decode(halves.next()?).ok()?;
    let secret = form_decode(halves.next()?).ok()?;
    (!id.is_empty() && !secret.is_empty()).then(|| (id, Secret::new(secret)))
}
