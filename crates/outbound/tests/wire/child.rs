//! A test that runs once more in a process of its own, because it needs another environment.

use std::process::Command;

/// The variable by which a test knows that it is the child, and where to call.
const BASES: &str = "MAGPIE_WIRE_BASES";

/// In the child: the bases to call.
pub(crate) fn bases() -> Option<Vec<String>> {
    let bases = std::env::var_os(BASES)?;
    Some(bases.into_string().unwrap().split(' ').map(str::to_owned).collect())
}

/// Runs the test of that name in a child and passes its failure on.
pub(crate) fn run(test: &str, bases: &[String], environment: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("SSL_CERT_DIR")
        .envs(environment.iter().copied())
        .env(BASES, bases.join(" "))
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
}
