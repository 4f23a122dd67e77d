//! The demo world on a fixed port, to look at the pages: `cargo run --example serve -- 127.0.0.1:9099`.
#![expect(clippy::print_stdout, reason = "the address is printed for the person at the screen")]

use std::io;

use magpie_simulator::{Simulator, World};

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9099".to_owned());
    let address = address.parse().map_err(io::Error::other)?;
    let simulator = Simulator::start(World::demo("127.0.0.1"), address).await?;
    println!("{}", simulator.base_url());
    std::future::pending().await
}
