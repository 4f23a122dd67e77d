//! What a mini program got encrypted from WeChat (`encryptedData`, wechat.md §5.3), before and after it is opened.
//! Whoever has the session key can write such data, so it counts only beside a fresh code of the same person: the openid
//! that WeChat named for the code must be the one inside, and the watermark must name the account and the present time.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use magpie_domain::{AppId, Channel, OpenId, PhoneNumber, Profile, Timestamp, UnionId};
use zeroize::Zeroizing;

use super::fields::{Fields, Whole};
use super::{openid_named, phone_number, unionid_named, userinfo::UserinfoReply};
use crate::profile::{self, AvatarHosts};

/// How far the watermark's time may be from ours, in seconds: the data is fetched for this sign-in, and clocks differ.
const FRESH: i64 = 600;

/// The key of a mini program's session: 16 bytes, wiped when dropped. It leaves this process in no way.
#[derive(Clone)]
pub struct SessionKey(Zeroizing<[u8; 16]>);

impl SessionKey {
    /// Reads the 24 characters of base64 that WeChat sends.
    pub(super) fn parse(text: &str) -> Option<Self> {
        sixteen(text).map(Self)
    }

    /// The way out, for opening what it encrypts.
    #[must_use]
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

fn sixteen(text: &str) -> Option<Zeroizing<[u8; 16]>> {
    // Room for what would be too long, so that it is seen to be.
    let mut bytes = Zeroizing::new([0_u8; 18]);
    let read = STANDARD.decode_slice(text, bytes.as_mut_slice());
    match (read, bytes.first_chunk::<16>()) {
        (Ok(16), Some(key)) => Some(Zeroizing::new(*key)),
        _ => None,
    }
}

/// Encrypted data with its initialization vector, as the mini program handed them over.
#[derive(Clone)]
pub struct Envelope {
    /// The initialization vector.
    pub iv: [u8; 16],
    /// The ciphertext.
    pub sealed: Vec<u8>,
}

impl Envelope {
    /// Reads the two base64 texts; nothing where either is none.
    #[must_use]
    pub fn read(encrypted_data: &str, iv: &str) -> Option<Self> {
        Some(Self { iv: *sixteen(iv)?, sealed: STANDARD.decode(encrypted_data).ok()? })
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({} bytes)", self.sealed.len())
    }
}

/// What stood in opened data.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// The person within the platform, if it was there.
    pub unionid: Option<UnionId>,
    /// Name and picture, cleaned; empty where there were none.
    pub profile: Profile,
    /// The phone number, if the data is of that kind.
    pub phone: Option<PhoneNumber>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened(…)")
    }
}

/// Reads opened data of `openid`, whom WeChat has just named for the code. Nothing for data of another account, another
/// person or another time, and for what cannot be read; whoever sent it is not told which.
#[must_use]
pub fn read(
    plain: &[u8],
    channel: &Channel,
    openid: &OpenId,
    avatars: AvatarHosts<'_>,
    now: Timestamp,
) -> Option<Opened> {
    let fields = Fields::read(plain)?;
    let watermark = fields.inner("watermark")?;
    let is_ours = watermark.text("appid").and_then(AppId::parse)? == channel.account.app_id;
    let Whole::Is(written) = watermark.whole("timestamp") else { return None };
    let is_fresh = now.as_seconds().abs_diff(written) <= FRESH.unsigned_abs();
    if !is_ours || !is_fresh {
        return None;
    }
    if fields.is_blank("openId") {
        // A phone number names nobody; that it was encrypted for this session is all that ties it to the person.
        let phone = phone_number::number(&fields)?;
        return Some(Opened { phone: Some(phone), ..Opened::default() });
    }
    if openid_named(&fields, "openId")? != *openid {
        return None;
    }
    let unionid = unionid_named(&fields, "unionId")?;
    let text = |name| fields.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let raw = UserinfoReply {
        openid: openid.clone(),
        unionid: unionid.clone(),
        nickname: text("nickName"),
        sex: match fields.whole("gender") {
            Whole::Is(number) => Some(number),
            Whole::Absent | Whole::Odd => None,
        },
        language: text("language"),
        headimgurl: text("avatarUrl"),
        is_snapshot_user: false,
    };
    Some(Opened { unionid, profile: profile::clean(&raw, avatars), phone: None })
}

#[cfg(test)]
mod tests;
