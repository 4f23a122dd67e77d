//! What an operator sees of a client: everything but its secrets, under the names of the configuration file.

use magpie_domain::{Client, ClientPolicy, RedirectUri, Timestamp};
use magpie_oidc::registration::metadata;
use serde_json::{Map, Value, json};

/// Where a client comes from: the configuration, the command line, or itself.
pub(super) fn origin(client: &Client, declared: bool) -> &'static str {
    match (declared, client.policy().self_registered) {
        (true, _) => "declared",
        (false, true) => "registered",
        (false, false) => "stored",
    }
}

/// The client as JSON; a secret never, and what is not set is left out.
pub(super) fn value(client: &Client, declared: bool) -> Value {
    let uris =
        |all: &[RedirectUri]| all.iter().map(|uri| uri.as_str().to_owned()).collect::<Vec<_>>();
    let policy = client.policy();
    let previous = client.secrets().previous;
    let mut shown = Map::new();
    let mut put = |values: Vec<(&str, Value)>| {
        let set = values.into_iter().filter(|(_, value)| !value.is_null());
        shown.extend(set.map(|(name, value)| (name.to_owned(), value)));
    };
    put(vec![
        ("client_id", json!(client.id().as_str())),
        ("name", json!(client.name())),
        ("origin", json!(origin(client, declared))),
        ("public", json!(client.is_public())),
        ("enabled", json!(client.is_enabled())),
        ("has_secret", json!(client.secrets().current.is_some())),
        ("has_previous_secret", json!(previous.is_some())),
        (
            "previous_secret_until",
            json!(previous.and_then(|(_, until)| until).map(Timestamp::as_seconds)),
        ),
        ("redirect_uris", json!(uris(client.redirect_uris()))),
        ("post_logout_redirect_uris", json!(uris(client.post_logout_redirect_uris()))),
        ("scopes", json!(client.scopes().to_string())),
    ]);
    put(behaviour(policy));
    put(metadata(policy));
    Value::Object(shown)
}

fn behaviour(policy: &ClientPolicy) -> Vec<(&'static str, Value)> {
    let methods: Vec<_> = policy.auth_methods.iter().map(|method| method.as_str()).collect();
    let grants: Vec<_> = policy.grant_types.iter().map(|grant| grant.as_str()).collect();
    vec![
        ("application_type", json!(if policy.native { "native" } else { "web" })),
        ("security_profile", json!(policy.profile)),
        ("token_endpoint_auth_methods", json!(methods)),
        ("grant_types", json!(grants)),
        ("require_pkce", json!(policy.require_pkce)),
        ("consent", json!(policy.consent)),
        ("subject_type", json!(policy.subject_type)),
        ("sector_identifier_uri", json!(policy.sector_identifier_uri)),
        ("id_token_claims", json!(policy.id_token_claims)),
        ("email", json!(policy.email)),
        ("nickname", json!(policy.nickname)),
        ("require_auth_time", json!(policy.require_auth_time)),
        ("default_max_age", json!(policy.default_max_age)),
        ("require_pushed_authorization_requests", json!(policy.requests.require_pushed)),
        ("require_signed_request_object", json!(policy.requests.require_signed)),
        ("access_token_format", json!(policy.tokens.format)),
        ("dpop_bound_access_tokens", json!(policy.tokens.dpop_bound)),
        ("resources", json!(policy.tokens.resources)),
        ("allowed_cors_origins", json!(policy.allowed_cors_origins)),
        ("wechat_channels", json!(policy.wechat_channels)),
    ]
}

#[cfg(test)]
mod tests {
    use magpie_domain::{ClientDraft, ClientId, ClientSecrets, ScopeSet};

    use super::*;

    fn client(self_registered: bool) -> Client {
        Client::new(ClientDraft {
            id: ClientId::parse("app").unwrap(),
            name: "App".to_owned(),
            secrets: ClientSecrets::default(),
            redirect_uris: vec!["https://app.example/cb".to_owned()],
            post_logout_redirect_uris: vec![],
            scopes: ScopeSet::parse("openid"),
            policy: ClientPolicy { self_registered, ..ClientPolicy::default() },
            enabled: true,
        })
        .unwrap()
    }

    /// Seen red with every stored client told alike.
    #[test]
    fn an_operator_sees_who_registered_itself() {
        for (own, declared, expected) in
            [(true, false, "registered"), (false, false, "stored"), (false, true, "declared")]
        {
            assert_eq!(value(&client(own), declared)["origin"], expected);
        }
        assert_eq!(value(&client(true), false)["consent"], "explicit");
    }
}
