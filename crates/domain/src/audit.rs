//! What the audit trail can say: one variant per fact, written in the transaction of the fact (law 11).

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, GrantId, UserId};
use crate::time::Timestamp;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Magpie itself.
    System,
    /// Somebody at the command line.
    Operator,
    /// The person whose login it was.
    Person(UserId),
    /// An application.
    Client(ClientId),
    /// WeChat, by a push that proved itself.
    Wechat,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum AuditFact {
    /// A new person came.
    UserEnrolled {
        /// Who.
        user: UserId,
    },
    /// A person known by unionid came through another app.
    OpenIdAttached {
        /// Who.
        user: UserId,
    },
    /// A unionid appeared for a person known by openid.
    UnionIdAttached {
        /// Who.
        user: UserId,
    },
    /// WeChat's two keys name two people, or another unionid than before.
    IdentityConflict {
        /// Who signed in, by openid.
        user: UserId,
        /// Whom the unionid belongs to, if anybody.
        other: Option<UserId>,
    },
    /// A person signed in.
    SignedIn {
        /// Who.
        user: UserId,
        /// Through which channel.
        channel: String,
    },
    /// WeChat refused somebody whose code a client brought: nobody knows who it was.
    SignInRefused {
        /// Which client.
        client: ClientId,
        /// Through which channel.
        channel: String,
        /// WeChat's number for it.
        errcode: i64,
    },
    /// A person said yes to a client.
    ConsentGiven {
        /// Who.
        user: UserId,
        /// To which client.
        client: ClientId,
    },
    /// A person let an application on a device have what it asked for.
    DeviceAllowed {
        /// Who.
        user: UserId,
        /// Which application.
        client: ClientId,
        /// What it was given.
        grant: GrantId,
    },
    /// A person refused an application on a device.
    DeviceRefused {
        /// Who.
        user: UserId,
        /// Which application.
        client: ClientId,
    },
    /// A person on a phone let a desktop sign in as them.
    RelayApproved {
        /// Who.
        user: UserId,
        /// To which client.
        client: ClientId,
    },
    /// A person on a phone said that they did not start it, or chose a wrong number too often.
    RelayRefused {
        /// Who.
        user: UserId,
        /// From which client.
        client: ClientId,
    },
    /// A person signed out; what the session gave without offline access ended with it.
    SignedOut {
        /// Who.
        user: UserId,
    },
    /// A person withdrew at WeChat what they had allowed one of our accounts: signed out, profile erased.
    AuthorizationRevoked {
        /// Who.
        user: UserId,
        /// The channel of that account.
        channel: String,
    },
    /// A person's WeChat account is no more.
    WechatAccountCancelled {
        /// Who.
        user: UserId,
        /// The channel that heard of it.
        channel: String,
        /// Whether profile and WeChat's ids were erased; blocked otherwise.
        erased: bool,
    },
    /// What WeChat had said of a person was erased, because WeChat said so.
    ProfileErased {
        /// Who.
        user: UserId,
        /// The channel that heard of it.
        channel: String,
    },
    /// A person's phone number was erased, because they took it back at WeChat.
    PhoneNumberErased {
        /// Who.
        user: UserId,
        /// The channel that heard of it.
        channel: String,
    },
    /// A person took a client's access and the yes to it back.
    ConsentWithdrawn {
        /// Who.
        user: UserId,
        /// From which client.
        client: ClientId,
    },
    /// A client could not be told that a person signed out, and will not be told any more.
    LogoutNotDelivered {
        /// Who signed out.
        user: UserId,
        /// Which client.
        client: ClientId,
    },
    /// A code was used twice; its grant was revoked.
    CodeReused {
        /// The grant.
        grant: GrantId,
    },
    /// A refresh token was shown after its successor had been used, or too late; its grant was revoked.
    RefreshReused {
        /// The grant.
        grant: GrantId,
    },
    /// A client showed another client's refresh token; its grant was revoked.
    RefreshShownByAnother {
        /// The grant.
        grant: GrantId,
    },
    /// A client gave back what it had been given (RFC 7009).
    GrantRevoked {
        /// The grant.
        grant: GrantId,
    },
    /// A client was added.
    ClientAdded {
        /// Which.
        client: ClientId,
    },
    /// What a client is or may do was changed.
    ClientChanged {
        /// Which.
        client: ClientId,
    },
    /// A client has a new secret.
    ClientSecretRotated {
        /// Which.
        client: ClientId,
        /// When the one before stops counting; none when it stopped at once.
        previous_until: Option<Timestamp>,
    },
    /// A client was removed.
    ClientRemoved {
        /// Which.
        client: ClientId,
    },
    /// A file by which WeChat sees that a host is the operator's was added, or has another body.
    VerificationFileAdded {
        /// Its name.
        name: String,
    },
    /// Such a file was removed.
    VerificationFileRemoved {
        /// Its name.
        name: String,
    },
    /// A signing key was made.
    KeyAdded {
        /// Its thumbprint.
        kid: String,
    },
    /// A signing key left the JWKS.
    KeyRemoved {
        /// Its thumbprint.
        kid: String,
    },
}

/// A line of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub fact: AuditFact,
}
