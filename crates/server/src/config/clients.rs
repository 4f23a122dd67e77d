//! `[[clients]]`: the applications that the operator declares. A preset fills the policy, explicit keys win.
//! A secret is hashed as soon as it is read; the hash is all that leaves this module.
//! Metadata of RFC 7591 that this version does not act on is refused rather than ignored.

use std::collections::BTreeSet;

use magpie_domain::{
    AuthMethod, Client, ClientDraft, ClientId, ClientInvalid, ClientPolicy, ConsentPolicy,
    EmailPolicy, IdTokenClaims, Preset, RedirectUri, Scope, ScopeSet, SubjectType, TokenHash,
};

use super::secrets::{self, SecretKeys};
use super::section::Section;

/// Hashes a client secret under the vault's key.
pub(super) type SecretHasher<'a> = &'a dyn Fn(&str) -> TokenHash;

const SECRET: SecretKeys = SecretKeys {
    inline: "secret",
    file: "secret_file",
    where_to_find: "any long random text, the same as in the application; `openssl rand -hex 32` makes one",
    strict: false,
};

/// Registered metadata and keys of ours that later versions act on.
const NOT_YET: [&str; 26] = [
    "jwks",
    "jwks_uri",
    "grant_types",
    "response_types",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "sector_identifier_uri",
    "request_object_signing_alg",
    "require_pushed_authorization_requests",
    "dpop_bound_access_tokens",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "initiate_login_uri",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
    "access_token_format",
    "allowed_cors_origins",
    "software_id",
    "software_version",
    "software_statement",
    "tls_client_certificate_bound_access_tokens",
];

pub(super) fn read(
    sections: Vec<Section<'_>>,
    email_domain: Option<&str>,
    hash_secret: SecretHasher<'_>,
) -> Vec<Client> {
    let mut ids = BTreeSet::new();
    let mut clients = Vec::new();
    for mut section in sections {
        let client = client(&mut section, hash_secret);
        section.not_yet(&NOT_YET);
        if let Some(client) = client {
            if !ids.insert(client.id().clone()) {
                section.refuse(
                    "id",
                    "two clients have this id",
                    "a client_id is one application's",
                );
            }
            if client.policy().email == EmailPolicy::Synthetic && email_domain.is_none() {
                let cure = "set `email_domain` in [claims] to a domain of your own";
                section.refuse_quietly("email", "synthetic addresses need a domain", cure);
            }
            clients.push(client);
        }
        section.finish();
    }
    clients
}

fn client(section: &mut Section<'_>, hash_secret: SecretHasher<'_>) -> Option<Client> {
    for (key, what) in [("id", "the client_id"), ("redirect_uris", "[\"https://…\"]")] {
        if !section.has(key) {
            section.refuse_quietly(key, "the key is missing", format!("wanted: {what}"));
        }
    }
    let id = section.parse("id", "1 to 128 characters of A-Z a-z 0-9 . _ ~ : / -", |text| {
        ClientId::parse(text).ok_or("has a length or characters that cannot be")
    });
    let name = section.text("name").map(str::to_owned);
    let presets = Preset::ALL.map(|preset| (preset_name(preset), preset));
    let presets = presets.each_ref().map(|(name, preset)| (name.as_str(), *preset));
    let preset = section.one_of("preset", &presets);
    let policy = policy(section, preset.map_or_else(ClientPolicy::default, Preset::policy));
    let given = secrets::read(section, SECRET);
    if given.secret.as_ref().is_some_and(|secret| secret.expose().len() < 16) {
        section.warn(SECRET.inline, "the secret is short", SECRET.where_to_find);
    }
    let redirect_uris = uris(section, "redirect_uris");
    let post_logout_redirect_uris = uris(section, "post_logout_redirect_uris").unwrap_or_default();
    let scopes = scopes(section);
    if given.was_given && given.secret.is_none() {
        return None;
    }
    let id = id?;
    let draft = ClientDraft {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        secret_hash: given.secret.map(|secret| hash_secret(secret.expose())),
        redirect_uris: redirect_uris?,
        post_logout_redirect_uris,
        scopes,
        policy,
        enabled: true,
    };
    Client::new(draft).map_err(|invalid| explain(section, &invalid)).ok()
}

