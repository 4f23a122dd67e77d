//! The way back: a redirect URI with `code` and `state` appended.
//! The bytes of the redirect URI are kept, an existing query is continued and a fragment stays at the end (wechat.md section 1.4).

/// Appends the pairs; values are of characters that need no escaping.
pub(crate) fn append(redirect_uri: &str, pairs: &[(&str, &str)]) -> String {
    let (body, fragment) = match redirect_uri.split_once('#') {
        Some((body, fragment)) => (body, Some(fragment)),
        None => (redirect_uri, None),
    };
    let mut url = body.to_owned();
    for (name, value) in pairs {
        if !url.contains('?') {
            url.push('?');
        } else if !url.ends_with(['?', '&']) {
            url.push('&');
        }
        url.push_str(name);
        url.push('=');
        url.push_str(value);
    }
    if let Some(fragment) = fragment {
        url.push('#');
        url.push_str(fragment);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::append;

    #[test]
    fn the_query_is_continued_and_the_fragment_stays_last() {
        let pairs = [("code", "c"), ("state", "s")];
        for (redirect_uri, expected) in [
            ("https://x/cb", "https://x/cb?code=c&state=s"),
            ("https://x/cb?", "https://x/cb?code=c&state=s"),
            ("https://x/cb?a=1", "https://x/cb?a=1&code=c&state=s"),
            ("https://x/cb?a=1&", "https://x/cb?a=1&code=c&state=s"),
            ("https://x/cb?a=%2F#/page?x", "https://x/cb?a=%2F&code=c&state=s#/page?x"),
            ("https://x#frag", "https://x?code=c&state=s#frag"),
        ] {
            assert_eq!(append(redirect_uri, &pairs), expected);
        }
    }
}
