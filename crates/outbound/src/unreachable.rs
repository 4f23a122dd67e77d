//! Why a call brought no reply. Host and class only: the URL holds WeChat's secret.

/// Why a call brought no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallFailed {
    /// No connection: nothing was sent, so another base may be tried.
    #[error("no connection to the upstream host")]
    Connect,
    /// The deadline passed; whether WeChat consumed the code is unknown.
    #[error("the upstream host did not answer in time")]
    Deadline,
    /// The connection broke after something was sent.
    #[error("the connection to the upstream host broke")]
    Interrupted,
    /// The answer was larger than anything WeChat sends.
    #[error("the upstream answer was too large")]
    TooLarge,
    /// The answer was a redirect, which WeChat never sends here; following it would carry the secret elsewhere.
    #[error("the upstream host answered with a redirect")]
    Redirected,
    /// Too many calls are waiting already.
    #[error("too many upstream calls are in flight")]
    Busy,
    /// WeChat has not answered for a while, so nobody is sent for a moment.
    #[error("the upstream host has not answered for a while and is left alone for a moment")]
    Resting,
}

impl CallFailed {
    /// The name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Deadline => "deadline",
            Self::Interrupted => "interrupted",
            Self::TooLarge => "too_large",
            Self::Redirected => "redirected",
            Self::Busy => "busy",
            Self::Resting => "resting",
        }
    }
}

/// The HTTP client could not be built, which only a broken TLS set-up causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the HTTP client could not be built")]
pub struct HttpClientBroken;
