//! Where each endpoint lives, below the issuer. The one place that spells a path: discovery announces what is
//! written here, and the router serves it. Paths are stable, since operators and probes rely on them.

use magpie_domain::{AttemptId, AvatarId, ChannelId, ClientId, Issuer, RelayId, UserCode};

/// OIDC Discovery §4: appended to the issuer.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// RFC 8414 §3: appended to the issuer, for clients that treat it like the other one; see [`oauth_metadata`].
pub const OAUTH_AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
/// The authorization endpoint (RFC 6749 §3.1).
pub const AUTHORIZE: &str = "/oauth2/authorize";
/// Where an attempt goes on after WeChat, as a route; see [`resume`].
pub const RESUME: &str = "/oauth2/resume/{attempt}";
/// Where a desktop that shows a QR code hears that its phone has answered, as a route: a stream of events.
pub const RESUME_EVENTS: &str = "/oauth2/resume/{attempt}/events";
/// Where it asks instead when it cannot hear, as a route.
pub const RESUME_NEWS: &str = "/oauth2/resume/{attempt}/news";
/// Where the page of such a desktop finds the code of a mini program, as a route: a picture.
pub const RESUME_PROGRAM_CODE: &str = "/oauth2/resume/{attempt}/program-code";
/// Where a mini program that was opened by such a code asks who asks.
pub const PROGRAM_QUESTION: &str = "/relay/program/question";
/// Where it brings its person's answer.
pub const PROGRAM_ANSWER: &str = "/relay/program/answer";
/// What such a QR code says, as a route; see [`relay`]. Short, since each character makes the code finer.
pub const RELAY: &str = "/relay/{ticket}";
/// How that came out on the phone, as a route; see [`relay_end`].
pub const RELAY_END: &str = "/relay/end/{end}";
/// Where clients push requests ahead of the browser (RFC 9126 §2).
pub const PUSHED: &str = "/oauth2/par";
/// Where applications on devices ask for a pair of codes (RFC 8628 §3.1).
pub const DEVICE_AUTHORIZATION: &str = "/oauth2/device";
/// Where people bring the code that their device shows: short, since it is typed (RFC 8628 §3.3).
pub const DEVICE: &str = "/device";
/// How that came out, as a route; see [`device_end`].
pub const DEVICE_END: &str = "/device/{end}";
/// The token endpoint (RFC 6749 §3.2).
pub const TOKEN: &str = "/oauth2/token";
/// Where tokens are handed back (RFC 7009 §2).
pub const REVOKE: &str = "/oauth2/revoke";
/// Where tokens are asked about (RFC 7662 §2).
pub const INTROSPECT: &str = "/oauth2/introspect";
/// Where clients register themselves (RFC 7591 §3).
pub const REGISTER: &str = "/oauth2/register";
/// Where a registered client manages itself, as a route (RFC 7592 §2); see [`registered`].
pub const REGISTERED: &str = "/oauth2/register/{client}";
/// The public keys (RFC 7517 §5).
pub const JWKS: &str = "/oauth2/jwks";
/// The userinfo endpoint (OIDC Core §5.3).
pub const USERINFO: &str = "/oauth2/userinfo";
/// The end-session endpoint (OIDC RP-Initiated Logout §2).
pub const LOGOUT: &str = "/oauth2/logout";
/// Where the page that asks whether to sign out sends its answer.
pub const LOGOUT_CONFIRM: &str = "/oauth2/logout/confirm";
/// Where people see who is signed in and which applications hold what.
pub const ACCOUNT: &str = "/account";
/// Where that page sends a wish to sign out.
pub const ACCOUNT_SIGN_OUT: &str = "/account/sign-out";
/// Where that page sends the wish that an application lose its access.
pub const ACCOUNT_WITHDRAW: &str = "/account/withdraw";
/// Where WeChat sends the browser back, as a route; see [`callback`].
pub const CALLBACK: &str = "/callback/{channel}";
/// Where WeChat tells us something unasked, as a route.
pub const PUSH: &str = "/push/{channel}";

/// Where a person's picture is, as a route; see [`avatar`].
pub const AVATAR: &str = "/avatar/{id}";

/// The path of one picture, below the issuer.
#[must_use]
pub fn avatar(id: &AvatarId) -> String {
    AVATAR.replace("{id}", id.as_str())
}

/// The path at which one attempt goes on, below the issuer.
#[must_use]
pub fn resume(attempt: &AttemptId) -> String {
    RESUME.replace("{attempt}", attempt.as_str())
}

/// The path at which the desktop of an attempt hears, below the issuer.
#[must_use]
pub fn resume_events(attempt: &AttemptId) -> String {
    RESUME_EVENTS.replace("{attempt}", attempt.as_str())
}

/// The path at which it asks, below the issuer.
#[must_use]
pub fn resume_news(attempt: &AttemptId) -> String {
    RESUME_NEWS.replace("{attempt}", attempt.as_str())
}

