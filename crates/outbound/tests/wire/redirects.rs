//! A redirect would carry WeChat's secret to somebody else (case WX-38).

use magpie_outbound::{CallFailed, HttpSettings};

use crate::call::{exchange, failure};
use crate::upstream::{Upstream, answer, token};

/// Seen red with redirects followed.
#[test]
fn a_redirect_is_never_followed() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let stranger = Upstream::answering(token());
        let location = format!("Location: {}/elsewhere\r\n", stranger.base());
        let upstream = Upstream::answering(answer(status, &location, b""));
        let result = exchange(HttpSettings::default(), &[&upstream.base(), &stranger.base()]);
        assert_eq!(failure(result), CallFailed::Redirected, "{status}");
        assert_eq!(stranger.heard(), Vec::<String>::new(), "{status}");
        assert_eq!(upstream.heard().concat().matches("GET ").count(), 1, "{status}");
    }
}

/// Seen red with redirects followed.
#[test]
fn a_redirect_home_is_not_followed_either() {
    let location = "Location: /sns/oauth2/access_token\r\n";
    let upstream = Upstream::answering(answer("302 Found", location, b""));
    let result = exchange(HttpSettings::default(), &[&upstream.base()]);
    assert_eq!(failure(result), CallFailed::Redirected);
    assert_eq!(upstream.heard().concat().matches("GET ").count(), 1);
}
