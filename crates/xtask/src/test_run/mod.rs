//! `cargo xtask test`: everything a change must survive, with nothing skipped, and `cargo xtask interop`, a part of it.
//! Brings up a PostgreSQL of its own, finds the browser and the foreign programs, runs the checks and then every test
//! with the environment below, and stops what it started however it ends. A missing engine or browser is a failure
//! here; a plain `cargo test` at the desk skips what it cannot have.
//!
//! | variable | meaning |
//! |---|---|
//! | `MAGPIE_TEST_ALL` | `1`: whatever is missing is a failure, never a skip |
//! | `TEST_POSTGRES_URL` | a superuser's URL; each test creates a database of its own |
//! | `TEST_POSTGRES_BIN` | the folder of `initdb` and `postgres`, for tests that need a server of their own |
//! | `TEST_CHROMIUM`, `TEST_CHROMEDRIVER` | the browser and its driver |
//! | `TEST_APACHE`, `TEST_APACHE_MODULES` | Apache and the folder that holds `mod_auth_openidc.so` |
//! | `TEST_NODE`, `TEST_NPM`, `TEST_PYTHON` | Node 20 or newer, its npm, and a Python with `venv` |
//! | `TEST_RUBY` | a Ruby that finds `omniauth_openid_connect` and `puma` |
//! | `TEST_CURL`, `TEST_JAVA` | for the large applications alone: curl, and Java 17 or newer |
//! | `TEST_GO` | nothing by default: a Go that is too old for them is passed over, and the tests fetch their own |

mod postgres;
mod programs;

use std::process::Command;
use std::time::Duration;

use anyhow::bail;

use crate::checks;
use crate::finding::say;
use crate::outside_tools::cargo;
use crate::processes::{Interrupt, run};
use crate::tree::Tree;
use postgres::Postgres;
use programs::Programs;

/// Runs the checks and all tests; true when all are green. `arguments` are handed to `cargo test`.
pub(crate) fn test(
    tree: &Tree,
    interrupt: &Interrupt,
    arguments: &[String],
) -> anyhow::Result<bool> {
    let mut summary = Summary::default();
    let programs = Programs::find(tree)?;
    let postgres = Postgres::start()?;
    say(&format!("test: PostgreSQL {} on {}", postgres.version(), postgres.address()));

    summary.time("checks", || checks::run(tree, interrupt, &[]))?;
    summary.time("tests", || {
        let mut command = cargo(tree);
        command.args(["test", "--workspace", "--locked", "--no-fail-fast"]).args(arguments);
        run(with_environment(&mut command, &programs, &postgres), interrupt)
    })?;
    drop(postgres);
    Ok(summary.close())
}

/// Runs the tests with applications that we did not write, and with `--all` those that take long to download as well;
/// true when all are green. Further `arguments` are handed to `cargo test`.
pub(crate) fn interop(
    tree: &Tree,
    interrupt: &Interrupt,
    arguments: &[String],
) -> anyhow::Result<bool> {
    let mut summary = Summary::default();
    let (targets, arguments) = interop_targets(arguments);
    let is_large = targets.len() > 1;
    let programs = if is_large { Programs::find_with_large(tree)? } else { Programs::find(tree)? };
    summary.time("build", || {
        // The tests start the program itself, which no test target builds.
        let mut command = cargo(tree);
        command.args(["build", "--locked", "--package", "magpie-server", "--bin", "magpie"]);
        run(&mut command, interrupt)
    })?;
    summary.time("interop", || {
        let mut command = cargo(tree);
        command.args(["test", "--package", "magpie-tests", "--locked", "--no-fail-fast"]);
        command.args(targets.iter().flat_map(|target| ["--test", target])).args(arguments);
        run(with_programs(&mut command, &programs), interrupt)
    })?;
    Ok(summary.close())
}

/// The test targets, and what is left for `cargo test`.
fn interop_targets(arguments: &[String]) -> (&'static [&'static str], &[String]) {
    match arguments.split_first() {
        Some((first, rest)) if first == "--all" => (&["interop", "interop-all"], rest),
        _ => (&["interop"], arguments),
    }
}

fn with_environment<'a>(
    command: &'a mut Command,
    programs: &Programs,
    postgres: &Postgres,
) -> &'a mut Command {
    command.env("TEST_POSTGRES_URL", postgres.url()).env("TEST_POSTGRES_BIN", postgres.programs());
    with_programs(command, programs)
}

fn with_programs<'a>(command: &'a mut Command, programs: &Programs) -> &'a mut Command {
    command.env("MAGPIE_TEST_ALL", "1");
    for (name, path) in programs.environment() {
        command.env(name, path);
    }
    command.env("PATH", programs.search_path())
}

/// What was done, how long it took and how it ended.
#[derive(Debug, Default)]
struct Summary(Vec<(&'static str, Duration, bool)>);

impl Summary {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a build took is told to a person and decides nothing"
    )]
    fn time(
        &mut self,
        name: &'static str,
        act: impl FnOnce() -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let start = std::time::Instant::now();
        let content = act()?;
        self.0.push((name, start.elapsed(), content));
        Ok(())
    }

    /// Prints the summary; true when every part is green. A run in which nothing was done is not green.
    fn close(&self) -> bool {
        for (name, took, content) in &self.0 {
            let (minutes, seconds) = (took.as_secs() / 60, took.as_secs() % 60);
            say(&format!(
                "test: {name:<8} {} {minutes} min {seconds:02} s",
                if *content { "green" } else { "RED  " }
            ));
        }
        !self.0.is_empty() && self.0.iter().all(|(.., content)| *content)
    }
}

/// Refuses to go on with a list of what is missing and how to get it.
fn refuse_missing(missing: &[String]) -> anyhow::Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "the tests need what this machine does not have; `./x test` installs it:\n  {}",
        missing.join("\n  ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_red_part_makes_the_run_red_and_nothing_done_is_not_green() {
        let mut summary = Summary::default();
        assert!(!summary.close());
        summary.time("a", || Ok(true)).unwrap();
        assert!(summary.close());
        summary.time("b", || Ok(false)).unwrap();
        assert!(!summary.close());
    }

    #[test]
    fn all_adds_the_large_target_and_is_not_handed_on() {
        let arguments = ["--all".to_owned(), "synapse".to_owned()];
        assert_eq!(
            interop_targets(&arguments),
            (["interop", "interop-all"].as_slice(), &arguments[1..])
        );
        assert_eq!(interop_targets(&arguments[1..]), (["interop"].as_slice(), &arguments[1..]));
    }

    #[test]
    fn a_missing_program_is_a_failure_that_says_what_to_do() {
        assert!(refuse_missing(&[]).is_ok());
        let refused = refuse_missing(&["chromium: no browser".to_owned()]).unwrap_err().to_string();
        assert!(refused.contains("./x test") && refused.contains("no browser"));
    }
}
