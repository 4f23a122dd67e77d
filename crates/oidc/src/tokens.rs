//! Which tokens a redeemed grant yields, and the answer that carries them (RFC 6749 §5.1, OIDC Core §3.1.3.3).
//! The plan is pure; sealing the access token and signing the ID token is mechanical and done by the `vault`.

use std::fmt;

use magpie_domain::{AccessToken, Client, Grant, Lifetime, Scope, ScopeSet, Timestamp, TokenText};
use serde::{Serialize, Serializer};

/// How long tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenSettings {
    /// Access tokens.
    pub access_token: Lifetime,
    /// ID tokens; goes into [`crate::claims::IdTokenFacts::lifetime`].
    pub id_token: Lifetime,
}

/// What is to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPlan {
    /// The content of the access token, to be sealed.
    pub access: AccessToken,
    /// Whether an ID token comes along.
    pub id_token: bool,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// The granted scopes, where they differ from what was asked: then RFC 6749 §5.1 requires them,
    /// otherwise the application knows them.
    pub scope: Option<ScopeSet>,
}

/// Plans the tokens of a grant. A scope that the client has lost since the person signed in is not given any more.
#[must_use]
pub fn plan(grant: &Grant, client: &Client, settings: &TokenSettings, now: Timestamp) -> TokenPlan {
    let scopes = grant.scopes.intersection(client.scopes());
    let narrowed = grant.scopes_narrowed || scopes != grant.scopes;
    let expires = now.plus(settings.access_token);
    TokenPlan {
        access: AccessToken { grant: grant.id.clone(), scopes, expires },
        id_token: scopes.contains(Scope::OpenId),
        expires_in: settings.access_token.as_seconds(),
        scope: narrowed.then_some(scopes),
    }
}

/// The JSON body of a successful token request; to be sent with `Cache-Control: no-store`.
#[derive(Clone, Serialize)]
pub struct TokenResponse {
    /// The sealed access token.
    #[serde(serialize_with = "in_the_clear")]
    pub access_token: TokenText,
    /// How to use it (RFC 6750).
    pub token_type: &'static str,
    /// Seconds until it ends, as a JSON number.
    pub expires_in: i64,
    /// The granted scopes, where they must be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    /// The signed ID token.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_the_clear_if_any")]
    pub id_token: Option<TokenText>,
}

impl TokenResponse {
    /// Puts sealed and signed tokens to the plan they were made from.
    #[must_use]
    pub const fn new(
        plan: &TokenPlan,
        access_token: TokenText,
        id_token: Option<TokenText>,
    ) -> Self {
        Self {
            access_token,
            token_type: "Bearer",
            expires_in: plan.expires_in,
            scope: plan.scope,
            id_token,
        }
    }
}

fn in_the_clear<S: Serializer>(token: &TokenText, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(token.expose())
}

fn in_the_clear_if_any<S: Serializer>(token: &Option<TokenText>, to: S) -> Result<S::Ok, S::Error> {
    match token {
        Some(token) => in_the_clear(token, to),
        None => to.serialize_none(),
    }
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use magpie_domain::testing::{SAMPLE_NOW, sample_grant};
    use magpie_domain::{Client, ClientDraft};
    use serde_json::json;

    use super::*;
    use crate::samples::{client, draft};

    const SETTINGS: TokenSettings = TokenSettings {
        access_token: Lifetime::from_hours(1),
        id_token: Lifetime::from_minutes(5),
    };

    #[test]
    fn a_grant_yields_an_access_token_and_an_id_token() {
        let grant = sample_grant();
        let plan = plan(&grant, &client(), &SETTINGS, SAMPLE_NOW);
        assert_eq!(plan.access.grant, grant.id);
        assert_eq!(plan.access.scopes, grant.scopes);
        assert_eq!(plan.access.expires, SAMPLE_NOW.plus(Lifetime::from_hours(1)));
        assert!(plan.id_token);
        assert_eq!((plan.expires_in, plan.scope), (3600, None));
    }

    /// RFC 6749 §5.1, and TK-21: never more than the client may have now.
    #[test]
    fn scopes_are_named_when_they_are_fewer_than_were_asked() {
        let narrow = |scopes| {
            Client::new(ClientDraft { scopes: ScopeSet::parse(scopes), ..draft() }).unwrap()
        };
        for (narrowed, allowed, named) in [
            (false, "openid profile email", None),
            (true, "openid profile email", Some("openid profile")),
            (false, "openid", Some("openid")),
        ] {
            let grant = Grant { scopes_narrowed: narrowed, ..sample_grant() };
            let plan = plan(&grant, &narrow(allowed), &SETTINGS, SAMPLE_NOW);
            assert_eq!(plan.scope, named.map(ScopeSet::parse), "{narrowed} {allowed}");
            assert!(narrow(allowed).scopes().covers(plan.access.scopes));
        }
    }

    /// G4, T16.
    #[test]
    fn the_body_has_a_number_and_nothing_empty() {
        let text = |text: &str| TokenText::new(text.to_owned());
        let mut plan = plan(&sample_grant(), &client(), &SETTINGS, SAMPLE_NOW);
        let bare = TokenResponse::new(&plan, text("s3cr3t-a"), None);
        assert_eq!(
            serde_json::to_value(&bare).unwrap(),
            json!({"access_token": "s3cr3t-a", "token_type": "Bearer", "expires_in": 3600})
        );
        plan.scope = Some(ScopeSet::parse("openid"));
        let full = TokenResponse::new(&plan, text("s3cr3t-a"), Some(text("s3cr3t-i")));
        assert_eq!(
            serde_json::to_value(&full).unwrap(),
            json!({"access_token": "s3cr3t-a", "token_type": "Bearer", "expires_in": 3600,
                   "scope": "openid", "id_token": "s3cr3t-i"})
        );
        assert!(!format!("{full:?}").contains("s3cr3t"));
    }
}
