//! The load benchmark: the released server, the fake WeChat as its upstream, and virtual users who log in.
//! Owns the command line and the exit status; it sees none of our crates, since it measures the program that operators
//! run, from outside. Everything is on loopback, in a folder that goes with the run.
//! Called by `./x load`; docs/performance.md says how to read what it prints.

mod bare_route;
mod bystanders;
mod campaign;
mod child;
mod clock;
mod cookie_jar;
mod desktops;
mod drive;
mod figures;
mod gate;
mod goals;
mod hang;
mod holder;
mod http_client;
mod login;
mod machine;
mod metrics;
mod peer;
mod report;
mod signing;
mod site;
mod slice;
mod statistics;
mod tokens;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use campaign::{Extent, Part};
use site::{Choice, DatabaseUrl};

/// Measures the released server and says whether it meets its goals.
#[derive(Debug, Parser)]
#[command(name = "load")]
struct Arguments {
    /// A smoke run of about a minute: everything once, figures not to be quoted.
    #[arg(long)]
    quick: bool,
    /// Figures as one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Rounds, instead of five (two with --quick); figures are medians over them.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=50))]
    rounds: Option<u16>,
    /// One part of it alone.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// How many people WeChat knows.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    people: u32,
    /// How ID tokens are signed.
    #[arg(long, default_value = "RS256", value_parser = ["RS256", "ES256", "EdDSA"])]
    algorithm: String,
    /// Measure refresh, userinfo and the static documents of the npm package oidc-provider too; wants Node 20 and npm.
    #[arg(long)]
    peer: bool,
    /// An empty PostgreSQL database instead of a SQLite file.
    #[arg(long, value_name = "URL")]
    postgres: Option<DatabaseUrl>,
    /// A server that is built already, instead of building one.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Be the bare route at this address; a run starts itself so.
    #[arg(long, value_name = "ADDRESS", requires = "documents", hide = true)]
    bare_route: Option<SocketAddr>,
    #[arg(long, value_name = "FOLDER", hide = true)]
    documents: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match act(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            report::progress(&format!("{trouble:#}"));
            ExitCode::FAILURE
        }
    }
}

/// True when every goal was met.
fn act(arguments: &Arguments) -> anyhow::Result<bool> {
    if let (Some(address), Some(folder)) = (arguments.bare_route, &arguments.documents) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        return runtime.block_on(bare_route::serve(address, folder)).map(|()| true);
    }
    let magpie = match &arguments.server {
        // The server runs in its own folder, from where a relative path would lead elsewhere.
        Some(path) => std::path::absolute(path)?,
        None => build_server()?,
    };
    // One thread: on a small machine the generator must not crowd out what it measures.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let choice = choice(arguments);
    let findings = runtime.block_on(async {
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            findings = campaign::run(&magpie, &choice, extent(arguments), arguments.only) => findings,
            _ = interrupt.recv() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    })?;
    let goals = goals::judge_all(&findings);
    if arguments.json {
        report::print_json(&findings, &goals);
    } else {
        report::print_tables(&findings, &goals);
    }
    Ok(goals.iter().all(goals::Goal::is_met))
}

fn choice(arguments: &Arguments) -> Choice {
    Choice {
        people: arguments.people,
        algorithm: arguments.algorithm.clone(),
        peer: arguments.peer,
        postgres: arguments.postgres.clone(),
    }
}

fn extent(arguments: &Arguments) -> Extent {
    let usual = if arguments.quick { Extent::QUICK } else { Extent::FULL };
    Extent { rounds: arguments.rounds.map_or(usual.rounds, usize::from), ..usual }
}

/// Builds the server as it is released, and finds it beside this program, which the same profile built.
fn build_server() -> anyhow::Result<PathBuf> {
    let status = Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "magpie-server",
            "--bin",
            "magpie",
        ])
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the server does not build");
    }
    let beside = std::env::current_exe()?.with_file_name("magpie");
    if beside.is_file() {
        return Ok(beside);
    }
    bail!("there is no server at {}; run this program with --release", beside.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
        let arguments = Arguments::try_parse_from(["load", "--quick", "--rounds", "3"]).unwrap();
        assert_eq!(extent(&arguments).rounds, 3);
        assert!(Arguments::try_parse_from(["load", "--rounds", "0"]).is_err());
        assert!(Arguments::try_parse_from(["load", "--bare-route", "127.0.0.1:1"]).is_err());
    }
}
