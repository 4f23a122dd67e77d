use super::*;
use crate::samples::{client, params, public_client};

fn handle() -> PushedHandle {
    let id = PushedId::parse("0123456789abcdefghjkmnpqrs").unwrap();
    PushedHandle { id, secret: "s".repeat(43) }
}

/// Q5: the name of a pushed request carries 256 bits, and what was never ours names nothing. Seen red with a secret of
/// any length read.
#[test]
fn a_request_uri_is_read_as_it_was_written() {
    let uri = request_uri(&handle());
    assert_eq!(read(&uri), Some(Named::Handle(handle())));
    let short = uri.strip_suffix('s').unwrap();
    for nothing in [URN, short, &format!("{uri}s"), &uri.replace('.', ":"), &format!("{short}%")] {
        assert_eq!(read(nothing), Some(Named::Nothing), "{nothing}");
    }
    for other in ["", "https://app.example/request.jwt", "URN:ietf:params:oauth:request_uri:x"] {
        assert_eq!(read(other), None, "{other}");
    }
    assert!(!format!("{:?}", handle()).contains("sss"));
}

/// Q3, and law 9: no credential is kept. Seen red with request_uri let through and with credentials kept.
#[test]
fn what_proved_the_client_is_not_part_of_its_request() {
    let form = params(
        "scope=openid&client_secret=s&client_assertion=a&client_assertion_type=t&state=a%26b&resource=x&resource=y",
    );
    let request = request_of(&form, &client()).unwrap();
    assert_eq!(kept(&request), "scope=openid&state=a%26b&resource=x&resource=y&client_id=app");
    assert_eq!(Params::from_query(&kept(&request)), Ok(request));
    let named = request_of(&params("client_id=app"), &client()).unwrap();
    assert_eq!(kept(&named), "client_id=app");
    for bad in ["request_uri=urn:x", "request_uri=", &format!("state={}", "a".repeat(24 * 1024))] {
        let refused = request_of(&params(bad), &client()).unwrap_err();
        assert_eq!(refused.code.as_str(), "invalid_request");
    }
}

/// Law 1: whoever cannot authenticate writes no row.
#[test]
fn only_a_client_that_authenticates_may_push() {
    assert_eq!(may_push(&client()), Ok(()));
    assert_eq!(may_push(&public_client()).unwrap_err().code.as_str(), "unauthorized_client");
}

/// Law 12. Seen red with everything kept.
#[test]
fn what_means_nothing_is_not_kept() {
    let form = params("scope=openid&junk=x&audience=y&ui_locales=zh&request=z&prompt=login");
    let request = request_of(&form, &client()).unwrap();
    assert_eq!(kept(&request), "scope=openid&ui_locales=zh&prompt=login&client_id=app");
}
