//! `kill -9` of a writing process loses nothing that was acknowledged, on SQLite with the durable settings.
//! The test binary plays both parts, so it brings its own `main`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a broken fixture should fail loudly"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy};
use magpie_domain::{AttemptId, ClaimKey, Claimed, Lifetime};
use magpie_store::{OpenOptions, Store, claims};

const KILLS: u64 = 8;
const WRITERS: u64 = 8;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--write-to") {
        let (address, from) = (arguments.get(at + 1).unwrap(), arguments.get(at + 2).unwrap());
        runtime.block_on(write_forever(address, from.parse().unwrap()));
    } else if !arguments.iter().any(|argument| argument == "--list") {
        runtime.block_on(every_acknowledged_claim_survives_a_kill());
        println!("test every_acknowledged_claim_survives_a_kill ... ok");
    }
}

fn claim_key(number: u64) -> ClaimKey {
    let entropy = SeededEntropy::new(number);
    ClaimKey::new(&AttemptId::generate(SAMPLE_NOW, &entropy).unwrap(), 1)
}

/// The child: claims without end and writes each number to its output once it was acknowledged.
async fn write_forever(address: &str, from: u64) {
    let store = Store::open(address, OpenOptions::default()).await.unwrap();
    let expires = SAMPLE_NOW.plus(Lifetime::from_minutes(2));
    let writers = (0..WRITERS).map(|writer| {
        let store = store.clone();
        async move {
            for number in (from + writer..).step_by(usize::try_from(WRITERS).unwrap()) {
                let mut tx = store.write().await.unwrap();
                let claimed = claims::claim(&mut tx, &claim_key(number), SAMPLE_NOW, expires).await;
                assert_eq!(claimed, Ok(Claimed::First));
                tx.commit().await.unwrap();
                let mut output = std::io::stdout().lock();
                writeln!(output, "{number}").unwrap();
                output.flush().unwrap();
            }
        }
    });
    futures_util::future::join_all(writers).await;
}

/// The parent: kills the child in the middle of its work, again and again on the same file.
async fn every_acknowledged_claim_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("crash.db").display());
    let create = OpenOptions { create: true, ..OpenOptions::default() };
    let store = Store::open(&address, create).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let mut acknowledged = Vec::new();
    for kill in 0..KILLS {
        let from = (kill * 1_000_000).to_string();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--write-to", &address, &from])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let enough = usize::try_from(40 + kill * 17).unwrap();
        acknowledged.extend(lines.by_ref().take(enough).map(|line| line.unwrap()));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it still managed to say counts as well; a line cut short by the kill does not.
        acknowledged.extend(lines.map_while(Result::ok));
    }
    let store = Store::open(&address, OpenOptions::default()).await.unwrap();
    for line in &acknowledged {
        let mut tx = store.read().await.unwrap();
        let number = line.parse().unwrap();
        let found = claims::outcome_of(&mut tx, &claim_key(number)).await.unwrap();
        assert_eq!(found, Some(Claimed::Running), "claim {number} was acknowledged and is lost");
    }
    assert!(
        acknowledged.len() > 500,
        "only {} claims: the test proves too little",
        acknowledged.len()
    );
    println!("{} acknowledged claims survived {KILLS} kills", acknowledged.len());
}
