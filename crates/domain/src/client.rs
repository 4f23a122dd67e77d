//! An application that asks Magpie who somebody is. Checked when it is made: a [`Client`] is always consistent.

use serde::{Deserialize, Serialize};

mod consistency;

use crate::client_policy::{AuthMethod, ClientPolicy, SubjectType};
use crate::id::ClientId;
use crate::scope::ScopeSet;
use crate::secret::TokenHash;
use crate::time::Timestamp;
use crate::urls::{RedirectUri, UrlInvalid, WebUrl};

/// The keyed hashes of a client's secrets: two may be live while the application is being moved to the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientSecrets {
    /// The secret; none for a client that has no secret method.
    pub current: Option<TokenHash>,
    /// The one before, and when it stops counting; none in the second field for as long as it is configured.
    pub previous: Option<(TokenHash, Option<Timestamp>)>,
}

impl ClientSecrets {
    /// A secret, or none, with none before it.
    #[must_use]
    pub const fn of(current: Option<TokenHash>) -> Self {
        Self { current, previous: None }
    }

    /// Whether the hash is that of a live secret, compared in constant time.
    #[must_use]
    pub fn accept(&self, hash: &TokenHash, now: Timestamp) -> bool {
        let is_current = self.current.is_some_and(|current| current == *hash);
        let is_previous = self.previous.is_some_and(|(previous, until)| {
            let live = until.is_none_or(|until| now < until);
            (previous == *hash) & live
        });
        is_current | is_previous
    }
}

/// What an operator or a registration request says of a client, before it is checked.
#[derive(Debug, Clone)]
pub struct ClientDraft {
    /// The `client_id`.
    pub id: ClientId,
    /// What people see.
    pub name: String,
    /// The keyed hashes of its secrets; without one, and without keys of its own, it is a public client.
    pub secrets: ClientSecrets,
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
    /// There is no redirect URI for the code grant, or more than 100, or one twice.
    #[error("a client of the code grant needs 1 to 100 different redirect URIs")]
    RedirectUriCount,
    /// The name is empty, long or has control characters.
    #[error("the name must be 1 to 100 characters without control characters")]
    Name,
    /// The methods do not fit what the client can show: a secret, keys, or nothing.
    #[error(
        "client_secret_basic and client_secret_post need a secret, private_key_jwt needs keys (jwks or jwks_uri), and \"none\" stands alone for a client that has neither"
    )]
    AuthMethods,
    /// `openid` is missing from the scopes.
    #[error("the scopes must contain openid")]
    Scopes,
    /// The grant types are none, repeated, or not for this client.
    #[error(
        "grant_types must name each grant once, and client_credentials is not for a client that cannot authenticate"
    )]
    GrantTypes,
    /// Some other address is not usable.
    #[error("`{uri}` {reason}")]
    Url {
        /// The registered name of the field.
        field: &'static str,
        /// The address as written.
        uri: String,
        /// What is wrong with it.
        reason: UrlInvalid,
    },
    /// Pairwise subjects, and redirect URIs on several hosts without a sector (OIDC Core §8.1).
    #[error(
        "pairwise subjects with redirect URIs on more than one host need a sector_identifier_uri"
    )]
    Sector,
    /// It would have to ask in a way that it cannot: nobody could ever sign in.
    #[error(
        "require_pushed_authorization_requests needs a client that authenticates, and require_signed_request_object needs keys (jwks or jwks_uri)"
    )]
    Requests,
    /// It would bring codes without being allowed to exchange them, or people would have to be asked where nobody can.
    #[error(
        "wechat_channels needs the grant type urn:ietf:params:oauth:grant-type:token-exchange and consent \"implicit\", and is not for a client that registered itself"
    )]
    WechatChannels,
    /// The rule book forbids what is described.
    #[error(
        "a client of the profile fapi2 authenticates by private_key_jwt and uses ES256, PS256 or EdDSA"
    )]
    Profile,
}

