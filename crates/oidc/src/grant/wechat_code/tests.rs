use magpie_domain::GrantType;

use super::*;
use crate::error::ErrorCode;
use crate::samples::{client_with, params};

const FORM: &str = "subject_token=invented&audience=mini&scope=openid";

fn bringing(channels: &[&str]) -> Client {
    client_with(|policy| {
        policy.grant_types = vec![GrantType::TokenExchange];
        policy.wechat_channels = channels.iter().filter_map(|id| ChannelId::parse(id)).collect();
        policy.tokens.resources = vec!["https://api.example".to_owned()];
    })
}

/// Design §5. Seen red with the channel not compared.
#[test]
fn a_client_brings_codes_of_its_own_channels_alone() {
    use ErrorCode::{
        InvalidRequest, InvalidScope, InvalidTarget, UnauthorizedClient as Unauthorized,
    };
    for (channels, more, expected) in [
        (&["mini"][..], FORM, None),
        (&["app", "mini"], FORM, None),
        (&["mini"], "subject_token=invented&audience=mini", None),
        (&[], FORM, Some(Unauthorized)),
        (&["app"], FORM, Some(InvalidTarget)),
        (&["mini"], "subject_token=x&audience=MINI", Some(InvalidTarget)),
        (&["mini"], "subject_token=x&audience=desktop", Some(InvalidTarget)),
        (&["mini"], "subject_token=x&audience=", Some(InvalidRequest)),
        (&["mini"], "subject_token=x", Some(InvalidRequest)),
        (&["mini"], "audience=mini", Some(InvalidRequest)),
        (&["mini", "app"], "subject_token=x&audience=mini&audience=app", Some(InvalidRequest)),
        (&["mini"], "subject_token=x&audience=mini&scope=profile", Some(InvalidScope)),
        (&["mini"], "subject_token=x&audience=mini&actor_token=y", Some(InvalidRequest)),
        (&["mini"], "subject_token=x&audience=mini&encrypted_data=y", Some(InvalidRequest)),
        (&["mini"], "subject_token=x&audience=mini&iv=y", Some(InvalidRequest)),
        (&["mini"], "subject_token=x&audience=mini&iv=y&encrypted_data=z", None),
        (
            &["mini"],
            "subject_token=x&audience=mini&requested_token_type=urn:ietf:params:oauth:token-type:id_token",
            Some(InvalidRequest),
        ),
        (
            &["mini"],
            "subject_token=x&audience=mini&resource=https://evil.example",
            Some(InvalidTarget),
        ),
    ] {
        let read = WechatCodeRequest::read(&params(more), &bringing(channels));
        assert_eq!(read.err().map(|error| error.code), expected, "{channels:?} {more}");
    }
}

#[test]
fn what_is_granted_is_what_the_client_may_have() {
    let form = "subject_token=x&audience=mini&scope=openid+profile+groups+offline_access&resource=https://api.example";
    let read = WechatCodeRequest::read(&params(form), &bringing(&["mini"])).unwrap();
    let names: ScopeSet = [Scope::OpenId, Scope::Profile].into_iter().collect();
    assert_eq!((read.scopes, read.scopes_narrowed), (names, true));
    assert_eq!(read.resources, ["https://api.example"]);
    assert!(!format!("{read:?}").contains("subject_token=x"));
}
