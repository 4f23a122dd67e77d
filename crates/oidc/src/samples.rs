//! What the tests of this crate share: a confidential client, a public one, and short ways to read parameters.

use magpie_domain::{
    Client, ClientDraft, ClientId, ClientPolicy, ClientSecrets, Issuer, ScopeSet, Subject,
    TokenHash,
};

use crate::params::Params;

pub(crate) fn draft() -> ClientDraft {
    ClientDraft {
        id: ClientId::parse("app").unwrap(),
        name: "App".to_owned(),
        secrets: ClientSecrets::of(Some(TokenHash::from_bytes([1; 32]))),
        redirect_uris: vec![
            "https://app.example/cb".to_owned(),
            "https://app.example/cb?a=1".to_owned(),
        ],
        post_logout_redirect_uris: vec![],
        scopes: ScopeSet::parse("openid profile email wechat offline_access"),
        policy: ClientPolicy::default(),
        enabled: true,
    }
}

/// A confidential client named `app`, with its policy changed.
pub(crate) fn client_with(change: impl FnOnce(&mut ClientPolicy)) -> Client {
    let mut draft = draft();
    change(&mut draft.policy);
    Client::new(draft).unwrap()
}

/// A confidential client named `app`.
pub(crate) fn client() -> Client {
    client_with(|_| {})
}

/// A public client named `app`.
pub(crate) fn public_client() -> Client {
    Client::new(ClientDraft { secrets: ClientSecrets::default(), ..draft() }).unwrap()
}

pub(crate) fn params(query: &str) -> Params {
    Params::from_query(query).unwrap()
}

pub(crate) fn subject(text: &str) -> Subject {
    Subject::parse(text).unwrap()
}

pub(crate) fn issuer() -> Issuer {
    Issuer::parse("https://login.example.com").unwrap()
}