/// Puts the contradiction at the key it is about.
fn explain(section: &Section<'_>, invalid: &ClientInvalid) {
    let key = match invalid {
        ClientInvalid::RedirectUri { .. } | ClientInvalid::RedirectUriCount => "redirect_uris",
        ClientInvalid::Name => "name",
        ClientInvalid::AuthMethods => "token_endpoint_auth_methods",
        ClientInvalid::Scopes => "scopes",
    };
    section.refuse(key, &invalid.to_string(), "");
}

/// Redirect URIs as written; wrong ones are reported one by one where they stand.
fn uris(section: &mut Section<'_>, key: &'static str) -> Option<Vec<String>> {
    section.parse_each(key, "every URI in full, byte for byte as the application sends it", |uri| {
        RedirectUri::register(uri)
            .map(|_usable| uri.to_owned())
            .map_err(|reason| format!("`{uri}` {reason}"))
    })
}

fn scopes(section: &mut Section<'_>) -> ScopeSet {
    let names = Scope::ALL.map(Scope::as_str).join(", ");
    let scopes = section.parse_each("scopes", &names, |word| {
        Scope::ALL
            .into_iter()
            .find(|scope| scope.as_str() == word)
            .ok_or_else(|| format!("there is no scope `{word}`"))
    });
    scopes.map_or_else(|| ScopeSet::parse("openid profile"), |scopes| scopes.into_iter().collect())
}

fn policy(section: &mut Section<'_>, preset: ClientPolicy) -> ClientPolicy {
    let methods = section.parse_each(
        "token_endpoint_auth_methods",
        "client_secret_basic, client_secret_post or none",
        auth_method,
    );
    let application = section.one_of("application_type", &[("web", false), ("native", true)]);
    let consents = [("implicit", ConsentPolicy::Implicit), ("explicit", ConsentPolicy::Explicit)];
    let tokens = [("thin", IdTokenClaims::Thin), ("fat", IdTokenClaims::Fat)];
    let policy = ClientPolicy {
        auth_methods: methods.unwrap_or(preset.auth_methods),
        require_pkce: section.flag("require_pkce").unwrap_or(preset.require_pkce),
        consent: section.one_of("consent", &consents).unwrap_or(preset.consent),
        subject_type: subject_type(section),
        id_token_claims: section
            .one_of("id_token_claims", &tokens)
            .unwrap_or(preset.id_token_claims),
        email: email(section).unwrap_or(preset.email),
        nickname: section.flag("nickname").unwrap_or(preset.nickname),
        require_auth_time: section.flag("require_auth_time").unwrap_or(preset.require_auth_time),
        default_max_age: section
            .whole("default_max_age", &(0..=u32::MAX))
            .or(preset.default_max_age),
        native: application.unwrap_or(preset.native),
    };
    admission(section);
    policy
}

fn subject_type(section: &mut Section<'_>) -> SubjectType {
    let public = section.parse("subject_type", "\"public\"", |text| match text {
        "public" => Ok(SubjectType::Public),
        "pairwise" => Err("pairwise subjects are not available in this version"),
        _ => Err("there is no such subject type"),
    });
    public.unwrap_or(SubjectType::Public)
}

fn email(section: &mut Section<'_>) -> Option<EmailPolicy> {
    if !section.has("email") {
        section.section("email");
        return None;
    }
    let mut inner = section.section("email");
    let policy = inner.parse("mode", "\"none\" or \"synthetic\"", |text| match text {
        "none" => Ok(EmailPolicy::None),
        "synthetic" => Ok(EmailPolicy::Synthetic),
        "collected" => Err("collected addresses are not available in this version"),
        _ => Err("there is no such mode"),
    });
    if !inner.has("mode") {
        inner.refuse_quietly("mode", "the key is missing", "wanted: email = { mode = \"none\" }");
    }
    inner.finish();
    policy
}

fn admission(section: &mut Section<'_>) {
    section.parse("admission", "\"open\"", |text| match text {
        "open" => Ok(()),
        "listed" | "approval" => Err("only open admission is available in this version"),
        _ => Err("there is no such admission"),
    });
}

fn auth_method(text: &str) -> Result<AuthMethod, String> {
    [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost, AuthMethod::None]
        .into_iter()
        .find(|method| method.as_str() == text)
        .ok_or_else(|| format!("there is no method `{text}`"))
}

/// The name that serde gives it, so that names are written once, in the domain.
fn preset_name(preset: Preset) -> String {
    serde_json::to_value(preset)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}
