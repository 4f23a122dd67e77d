//! Signatures and encryption of pushes, with the flaws that a test asks for.

use openssl::{
    base64::{decode_block, encode_block},
    sha::sha1,
    symm::{Cipher, Crypter, Mode},
};

use super::Flaw;

/// The parts in the order of their bytes, joined, as lower-case hex of their SHA-1.
pub(super) fn signature(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    sha1(parts.concat().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Random bytes, length, message, AppID; padded to 32; AES-256-CBC with the key's head as vector.
pub(super) fn encrypt(
    key: &str,
    app_id: &str,
    message: &str,
    flaw: &Flaw,
) -> Result<String, String> {
    let key = decode_block(&format!("{key}=")).map_err(|_stack| "no EncodingAESKey")?;
    let vector = key.get(..16).ok_or("a short EncodingAESKey")?;
    let receiver = if let Flaw::OtherReceiver(other) = flaw { other } else { app_id };
    let honest = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let length = if let Flaw::Length(length) = flaw { *length } else { honest };
    let mut plain = b"fedcba9876543210".to_vec();
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(message.as_bytes());
    plain.extend_from_slice(receiver.as_bytes());
    let missing = 32_usize.saturating_sub(plain.len() % 32);
    plain.resize(plain.len().saturating_add(missing), u8::try_from(missing).unwrap_or(32));
    if let (Flaw::Padding(value), Some(last)) = (flaw, plain.last_mut()) {
        *last = *value;
    }
    let mut encrypted = cbc(&key, vector, &plain).map_err(|_stack| "OpenSSL could not encrypt")?;
    match flaw {
        Flaw::Truncated(count) => encrypted.truncate(encrypted.len().saturating_sub(*count)),
        Flaw::Bit(bit) => {
            let at = (bit / 8) % encrypted.len().max(1);
            if let Some(byte) = encrypted.get_mut(at) {
                *byte ^= 1 << (bit % 8);
            }
        }
        _ => {}
    }
    Ok(encode_block(&encrypted))
}

fn cbc(key: &[u8], vector: &[u8], plain: &[u8]) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let cipher = Cipher::aes_256_cbc();
    let mut crypter = Crypter::new(cipher, Mode::Encrypt, key, Some(vector))?;
    crypter.pad(false);
    let mut out = vec![0; plain.len().saturating_add(cipher.block_size())];
    let count = crypter.update(plain, &mut out)?;
    out.truncate(count);
    Ok(out)
}

/// Takes out what was encrypted for this account, strictly as the documents have it.
pub(super) fn decrypt(key: &str, app_id: &str, encrypted: &str) -> Result<String, String> {
    let key = decode_block(&format!("{key}=")).map_err(|_stack| "no EncodingAESKey")?;
    let vector = key.get(..16).ok_or("a short EncodingAESKey")?;
    let bytes = decode_block(encrypted).map_err(|_stack| "no base64")?;
    let cipher = Cipher::aes_256_cbc();
    let plain = Crypter::new(cipher, Mode::Decrypt, &key, Some(vector))
        .and_then(|mut crypter| {
            crypter.pad(false);
            let mut out = vec![0; bytes.len().saturating_add(cipher.block_size())];
            let count = crypter.update(&bytes, &mut out)?;
            out.truncate(count);
            Ok(out)
        })
        .map_err(|_stack| "OpenSSL could not decrypt")?;
    let padding = usize::from(*plain.last().ok_or("nothing was encrypted")?);
    if plain.len() % 32 != 0 || !(1..=32).contains(&padding) {
        return Err("the padding is not to 32 bytes".to_owned());
    }
    let content = plain.get(16..plain.len().saturating_sub(padding)).ok_or("too short")?;
    let (length, rest) = content.split_first_chunk::<4>().ok_or("no length")?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_large| "too long")?;
    let (message, receiver) = rest.split_at_checked(length).ok_or("the length is wrong")?;
    if receiver != app_id.as_bytes() {
        return Err("encrypted in another account's name".to_owned());
    }
    String::from_utf8(message.to_vec()).map_err(|_bytes| "no UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signature of Tencent's sample (WXBizMsgCrypt): token, timestamp, nonce and cipher as published there.
    #[test]
    fn a_signature_is_that_of_the_documents() {
        let encrypted = "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE=";
        let signed = signature(&["spamtest", "1409735669", "1320562132", encrypted]);
        assert_eq!(signed, "5d197aaffba7e9b25a30732f161a50dee96bd5fa");
    }
}
