//! Programs that come as an archive: fetched with curl, held against the hash that stands beside the address in
//! `NAME/archives.sha256`, unpacked into `.run/interop/NAME`, and kept there.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::foreign::{self, run};

/// The folder with what `NAME/archives.sha256` lists for this machine, made ready by `finish` the first time.
/// `None` is a skip, already printed.
pub(crate) fn unpacked(
    name: &str,
    for_this_machine: &str,
    finish: impl FnOnce(&Path),
) -> Option<PathBuf> {
    let curl = foreign::program("TEST_CURL", "curl", &["--version"])?;
    let lock = foreign::own_folder(name).join("archives.sha256");
    let listed = std::fs::read_to_string(&lock).unwrap();
    let mut lines = listed.lines().filter_map(|line| line.split_once("  "));
    let Some((hash, address)) = lines.find(|(_, address)| address.contains(for_this_machine))
    else {
        foreign::missing(&format!("{} has nothing for {for_this_machine}", lock.display()));
        return None;
    };
    Some(foreign::installed(name, &lock, |folder| {
        let archive = folder.join("archive");
        run(Command::new(curl)
            .args(["--fail", "--silent", "--show-error", "--location", "--proto", "=https"])
            .args(["--retry", "2", "--output"])
            .arg(&archive)
            .arg(address));
        assert_eq!(hash_of(&archive), hash, "{address} is not what was tested");
        unpack(&archive, address, folder);
        std::fs::remove_file(&archive).unwrap();
        finish(folder);
    }))
}

fn hash_of(archive: &Path) -> String {
    let hash = Sha256::digest(std::fs::read(archive).unwrap());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unpack(archive: &Path, address: &str, folder: &Path) {
    if address.ends_with(".zip") {
        // Python is here for other clients; unzip may not be.
        let python = std::env::var_os("TEST_PYTHON").unwrap_or_else(|| "python3".into());
        run(Command::new(python).args(["-m", "zipfile", "-e"]).arg(archive).arg(folder));
    } else {
        run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(folder));
    }
}
