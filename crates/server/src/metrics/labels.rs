//! The labels that metrics may carry. All closed: what a request says can choose among them and never add to them.

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginOutcome {
    /// Somebody known signed in.
    SignedIn,
    /// Somebody new signed in.
    Enrolled,
    /// The person said no, to WeChat or to us.
    Denied,
    /// WeChat or our rules said no.
    Refused,
    /// WeChat sent a snapshot user, who does not exist (law 6).
    Snapshot,
    /// Something broke.
    Broken,
}

impl LoginOutcome {
    /// The value of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::Enrolled => "enrolled",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Snapshot => "snapshot",
            Self::Broken => "broken",
        }
    }
}

/// How a message of back-channel logout fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutOutcome {
    /// The application took it.
    Delivered,
    /// The application did not take it, and hears it again later.
    Retried,
    /// The application refused it, or did not take it for a day.
    GivenUp,
}

impl LogoutOutcome {
    /// The value of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retried => "retried",
            Self::GivenUp => "given_up",
        }
    }
}

/// What was asked of WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamEndpoint {
    /// `sns/oauth2/access_token`.
    AccessToken,
    /// `sns/jscode2session`.
    CodeSession,
    /// `cgi-bin/stable_token`, or the operator's own token server.
    AppToken,
    /// `wxa/business/getuserphonenumber`.
    PhoneNumber,
    /// `wxa/getwxacodeunlimit`.
    ProgramCode,
    /// `cgi-bin/qrcode/create`.
    SceneCode,
    /// `cgi-bin/user/info`.
    Follower,
    /// `sns/userinfo`.
    UserInfo,
    /// WeCom's `gettoken`.
    WecomToken,
    /// WeCom's `auth/getuserinfo`.
    WecomUserInfo,
    /// WeCom's `auth/getuserdetail`.
    WecomUserDetail,
    /// Anything else.
    Other,
}

impl UpstreamEndpoint {
    /// The value of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::CodeSession => "jscode2session",
            Self::AppToken => "app_token",
            Self::PhoneNumber => "phone_number",
            Self::ProgramCode => "program_code",
            Self::SceneCode => "scene_code",
            Self::Follower => "follower",
            Self::UserInfo => "userinfo",
            Self::WecomToken => "wecom_gettoken",
            Self::WecomUserInfo => "wecom_getuserinfo",
            Self::WecomUserDetail => "wecom_getuserdetail",
            Self::Other => "other",
        }
    }
}

/// What WeChat made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamResult {
    /// An answer that can be used.
    Answered,
    /// An errcode.
    Refused,
    /// Nothing that can be read.
    Unreadable,
    /// No answer in time, or no connection.
    Unreachable,
}

impl UpstreamResult {
    /// The value of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
            Self::Unreachable => "unreachable",
        }
    }
}

/// What the token endpoint answered (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAnswer {
    /// Tokens.
    Tokens,
    /// `invalid_request`.
    InvalidRequest,
    /// `invalid_client`.
    InvalidClient,
    /// `invalid_grant`.
    InvalidGrant,
    /// `unauthorized_client`.
    UnauthorizedClient,
    /// `unsupported_grant_type`.
    UnsupportedGrantType,
    /// `invalid_scope`.
    InvalidScope,
    /// `authorization_pending`: a device waits.
    Pending,
    /// `slow_down`: a device asks too often.
    SlowDown,
    /// `access_denied`: a device's person refused.
    Denied,
    /// `expired_token`: a device waited too long.
    Expired,
    /// Something broke.
    Broken,
}

impl TokenAnswer {
    /// The answer that an error code of RFC 6749 §5.2 stands for, or `ok`; a code we never send counts as broken.
    #[must_use]
    pub fn of(result: &str) -> Self {
        match result {
            "ok" => Self::Tokens,
            "invalid_request" => Self::InvalidRequest,
            "invalid_client" => Self::InvalidClient,
            "invalid_grant" => Self::InvalidGrant,
            "unauthorized_client" => Self::UnauthorizedClient,
            "unsupported_grant_type" => Self::UnsupportedGrantType,
            "invalid_scope" => Self::InvalidScope,
            "authorization_pending" => Self::Pending,
            "slow_down" => Self::SlowDown,
            "access_denied" => Self::Denied,
            "expired_token" => Self::Expired,
            _ => Self::Broken,
        }
    }

