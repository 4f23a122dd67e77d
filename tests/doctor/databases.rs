//! What can be wrong with the database, the keys and the files, and with nothing else.

use std::path::Path;

use harness::House;
use sqlx::{Connection as _, SqliteConnection};

use crate::configuration::{FILE, Setup};

/// A copy of the house's database, changed by one statement.
async fn changed(house: &House, name: &str, change: &'static str) -> String {
    let copy = house.folder().join(name);
    let original = format!("sqlite:{}", house.folder().join("magpie.db").display());
    let mut connection = SqliteConnection::connect(&original).await.unwrap();
    let copied = sqlx::query("VACUUM INTO $1").bind(copy.display().to_string());
    copied.execute(&mut connection).await.unwrap();
    let address = format!("sqlite:{}", copy.display());
    let mut connection = SqliteConnection::connect(&address).await.unwrap();
    sqlx::query(change).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    address
}

fn sqlite(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// Seen red with the schema not looked at.
#[tokio::test]
async fn a_database_that_cannot_be_used_is_named_by_its_cause() {
    let house = House::open().await;
    let foreign = house.folder().join("notes.txt");
    std::fs::write(&foreign, "not a database, but a list of things to buy".repeat(40)).unwrap();
    let behind =
        "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    let ahead = "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, \
                 execution_time FROM _sqlx_migrations LIMIT 1";
    let differs = "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1";
    for (database, problem) in [
        (sqlite(&house.folder().join("nowhere.db")), "database_missing"),
        (sqlite(&foreign), "database_foreign"),
        ("postgres://nobody@127.0.0.1:1/nothing".to_owned(), "database_away"),
        (changed(&house, "behind.db", behind).await, "schema_behind"),
        (changed(&house, "ahead.db", ahead).await, "schema_ahead"),
        (changed(&house, "differs.db", differs).await, "schema_differs"),
    ] {
        Setup { database, ..Setup::of(&house) }.suffers(problem).await;
    }
    house.close().await;
}

/// Seen red with the published keys not compared.
#[tokio::test]
async fn keys_that_are_missing_sealed_otherwise_or_not_published_are_told_apart() {
    let house = House::open().await;
    let other_root = "b3RoZXItcm9vdC1rZXktb2YtdGVzdC1ob3VzZXMtLS0";
    Setup { root_key: other_root.to_owned(), ..Setup::of(&house) }.suffers("keys_unreadable").await;
    let database = sqlite(&house.folder().join("other.db"));
    let other = Setup { database, ..Setup::of(&house) };
    assert_eq!(other.run(&["migrate"]).await.0, Some(0));
    other.suffers("keys_missing").await;
    assert_eq!(other.run(&["key", "rotate"]).await.0, Some(0));
    other.suffers("keys_not_published").await;
    house.close().await;
}

/// Seen red with the body not compared.
#[tokio::test]
async fn a_verification_file_that_wechat_would_not_find_is_named() {
    let house = House::open().await;
    let missing = ("MP_verify_ZyXwVuTsRqPoNmLk.txt".to_owned(), "ZyXwVuTsRqPoNmLk".to_owned());
    let diagnosis =
        Setup { file: missing.clone(), ..Setup::of(&house) }.suffers("file_missing").await;
    assert_eq!(diagnosis.finding("file_missing")["about"], missing.0);
    assert_eq!(diagnosis.finding("file_missing")["data"]["status"], "404");
    let other = (FILE.0.to_owned(), "SomethingElseThanThat".to_owned());
    Setup { file: other, ..Setup::of(&house) }.suffers("file_differs").await;
    house.close().await;
}
