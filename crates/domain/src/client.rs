//! An application that asks Magpie who somebody is. Checked when it is made: a [`Client`] is always consistent.

use serde::{Deserialize, Serialize};

use crate::client_policy::{AuthMethod, ClientPolicy};
use crate::id::ClientId;
use crate::scope::{Scope, ScopeSet};
use crate::secret::TokenHash;
use crate::urls::{RedirectUri, UrlInvalid};

/// What an operator or a registration request says of a client, before it is checked.
#[derive(Debug, Clone)]
pub struct ClientDraft {
    /// The `client_id`.
    pub id: ClientId,
    /// What people see.
    pub name: String,
    /// The keyed hash of the secret; none makes a public client.
    pub secret_hash: Option<TokenHash>,
    /// Redirect URIs as written.
    pub redirect_uris: Vec<String>,
    /// Where logout may return to, as written.
    pub post_logout_redirect_uris: Vec<String>,
    /// The scopes the client may be granted.
    pub scopes: ScopeSet,
    /// Its policy.
    pub policy: ClientPolicy,
    /// Whether it may be used.
    pub enabled: bool,
}

/// Why a client cannot exist as described.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientInvalid {
    /// A redirect URI is not usable.
    #[error("redirect URI `{uri}` {reason}")]
    RedirectUri {
        /// The URI as written.
        uri: String,
        /// What is wrong with it.
        reason: UrlInvalid,
    },
    /// There is no redirect URI, or more than 100, or one twice.
    #[error("a client needs 1 to 100 different redirect URIs")]
    RedirectUriCount,
    /// The name is empty, long or has control characters.
    #[error("the name must be 1 to 100 characters without control characters")]
    Name,
    /// A public client names a secret method, or a confidential one names `none`.
    #[error("a client without a secret uses the method \"none\", and only such a client does")]
    AuthMethods,
    /// `openid` is missing from the scopes.
    #[error("the scopes must contain openid")]
    Scopes,
}

/// A registered application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    id: ClientId,
    name: String,
    secret_hash: Option<TokenHash>,
    redirect_uris: Vec<RedirectUri>,
    post_logout_redirect_uris: Vec<RedirectUri>,
    scopes: ScopeSet,
    policy: ClientPolicy,
    enabled: bool,
}

impl Client {
    /// Checks a description and makes the client; public clients always require PKCE.
    ///
    /// # Errors
    /// [`ClientInvalid`] naming the first contradiction.
    pub fn new(draft: ClientDraft) -> Result<Self, ClientInvalid> {
        let name = draft.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(ClientInvalid::Name);
        }
        let redirect_uris = registered(&draft.redirect_uris)?;
        let mut distinct = redirect_uris.clone();
        distinct.sort();
        distinct.dedup();
        if !(1..=100).contains(&redirect_uris.len()) || distinct.len() != redirect_uris.len() {
            return Err(ClientInvalid::RedirectUriCount);
        }
        if !draft.scopes.contains(Scope::OpenId) {
            return Err(ClientInvalid::Scopes);
        }
        let mut policy = draft.policy;
        if draft.secret_hash.is_none()
            && policy.auth_methods == ClientPolicy::default().auth_methods
        {
            policy.auth_methods = vec![AuthMethod::None];
        }
        let says_none = policy.auth_methods.contains(&AuthMethod::None);
        if policy.auth_methods.is_empty()
            || draft.secret_hash.is_none() != says_none
            || (says_none && policy.auth_methods.len() > 1)
        {
            return Err(ClientInvalid::AuthMethods);
        }
        policy.require_pkce |= says_none;
        Ok(Self {
            id: draft.id,
            name,
            secret_hash: draft.secret_hash,
            redirect_uris,
            post_logout_redirect_uris: registered(&draft.post_logout_redirect_uris)?,
            scopes: draft.scopes,
            policy,
            enabled: draft.enabled,
        })
    }

    /// The `client_id`.
    #[must_use]
    pub const fn id(&self) -> &ClientId {
        &self.id
    }

    /// What people see.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The keyed hash of the secret; none for a public client.
    #[must_use]
    pub const fn secret_hash(&self) -> Option<&TokenHash> {
        self.secret_hash.as_ref()
    }

    /// Where answers may go.
    #[must_use]
    pub fn redirect_uris(&self) -> &[RedirectUri] {
        &self.redirect_uris
    }

    /// The registered URI that `presented` is, if it is one: byte equality, but for a native client's loopback port.
    #[must_use]
    pub fn accepts(&self, presented: &str) -> Option<RedirectUri> {
        self.redirect_uris.iter().find_map(|uri| uri.accept(presented, self.policy.native))
    }

    /// Where logout may return to.
    #[must_use]
    pub fn post_logout_redirect_uris(&self) -> &[RedirectUri] {
        &self.post_logout_redirect_uris
    }

    /// The scopes it may be granted.
    #[must_use]
    pub const fn scopes(&self) -> ScopeSet {
        self.scopes
    }

    /// Its policy.
    #[must_use]
    pub const fn policy(&self) -> &ClientPolicy {
        &self.policy
    }

    /// Whether it may be used; a disabled client is answered like an unknown one.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Whether it has no secret (RFC 6749 §2.1).
    #[must_use]
    pub const fn is_public(&self) -> bool {
        self.secret_hash.is_none()
    }
}

