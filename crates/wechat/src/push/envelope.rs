//! The envelope of a push: where the encrypted message is, and how it is taken out.
//!
//! AES-256-CBC with the key's first half as its vector; inside are 16 random bytes, the length of the message, the
//! message and the receiver's AppID, padded to 32 bytes and not to the 16 of the cipher.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use magpie_domain::{AppId, PushFormat};

use super::Refused;
use super::fields;

/// The consoles make keys whose last letter carries bits that belong to no byte; strict decoders refuse them.
pub(super) const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the message is padded to.
const PADDED_TO: u8 = 32;

/// Whether a text can be an EncodingAESKey: 43 letters and digits, which are 32 bytes.
#[must_use]
pub fn is_encoding_aes_key(text: &str) -> bool {
    text.len() == 43 && key(text).is_some()
}

fn key(text: &str) -> Option<[u8; 32]> {
    LENIENT.decode(text).ok()?.try_into().ok()
}

/// The encrypted message in a body; none when there is none, or more than one.
///
/// # Errors
/// [`Refused::Format`] for a body that is not of this format at all.
pub(super) fn encrypted(format: PushFormat, body: &[u8]) -> Result<Option<String>, Refused> {
    let opening = match format {
        PushFormat::Xml => b'<',
        PushFormat::Json => b'{',
    };
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&opening) {
        return Err(Refused::Format);
    }
    let text = str::from_utf8(body).map_err(|_quotes_the_body| Refused::Format)?;
    let found = match format {
        PushFormat::Xml => in_xml(text).map(str::to_owned),
        PushFormat::Json => fields::of_json(text)?.take("Encrypt"),
    };
    Ok(found.filter(|text| !text.is_empty() && text.bytes().all(is_base64)))
}

/// The one `Encrypt` element. Nobody has proved anything yet, so this is a search and no parser: whatever else stands
/// in the body, the signature has to fit what is found here.
fn in_xml(text: &str) -> Option<&str> {
    let (_before, rest) = text.split_once("<Encrypt>")?;
    let (inside, after) = rest.split_once("</Encrypt>")?;
    if after.contains("<Encrypt>") {
        return None;
    }
    let inside = inside.trim();
    let unwrapped = inside.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>"));
    Some(unwrapped.unwrap_or(inside))
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// The message, when it was encrypted with this key for this receiver. Whoever calls has checked the signature, so
/// what fails here tells nobody anything.
pub(super) fn decrypt(key_text: &str, encrypted: &str, receiver: &AppId) -> Option<Vec<u8>> {
    let key = key(key_text)?;
    let vector = key.first_chunk::<16>()?;
    let mut bytes = LENIENT.decode(encrypted).ok()?;
    let cipher = cbc::Decryptor::<aes::Aes256>::new(&key.into(), &(*vector).into());
    let plain = cipher.decrypt_padded::<NoPadding>(&mut bytes).ok()?;
    let (_random, rest) = unpadded(plain)?.split_at_checked(16)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (message, app_id) = rest.split_at_checked(length)?;
    (app_id == receiver.as_str().as_bytes()).then(|| message.to_vec())
}

/// A message for WeChat's side of this account, the other way round; `filling` is sixteen bytes of chance.
pub(super) fn encrypt(
    key_text: &str,
    message: &[u8],
    sender: &AppId,
    filling: &[u8; 16],
) -> Option<String> {
    let key = key(key_text)?;
    let vector = key.first_chunk::<16>()?;
    let length = u32::try_from(message.len()).ok()?.to_be_bytes();
    let mut bytes = [filling, length.as_slice(), message, sender.as_str().as_bytes()].concat();
    let over = bytes.len().checked_rem(usize::from(PADDED_TO))?;
    let missing = PADDED_TO.checked_sub(u8::try_from(over).ok()?)?;
    bytes.resize(bytes.len().checked_add(usize::from(missing))?, missing);
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&key.into(), &(*vector).into());
    let whole = bytes.len();
    let encrypted = cipher.encrypt_padded::<NoPadding>(&mut bytes, whole).ok()?;
    Some(LENIENT.encode(encrypted))
}

/// What stands before the padding: 1 to 32 bytes that all say how many they are.
fn unpadded(plain: &[u8]) -> Option<&[u8]> {
    let count = *plain.last()?;
    let (content, padding) =
        plain.split_at_checked(plain.len().checked_sub(usize::from(count))?)?;
    let is_padding = (1..=PADDED_TO).contains(&count) && padding.iter().all(|byte| *byte == count);
    is_padding.then_some(content)
}
