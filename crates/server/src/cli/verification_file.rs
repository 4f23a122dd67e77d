//! `magpie verification-file …`: the files by which WeChat sees that the domain is the operator's.

use std::path::Path;

use magpie_flows::{Flows, verification_files};
use magpie_store::StoreError;
use magpie_wechat::verification_file::VerificationFile;
use serde_json::json;

use super::{Failure, Invocation, VerificationFileCommand, house};

/// Adds, lists or removes.
pub(super) async fn run(
    invocation: &Invocation,
    command: &VerificationFileCommand,
) -> Result<(), Failure> {
    let flows = house::open(invocation).await?;
    match command {
        VerificationFileCommand::Add { file } => add(invocation, &flows, file).await?,
        VerificationFileCommand::List => list(invocation, &flows).await?,
        VerificationFileCommand::Remove { name } => remove(invocation, &flows, name).await?,
    }
    flows.store().close().await;
    Ok(())
}

async fn add(invocation: &Invocation, flows: &Flows, path: &Path) -> Result<(), Failure> {
    let body = tokio::fs::read_to_string(path).await;
    let body =
        body.map_err(|cause| Failure::new(format!("cannot read {}: {cause}", path.display())))?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let file = VerificationFile::parse(name, &body).map_err(Failure::new)?;
    if configured(invocation)?.contains_key(name) {
        return Err(Failure::new(format!(
            "{name} stands in the configuration file; change it there"
        )));
    }
    verification_files::add(flows, &file).await.map_err(broken)?;
    let url = flows.issuer().origin();
    let text = format!("{url}/{name} is served now; press the button in WeChat's console");
    invocation.answer(text, &json!({ "name": name, "url": format!("{url}/{name}") }));
    Ok(())
}

async fn list(invocation: &Invocation, flows: &Flows) -> Result<(), Failure> {
    let of_file = configured(invocation)?;
    let declared = of_file.keys().map(|name| (name.clone(), "configuration"));
    let added = verification_files::list(flows).await.map_err(broken)?;
    let added = added.into_iter().map(|(name, _body)| (name, "added"));
    let all: Vec<_> = declared.chain(added).collect();
    let rows: Vec<_> = all.iter().map(|(name, from)| format!("{from:<13}  {name}")).collect();
    let values: Vec<_> =
        all.iter().map(|(name, from)| json!({ "name": name, "from": from })).collect();
    invocation.answer(rows.join("\n"), &values);
    Ok(())
}

async fn remove(invocation: &Invocation, flows: &Flows, name: &str) -> Result<(), Failure> {
    if !verification_files::remove(flows, name).await.map_err(broken)? {
        return Err(Failure::new(format!("no file {name:?} was added")));
    }
    invocation.answer(format!("{name} is served no longer"), &json!({ "name": name }));
    Ok(())
}

fn configured(
    invocation: &Invocation,
) -> Result<std::collections::BTreeMap<String, String>, Failure> {
    Ok(invocation.load()?.wechat.verification_files)
}

fn broken(error: StoreError) -> Failure {
    Failure::new(error)
}
