//! What a durable write costs: claim and settle, redeem, and commits shared by 1, 16 and 64 writers, on SQLite.
//! One iteration is one write per writer.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]

use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy, sample_grant};
use magpie_domain::{AttemptId, ClaimKey, Grant, GrantId, Lifetime, TokenHash};
use magpie_store::grants::Redemption;
use magpie_store::{OpenOptions, Store, claims, grants};
use tokio::runtime::Runtime;

static NUMBER: AtomicU64 = AtomicU64::new(0);

fn next() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// A new claim, made now and good for two minutes.
async fn claim(tx: &mut magpie_store::Tx) -> ClaimKey {
    let entropy = SeededEntropy::new(next());
    let key = ClaimKey::new(&AttemptId::generate(SAMPLE_NOW, &entropy).unwrap(), 1);
    let expires = SAMPLE_NOW.plus(Lifetime::from_minutes(2));
    claims::claim(tx, &key, SAMPLE_NOW, expires).await.map(drop).unwrap();
    key
}

async fn claim_and_settle(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let key = claim(&mut tx).await;
    tx.commit().await.unwrap();
    let mut tx = store.write().await.unwrap();
    assert!(claims::settle(&mut tx, &key, b"sealed outcome", SAMPLE_NOW).await.unwrap().is_won());
    tx.commit().await.unwrap();
}

async fn open_and_redeem(store: &Store) {
    let id = GrantId::generate(SAMPLE_NOW, &SeededEntropy::new(next())).unwrap();
    let (grant, hash) = (Grant { id, ..sample_grant() }, TokenHash::from_bytes([1; 32]));
    let mut tx = store.write().await.unwrap();
    grants::open(&mut tx, &grant, &hash).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.write().await.unwrap();
    let shown = Redemption {
        id: &grant.id,
        code_hash: &hash,
        client: &grant.client_id,
        refresh: None,
        key: None,
    };
    let once = grants::redeem(&mut tx, &shown, SAMPLE_NOW).await;
    assert!(once.unwrap().is_won());
    tx.commit().await.unwrap();
}

async fn one_row(store: Store) {
    let mut tx = store.write().await.unwrap();
    let _key = claim(&mut tx).await;
    tx.commit().await.unwrap();
}

#[expect(clippy::disallowed_methods, reason = "writers have to run at the same time")]
async fn writers(store: &Store, count: u64) {
    let tasks = (0..count).map(|_| tokio::spawn(one_row(store.clone())));
    for done in join_all(tasks).await {
        done.unwrap();
    }
}

fn on(
    group: &mut BenchmarkGroup<'_, criterion::measurement::WallTime>,
    runtime: &Runtime,
    store: &Store,
) {
    group.bench_function("claim and settle", |bencher| {
        bencher.iter(|| runtime.block_on(claim_and_settle(store)));
    });
    group.bench_function("open and redeem", |bencher| {
        bencher.iter(|| runtime.block_on(open_and_redeem(store)));
    });
    for count in [1, 16, 64] {
        group.throughput(Throughput::Elements(count));
        group.bench_function(format!("{count} writers"), |bencher| {
            bencher.iter(|| runtime.block_on(writers(store, count)));
        });
    }
}

fn writes(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("bench.db").display());
    let store = runtime.block_on(async {
        let create = OpenOptions { create: true, ..OpenOptions::default() };
        let store = Store::open(&address, create).await.unwrap();
        store.migrate().await.unwrap();
        store
    });
    let mut group = criterion.benchmark_group("SQLite");
    group.sample_size(20).measurement_time(std::time::Duration::from_secs(3));
    on(&mut group, &runtime, &store);
    group.finish();
    runtime.block_on(store.close());
}

criterion_group!(benches, writes);
criterion_main!(benches);