/// The path at which it finds the code of a mini program, below the issuer.
#[must_use]
pub fn resume_program_code(attempt: &AttemptId) -> String {
    RESUME_PROGRAM_CODE.replace("{attempt}", attempt.as_str())
}

/// The path that a phone opens for a desktop, below the issuer.
#[must_use]
pub fn relay(ticket: &RelayId) -> String {
    RELAY.replace("{ticket}", ticket.as_str())
}

/// The same with a query, for a phone that begins again.
#[must_use]
pub fn relay_again(ticket: &RelayId) -> String {
    format!("{}?again=1", relay(ticket))
}

/// The path of the page that says on the phone how it came out, below the issuer.
#[must_use]
pub fn relay_end(end: RelayEnd) -> String {
    RELAY_END.replace("{end}", end.as_str())
}

/// How the visit of a phone came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayEnd {
    /// The person chose the number: the desktop goes on.
    Approved,
    /// The person said that it was not them.
    Refused,
    /// Too many wrong numbers.
    WrongNumbers,
    /// Nobody said anything: the desktop goes on waiting until its time is over.
    Stopped,
    /// It was answered before, or its time is over.
    Late,
}

impl RelayEnd {
    /// Every end.
    pub const ALL: [Self; 5] =
        [Self::Approved, Self::Refused, Self::WrongNumbers, Self::Stopped, Self::Late];

    /// The word in the path.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::WrongNumbers => "wrong-numbers",
            Self::Stopped => "stopped",
            Self::Late => "late",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.as_str() == text)
    }
}

/// The path at which one client manages itself, below the issuer. Ids that we make need no encoding.
#[must_use]
pub fn registered(client: &ClientId) -> String {
    REGISTERED.replace("{client}", client.as_str())
}

/// The page for devices with a code filled in, below the issuer. It shows the code and confirms nothing.
#[must_use]
pub fn device_with(code: &UserCode) -> String {
    format!("{DEVICE}?user_code={code}")
}

/// The path of the page that says how it came out, below the issuer.
#[must_use]
pub fn device_end(end: DeviceEnd) -> String {
    DEVICE_END.replace("{end}", end.as_str())
}

/// How the visit of a person with a device's code came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceEnd {
    /// The person said yes.
    Allowed,
    /// The person said no.
    Refused,
    /// Nobody said anything: the device goes on waiting until its time is over.
    Stopped,
    /// It was answered before, or its time is over.
    Late,
}

impl DeviceEnd {
    /// Every end.
    pub const ALL: [Self; 4] = [Self::Allowed, Self::Refused, Self::Stopped, Self::Late];

    /// The word in the path.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
            Self::Late => "late",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.as_str() == text)
    }
}

/// The path to which one channel of WeChat returns, below the issuer.
#[must_use]
pub fn callback(channel: &ChannelId) -> String {
    CALLBACK.replace("{channel}", channel.as_str())
}

/// The path of the RFC 8414 document from the root of the host: §3.1 puts the well-known part before the issuer's
/// own path, where OIDC Discovery appends it.
#[must_use]
pub fn oauth_metadata(issuer: &Issuer) -> String {
    format!("{OAUTH_AUTHORIZATION_SERVER}{}", issuer.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D2.
    #[test]
    fn the_well_known_part_goes_before_the_path_of_the_issuer() {
        for (issuer, expected) in [
            ("https://a.example", "/.well-known/oauth-authorization-server"),
            ("https://a.example/sso", "/.well-known/oauth-authorization-server/sso"),
        ] {
            assert_eq!(oauth_metadata(&Issuer::parse(issuer).unwrap()), expected);
        }
    }

    #[test]
    fn routes_are_filled_in_with_ids() {
        let attempt = AttemptId::parse("0123456789abcdefghjkmnpqrs").unwrap();
        assert_eq!(resume(&attempt), "/oauth2/resume/0123456789abcdefghjkmnpqrs");
        let code = UserCode::read("wdjbmjht").unwrap();
        assert_eq!(device_with(&code), "/device?user_code=WDJB-MJHT");
        for end in DeviceEnd::ALL {
            let path = device_end(end);
            assert_eq!(path.strip_prefix("/device/").and_then(DeviceEnd::parse), Some(end));
        }
        for end in RelayEnd::ALL {
            let path = relay_end(end);
            assert_eq!(path.strip_prefix("/relay/end/").and_then(RelayEnd::parse), Some(end));
        }
        let ticket = RelayId::parse("0123456789abcdefghjkmnpqrs").unwrap();
        assert_eq!(relay_again(&ticket), "/relay/0123456789abcdefghjkmnpqrs?again=1");
        assert_eq!(callback(&ChannelId::parse("desktop").unwrap()), "/callback/desktop");
    }
}
