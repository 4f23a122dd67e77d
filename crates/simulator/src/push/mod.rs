//! What WeChat pushes to an account's own server: written, signed and encrypted here, and sent like WeChat does.
//! Written from the documents with OpenSSL, so that it shares no line with whoever reads it.

mod cipher;
mod message;
mod reply;
mod send;

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Deserialize;

use crate::{ids, world::World};

pub use reply::ChatLine;
pub(crate) use reply::read_reply;
pub use send::PushAnswer;

/// What an operator typed into the console of an account (服务器配置, 消息推送).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushConsole {
    /// The account.
    pub app_id: String,
    /// The address, without a query.
    pub url: String,
    /// 令牌: signs every push.
    pub token: String,
    /// 消息加解密密钥: 43 characters.
    #[serde(default)]
    pub encoding_aes_key: String,
    /// 消息加解密方式.
    #[serde(default)]
    pub mode: PushMode,
    /// 数据格式.
    #[serde(default)]
    pub format: PushFormat,
}

/// Both keys are secrets of somebody.
impl std::fmt::Debug for PushConsole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushConsole").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// Whether messages are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushMode {
    /// 明文模式: not at all.
    Plain,
    /// 兼容模式: twice in one body, plain and encrypted.
    Compatible,
    /// 安全模式: encrypted.
    #[default]
    Secure,
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushFormat {
    /// XML, every text in CDATA.
    #[default]
    Xml,
    /// JSON, some names with a space before them, as the documents have it.
    Json,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// `user_info_modified`.
    InfoModified,
    /// `user_authorization_revoke` with this `RevokeInfo`.
    Revoked(String),
    /// `user_authorization_cancellation`.
    Cancelled,
    /// `subscribe`, through the QR code of a scene or without one.
    Subscribed(Option<String>),
    /// `SCAN` of a scene by a follower.
    Scanned(String),
    /// `unsubscribe`.
    Unsubscribed,
    /// The person wrote something.
    Text(String),
    /// A message as it is, for what no enumeration foresees.
    Raw(String),
}

/// What is wrong with a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// Both signatures are made with another token.
    OtherToken,
    /// `msg_signature` alone is wrong.
    MsgSignature,
    /// The push is this many seconds old; less than nothing is the future.
    Old(i64),
    /// Encrypted for this AppID.
    OtherReceiver(String),
    /// The last byte of the padding says this.
    Padding(u8),
    /// The length field says this.
    Length(u32),
    /// So many bytes are missing at the end of the cipher.
    Truncated(usize),
    /// This bit of the cipher is another.
    Bit(usize),
}

/// A push, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRequest {
    /// The address with its query.
    pub url: String,
    /// The media type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Writes a push.
pub(crate) fn write(
    world: &World,
    app_id: &str,
    person: &str,
    pushed: &Pushed,
    flaw: Flaw,
) -> Result<PushRequest, String> {
    let console = world.pushes.iter().find(|console| console.app_id == app_id);
    let console = console.ok_or_else(|| format!("{app_id:?} pushes nowhere"))?;
    let person = world.person(person).ok_or_else(|| format!("nobody has the key {person:?}"))?;
    let openid = ids::openid(app_id, &person.key, false);
    let message = message::written(console, &openid, pushed, (now(), &nonce()));
    let token = if flaw == Flaw::OtherToken { "0ther70ken" } else { console.token.as_str() };
    let age = if let Flaw::Old(seconds) = flaw { seconds } else { 0 };
    let timestamp = now().saturating_sub(age).to_string();
    let nonce = nonce();
    let signature = cipher::signature(&[token, &timestamp, &nonce]);
    let mut query =
        format!("signature={signature}&timestamp={timestamp}&nonce={nonce}&openid={openid}");
    let encrypted = match console.mode {
        PushMode::Plain => None,
        PushMode::Compatible | PushMode::Secure => {
            Some(cipher::encrypt(&console.encoding_aes_key, app_id, &message, &flaw)?)
        }
    };
    if let Some(encrypted) = &encrypted {
        let mut of_message = cipher::signature(&[token, &timestamp, &nonce, encrypted]);
        if flaw == Flaw::MsgSignature {
            of_message = cipher::signature(&[token, &timestamp, &nonce, "another message"]);
        }
        query.push_str("&encrypt_type=aes&msg_signature=");
        query.push_str(&of_message);
    }
    Ok(PushRequest {
        url: format!("{}?{query}", console.url),
        content_type: match console.format {
            PushFormat::Xml => "text/xml",
            PushFormat::Json => "application/json",
        },
        body: message::enveloped(console, message, encrypted),
    })
}

#[expect(clippy::disallowed_methods, reason = "a push says when it was sent, in the world's time")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Some ten digits, as WeChat sends.
fn nonce() -> String {
    RandomState::new().build_hasher().finish().to_string()
}
