//! `magpie client …`: applications that were added at run time, beside the declared ones.

use std::io::Read as _;
use std::path::Path;

use magpie_domain::client::ClientDraft;
use magpie_domain::{
    AuthMethod, Client, ClientId, ClientKeys, ClientPolicy, ClientSecrets, Lifetime, Preset,
    ScopeSet, Secret, Timestamp,
};
use magpie_flows::Flows;
use magpie_flows::administration::{self, NewSecret};
use serde_json::json;

use super::client_shown::{self, origin};
use super::{ClientAddition, ClientCommand, Failure, Invocation, house};
use crate::config::client_change;

/// Shorter secrets can be guessed; ours have 43 characters.
const SHORTEST_SECRET: usize = 32;

/// The longest time in which two secrets count.
const LONGEST_OVERLAP: Lifetime = Lifetime::from_days(90);

/// Adds, lists, shows, changes or removes.
pub(super) async fn run(invocation: &Invocation, command: &ClientCommand) -> Result<(), Failure> {
    let flows = house::open(invocation).await?;
    match command {
        ClientCommand::Add(addition) => add(invocation, &flows, addition).await?,
        ClientCommand::List => {
            let clients = administration::list_clients(&flows).await.map_err(house::failure)?;
            let row = |(client, declared): &(Client, bool)| {
                let from = origin(client, *declared);
                format!("{:<26}  {from:<10}  {}", client.id().as_str(), client.name())
            };
            let rows: Vec<_> = clients.iter().map(row).collect();
            let values: Vec<_> = clients
                .iter()
                .map(|(client, declared)| client_shown::value(client, *declared))
                .collect();
            invocation.answer(rows.join("\n"), &values);
        }
        ClientCommand::Show { id } => {
            let (client, declared) = administration::show_client(&flows, &client_id(id)?)
                .await
                .map_err(house::failure)?;
            let shown = client_shown::value(&client, declared);
            invocation.answer(serde_json::to_string_pretty(&shown).unwrap_or_default(), &shown);
        }
        ClientCommand::Update { id, set } => {
            let change = |draft| client_change::apply(draft, set);
            let changed = administration::update_client(&flows, &client_id(id)?, change)
                .await
                .map_err(house::failure)?;
            invocation.answer(format!("{id} is changed"), &client_shown::value(&changed, false));
        }
        ClientCommand::RotateSecret { id, keep_old } => {
            rotate_secret(invocation, &flows, id, keep_old.as_deref()).await?;
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
    let draft = client_change::apply(draft, &addition.set).map_err(Failure::new)?;
    let secret = match &addition.secret_file {
        None if addition.public || !needs_secret(&draft.policy) => NewSecret::None,
        None => NewSecret::Generated,
        Some(file) => NewSecret::Given(read_secret(file)?),
    };
    let added = administration::add_client(flows, draft, secret).await.map_err(house::failure)?;
    let (client, secret) = added;
    let mut shown = client_shown::value(&client, false);
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

/// Whether a new client gets a secret: not when it has keys and nobody asked for a method with a secret.
fn needs_secret(policy: &ClientPolicy) -> bool {
    let by_default = policy.auth_methods == ClientPolicy::default().auth_methods;
    let has_keys = policy.keys != ClientKeys::None;
    policy.auth_methods.iter().copied().any(AuthMethod::needs_secret) && !(by_default && has_keys)
}

async fn rotate_secret(
    invocation: &Invocation,
    flows: &Flows,
    id: &str,
    keep_old: Option<&str>,
) -> Result<(), Failure> {
    let keep = keep_old.map(client_change::span).transpose();
    let keep = keep.map_err(|problem| Failure::new(format!("--keep-old {problem}")))?;
    let keep = keep.filter(|span| span.as_seconds() > 0);
    if keep.is_some_and(|span| span > LONGEST_OVERLAP) {
        return Err(Failure::new("--keep-old is at most 90d: an old secret must end some day"));
    }
    let (secret, until) = administration::rotate_secret(flows, &client_id(id)?, keep)
        .await
        .map_err(house::failure)?;
    let until = until.map(Timestamp::as_seconds);
    let old = until.map_or_else(
        || "The secret before has stopped counting.".to_owned(),
        |_until| format!("The secret before counts for {} more.", keep_old.unwrap_or_default()),
    );
    let text = format!(
        "client_secret  {}\nIt is shown this once and kept as a hash. {old}",
        secret.expose()
    );
    let value = json!({
        "client_id": id,
        "client_secret": secret.expose(),
        "previous_secret_until": until,
    });
    invocation.answer(text, &value);
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