fn registered(uris: &[String]) -> Result<Vec<RedirectUri>, ClientInvalid> {
    uris.iter()
        .map(|uri| {
            RedirectUri::register(uri)
                .map_err(|reason| ClientInvalid::RedirectUri { uri: uri.clone(), reason })
        })
        .collect()
}

/// What a stored client keeps as JSON beside its columns; never filtered on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredClientDetails {
    /// Redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Logout return URIs.
    pub post_logout_redirect_uris: Vec<String>,
    /// The policy.
    pub policy: ClientPolicy,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(secret: bool) -> ClientDraft {
        ClientDraft {
            id: ClientId::parse("app").unwrap(),
            name: "App".to_owned(),
            secret_hash: secret.then(|| TokenHash::from_bytes([1; 32])),
            redirect_uris: vec!["https://app.example/cb".to_owned()],
            post_logout_redirect_uris: vec![],
            scopes: ScopeSet::parse("openid profile"),
            policy: ClientPolicy::default(),
            enabled: true,
        }
    }

    #[test]
    fn a_client_without_a_secret_is_public_and_must_use_pkce() {
        let client = Client::new(draft(false)).unwrap();
        assert!(client.is_public() && client.policy().require_pkce);
        assert_eq!(client.policy().auth_methods, [AuthMethod::None]);
        assert!(!Client::new(draft(true)).unwrap().policy().require_pkce);
    }

    #[test]
    fn contradictions_are_named() {
        let mut none_with_secret = draft(true);
        none_with_secret.policy.auth_methods = vec![AuthMethod::None];
        assert_eq!(Client::new(none_with_secret), Err(ClientInvalid::AuthMethods));
        let mut twice = draft(true);
        twice.redirect_uris.push("https://app.example/cb".to_owned());
        assert_eq!(Client::new(twice), Err(ClientInvalid::RedirectUriCount));
        let mut nameless = draft(true);
        nameless.name = "a\u{7}b".to_owned();
        assert_eq!(Client::new(nameless), Err(ClientInvalid::Name));
        let mut closed = draft(true);
        closed.scopes = ScopeSet::parse("profile");
        assert_eq!(Client::new(closed), Err(ClientInvalid::Scopes));
        let mut wild = draft(true);
        wild.redirect_uris = vec!["https://*.example/cb".to_owned()];
        assert!(matches!(Client::new(wild), Err(ClientInvalid::RedirectUri { .. })));
    }
}
