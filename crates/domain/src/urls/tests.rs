use super::*;

#[test]
fn an_issuer_is_taken_exactly_or_refused() {
    for good in [
        "https://login.example.com",
        "https://example.com/sso",
        "http://127.0.0.1:8080",
        "http://a.test:1",
    ] {
        assert_eq!(Issuer::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "https://login.example.com/",
        "http://login.example.com",
        "https://Login.example.com",
        "https://a.com:443",
        "https://a.com?x",
        "https://a.com#x",
        "https://u@a.com",
        "ftp://a.com",
        "login.example.com",
        "",
        "https://a.com/x/../y",
    ] {
        assert!(
            Issuer::parse(bad).is_err() || Issuer::parse(bad).unwrap().path().contains(".."),
            "{bad}"
        );
    }
    assert_eq!(Issuer::parse("https://example.com/sso").unwrap().path(), "/sso");
    assert_eq!(Issuer::parse("http://127.0.0.1:8080").unwrap().authority(), "127.0.0.1:8080");
}

/// AD-20: what may not become a registered redirect URI.
#[test]
fn dangerous_redirect_uris_cannot_be_registered() {
    for bad in [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a.com/#f",
        "https://*.a.com/",
        "https://ok@evil.com/",
        "http://evil.com/",
        "https://аpple.com/",
        "relative/path",
        "https://a.com/ x",
        "https://a.com\\b",
        "myapp:/cb",
    ] {
        assert!(RedirectUri::register(bad).is_err(), "{bad}");
    }
    for good in
        ["https://a.com/cb?x=1", "http://127.0.0.1/cb", "http://[::1]:9/cb", "com.example.app:/cb"]
    {
        assert!(RedirectUri::register(good).is_ok(), "{good}");
    }
}

/// AZ-05, AZ-06, AZ-08, AZ-12, AZ-13. Seen red with whatever begins with the registered URI accepted, with case passed
/// over, with the user info passed over, with the port of the scheme passed over, with one percent-encoding taken off,
/// with what has no `://` read as a browser reads it, and with backslashes read as slashes.
#[test]
fn only_the_same_bytes_are_accepted() {
    let registered = RedirectUri::register("https://ok.example/cb").unwrap();
    assert!(registered.accept("https://ok.example/cb", true).is_some());
    for other in [
        "https://ok.example/cb/",
        "https://ok.example/CB",
        "https://OK.example/cb",
        "https://ok.example:443/cb",
        "https://ok.example/cb?x=1",
        "https://ok.example/cb#f",
        "https://ok.example.evil.com/cb",
        "https://ok.example@evil/cb",
        "https://evil@ok.example/cb",
        "https://ok.example/cb/../x",
        "https://ok.example/%63b",
        "https://ok.example\\cb",
        "https:/ok.example/cb",
        "",
    ] {
        assert!(registered.accept(other, true).is_none(), "{other}");
    }
}

/// RFC 8252 §7.3 and AZ-10. Seen red with the host not compared and with numbers read as the addresses that browsers
/// take them for.
#[test]
fn a_native_client_may_vary_the_loopback_port_and_nothing_else() {
    let registered = RedirectUri::register("http://127.0.0.1/cb").unwrap();
    assert!(registered.accept("http://127.0.0.1:51004/cb", true).is_some());
    assert!(registered.accept("http://127.0.0.1:51004/cb", false).is_none());
    for other in [
        "http://127.0.0.1:51004/cb/x",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:1@evil/cb",
        "http://127.0.0.1.evil.com/cb",
        "http://[::1]:5/cb",
        "http://0.0.0.0:5/cb",
        "http://localhost:5/cb",
        "http://2130706433/cb",
        "https://127.0.0.1/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://127.0.0.1:80#/cb",
    ] {
        assert!(registered.accept(other, true).is_none(), "{other}");
    }
}