    /// The value of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tokens => "none",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::Pending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::Denied => "access_denied",
            Self::Expired => "expired_token",
            Self::Broken => "server_error",
        }
    }
}

/// Which kind of endpoint a path belongs to (design §5, "Endpoints").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteClass {
    /// Either discovery document.
    Discovery,
    /// `/oauth2/authorize`.
    Authorize,
    /// `/oauth2/resume/{attempt}`: consent and channel choice, and a desktop that waits for a phone.
    Resume,
    /// `/oauth2/token`.
    Token,
    /// `/oauth2/jwks`.
    Jwks,
    /// `/oauth2/userinfo`.
    Userinfo,
    /// `/oauth2/revoke`.
    Revoke,
    /// `/oauth2/introspect`.
    Introspect,
    /// `/oauth2/device`, and the pages for people with a device's code.
    Device,
    /// `/relay/{ticket}`: a phone that answers for a desktop.
    Relay,
    /// `/oauth2/logout` and the answer to its question.
    Logout,
    /// The page of a signed-in person.
    Account,
    /// `/callback/{channel}`.
    Callback,
    /// `/push/{channel}`.
    Push,
    /// A verification file.
    VerificationFile,
    /// Styles, scripts and pictures of the pages, and people's pictures.
    Static,
    /// Everything else, most of it nothing.
    Other,
}

impl RouteClass {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Other.index() + 1;

    /// Its place among them in the order of declaration, below [`Self::COUNT`].
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// The class of a path, below the issuer's path, which is empty or begins with a slash.
    #[must_use]
    pub fn of(path: &str, issuer_path: &str) -> Self {
        if path.starts_with("/.well-known/") {
            return Self::Discovery;
        }
        let path = path.strip_prefix(issuer_path).unwrap_or(path);
        match path {
            "/oauth2/authorize" => Self::Authorize,
            "/oauth2/token" => Self::Token,
            "/oauth2/jwks" => Self::Jwks,
            "/oauth2/userinfo" => Self::Userinfo,
            "/oauth2/revoke" => Self::Revoke,
            "/oauth2/introspect" => Self::Introspect,
            "/oauth2/device" | "/device" => Self::Device,
            "/oauth2/logout" | "/oauth2/logout/confirm" => Self::Logout,
            "/account" | "/account/sign-out" | "/account/withdraw" => Self::Account,
            _ if path.starts_with("/oauth2/resume/") => Self::Resume,
            _ if path.starts_with("/device/") => Self::Device,
            _ if path.starts_with("/relay/") => Self::Relay,
            _ if path.starts_with("/callback/") => Self::Callback,
            _ if path.starts_with("/push/") => Self::Push,
            _ if path.starts_with("/.well-known/") => Self::Discovery,
            _ if path.starts_with("/assets/") || path.starts_with("/avatar/") => Self::Static,
            _ if path.ends_with(".txt") => Self::VerificationFile,
            _ => Self::Other,
        }
    }

    /// The value of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Authorize => "authorize",
            Self::Resume => "resume",
            Self::Token => "token",
            Self::Jwks => "jwks",
            Self::Userinfo => "userinfo",
            Self::Revoke => "revoke",
            Self::Introspect => "introspect",
            Self::Device => "device",
            Self::Relay => "relay",
            Self::Logout => "logout",
            Self::Account => "account",
            Self::Callback => "callback",
            Self::Push => "push",
            Self::VerificationFile => "verification_file",
            Self::Static => "static",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_with_a_path_has_its_endpoints_below_it() {
        assert_eq!(RouteClass::of("/sso/oauth2/token", "/sso"), RouteClass::Token);
        assert_eq!(RouteClass::of("/oauth2/tokens", ""), RouteClass::Other);
        assert_eq!(RouteClass::of("/sso/assets/page.css", "/sso"), RouteClass::Static);
        let discovery = "/.well-known/oauth-authorization-server/sso";
        assert_eq!(RouteClass::of(discovery, "/sso"), RouteClass::Discovery);
        let file = "/MP_verify_AbCdEfGhIjKlMnOp.txt";
        assert_eq!(RouteClass::of(file, "/sso"), RouteClass::VerificationFile);
    }
}
