//! What a push means. The person is in `OpenID` for what concerns an authorization, and in `FromUserName` for what
//! somebody does with the account; taking the one for the other would erase the wrong person.

use std::fmt;

use magpie_domain::{AppId, OpenId, PushFormat, Timestamp};

use super::Refused;
use super::fields::{self, Fields};

/// What happened, as far as we care. Closed: another one does not compile until somebody has decided what follows.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// `user_info_modified`: the platform took name and picture of somebody away.
    ProfileModified {
        /// Who.
        openid: OpenId,
    },
    /// `user_authorization_revoke`: somebody withdrew at WeChat what they had allowed this account.
    AuthorizationRevoked {
        /// Who.
        openid: OpenId,
        /// What they withdrew.
        named: Named,
    },
    /// `user_authorization_cancellation`: somebody's WeChat account is no more.
    AccountCancelled {
        /// Who.
        openid: OpenId,
    },
    /// `subscribe`: somebody follows the account.
    Subscribed {
        /// Who, and to whom an answer goes.
        chat: Chat,
        /// The scene of the QR code, where one led there (`qrscene_` taken off).
        scene: Option<String>,
    },
    /// `SCAN`: a follower scanned a QR code of the account.
    Scanned {
        /// Who, and to whom an answer goes.
        chat: Chat,
        /// The scene of the code.
        scene: String,
    },
    /// `unsubscribe`: somebody does not follow the account any more.
    Unsubscribed {
        /// Who.
        openid: OpenId,
    },
    /// A text that somebody wrote to the account (`MsgType` text).
    Said {
        /// Who, and to whom an answer goes.
        chat: Chat,
        /// What.
        words: String,
        /// `MsgId`: the same whenever WeChat says it again.
        id: String,
    },
    /// Anything else: another event, or another message of a person.
    Other,
    /// One of ours with a field missing, unreadable or there twice.
    Incomplete,
}

/// Between a person and an account: who said something, and what an answer has to name.
#[derive(Clone, PartialEq, Eq)]
pub struct Chat {
    /// The person (`FromUserName`).
    pub openid: OpenId,
    /// The account's own name (`ToUserName`, 原始 ID).
    pub account: String,
    /// When it was said, by WeChat's clock (`CreateTime`).
    pub at: Timestamp,
}

impl Chat {
    fn read(fields: &Fields) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'@' | b'.');
        let account = fields.get("ToUserName")?;
        let is_name = account.len() <= 64 && account.bytes().all(plain);
        Some(Self {
            openid: fields.get("FromUserName").and_then(OpenId::parse)?,
            account: is_name.then(|| account.to_owned())?,
            at: Timestamp::from_seconds(fields.get("CreateTime")?.parse().ok()?),
        })
    }
}

/// It names a person.
impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chat(…)")
    }
}

/// What `RevokeInfo` names; the numbers of the three kinds of account do not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Named {
    /// 301: everything that a website or mobile app had.
    pub everything: bool,
    /// 205 of a service account; 6, 19 and 20 of a mini program: name and picture.
    pub profile: bool,
    /// 8 of a mini program: the phone number.
    pub phone_number: bool,
}

impl Event {
    /// Reads an opened message that was sent to `receiver`.
    ///
    /// # Errors
    /// [`Refused::Format`] when it is not written the way the channel says; an incomplete one is no error.
    pub fn read(format: PushFormat, message: &[u8], receiver: &AppId) -> Result<Self, Refused> {
        let fields = fields::read(format, message)?;
        Ok(if fields.is_ambiguous() {
            Self::Incomplete
        } else {
            meaning(&fields, receiver).unwrap_or(Self::Incomplete)
        })
    }

    /// The name for metrics and logs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::ProfileModified { .. } => "profile_modified",
            Self::AuthorizationRevoked { .. } => "authorization_revoked",
            Self::AccountCancelled { .. } => "account_cancelled",
            Self::Subscribed { .. } => "subscribed",
            Self::Scanned { .. } => "scanned",
            Self::Unsubscribed { .. } => "unsubscribed",
            Self::Said { .. } => "said",
            Self::Other => "other",
            Self::Incomplete => "incomplete",
        }
    }
}

/// None for one of ours that lacks something.
fn meaning(fields: &Fields, receiver: &AppId) -> Option<Event> {
    match fields.get("MsgType")? {
        "event" => {}
        "text" => return Some(said(fields).unwrap_or(Event::Other)),
        _ => return Some(Event::Other),
    }
    let follower = || fields.get("FromUserName").and_then(OpenId::parse);
    Some(match fields.get("Event")? {
        "user_info_modified" => Event::ProfileModified { openid: concerned(fields, receiver)? },
        "user_authorization_revoke" => Event::AuthorizationRevoked {
            openid: concerned(fields, receiver)?,
            named: named(fields.get("RevokeInfo")?),
        },
        "user_authorization_cancellation" => {
            Event::AccountCancelled { openid: concerned(fields, receiver)? }
        }
        "subscribe" => Event::Subscribed { chat: Chat::read(fields)?, scene: scene_of(fields) },
        "SCAN" => {
            Event::Scanned { chat: Chat::read(fields)?, scene: fields.get("EventKey")?.to_owned() }
        }
        "unsubscribe" => Event::Unsubscribed { openid: follower()? },
        _ => Event::Other,
    })
}

/// Whom an authorization is about; of this account, if the message says whose.
fn concerned(fields: &Fields, receiver: &AppId) -> Option<OpenId> {
    let is_ours = fields.get("AppID").is_none_or(|app_id| app_id == receiver.as_str());
    fields.get("OpenID").filter(|_| is_ours).and_then(OpenId::parse)
}

fn said(fields: &Fields) -> Option<Event> {
    Some(Event::Said {
        chat: Chat::read(fields)?,
        words: fields.get("Content")?.to_owned(),
        id: fields.get("MsgId")?.to_owned(),
    })
}

fn scene_of(fields: &Fields) -> Option<String> {
    fields.get("EventKey")?.strip_prefix("qrscene_").map(str::to_owned)
}

/// The documents do not say what stands between the numbers, so anything may.
fn named(revoke_info: &str) -> Named {
    let mut named = Named::default();
    for number in revoke_info.split(|letter: char| !letter.is_ascii_digit()) {
        match number {
            "301" => named.everything = true,
            "205" | "6" | "19" | "20" => named.profile = true,
            "8" => named.phone_number = true,
            _ => {}
        }
    }
    named
}

/// It names a person.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({})", self.as_str())
    }
}
