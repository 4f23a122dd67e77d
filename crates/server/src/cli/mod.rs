//! The command line: what a person or a script can ask of the binary, and how it answers.
//!
//! Results go to standard output, everything else to standard error; `--json` makes a result one JSON value.
//! The exit status is 0 for done, 1 for failed, 2 for a command line that cannot be understood.
//! Each command has a file of its own with a `run`; secrets never come as arguments, where every user could read them.

mod arguments;
mod check;
mod client;
mod client_shown;
mod demo;
mod doctor;
mod house;
mod init;
mod invocation;
mod key;
mod migrate;
mod serve;
mod simulator;
mod try_login;
mod verification_file;

use std::process::ExitCode;

use clap::Parser as _;

pub use arguments::{
    Arguments, ClientAddition, ClientCommand, Command, KeyCommand, VerificationFileCommand,
};
pub use invocation::{Failure, Invocation};

use crate::config::Environment;
use crate::serve::Migrations;

/// Reads the command line, does what it says, and answers with the exit status.
#[must_use]
pub fn run() -> ExitCode {
    let Arguments { config, json, command } = Arguments::parse();
    let invocation = Invocation::new(config, json, Environment::of_process());
    let outcome = match &command {
        Command::Init { dir } => init::run(&invocation, dir),
        Command::Check => check::run(&invocation),
        _ => in_runtime(&invocation, &command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            invocation.report(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Runs a command that waits for something: sockets, a database, signals.
fn in_runtime(invocation: &Invocation, command: &Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Failure::new(format!("the system gives no threads: {cause}")))?;
    runtime.block_on(dispatch(invocation, command))
}

async fn dispatch(invocation: &Invocation, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Init { dir } => init::run(invocation, dir),
        Command::Check => check::run(invocation),
        Command::Demo { wecom } => Box::pin(demo::run(invocation, *wecom)).await,
        Command::Serve { no_migrate } => {
            let migrations = if *no_migrate { Migrations::Check } else { Migrations::Run };
            Box::pin(serve::run(invocation, migrations)).await
        }
        Command::Migrate { status } => Box::pin(migrate::run(invocation, *status)).await,
        Command::Simulator { listen, world } => {
            Box::pin(simulator::run(invocation, *listen, world.as_deref())).await
        }
        Command::Doctor { lang, channel } => {
            Box::pin(doctor::run(invocation, *lang, channel.as_deref())).await
        }
        Command::TryLogin => Box::pin(try_login::run(invocation)).await,
        Command::Client { command } => Box::pin(client::run(invocation, command)).await,
        Command::VerificationFile { command } => {
            Box::pin(verification_file::run(invocation, command)).await
        }
        Command::Key { command } => Box::pin(key::run(invocation, command)).await,
    }
}
