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
mod tests;
