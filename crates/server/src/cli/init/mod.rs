//! `magpie init`: a commented configuration and a root key, for somebody who starts from nothing.
//! Never overwrites: a root key that is gone takes every signing key and every sealed value with it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use magpie_vault::RootKey;
use serde_json::json;

use super::{Failure, Invocation};
use crate::system::SystemEntropy;

const CONFIGURATION: &str = include_str!("magpie.toml");

/// Writes both files into `directory`, which is made when it is not there.
pub(super) fn run(invocation: &Invocation, directory: &Path) -> Result<(), Failure> {
    let (config, key) = (directory.join("magpie.toml"), directory.join("root.key"));
    for path in [&config, &key] {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::new(format!(
                "{} is there already; nothing was written",
                path.display()
            )));
        }
    }
    let root = RootKey::generate(&SystemEntropy).map_err(Failure::new)?;
    fs::create_dir_all(directory).map_err(|cause| cannot_write(directory, &cause))?;
    write(&key, format!("{}\n", *root.to_base64url()).as_bytes(), 0o600)?;
    write(&config, CONFIGURATION.as_bytes(), 0o644)?;
    let text = format!(
        "Wrote {config} and {key}.\n\
         Keep a copy of {key} somewhere safe and apart from the database: without it nobody can sign in again.\n\
         Next: set the issuer and a channel in {config}, then run `magpie check --config {config}`.",
        config = config.display(),
        key = key.display(),
    );
    invocation.answer(text, &json!({ "config": config, "root_key": key }));
    Ok(())
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).and_then(
        |mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        },
    );
    written.map_err(|cause| cannot_write(path, &cause))
}

fn cannot_write(path: &Path, cause: &io::Error) -> Failure {
    Failure::new(format!("cannot write {}: {cause}", path.display()))
}

#[cfg(test)]
mod tests;
