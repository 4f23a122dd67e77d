//! Where the forms of a page may lead, as sources of `form-action` (CSP Level 3 §6.4.1).
//!
//! A browser applies the directive to every redirect that follows a form, the application's own ones included, and cuts
//! the chain after the code was spent. So the pages of an attempt allow every https target, and only the page that
//! posts the answer itself is bound to one URI. Nothing is written here that the grammar of a source does not take: a
//! browser drops such a source and blocks the form.

/// Sources for a page of an attempt. `targets` are where the login may go next as URLs or sources: WeChat's base, WeCom's
/// and the application's redirect URI. They add what `https:` does not cover: loopback and private-use schemes.
pub(crate) fn of_attempt<const N: usize>(
    issuer_is_secure: bool,
    targets: [&str; N],
) -> Vec<String> {
    let mut sources = vec!["'self'".to_owned(), "https:".to_owned()];
    if !issuer_is_secure {
        sources.push("http:".to_owned());
    }
    for source in targets.into_iter().filter_map(origin) {
        let covered = sources.iter().any(|known| {
            source == *known || (known.ends_with(':') && source.starts_with(&format!("{known}//")))
        });
        if !covered {
            sources.push(source);
        }
    }
    sources
}

/// The source for a page that posts an answer to `action`: the whole URI without its query, which sources do not have
/// (AZ-25). `;` and `,` end a source and are written percent-encoded, as CSP Level 3 §2.3.1 demands; what still is no
/// source becomes the origin, or the bare scheme.
pub(crate) fn of_post(action: &str) -> Option<String> {
    let origin = origin(action)?;
    let uri = action.split(['?', '#']).next().unwrap_or_default();
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    let path = rest.split_once('/').map(|(_, path)| path);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&()+=:@/%;,".contains(&b);
    Some(match path.filter(|path| origin.contains("://") && path.bytes().all(plain)) {
        Some(path) => format!("{origin}/{}", path.replace(';', "%3B").replace(',', "%2C")),
        None => origin,
    })
}

/// Scheme, host and port in lower case; the bare scheme where the host is no host of a source, such as `[::1]`, or
/// where there is none. Nothing for what does not begin with a scheme.
pub(crate) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if !is_scheme {
        return None;
    }
    let authority = rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next());
    let web = matches!(&*scheme, "http" | "https");
    match authority.flatten().filter(|authority| web && is_host(authority)) {
        Some(authority) => Some(format!("{scheme}://{}", authority.to_ascii_lowercase())),
        None => Some(format!("{scheme}:")),
    }
}

/// Labels of letters, digits and hyphens, and a port in digits if any.
fn is_host(authority: &str) -> bool {
    let (host, port) = authority.split_once(':').unwrap_or((authority, "1"));
    let label = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.split('.').all(label) && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen red with the application's origin in place of `https:`: its own redirect to a third origin was blocked.
    #[test]
    fn a_page_of_an_attempt_lets_the_application_redirect_further() {
        let wechat = "https://open.weixin.qq.com";
        for (secure, redirect, expected) in [
            (true, "https://app.example", "'self' https:"),
            (true, "com.example.app:", "'self' https: com.example.app:"),
            (true, "http://127.0.0.1:8000", "'self' https: http://127.0.0.1:8000"),
            (true, "http://[::1]:8000", "'self' https: http:"),
            (true, "'none'", "'self' https:"),
            (false, "http://127.0.0.1:8000", "'self' https: http:"),
            (false, "http://[::1]:8000", "'self' https: http:"),
            (false, "com.example.app:", "'self' https: http: com.example.app:"),
        ] {
            assert_eq!(of_attempt(secure, [wechat, redirect]).join(" "), expected, "{redirect}");
        }
        assert_eq!(
            of_attempt(true, ["http://127.0.0.1:9/open", "https://app.example"]).join(" "),
            "'self' https: http://127.0.0.1:9",
            "a simulated WeChat beside a secure issuer"
        );
    }

    /// AZ-25. Seen red with the URI cut at `;` and `,`: a path without its end matches nothing.
    #[test]
    fn a_posted_answer_goes_to_its_uri_and_never_yields_an_invalid_source() {
        for (action, expected) in [
            ("https://app.example/cb", Some("https://app.example/cb")),
            ("https://app.example/cb?tenant=a;b", Some("https://app.example/cb")),
            ("https://App.example:8443/cb", Some("https://app.example:8443/cb")),
            ("https://app.example", Some("https://app.example")),
            ("https://app.example/", Some("https://app.example/")),
            ("https://app.example/cb;v=1,2", Some("https://app.example/cb%3Bv=1%2C2")),
            ("https://app.example/a'b", Some("https://app.example")),
            ("http://[::1]:3000/cb", Some("http:")),
            ("http://127.0.0.1:3000/cb", Some("http://127.0.0.1:3000/cb")),
            ("https://a;b/cb", Some("https:")),
            ("com.example.app:/cb", Some("com.example.app:")),
            ("no-uri", None),
            ("; script-src *:x", None),
        ] {
            assert_eq!(of_post(action).as_deref(), expected, "{action}");
        }
    }
}
