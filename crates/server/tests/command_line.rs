//! The binary itself: exit status, standard output, and that a first start works from nothing.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn magpie(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_magpie"));
    command.current_dir(directory).env_clear().stdin(Stdio::null());
    command
}

fn run(directory: &Path, line: &str) -> Output {
    magpie(directory).args(line.split(' ')).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn init_check_and_migrate_work_from_nothing() {
    let place = TempDir::new().unwrap();
    let done = run(place.path(), "init --json");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let value: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(value["root_key"], "./root.key");
    assert_eq!(run(place.path(), "init").status.code(), Some(1), "would overwrite");

    let checked = run(place.path(), "check");
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stdout));
    assert!(text(&checked.stdout).contains("nobody can sign in"));

    assert_eq!(run(place.path(), "migrate --status").status.code(), Some(1));
    let migrated = run(place.path(), "migrate");
    assert_eq!(migrated.status.code(), Some(0), "{}", text(&migrated.stderr));
    assert_eq!(run(place.path(), "migrate --status").status.code(), Some(0));
}

/// OP-01.
#[test]
fn the_exit_status_is_1_for_a_failure_and_2_for_a_command_line_that_is_none() {
    let place = TempDir::new().unwrap();
    let missing = run(place.path(), "check --config nowhere.toml");
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stdout).contains("nowhere.toml: there is no such file"));
    for line in ["chekc", "check --nonsense", "init --dir", "client"] {
        assert_eq!(run(place.path(), line).status.code(), Some(2), "{line}");
    }
    assert_eq!(run(place.path(), "--help").status.code(), Some(0));
}

#[test]
fn the_environment_names_the_file_and_the_command_line_wins() {
    let place = TempDir::new().unwrap();
    std::fs::write(place.path().join("one.toml"), "[listen]\npubic = 1\n").unwrap();
    let from = |line: &str| {
        let output = magpie(place.path())
            .args(line.split(' '))
            .env("MAGPIE_CONFIG", "one.toml")
            .output()
            .unwrap();
        text(&output.stdout)
    };
    let value: serde_json::Value = serde_json::from_str(&from("check --json")).unwrap();
    assert_eq!((&value["ok"], &value["file"]), (&false.into(), &"one.toml".into()));
    let findings = value["findings"].as_array().unwrap();
    let pubic = findings.iter().find(|finding| finding["key"] == "listen.pubic").unwrap();
    assert_eq!((&pubic["line"], &pubic["column"]), (&2.into(), &1.into()));
    assert!(from("check --config two.toml").contains("two.toml"));
}

/// OP-10. The address is told before the database is touched (KY-01 likewise for the root key).
#[test]
fn a_taken_address_is_told_and_the_database_stays_untouched() {
    let place = TempDir::new().unwrap();
    run(place.path(), "init");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = magpie(place.path())
        .arg("serve")
        .env("MAGPIE_LISTEN__PUBLIC", &address)
        .env("MAGPIE_LISTEN__MANAGEMENT", "127.0.0.1:0")
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains(&format!("cannot listen on {address}: another process does")), "{said}");
    assert!(!place.path().join("magpie.db").exists());
}

#[test]
fn the_simulator_says_where_it_is_and_stops_when_told() {
    let place = TempDir::new().unwrap();
    let mut child = magpie(place.path())
        .args(["simulator", "--json", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = value["base_url"].as_str().unwrap().strip_prefix("http://").unwrap();
    std::net::TcpStream::connect(address).unwrap();
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// What `check` says of the file is said of the command line too, when the client is made and when it is changed.
#[test]
fn made_up_addresses_need_a_domain_for_added_clients_too() {
    let place = TempDir::new().unwrap();
    run(place.path(), "init");
    run(place.path(), "migrate");
    let add = "client add django --redirect-uri https://django.example/cb";
    let refused = run(place.path(), &format!("{add} --preset mozilla-django-oidc"));
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("email_domain"), "{said}");
    assert_eq!(run(place.path(), add).status.code(), Some(0), "nothing was added");
    let change = "client update django --set email={mode=\"synthetic\"}";
    let refused = run(place.path(), change);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("email_domain"), "{said}");
}
