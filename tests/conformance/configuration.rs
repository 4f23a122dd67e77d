//! What an operator would write for each plan: the clients that the suite's configuration names, and for dynamic plans an
//! open registration. The same clients go to the runner as JSON.

use serde_json::{Value, json};

use crate::plan::Plan;

/// Where browsers of the runner find the relying party; only they resolve it.
pub(crate) const RELYING_PARTY: &str = "https://rp.conformance.test";
const SECRET: &str = "5c0ff1e1d0c5a1e5b0a7f00dfeedc0de";
const SECOND_SECRET: &str = "0ddba11ca5cade5ca1ab1edecade5eed";

/// The ports of one plan's servers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// The issuer's, where TLS ends.
    pub(crate) front: u16,
    pub(crate) magpie: u16,
    /// The relying party's listener.
    pub(crate) listener: u16,
}

/// `magpie.toml` for this plan.
pub(crate) fn toml(plan: &Plan, ports: Ports, wechat: &str, keys: &[Value]) -> String {
    let Ports { front, magpie, .. } = ports;
    let algorithm = if plan.key == "fapi2" { "PS256" } else { "RS256" };
    let text = format!(
        r#"issuer = "https://127.0.0.1:{front}"
[listen]
public = "127.0.0.1:{magpie}"
management = "127.0.0.1:0"
trusted_proxies = ["127.0.0.1/32"]
[database]
url = "sqlite:magpie.db"
[keys]
root_key_file = "root.key"
default_algorithm = "{algorithm}"
[claims]
email_domain = "people.conformance.test"
[wechat]
development = true
api_base = "{wechat}"
api_fallback_bases = []
open_base = "{wechat}"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
"#
    );
    let clients = match plan.key.as_str() {
        "fapi2" => fapi_clients(keys),
        _ => declared_clients(plan, ports),
    };
    let registration = if plan.is_dynamic() { "[registration]\nmode = \"open\"\n" } else { "" };
    format!("{text}{registration}{clients}")
}

/// Two clients with a secret, and one that sends it in the form.
fn declared_clients(plan: &Plan, ports: Ports) -> String {
    let logout = match plan.key.as_str() {
        "backchannel-logout-static" => format!(
            "backchannel_logout_uri = \"http://127.0.0.1:{}/backchannel_logout\"\nbackchannel_logout_session_required = true\n",
            ports.listener
        ),
        _ => String::new(),
    };
    let client = |id: &str, secret: &str, method: &str| {
        format!(
            r#"[[clients]]
id = "{id}"
secret = "{secret}"
redirect_uris = ["{RELYING_PARTY}/callback"]
post_logout_redirect_uris = ["{RELYING_PARTY}/post_logout"]
scopes = ["openid", "profile", "email", "offline_access"]
grant_types = ["authorization_code", "refresh_token"]
token_endpoint_auth_methods = ["{method}"]
email = {{ mode = "synthetic" }}
{logout}"#
        )
    };
    [
        client("client", SECRET, "client_secret_basic"),
        client("client2", SECOND_SECRET, "client_secret_basic"),
        client("client_secret_post", SECRET, "client_secret_post"),
    ]
    .concat()
}

/// Two clients of the FAPI 2.0 profile; the second has a query in its redirect URI, as the suite's has.
fn fapi_clients(keys: &[Value]) -> String {
    let mut text = String::new();
    for ((id, query), key) in FAPI_CLIENTS.iter().zip(keys) {
        let jwk = key.get("publicJwk").and_then(Value::as_object).unwrap();
        let members = jwk.iter().map(|(name, value)| format!("{name} = {value}"));
        let jwk = members.collect::<Vec<_>>().join(", ");
        text += &format!(
            r#"[[clients]]
id = "{id}"
security_profile = "fapi2"
redirect_uris = ["{RELYING_PARTY}/callback{query}"]
scopes = ["openid", "profile", "offline_access"]
grant_types = ["authorization_code", "refresh_token"]
token_endpoint_auth_methods = ["private_key_jwt"]
id_token_signed_response_alg = "PS256"
consent = "explicit"
jwks = {{ keys = [{{ {jwk} }}] }}
"#
        );
    }
    text
}

const FAPI_CLIENTS: [(&str, &str); 2] = [("client", ""), ("client2", "?dummy1=lorem&dummy2=ipsum")];

/// The same clients for the runner.
pub(crate) fn clients(plan: &Plan, keys: &[Value]) -> Value {
    if plan.key == "fapi2" {
        let mut clients = serde_json::Map::new();
        for ((id, query), key) in FAPI_CLIENTS.iter().zip(keys) {
            let client = json!({
                "id": id,
                "authentication": "private_key_jwt",
                "redirectUri": format!("{RELYING_PARTY}/callback{query}"),
                "scope": "openid profile",
                "idTokenAlgorithm": "PS256",
                "fapi": true,
                "jwks": key,
            });
            clients.insert((*id).to_owned(), client);
        }
        return clients.into();
    }
    let client = |id: &str, secret: &str, method: &str| {
        json!({
            "id": id,
            "secret": secret,
            "authentication": method,
            "redirectUri": format!("{RELYING_PARTY}/callback"),
            "postLogoutRedirectUri": format!("{RELYING_PARTY}/post_logout"),
        })
    };
    json!({
        "client": client("client", SECRET, "client_secret_basic"),
        "client2": client("client2", SECOND_SECRET, "client_secret_basic"),
        "client_secret_post": client("client_secret_post", SECRET, "client_secret_post"),
    })
}
