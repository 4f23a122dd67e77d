//! URLs that were checked when configuration or registration was read.
//! Comparison is by bytes, never by a parser's idea of equality (RFC 9700 §2.1, RUSTSEC-2024-0421).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Why a URL cannot be used, in words for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UrlInvalid(pub &'static str);

/// The issuer identifier: one constant, byte-equal wherever it appears (OIDC Discovery §3, RFC 8414 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Issuer {
    text: String,
    origin: String,
    path: String,
    secure: bool,
}

impl Issuer {
    /// Reads an issuer: https (http only on loopback), no query, fragment, credentials or trailing slash.
    ///
    /// # Errors
    /// [`UrlInvalid`] naming the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, UrlInvalid> {
        let url = Url::parse(text).map_err(|_not_a_url| UrlInvalid("not a URL"))?;
        if text.ends_with('/') {
            return Err(UrlInvalid(
                "has a trailing slash; applications compare the issuer byte by byte",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(UrlInvalid("has a query or fragment"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlInvalid("carries credentials"));
        }
        let secure = match url.scheme() {
            "https" => true,
            "http" if is_loopback_or_test(&url) => false,
            "http" => {
                return Err(UrlInvalid("is http; only loopback and .test may be, in development"));
            }
            _ => return Err(UrlInvalid("is not https")),
        };
        let origin = url.origin().ascii_serialization();
        let path = if url.path() == "/" { "" } else { url.path() };
        if format!("{origin}{path}") != text {
            return Err(UrlInvalid(
                "is not in normal form: lower-case ASCII host, no default port, no dot segments",
            ));
        }
        Ok(Self { text: text.to_owned(), path: path.to_owned(), origin, secure })
    }

    /// The issuer exactly as configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, as in an `Origin` header.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path below which every endpoint lives: empty or beginning with a slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Host and, if not the default, port: the one `Host` header this server answers to.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Whether the issuer is https; cookies are `__Host-` and `Secure` exactly then.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether `shown` is the address of a path below the issuer, query and fragment aside, in any spelling that
    /// RFC 3986 §6.2.2 and §6.2.3 call the same: case of scheme and host, default port, dot segments.
    #[must_use]
    pub fn is_address(&self, path: &str, shown: &str) -> bool {
        let bare = |text: &str| {
            let mut url = Url::parse(text).ok()?;
            url.set_query(None);
            url.set_fragment(None);
            Some(url)
        };
        bare(shown).is_some_and(|shown| Some(shown) == bare(&self.join(path)))
    }

    /// The absolute URL of one of our paths, which begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

impl TryFrom<String> for Issuer {
    type Error = UrlInvalid;
    fn try_from(text: String) -> Result<Self, UrlInvalid> {
        Self::parse(&text)
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> Self {
        issuer.text
    }
}

/// Whether the host is this machine or a name reserved for tests (RFC 6761 §6.2).
#[must_use]
pub fn is_loopback_or_test(url: &Url) -> bool {
    is_loopback(url) || url.domain().is_some_and(|name| name.ends_with(".test"))
}

/// Whether the host is the machine of whoever asks.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// A redirect URI as registered. The browser is only ever sent to one of these (law 8).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The longest redirect URI that fits the sealed attempt cookie beside a long state, in bytes.
    pub const LONGEST: usize = 512;

    /// Reads a redirect URI for registration: absolute, no fragment, no wildcard, no credentials, ASCII;
    /// https, http on loopback, or a private-use scheme with a dot (RFC 8252 §7.1).
    ///
    /// # Errors
    /// [`UrlInvalid`] naming the first thing that is wrong.
    pub fn register(text: &str) -> Result<Self, UrlInvalid> {
        if !text.is_ascii() || text.bytes().any(|b| b.is_ascii_control() || b == b' ' || b == b'\\')
        {
            return Err(UrlInvalid(
                "has characters outside plain ASCII; write the host as xn--… and the path percent-encoded",
            ));
        }
        if text.len() > Self::LONGEST {
            return Err(UrlInvalid("is longer than 512 characters"));
        }
        if text.contains('*') {
            return Err(UrlInvalid("has a wildcard; register every URI in full"));
        }
        let url = Url::parse(text).map_err(|_not_a_url| UrlInvalid("is not an absolute URL"))?;
        if url.fragment().is_some() {
            return Err(UrlInvalid("has a fragment (RFC 6749 §3.1.2)"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlInvalid("carries credentials"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback_or_test(&url) => {}
            "http" => return Err(UrlInvalid("is http and not on loopback")),
            "javascript" | "data" | "file" | "blob" | "about" | "vbscript" => {
                return Err(UrlInvalid("has a scheme that a browser would run or read"));
            }
            private if private.contains('.') => {}
            _ => {
                return Err(UrlInvalid(
                    "has a scheme that is neither https nor a reversed domain name",
                ));
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The URI exactly as registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is https: the only thing that a page of the web may be sent to.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether only a program on the person's own machine gets what is sent there: loopback by http, or a private-use
    /// scheme (RFC 8252 §7.1 and §7.3).
    #[must_use]
    pub fn is_of_a_program(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else { return false };
        match url.scheme() {
            "http" => is_loopback(&url),
            "https" => false,
            _ => true,
        }
    }

    /// The host of the web that is behind it: none for a scheme of its own, nor for loopback, where every program is.
    #[must_use]
    pub fn host_of_the_web(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        let is_of_the_web = matches!(url.scheme(), "http" | "https") && !is_loopback(&url);
        is_of_the_web.then(|| url.host_str().map(str::to_owned)).flatten()
    }

    /// The origin for `form-action`, or the bare scheme of a private-use URI.
    #[must_use]
    pub fn csp_source(&self) -> String {
        match Url::parse(&self.0) {
            Ok(url) if url.origin().is_tuple() => url.origin().ascii_serialization(),
            Ok(url) => format!("{}:", url.scheme()),
            Err(_) => "'none'".to_owned(),
        }
    }

    /// Whether `presented` may be used where this URI is registered, and as what.
    /// Byte equality; for native clients on a loopback address the port may differ (RFC 8252 §7.3).
    #[must_use]
    pub fn accept(&self, presented: &str, any_loopback_port: bool) -> Option<Self> {
        if presented == self.0 {
            return Some(self.clone());
        }
        if !any_loopback_port || presented.len() > Self::LONGEST {
            return None;
        }
        let (host, rest) = loopback_parts(&self.0)?;
        let (presented_host, presented_rest) = loopback_parts(presented)?;
        (host == presented_host && rest == presented_rest).then(|| Self(presented.to_owned()))
    }
}

/// Splits `http://127.0.0.1:1234/path` into host and what follows the port; nothing for any other shape.
fn loopback_parts(uri: &str) -> Option<(&'static str, &str)> {
    for host in ["127.0.0.1", "[::1]"] {
        let Some(after) = uri.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host))
        else {
            continue;
        };
        let rest = match after.strip_prefix(':') {
            Some(port_and_rest) => {
                let digits = port_and_rest.bytes().take_while(u8::is_ascii_digit).count();
                let (port, rest) = port_and_rest.split_at_checked(digits)?;
                port.parse::<u16>().ok()?;
                rest
            }
            None => after,
        };
        let ends_cleanly = rest.is_empty() || rest.starts_with('/') || rest.starts_with('?');
        let plain = !rest.contains(['#', '\\', '@']) && rest.bytes().all(|b| b.is_ascii_graphic());
        return (ends_cleanly && plain).then_some((host, rest));
    }
    None
}

impl TryFrom<String> for RedirectUri {
    type Error = UrlInvalid;
    fn try_from(text: String) -> Result<Self, UrlInvalid> {
        Self::register(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A query may hold what only the application should read.
        write!(f, "RedirectUri({})", self.0.split('?').next().unwrap_or_default())
    }
}

/// An address of an application that is not a redirect URI: its pages, its keys, where it hears of a logout.
/// Absolute, ASCII, at most 512 characters, without fragment and credentials; https, or http on loopback and `.test`,
/// which `outbound` reaches in development alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebUrl(String);

impl WebUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`UrlInvalid`] naming the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, UrlInvalid> {
        RedirectUri::register(text)?;
        if text.starts_with("https://") || text.starts_with("http://") {
            Ok(Self(text.to_owned()))
        } else {
            Err(UrlInvalid("is no address of the web"))
        }
    }

    /// Reads an origin: scheme, host and port alone, as a browser writes it (RFC 6454 §6.2).
    ///
    /// # Errors
    /// [`UrlInvalid`] naming the first thing that is wrong.
    pub fn parse_origin(text: &str) -> Result<Self, UrlInvalid> {
        let url = Self::parse(text)?;
        let origin = Url::parse(text).map(|url| url.origin().ascii_serialization());
        if origin.as_deref() == Ok(text) {
            Ok(url)
        } else {
            Err(UrlInvalid("is not an origin: write scheme, host and port alone, in lower case"))
        }
    }

    /// The address as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, in lower case.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        Url::parse(&self.0).ok().and_then(|url| url.host_str().map(str::to_owned))
    }

    /// Scheme, host and port, as a browser writes them (RFC 6454 §6.2).
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        Url::parse(&self.0).ok().map(|url| url.origin().ascii_serialization())
    }

    /// Whether it is https, whatever the host.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl TryFrom<String> for WebUrl {
    type Error = UrlInvalid;
    fn try_from(text: String) -> Result<Self, UrlInvalid> {
        Self::parse(&text)
    }
}

impl From<WebUrl> for String {
    fn from(url: WebUrl) -> Self {
        url.0
    }
}

impl fmt::Debug for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A query may hold what only the application should read.
        write!(f, "WebUrl({})", self.0.split('?').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