/// A registered application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    id: ClientId,
    name: String,
    secrets: ClientSecrets,
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
        let policy = consistency::check(&draft, &redirect_uris)?;
        Ok(Self {
            id: draft.id,
            name,
            secrets: draft.secrets,
            redirect_uris,
            post_logout_redirect_uris: registered(&draft.post_logout_redirect_uris)?,
            scopes: draft.scopes,
            policy,
            enabled: draft.enabled,
        })
    }

    /// The description that would make this client again, to be changed and checked anew.
    #[must_use]
    pub fn to_draft(&self) -> ClientDraft {
        let texts = |uris: &[RedirectUri]| uris.iter().map(|uri| uri.as_str().to_owned()).collect();
        ClientDraft {
            id: self.id.clone(),
            name: self.name.clone(),
            secrets: self.secrets,
            redirect_uris: texts(&self.redirect_uris),
            post_logout_redirect_uris: texts(&self.post_logout_redirect_uris),
            scopes: self.scopes,
            policy: self.policy.clone(),
            enabled: self.enabled,
        }
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

    /// The keyed hashes of its secrets.
    #[must_use]
    pub const fn secrets(&self) -> &ClientSecrets {
        &self.secrets
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

    /// Whether it cannot authenticate (RFC 6749 §2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.policy.auth_methods.contains(&AuthMethod::None)
    }

    /// Whether everybody is sent back to one https origin, whichever redirect URI is asked for.
    #[must_use]
    pub fn has_one_origin(&self) -> bool {
        let mut origins = self.redirect_uris.iter().map(RedirectUri::csp_source);
        let first = origins.next().filter(|first| first.starts_with("https://"));
        first.is_some_and(|first| origins.all(|other| other == first))
    }

    /// Whose `sub` a person has here: the sector of a pairwise client (OIDC Core §8.1), `None` where `sub` is public.
    /// A client that has no host of its own, but a scheme or loopback, shares its sector with nobody.
    #[must_use]
    pub fn sector(&self) -> Option<String> {
        match self.policy.subject_type {
            SubjectType::Public => None,
            SubjectType::Pairwise => {
                let chosen = self.policy.sector_identifier_uri.as_deref();
                let first = || self.redirect_uris.first().and_then(RedirectUri::host_of_the_web);
                let host = |uri: &str| WebUrl::parse(uri).ok().and_then(|url| url.host());
                let sector = chosen.map_or_else(first, host);
                Some(sector.unwrap_or_else(|| self.id.as_str().to_owned()))
            }
        }
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
            secrets: ClientSecrets::of(secret.then(|| TokenHash::from_bytes([1; 32]))),
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

    /// Seen red with hosts compared in place of origins, and with any scheme taken.
    #[test]
    fn one_origin_is_one_https_origin() {
        for (uris, expected) in [
            (&["https://app.example/cb"][..], true),
            (&["https://app.example/cb", "https://app.example/other?a=1"], true),
            (&["https://app.example/cb", "https://app.example:8443/cb"], false),
            (&["https://app.example/cb", "https://other.example/cb"], false),
            (&["http://127.0.0.1/cb"], false),
            (&["com.example.app:/cb"], false),
        ] {
            let mut draft = draft(false);
            draft.redirect_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
            assert_eq!(Client::new(draft).unwrap().has_one_origin(), expected, "{uris:?}");
        }
    }

    /// Seen red with the host of loopback as a sector: programs that know nothing of each other would share it.
    #[test]
    fn who_has_no_host_of_his_own_is_a_sector_of_his_own() {
        for (uri, chosen, sector) in [
            ("https://app.example/cb", None, "app.example"),
            ("https://app.example/cb", Some("https://group.example/s.json"), "group.example"),
            ("com.example.app:/cb", None, "app"),
            ("http://127.0.0.1/cb", None, "app"),
            ("http://[::1]/cb", None, "app"),
            ("http://localhost:8000/cb", None, "app"),
            ("https://localhost/cb", None, "app"),
            ("http://127.0.0.1/cb", Some("https://group.example/s.json"), "group.example"),
        ] {
            let mut draft = draft(false);
            draft.redirect_uris = vec![uri.to_owned()];
            draft.policy.sector_identifier_uri = chosen.map(str::to_owned);
            assert_eq!(Client::new(draft.clone()).unwrap().sector(), None);
            draft.policy.subject_type = SubjectType::Pairwise;
            assert_eq!(Client::new(draft).unwrap().sector().as_deref(), Some(sector), "{uri}");
        }
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
