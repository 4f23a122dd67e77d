//! Pushes, true and forged.
//! The vectors are Tencent's: the first from the sample that comes with its documents (WXBizMsgCrypt), the second from
//! the tests of wechatpy (MIT). Both keys end in a letter that strict decoders refuse.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "lengths and texts that the tests make themselves"
)]

mod answers;
mod envelopes;
mod events;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use magpie_domain::{AppId, Push, PushFormat, Secret, Timestamp};

use super::envelope::LENIENT;
use super::{Marks, Opened, Refused, open, signature_of};

pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_763_000_000);
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

pub(super) fn push(format: PushFormat) -> Push {
    keyed("spamtest", KEY, format)
}

fn keyed(token: &str, key: &str, format: PushFormat) -> Push {
    Push {
        token: Secret::new(token.to_owned()),
        encoding_aes_key: Secret::new(key.to_owned()),
        format,
        forward_to: None,
    }
}

pub(super) fn receiver() -> AppId {
    AppId::parse("wx2c2769f8efd9abc2").unwrap()
}

/// Sixteen bytes, the length, the message, the AppID: what WeChat encrypts.
pub(super) fn framed(message: &[u8], length: u32, app_id: &str) -> Vec<u8> {
    [b"0123456789abcdef", length.to_be_bytes().as_slice(), message, app_id.as_bytes()].concat()
}

pub(super) fn padded(mut plain: Vec<u8>) -> Vec<u8> {
    let count = 32 - plain.len() % 32;
    plain.resize(plain.len() + count, u8::try_from(count).unwrap());
    plain
}

/// Encrypts whole blocks as they are.
pub(super) fn encrypted(plain: &[u8]) -> String {
    let key: [u8; 32] = LENIENT.decode(KEY).unwrap().try_into().unwrap();
    let vector: [u8; 16] = key[..16].try_into().unwrap();
    let mut bytes = plain.to_vec();
    let length = bytes.len();
    cbc::Encryptor::<aes::Aes256>::new(&key.into(), &vector.into())
        .encrypt_padded::<NoPadding>(&mut bytes, length)
        .unwrap();
    STANDARD.encode(bytes)
}

/// A whole push of a message: address and body.
pub(super) struct Sent {
    pub(super) signature: String,
    pub(super) msg_signature: String,
    pub(super) timestamp: String,
    pub(super) body: String,
}

pub(super) const NONCE: &str = "1320562132";

pub(super) fn sent(format: PushFormat, encrypted: &str, at: Timestamp) -> Sent {
    let timestamp = at.as_seconds().to_string();
    let body = match format {
        PushFormat::Xml => format!(
            "<xml>\n<ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt>\n</xml>"
        ),
        PushFormat::Json => format!(r#"{{"ToUserName":"gh_1","Encrypt":"{encrypted}"}}"#),
    };
    Sent {
        signature: signature_of(["spamtest", &timestamp, NONCE]),
        msg_signature: signature_of(["spamtest", &timestamp, NONCE, encrypted]),
        timestamp,
        body,
    }
}

impl Sent {
    pub(super) fn marks(&self) -> Marks<'_> {
        Marks {
            signature: Some(&self.signature),
            msg_signature: Some(&self.msg_signature),
            timestamp: Some(&self.timestamp),
            nonce: Some(NONCE),
        }
    }

    pub(super) fn open(&self, format: PushFormat) -> Result<Opened, Refused> {
        open(&push(format), &receiver(), &self.marks(), self.body.as_bytes(), NOW)
    }
}

/// A push that is in order in every way.
pub(super) fn good(format: PushFormat, message: &str) -> Sent {
    let length = u32::try_from(message.len()).unwrap();
    let plain = framed(message.as_bytes(), length, receiver().as_str());
    sent(format, &encrypted(&padded(plain)), NOW)
}
