use super::*;

fn secure() -> Issuer {
    Issuer::parse("https://login.example.com").unwrap()
}

fn header_of(value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(header::COOKIE, HeaderValue::from_str(value).unwrap());
    headers
}

/// AD-04: the literal prefix and attributes.
#[test]
fn cookies_of_a_secure_issuer_are_host_locked() {
    let mut headers = HeaderMap::new();
    let issuer = secure();
    SetCookies::new(&issuer).session("value", Lifetime::from_days(30)).apply(&mut headers);
    let line = headers.get(header::SET_COOKIE).unwrap().to_str().unwrap();
    assert_eq!(
        line,
        "__Host-magpie-session=value; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure"
    );
}

/// AD-05, HT-17.
#[test]
fn an_ambiguous_session_cookie_counts_as_none() {
    let issuer = secure();
    for (sent, expected) in [
        ("__Host-magpie-session=one", Some("one")),
        ("a=b; __Host-magpie-session=one", Some("one")),
        ("__Host-magpie-session=one; __Host-magpie-session=two", None),
        ("magpie-session=one", None),
        ("\u{20}__Host-magpie-session=one", Some("one")),
        ("__host-magpie-session=one", None),
        ("__Host-magpie-session", None),
        (";;==;", None),
    ] {
        let headers = header_of(sent);
        assert_eq!(Cookies::read(&headers, &issuer).session(), expected, "{sent}");
    }
}

/// AZ-37: what one browser keeps is bounded, and the oldest goes first. Seen red with all of them kept and with the
/// youngest dropped.
#[test]
fn a_browser_keeps_a_few_attempts_and_drops_the_oldest() {
    let issuer = secure();
    let ids: Vec<_> = (0..8).map(|n| format!("0000000{n}00000000000000000g")).collect();
    assert!(ids.iter().all(|id| AttemptId::parse(id).is_some()));
    let sent: Vec<_> = ids.iter().map(|id| format!("__Host-magpie-attempt-{id}=x")).collect();
    let headers = header_of(&sent.join("; "));
    let newest = AttemptId::parse("0000000900000000000000000g").unwrap();
    let cookie = AttemptCookie { attempt: newest, value: Some("y".to_owned()) };
    let mut answer = HeaderMap::new();
    let present = Cookies::read(&headers, &issuer);
    SetCookies::new(&issuer)
        .attempt(&cookie, &present, Lifetime::from_minutes(10))
        .apply(&mut answer);
    let removed: Vec<_> = answer
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .filter(|line| line.contains("Max-Age=0"))
        .collect();
    assert_eq!(removed.len(), 3);
    assert!(
        removed.iter().all(|line| ids.iter().take(3).any(|id| line.contains(id))),
        "{removed:?}"
    );
}

/// AD-05. Seen red when the line was read as a whole: one strange byte hid every cookie in it.
#[test]
fn a_strange_byte_in_one_cookie_hides_no_other() {
    let issuer = secure();
    let id = "0000000900000000000000000g";
    let mut headers = HeaderMap::new();
    for strange in [&b"n=\xff"[..], b"\xe4\xb8\xad=\xe6\x96\x87", b"t=\ta\tb", b"=", b""] {
        let mut line = strange.to_vec();
        line.extend_from_slice(b"; __Host-magpie-session=one; ");
        line.extend_from_slice(format!("__Host-magpie-attempt-{id}=x; ").as_bytes());
        line.extend_from_slice(strange);
        headers.insert(header::COOKIE, HeaderValue::from_bytes(&line).unwrap());
        let cookies = Cookies::read(&headers, &issuer);
        assert_eq!(cookies.session(), Some("one"), "{strange:?}");
        assert_eq!(cookies.attempts().len(), 1, "{strange:?}");
    }
}

/// Seen red without the check of the id. What cannot be an attempt is not opened, and is never named in an answer.
#[test]
fn what_cannot_be_an_attempt_is_none() {
    let issuer = secure();
    let id = "0000000900000000000000000g";
    let long = "x".repeat(LONGEST_ATTEMPT + 1);
    for (sent, expected) in [
        (format!("__Host-magpie-attempt-{id}=x"), 1),
        (format!("__Host-magpie-attempt-{id}="), 0),
        (format!("__Host-magpie-attempt-{id}={long}"), 0),
        ("__Host-magpie-attempt-x=x".to_owned(), 0),
        (format!("__Host-magpie-attempt-{id}; Path=x"), 0),
        (format!("magpie-attempt-{id}=x"), 0),
    ] {
        let headers = header_of(&sent);
        assert_eq!(Cookies::read(&headers, &issuer).attempts().len(), expected, "{sent}");
    }
}
