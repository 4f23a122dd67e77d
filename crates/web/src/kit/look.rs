//! Who only looks: HEAD, and browsers and scanners that fetch ahead of a person. A look is no visit (RFC 9110 §9.2.1):
//! it must not use up WeChat's code (wechat.md §8), nor cost somebody who is signed in a code of ours.
//! Every endpoint whose GET has an effect asks here first and answers [`nothing_done`](super::answers::nothing_done).

use axum::http::{HeaderMap, Method};

/// Whether a request is only a look. The headers are anybody's word, which is enough: they can only ask for less.
pub(crate) fn is_only_a_look(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::HEAD || is_prefetch(headers)
}

fn is_prefetch(headers: &HeaderMap) -> bool {
    ["purpose", "sec-purpose", "x-purpose", "x-moz"]
        .iter()
        .flat_map(|name| headers.get_all(*name))
        .filter_map(|value| value.to_str().ok())
        .map(str::to_ascii_lowercase)
        .any(|value| ["prefetch", "prerender", "preview"].iter().any(|word| value.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// Seen red without the headers, and without HEAD.
    #[test]
    fn a_look_is_told_from_a_visit() {
        let mut headers = HeaderMap::new();
        assert!(is_only_a_look(&Method::HEAD, &headers));
        assert!(!is_only_a_look(&Method::GET, &headers));
        for (name, value, expected) in [
            ("purpose", "prefetch", true),
            ("sec-purpose", "prefetch;prerender", true),
            ("sec-purpose", "Prerender", true),
            ("x-moz", "prefetch", true),
            ("x-purpose", "preview", true),
            ("sec-purpose", "", false),
            ("sec-fetch-mode", "prefetch", false),
        ] {
            headers.clear();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(is_only_a_look(&Method::GET, &headers), expected, "{name}: {value}");
        }
    }
}
