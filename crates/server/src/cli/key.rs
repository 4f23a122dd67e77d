//! `magpie key …`: the signing keys.

use magpie_domain::{Algorithm, KeyRecord, KeyStage};
use magpie_flows::{Flows, keys};
use serde_json::{Value, json};

use super::{Failure, Invocation, KeyCommand, house};

/// Lists or rotates.
pub(super) async fn run(invocation: &Invocation, command: &KeyCommand) -> Result<(), Failure> {
    let flows = house::open(invocation).await?;
    match command {
        KeyCommand::List => {
            let keys = keys::list(&flows).await.map_err(house::failure)?;
            let rows: Vec<_> = keys.iter().map(|(key, stage)| row(key, *stage)).collect();
            let values: Vec<_> = keys.iter().map(|(key, stage)| value(key, *stage)).collect();
            invocation.answer(rows.join("\n"), &values);
        }
        KeyCommand::Rotate { algorithm, emergency: true } => {
            let algorithm = wanted(&flows, algorithm.as_deref())?;
            let key = keys::replace_compromised(&flows, algorithm).await.map_err(house::failure)?;
            let text = format!(
                "{} signs now; what older {} keys signed is not believed any more.\nServers that run take it over within 5 seconds, applications when they next fetch the key set.",
                key.kid,
                algorithm.as_str()
            );
            invocation.answer(text, &value(&key, KeyStage::Active));
        }
        KeyCommand::Rotate { algorithm, emergency: false } => {
            let algorithm = wanted(&flows, algorithm.as_deref())?;
            let key = keys::rotate(&flows, algorithm).await.map_err(house::failure)?;
            let wait = key.signs_from.since(flows.now()).as_seconds();
            let text = format!("{} is published; it signs in {wait} seconds", key.kid);
            invocation.answer(text, &value(&key, KeyStage::Next));
        }
    }
    flows.store().close().await;
    Ok(())
}

/// The algorithm that was asked for, if keys are made for it.
fn wanted(flows: &Flows, name: Option<&str>) -> Result<Algorithm, Failure> {
    let Some(name) = name else { return Ok(flows.settings().algorithm) };
    let known = &flows.settings().algorithms;
    known.iter().copied().find(|algorithm| algorithm.as_str() == name).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|algorithm| algorithm.as_str()).collect();
        Failure::new(format!("there are no keys for {name:?}, only for {}", names.join(", ")))
    })
}

const fn name(stage: KeyStage) -> &'static str {
    match stage {
        KeyStage::Next => "next",
        KeyStage::Active => "active",
        KeyStage::Retiring => "retiring",
        KeyStage::Retired => "retired",
    }
}

fn row(key: &KeyRecord, stage: KeyStage) -> String {
    format!("{:<8}  {:<5}  {}", name(stage), key.algorithm.as_str(), key.kid)
}

fn value(key: &KeyRecord, stage: KeyStage) -> Value {
    json!({
        "kid": key.kid,
        "algorithm": key.algorithm.as_str(),
        "stage": name(stage),
        "published_at": key.published_at.as_seconds(),
        "signs_from": key.signs_from.as_seconds(),
    })
}
