//! Every identifier the simulator hands out.
//! openid and unionid are digests of who and where, so they are the same in every run; codes and tokens carry their serial
//! number and a digest keyed by the run, so they can be recognised without a table of texts and never repeat in another run.
//! None of this is secret-keeping: it is a fake, on loopback.

use std::hash::{BuildHasher, Hasher, RandomState};

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// 28 characters that start with `o`, as openids and unionids look (wechat.md section 13).
fn person_id(parts: &[&[u8]]) -> String {
    let hash = digest(parts);
    let text = URL_SAFE_NO_PAD.encode(hash);
    std::iter::once('o').chain(text.chars().take(27)).collect()
}

/// The id of a person within one app; a virtual account (snapshot page) has another one.
pub(crate) fn openid(app_id: &str, person: &str, virtual_account: bool) -> String {
    let who: &[u8] = if virtual_account { b"virtual openid" } else { b"openid" };
    person_id(&[who, app_id.as_bytes(), person.as_bytes()])
}

/// The id of a person within one Open Platform account.
pub(crate) fn unionid(platform: &str, person: &str, virtual_account: bool) -> String {
    let who: &[u8] = if virtual_account { b"virtual unionid" } else { b"unionid" };
    person_id(&[who, platform.as_bytes(), person.as_bytes()])
}

/// A stable number for drawing things: avatars and the squares of the imitation QR.
pub(crate) fn pattern(text: &str) -> [u8; 32] {
    digest(&[b"pattern", text.as_bytes()])
}

/// Makes and recognises the codes and tokens of one run.
#[derive(Clone, Copy)]
pub(crate) struct Mint {
    seed: [u8; 32],
}

impl std::fmt::Debug for Mint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mint(..)")
    }
}

impl Mint {
    /// A seed from the process's hash randomness: another run mints other codes.
    pub(crate) fn new() -> Self {
        let chance = || RandomState::new().build_hasher().finish().to_be_bytes();
        Self { seed: digest(&[&chance(), &chance(), &chance(), &chance()]) }
    }

    /// 32 characters, as codes look in the wild.
    pub(crate) fn code(&self, serial: u64) -> String {
        let hash = digest(&[&self.seed, b"code", &serial.to_be_bytes()]);
        let bytes: Vec<u8> =
            serial.to_be_bytes().into_iter().chain(hash.into_iter().take(15)).collect();
        format!("0{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The serial number of a code of this run.
    pub(crate) fn read_code(&self, code: &str) -> Option<u64> {
        let serial = read_serial(code.strip_prefix('0')?)?;
        (self.code(serial) == code).then_some(serial)
    }

    /// An access token; the generation changes when an expired one is refreshed.
    pub(crate) fn access_token(&self, serial: u64, generation: u32) -> String {
        self.token("access", serial, generation)
    }

    pub(crate) fn refresh_token(&self, serial: u64) -> String {
        self.token("refresh", serial, 0)
    }

    /// The serial number a token claims; the caller compares the whole text with the one it would mint.
    pub(crate) fn read_token(token: &str) -> Option<u64> {
        read_serial(token.strip_prefix("78_")?)
    }

    /// An app-level token of the given family (`stable` or `plain`).
    pub(crate) fn app_token(&self, app_id: &str, family: &str, generation: u64) -> String {
        let first =
            digest(&[&self.seed, family.as_bytes(), app_id.as_bytes(), &generation.to_be_bytes()]);
        let second = digest(&[b"more", &first]);
        format!("79_{}{}", URL_SAFE_NO_PAD.encode(first), URL_SAFE_NO_PAD.encode(second))
    }

    /// Base64 of 16 bytes, as `session_key` of a mini program.
    pub(crate) fn session_key(&self, serial: u64) -> String {
        let hash = digest(&[&self.seed, b"session", &serial.to_be_bytes()]);
        STANDARD.encode(hash.into_iter().take(16).collect::<Vec<u8>>())
    }

    fn token(&self, kind: &str, serial: u64, generation: u32) -> String {
        let first = digest(&[
            &self.seed,
            kind.as_bytes(),
            &serial.to_be_bytes(),
            &generation.to_be_bytes(),
        ]);
        let second = digest(&[b"more", &first]);
        let bytes: Vec<u8> = serial.to_be_bytes().into_iter().chain(first).chain(second).collect();
        format!("78_{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

fn read_serial(text: &str) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(u64::from_be_bytes(*bytes.first_chunk::<8>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_person_has_one_openid_per_app_and_one_unionid_per_platform() {
        assert_eq!(openid("wx1", "ann", false), openid("wx1", "ann", false));
        assert_ne!(openid("wx1", "ann", false), openid("wx2", "ann", false));
        assert_ne!(openid("wx1", "ann", false), openid("wx1", "ann", true));
        assert_ne!(unionid("main", "ann", false), unionid("other", "ann", false));
        assert_eq!(openid("wx1", "ann", false).len(), 28);
    }

    #[test]
    fn ids_do_not_move_between_versions() {
        assert_eq!(openid("wx0000000000000001", "xiaoyu", false), "oVlfPqRNde8_wIdbg7ZCnuCNWXnH");
        assert_eq!(unionid("main", "xiaoyu", false), "oxERhRmGItX6T_q0_GA540wts1oe");
    }

    #[test]
    fn only_the_own_untouched_codes_are_read() {
        let mint = Mint::new();
        let code = mint.code(7);
        assert_eq!(code.len(), 32);
        assert_eq!(mint.read_code(&code), Some(7));
        assert_eq!(Mint::new().read_code(&code), None);
        assert_eq!(mint.read_code(&code.to_lowercase().to_uppercase()), None);
        assert_eq!(mint.read_code(""), None);
    }
}
