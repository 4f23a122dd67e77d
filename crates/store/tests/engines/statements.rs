//! Every statement prepares on both engines, and none is forgotten.

use std::collections::BTreeSet;

use crate::house::House;
use sqlx::{Connection as _, Executor as _, PgConnection, SqlStr, SqliteConnection};

#[tokio::test]
async fn every_statement_prepares_on_both_engines() {
    let house = House::sqlite().await;
    let mut sqlite = SqliteConnection::connect(&house.address).await.unwrap();
    for (module, (name, sql)) in magpie_store::statements() {
        let prepared = sqlite.prepare(SqlStr::from_static(sql.sqlite)).await;
        assert!(prepared.is_ok(), "{module}::{name} on SQLite: {prepared:?}");
    }
    let Some(house) = House::postgres().await else { return };
    let mut postgres = PgConnection::connect(&house.address).await.unwrap();
    for (module, (name, sql)) in magpie_store::statements() {
        let prepared = postgres.prepare(SqlStr::from_static(sql.postgres)).await;
        assert!(prepared.is_ok(), "{module}::{name} on PostgreSQL: {prepared:?}");
    }
}

#[test]
fn no_statement_is_missing_from_the_list() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut written = BTreeSet::new();
    let files =
        |folder: &str| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let [grants, tickets] = ["grants", "relay_tickets"].map(|part| format!("{source}/{part}"));
    for path in files(source).chain(files(&grants)).chain(files(&tickets)) {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let Some(rest) = line.strip_prefix("const ") else { continue };
            let Some((name, kind)) = rest.split_once(": ") else { continue };
            let statement = kind.starts_with("&str =") && is_sql(line, lines.peek());
            if statement || kind.starts_with("Sql =") {
                written.insert(format!("{module}::{name}"));
            }
        }
    }
    let listed: BTreeSet<String> = magpie_store::statements()
        .into_iter()
        .map(|(module, (name, _))| format!("{module}::{name}"))
        .collect();
    // Never prepared: a word that tells the engines apart, and a pragma of SQLite alone.
    written.remove("schema::ENGINE");
    written.remove("schema::MARK_AS_OURS");
    assert_eq!(listed, written);
}

/// Whether a constant's text begins like a statement, on its own line or the next.
fn is_sql(line: &str, next: Option<&&str>) -> bool {
    ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", "WITH "]
        .iter()
        .any(|verb| line.contains(verb) || next.is_some_and(|next| next.contains(verb)))
}
