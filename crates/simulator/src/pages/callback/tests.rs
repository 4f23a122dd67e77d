//! What happens to the bytes of a redirect URI.

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
