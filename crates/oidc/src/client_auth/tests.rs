use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use magpie_domain::ClientDraft;

use super::*;
use crate::error::ErrorCode::{self, InvalidClient, InvalidRequest};
use crate::samples::{client, client_with, draft, params, public_client};

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

fn seen(
    authorization: Option<&str>,
    form: &str,
) -> Result<(String, AuthMethod, String), ErrorCode> {
    let presented = present(authorization, &params(form)).map_err(|error| error.code)?;
    let secret = presented.secret.as_ref().map(|s| s.expose().clone()).unwrap_or_default();
    Ok((presented.client_id.to_string(), presented.method, secret))
}

/// T2, CA-02: form-decoded once, colons in the secret kept, the scheme in any case. Seen red with the secret decoded
/// twice, and not at all.
#[test]
fn basic_credentials_are_form_decoded_exactly_once() {
    for (text, id, secret) in [
        ("app:secret", "app", "secret"),
        ("app:a+b", "app", "a b"),
        ("app:a%2Bb%25%3A%C3%A9", "app", "a+b%:é"),
        ("app:a%252B", "app", "a%2B"),
        ("app:a:b", "app", "a:b"),
        ("a%3Ab:s", "a:b", "s"),
        ("app:é", "app", "é"),
    ] {
        let expected = Ok((id.to_owned(), AuthMethod::ClientSecretBasic, secret.to_owned()));
        assert_eq!(seen(Some(&basic(text)), ""), expected, "{text}");
    }
    let unpadded = format!("bAsIc {}", STANDARD.encode("app:secret").trim_end_matches('='));
    assert!(seen(Some(&unpadded), "client_id=app").is_ok());
}

/// CA-02. Seen red with what is no credential called an invalid request.
#[test]
fn broken_basic_credentials_are_an_unproved_client() {
    for header in [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!".to_owned(),
        "Bearer abc".to_owned(),
        basic("app"),
        basic("app:"),
        basic(":secret"),
        basic("app:%zz"),
        basic("app:%00"),
        basic("a b:secret"),
        basic(&format!("app:{}", "a".repeat(513))),
        format!("Basic {}{}", " ".repeat(3000), STANDARD.encode("app:secret")),
        format!("Basic {}", STANDARD.encode(b"app:\xFF")),
    ] {
        assert_eq!(seen(Some(&header), ""), Err(InvalidClient), "{header:.40}");
        assert!(uses_header(Some(&header)));
    }
    let longest = "%61".repeat(512);
    assert!(seen(Some(&basic(&format!("app:{longest}"))), "").is_ok());
    assert!(!uses_header(None));
}

/// T3, T6. Seen red with a second proof passed over, with a second name passed over, and with who names nobody taken
/// for a public client.
#[test]
fn one_method_at_a_time_and_one_client() {
    let header = basic("app:secret");
    for (authorization, form, expected) in [
        (Some(header.as_str()), "client_secret=x", Err(InvalidRequest)),
        (Some(&header), "client_id=app&client_secret=secret", Err(InvalidRequest)),
        (Some(&header), "client_id=other", Err(InvalidRequest)),
        (Some(&header), "client_id=app&client_secret=", Ok(AuthMethod::ClientSecretBasic)),
        (None, "client_id=app&client_secret=x", Ok(AuthMethod::ClientSecretPost)),
        (None, "client_id=app", Ok(AuthMethod::None)),
        (None, "client_id=app&client_secret=", Ok(AuthMethod::None)),
        (None, "", Err(InvalidClient)),
        (None, "client_secret=x", Err(InvalidClient)),
        (None, "client_id=a+b", Err(InvalidClient)),
        (None, "client_id=app&client_id=app", Err(InvalidRequest)),
        (None, "client_id=app&client_secret=a&client_secret=b", Err(InvalidRequest)),
        (None, "client_id=app&client_assertion=x", Err(InvalidClient)),
    ] {
        let method = seen(authorization, form).map(|(_, method, _)| method);
        assert_eq!(method, expected, "{authorization:?} {form}");
    }
    let long = format!("client_id=app&client_secret={}", "a".repeat(513));
    assert_eq!(seen(None, &long), Err(InvalidClient));
}

fn shown_by(method: AuthMethod) -> Presented {
    let secret = (method != AuthMethod::None).then(|| Secret::new("s3cr3t-planted".to_owned()));
    Presented { client_id: ClientId::parse("app").unwrap(), method, secret, assertion: None }
}

/// CA-01, CA-04: one answer for every failure, byte for byte. Seen red with unknown clients told that they are, and
/// with any method for any client.
#[test]
fn nobody_learns_why_a_client_was_refused() {
    use AuthMethod::{ClientSecretBasic as Basic, ClientSecretPost as Post};
    let disabled = Client::new(ClientDraft { enabled: false, ..draft() }).unwrap();
    let pinned = client_with(|policy| policy.auth_methods = vec![Post]);
    let other = Client::new(ClientDraft { id: ClientId::parse("b").unwrap(), ..draft() }).unwrap();
    let (confidential, public) = (client(), public_client());
    for (method, client, matches, may) in [
        (Basic, Some(&confidential), true, true),
        (Post, Some(&confidential), true, true),
        (AuthMethod::None, Some(&public), false, true),
        (Post, Some(&pinned), true, true),
        (Basic, Some(&pinned), true, false),
        (Basic, Some(&confidential), false, false),
        (Post, Some(&confidential), false, false),
        (AuthMethod::None, Some(&confidential), false, false),
        (AuthMethod::None, Some(&confidential), true, false),
        (Basic, Some(&public), true, false),
        (Post, Some(&public), false, false),
        (Basic, Some(&disabled), true, false),
        (Basic, Some(&other), true, false),
        (Basic, None, true, false),
        (AuthMethod::None, None, false, false),
    ] {
        let expected = if may { Ok(()) } else { Err(FAILED) };
        assert_eq!(check(&shown_by(method), client, matches), expected, "{method:?} {client:?}");
    }
    assert_eq!(FAILED.status(), 401);
}

#[test]
fn a_secret_cannot_be_printed() {
    let presented = shown_by(AuthMethod::ClientSecretBasic);
    assert!(presented.used_header() && !shown_by(AuthMethod::ClientSecretPost).used_header());
    assert!(!format!("{presented:?}").contains("s3cr3t"));
}
