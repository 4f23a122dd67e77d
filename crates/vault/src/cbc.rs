//! Opening what WeChat encrypts for a mini program: AES-128-CBC with PKCS#7 (wechat.md §5.3). It is not one of our seals:
//! nothing in it proves who wrote it, so what comes out is judged by its watermark and used as little as possible.

use openssl::symm::{Cipher, decrypt};
use zeroize::Zeroizing;

/// The most that is opened, in bytes. A real one has less than 1 KiB.
const LARGEST: usize = 16 * 1024;

/// Opens a ciphertext; nothing for a wrong key, a wrong padding, no whole blocks or too many. The caller cannot tell which,
/// and must not tell anybody whether what came out could be read (Vaudenay's padding oracle).
#[must_use]
pub fn open_aes_128_cbc(
    key: &[u8; 16],
    iv: &[u8; 16],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    if sealed.is_empty() || !sealed.len().is_multiple_of(16) || sealed.len() > LARGEST {
        return None;
    }
    decrypt(Cipher::aes_128_cbc(), key, Some(iv), sealed).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_blocks_under_the_right_key_open_and_nothing_else_does() {
        let key = *b"0123456789abcdef";
        let iv = *b"fedcba9876543210";
        let plain = br#"{"openId":"oInvented"}"#;
        let sealed = openssl::symm::encrypt(Cipher::aes_128_cbc(), &key, Some(&iv), plain).unwrap();
        assert_eq!(&**open_aes_128_cbc(&key, &iv, &sealed).unwrap(), plain);
        assert_eq!(open_aes_128_cbc(b"0123456789abcdeF", &iv, &sealed), None);
        let mut broken = sealed.clone();
        *broken.last_mut().unwrap() ^= 1;
        assert_eq!(open_aes_128_cbc(&key, &iv, &broken), None);
        for length in [0, 1, 15, 17, 16 * 1024 + 16] {
            assert_eq!(open_aes_128_cbc(&key, &iv, &vec![7; length]), None, "{length}");
        }
    }
}
