//! `magpie client …`: applications that were added at run time, beside the declared ones.

use std::io::Read as _;
use std::path::Path;

use magpie_domain::client::ClientDraft;
use magpie_domain::{Client, ClientId, ClientPolicy, ClientSecrets, Preset, ScopeSet, Secret};
use magpie_flows::Flows;
use magpie_flows::administration::{self, NewSecret};
use serde_json::{Value, json};

use super::{ClientAddition, ClientCommand, Failure, Invocation, house};

/// Shorter secrets can be guessed; ours have 43 characters.
const SHORTEST_SECRET: usize = 32;

/// Adds, lists, shows or removes.
pub(super) async fn run(invocation: &Invocation, command: &ClientCommand) -> Result<(), Failure> {
    let flows = house::open(invocation).await?;
    match command {
        ClientCommand::Add(addition) => add(invocation, &flows, addition).await?,
        ClientCommand::List => {
            let clients = administration::list_clients(&flows).await.map_err(house::failure)?;
            let row = |(client, declared): &(Client, bool)| {
                format!("{:<24}  {:<9}  {}", client.id().as_str(), origin(*declared), client.name())
            };
            let rows: Vec<_> = clients.iter().map(row).collect();
            let values: Vec<_> =
                clients.iter().map(|(client, declared)| value(client, *declared)).collect();
            invocation.answer(rows.join("\n"), &values);
        }
        ClientCommand::Show { id } => {
            let (client, declared) = administration::show_client(&flows, &client_id(id)?)
                .await
                .map_err(house::failure)?;
            let shown = value(&client, declared);
            invocation.answer(serde_json::to_string_pretty(&shown).unwrap_or_default(), &shown);
        }
        ClientCommand::Remove { id } => {
            administration::remove_client(&flows, &client_id(id)?).await.map_err(house::failure)?;
            invocation.answer(format!("{id} is removed"), &json!({ "removed": id }));
        }
    }
    flows.store().close().await;
    Ok(())
}

async fn add(
    invocation: &Invocation,
    flows: &Flows,
    addition: &ClientAddition,
) -> Result<(), Failure> {
    let secret = match &addition.secret_file {
        None if addition.public => NewSecret::None,
        None => NewSecret::Generated,
        Some(file) => NewSecret::Given(read_secret(file)?),
    };
    let draft = ClientDraft {
        id: client_id(&addition.id)?,
        name: addition.name.clone().unwrap_or_else(|| addition.id.clone()),
        secrets: ClientSecrets::default(),
        redirect_uris: addition.redirect_uris.clone(),
        post_logout_redirect_uris: addition.post_logout_redirect_uris.clone(),
        scopes: ScopeSet::parse(&addition.scopes),
        policy: policy(addition.preset.as_deref())?,
        enabled: true,
    };
    let added = administration::add_client(flows, draft, secret).await.map_err(house::failure)?;
    let (client, secret) = added;
    let mut shown = value(&client, false);
    let mut text = format!("{} is added", client.id());
    if let (Some(secret), Some(shown)) = (&secret, shown.as_object_mut()) {
        shown.insert("client_secret".to_owned(), json!(secret.expose()));
        text = format!(
            "{text}\nclient_secret  {}\nIt is shown this once and kept as a hash.",
            secret.expose()
        );
    }
    invocation.answer(text, &shown);
    Ok(())
}

fn policy(preset: Option<&str>) -> Result<ClientPolicy, Failure> {
    let Some(name) = preset else { return Ok(ClientPolicy::default()) };
    let known = |preset: &Preset| serde_json::to_value(preset).is_ok_and(|value| value == name);
    Preset::ALL.into_iter().find(known).map(Preset::policy).ok_or_else(|| {
        let names = serde_json::to_string(&Preset::ALL).unwrap_or_default();
        Failure::new(format!("there is no preset {name:?}; the presets are {names}"))
    })
}

fn read_secret(file: &Path) -> Result<Secret<String>, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|found| text = found)
    };
    read.map_err(|cause| Failure::new(format!("the secret cannot be read: {cause}")))?;
    let secret = text.trim_end_matches(['\r', '\n']).to_owned();
    if secret.len() < SHORTEST_SECRET {
        return Err(Failure::new(
            "the secret is shorter than 32 characters; leave it out and one is made",
        ));
    }
    Ok(Secret::new(secret))
}

fn client_id(text: &str) -> Result<ClientId, Failure> {
    ClientId::try_from(text.to_owned()).map_err(Failure::new)
}

const fn origin(declared: bool) -> &'static str {
    if declared { "declared" } else { "stored" }
}

/// What may be seen of a client; a secret never.
fn value(client: &Client, declared: bool) -> Value {
    let uris = |all: &[magpie_domain::RedirectUri]| {
        all.iter().map(|uri| uri.as_str().to_owned()).collect::<Vec<_>>()
    };
    let policy = client.policy();
    let methods: Vec<_> = policy.auth_methods.iter().map(|method| method.as_str()).collect();
    json!({
        "client_id": client.id().as_str(),
        "name": client.name(),
        "origin": origin(declared),
        "public": client.is_public(),
        "enabled": client.is_enabled(),
        "redirect_uris": uris(client.redirect_uris()),
        "post_logout_redirect_uris": uris(client.post_logout_redirect_uris()),
        "scopes": client.scopes().to_string(),
        "token_endpoint_auth_methods": methods,
        "require_pkce": policy.require_pkce,
        "consent": policy.consent,
        "subject_type": policy.subject_type,
        "id_token_claims": policy.id_token_claims,
        "email": policy.email,
    })
}
