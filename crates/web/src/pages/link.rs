//! Addresses that a page may carry, as types that only a harmless address can become.
//!
//! A template writes a value of these types into `href` or `action` without a second thought. Refused are foreign hosts
//! where our own path is meant (`//evil`, `/\evil`), and schemes that run code (`javascript:`, `data:`).
//! The rules about which client may use which address are elsewhere; this is the last fence (cases AZ-24 and AZ-25).

use std::fmt;

/// A path on our own origin, with or without a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPath(String);

impl OwnPath {
    /// The front page.
    #[must_use]
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Takes a path that starts with exactly one slash and holds visible ASCII, no backslash.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix('/')?;
        let harmless = !rest.starts_with('/')
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        harmless.then(|| Self(path.to_owned()))
    }
}

/// An address of an application: `https`, or `http` for one on the developer's own machine. Other schemes have no place
/// in a link or a form of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(String);

impl WebAddress {
    /// An address for sample pages.
    #[must_use]
    pub fn sample() -> Self {
        Self("https://login.example.com/oauth2/authorize?client_id=grafana&scope=openid".to_owned())
    }

    /// Takes an absolute http or https address of visible ASCII, as registered addresses are once parsed.
    #[must_use]
    pub fn parse(address: &str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let visible = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (web && visible && !host.is_empty()).then(|| Self(address.to_owned()))
    }
}

impl fmt::Display for OwnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_path_leads_nowhere_else() {
        for path in
            ["/", "/oauth2/authorize?client_id=a&scope=openid%20profile", "/a//b", "/a?next=//evil"]
        {
            assert!(OwnPath::parse(path).is_some(), "{path}");
        }
        for path in [
            "",
            "a",
            "//evil",
            "/\\evil",
            "/a\\b",
            "\\/evil",
            "https://evil",
            "javascript:x",
            "/a b",
            "/\t/evil",
            "/é",
            "/a\n",
        ] {
            assert!(OwnPath::parse(path).is_none(), "{path:?}");
        }
    }

    #[test]
    fn an_address_of_an_application_runs_no_code() {
        for address in ["https://a.example/cb", "http://127.0.0.1:3000/cb?x=1", "HTTPS://a.example"]
        {
            assert!(WebAddress::parse(address).is_some(), "{address}");
        }
        for address in [
            "",
            "javascript:alert(1)",
            "javascript://a.example/%0aalert(1)",
            "data:text/html,x",
            "app://cb",
            "https://",
            "https:///a",
            "//a",
            "https://a b",
            "https://a\\b",
        ] {
            assert!(WebAddress::parse(address).is_none(), "{address:?}");
        }
    }
}
