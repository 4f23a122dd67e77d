//! The binary: everything it can do is in the library, so that tests can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    magpie_server::cli::run()
}
