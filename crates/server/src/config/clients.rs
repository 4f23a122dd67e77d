//! `[[clients]]`: the applications that the operator declares. A preset fills the policy, explicit keys win.
//! A secret is hashed as soon as it is read; the hash is all that leaves this module.
//! The policy and the registered metadata are read in `policy`.

pub(crate) mod change;
mod jwks;
mod policy;

use std::collections::BTreeSet;

use magpie_domain::{
    Channel, Client, ClientDraft, ClientId, ClientInvalid, ClientPolicy, ClientSecrets,
    EmailPolicy, GrantType, Preset, RedirectUri, Scope, ScopeSet, TokenHash,
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

const PREVIOUS_SECRET: SecretKeys = SecretKeys {
    inline: "previous_secret",
    file: "previous_secret_file",
    where_to_find: "the secret that the application still uses while it is moved to the new one; take the key out afterwards",
    strict: false,
};

/// Registered metadata that this version does not act on: refused rather than ignored.
const NOT_YET: [&str; 5] = [
    "response_types",
    "software_id",
    "software_version",
    "software_statement",
    "tls_client_certificate_bound_access_tokens",
];

/// Which e-mail addresses there can be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses<'a> {
    /// `[claims] email_domain`.
    pub(super) domain: Option<&'a str>,
    /// Whether a channel may tell the corporate mailbox of its members.
    pub(super) corporate: bool,
}

pub(super) fn read(
    sections: Vec<Section<'_>>,
    addresses: Addresses<'_>,
    channels: &[Channel],
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
            match client.policy().email {
                EmailPolicy::Synthetic if addresses.domain.is_none() => {
                    let cure = "set `email_domain` in [claims] to a domain of your own";
                    section.refuse_quietly("email", "synthetic addresses need a domain", cure);
                }
                EmailPolicy::Corporate if !addresses.corporate => {
                    let cure = "give a channel of kind \"wecom\" scope = \"snsapi_privateinfo\"";
                    let problem = "no channel tells the corporate addresses of its members";
                    section.refuse_quietly("email", problem, cure);
                }
                EmailPolicy::None | EmailPolicy::Synthetic | EmailPolicy::Corporate => {}
            }
            check_channels(&section, &client, channels);
            clients.push(client);
        }
        section.finish();
    }
    clients
}

/// A code can only be brought for a channel that exists and that no browser uses.
fn check_channels(section: &Section<'_>, client: &Client, channels: &[Channel]) {
    for wanted in &client.policy().wechat_channels {
        let found = channels.iter().find(|channel| channel.id == *wanted);
        if !found.is_some_and(|channel| channel.kind().is_brought()) {
            let problem = format!("`{wanted}` is no channel of kind mini_program or mobile_app");
            let cure = "name the id of such a channel; browsers sign in by the others without it";
            section.refuse("wechat_channels", &problem, cure);
        }
    }
}

fn client(section: &mut Section<'_>, hash_secret: SecretHasher<'_>) -> Option<Client> {
    if !section.has("id") {
        section.refuse_quietly("id", "the key is missing", "wanted: the client_id");
    }
    let id = section.parse("id", "1 to 128 characters of A-Z a-z 0-9 . _ ~ : / -", |text| {
        ClientId::parse(text).ok_or("has a length or characters that cannot be")
    });
    let name = section.text("name").map(str::to_owned);
    let presets = Preset::ALL.map(|preset| (preset_name(preset), preset));
    let presets = presets.each_ref().map(|(name, preset)| (name.as_str(), *preset));
    let preset = section.one_of("preset", &presets);
    let policy = policy::read(section, preset.map_or_else(ClientPolicy::default, Preset::policy));
    let given = secrets::read(section, SECRET);
    if given.secret.as_ref().is_some_and(|secret| secret.expose().len() < 16) {
        section.warn(SECRET.inline, "the secret is short", SECRET.where_to_find);
    }
    let previous = secrets::read(section, PREVIOUS_SECRET);
    if !section.has("redirect_uris") && policy.grant_types.contains(&GrantType::AuthorizationCode) {
        let cure = "wanted: [\"https://…\"]";
        section.refuse_quietly("redirect_uris", "the key is missing", cure);
    }
    let redirect_uris = uris(section, "redirect_uris").unwrap_or_default();
    let post_logout_redirect_uris = uris(section, "post_logout_redirect_uris").unwrap_or_default();
    let scopes = scopes(section);
    if (given.was_given && given.secret.is_none())
        || (previous.was_given && previous.secret.is_none())
        || (redirect_uris.is_empty() && policy.grant_types.contains(&GrantType::AuthorizationCode))
    {
        return None;
    }
    let id = id?;
    let draft = ClientDraft {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        secrets: ClientSecrets {
            current: given.secret.map(|secret| hash_secret(secret.expose())),
            previous: previous.secret.map(|secret| (hash_secret(secret.expose()), None)),
        },
        redirect_uris,
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
        ClientInvalid::GrantTypes => "grant_types",
        ClientInvalid::Url { field, .. } => field,
        ClientInvalid::Sector => "sector_identifier_uri",
        ClientInvalid::Requests => "require_pushed_authorization_requests",
        ClientInvalid::Profile => "security_profile",
        ClientInvalid::WechatChannels => "wechat_channels",
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

/// The name that serde gives it, so that names are written once, in the domain.
fn preset_name(preset: Preset) -> String {
    serde_json::to_value(preset)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}
