//! What `init` writes is what the configuration reads.

use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;
use crate::config::{Environment, Severity, load, read};

fn invocation() -> Invocation {
    Invocation::new(None, true, Environment::default())
}

#[test]
fn what_is_written_can_be_served_and_its_key_is_private() {
    let place = TempDir::new().unwrap();
    let directory = place.path().join("new");
    run(&invocation(), &directory).unwrap();
    let key = fs::metadata(directory.join("root.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let loaded = load(&directory.join("magpie.toml"), &Environment::default());
    assert!(loaded.config.is_some(), "{}", loaded.findings);
    let warnings: Vec<_> = loaded.findings.0.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(warnings, ["channels"], "{}", loaded.findings);
}

#[test]
fn nothing_is_ever_overwritten() {
    for existing in ["magpie.toml", "root.key"] {
        let place = TempDir::new().unwrap();
        fs::write(place.path().join(existing), "mine").unwrap();
        let failure = run(&invocation(), place.path()).unwrap_err();
        assert!(failure.to_string().contains("is there already"), "{failure}");
        assert_eq!(fs::read_to_string(place.path().join(existing)).unwrap(), "mine");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}

/// Every setting that the file shows commented out is one that the server knows.
#[test]
fn every_setting_in_the_comments_is_accepted() {
    let place = TempDir::new().unwrap();
    run(&invocation(), place.path()).unwrap();
    let secrets = ["desktop.secret", "inapp.secret", "grafana.secret", "grafana-old.secret"];
    let phones = ["mini.secret", "app.secret", "tokens.bearer"];
    let others = ["registration.token", "office.secret"];
    for secret in secrets.into_iter().chain(phones).chain(others) {
        fs::write(place.path().join(secret), "a secret of some length, long enough").unwrap();
    }
    let setting = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && *line != "#";
    assert!(CONFIGURATION.lines().filter(setting).count() > 40);
    let whole: String = CONFIGURATION
        .lines()
        .map(|line| if setting(&line) { line.split_at(1).1 } else { line }.to_owned() + "\n")
        .collect();
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    fs::write(place.path().join("push-token.secret"), "0123456789abcdef0123456789abcdef").unwrap();
    fs::write(place.path().join("push-key.secret"), key).unwrap();
    let loaded = read(&place.path().join("magpie.toml"), whole, &Environment::default());
    let errors = loaded.findings.0.iter().filter(|finding| finding.severity == Severity::Error);
    assert_eq!(errors.count(), 0, "{}", loaded.findings);
    let config = loaded.config.unwrap();
    assert_eq!((config.channels.len(), config.clients.len()), (7, 1));
}
