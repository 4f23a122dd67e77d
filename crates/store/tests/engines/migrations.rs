//! Migrations are in step on both engines, run once however many replicas start, and a database that is none of
//! ours, damaged, missing or from another version is refused untouched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::house::{House, empty_postgres, soon, unchecked};
use futures_util::future::join_all;
use magpie_store::{OpenOptions, Store, StoreError, Unusable};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};

const CREATE: OpenOptions = OpenOptions { create: true, connections: 16 };

#[test]
fn both_folders_hold_the_same_numbers_and_names() {
    let names = |engine: &str| -> BTreeSet<String> {
        let folder = format!("{}/../../migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(names("sqlite").contains("0001_init.sql"));
}

/// Table → column → (type in SQLite's words, nullable); and the unique keys, each by its columns.
type Shape = (BTreeMap<String, BTreeMap<String, (String, bool)>>, BTreeSet<(String, Vec<String>)>);

async fn shape_of_sqlite(address: &str) -> Shape {
    let mut connection = SqliteConnection::connect(address).await.unwrap();
    let columns = "SELECT t.name, c.name, c.type, c.\"notnull\" FROM sqlite_master t
        JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'";
    let mut tables = BTreeMap::<_, BTreeMap<_, _>>::new();
    for row in connection.fetch_all(columns).await.unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let (kind, not_null): (String, i64) = (row.get(2), row.get(3));
        tables.entry(table).or_default().insert(column, (kind, not_null == 0));
    }
    let uniques = "SELECT t.name, group_concat(c.name) FROM sqlite_master t
        JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c
        WHERE t.type = 'table' AND i.\"unique\" GROUP BY t.name, i.name";
    let mut keys: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
    for row in connection.fetch_all(uniques).await.unwrap() {
        keys.insert((row.get(0), sorted(row.get(1))));
    }
    // The one key that is the row-id itself has no index.
    keys.insert(("audit_events".to_owned(), vec!["event_id".to_owned()]));
    (tables, keys)
}

async fn shape_of_postgres(address: &str) -> Shape {
    let mut connection = PgConnection::connect(address).await.unwrap();
    let columns = "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text
        FROM information_schema.columns WHERE table_schema = current_schema()";
    let mut tables = BTreeMap::<_, BTreeMap<_, _>>::new();
    for row in connection.fetch_all(columns).await.unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let (kind, nullable): (String, String) = (row.get(2), row.get(3));
        let kind = match kind.as_str() {
            "text" => "TEXT",
            "bigint" => "INTEGER",
            "bytea" => "BLOB",
            other => panic!("{table}.{column} is {other}"),
        };
        let column_shape = (kind.to_owned(), nullable == "YES");
        tables.entry(table).or_default().insert(column, column_shape);
    }
    let uniques = "SELECT t.relname::text, string_agg(a.attname, ',') FROM pg_index i
        JOIN pg_class t ON t.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey)
        WHERE i.indisunique GROUP BY t.relname, i.indexrelid";
    let mut keys: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
    for row in connection.fetch_all(uniques).await.unwrap() {
        keys.insert((row.get(0), sorted(row.get(1))));
    }
    (tables, keys)
}

fn sorted(columns: String) -> Vec<String> {
    let mut columns: Vec<String> = columns.split(',').map(str::to_owned).collect();
    columns.sort();
    columns
}

/// Seen red with `users_subject` taken out of one folder, and with a column made nullable in one.
#[tokio::test]
async fn both_engines_get_the_same_tables_columns_nullability_and_unique_keys() {
    let Some(postgres) = House::postgres().await else { return };
    let sqlite = House::sqlite().await;
    let ((mut ours, our_keys), (mut theirs, their_keys)) =
        (shape_of_sqlite(&sqlite.address).await, {
            // The migration table belongs to the library and is not ours to compare.
            let mut connection = PgConnection::connect(&postgres.address).await.unwrap();
            connection.execute("DROP TABLE _sqlx_migrations").await.unwrap();
            shape_of_postgres(&postgres.address).await
        });
    ours.remove("_sqlx_migrations");
    theirs.remove("_sqlx_migrations");
    let of_ours = |keys: BTreeSet<(String, Vec<String>)>| -> BTreeSet<_> {
        keys.into_iter().filter(|(table, _)| table != "_sqlx_migrations").collect()
    };
    assert_eq!(ours, theirs);
    assert_eq!(of_ours(our_keys), of_ours(their_keys));
    assert!(ours.len() >= 12, "{:?}", ours.keys());
}

/// CC-09, as so many processes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_start_together_migrate_once_and_all_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut addresses: Vec<String> = (0..5)
        .map(|n| format!("sqlite:{}", folder.path().join(format!("{n}.db")).display()))
        .collect();
    addresses.extend(empty_postgres().await);
    for address in addresses {
        let opened = (0..6).map(|_| Store::open(&address, CREATE));
        let stores = soon("opening", join_all(opened)).await;
        let starts = stores.iter().map(|store| async {
            let store = store.as_ref().map_err(Clone::clone)?;
            store.migrate().await?;
            store.check_schema().await
        });
        for started in soon("the start", join_all(starts)).await {
            assert_eq!(started, Ok(()), "{address}");
        }
    }
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    for house in House::both().await {
        house.store.migrate().await.unwrap();
        assert_eq!(house.store.check_schema().await, Ok(()));
    }
}

async fn run(address: &str, sql: &str) {
    let sql = unchecked(sql.to_owned());
    if address.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(address).await.unwrap();
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(address).await.unwrap();
        connection.execute(sql).await.unwrap();
    }
}

#[tokio::test]
async fn a_schema_that_is_behind_ahead_or_different_is_refused_with_its_cure() {
    for house in House::both().await {
        let delete = "DELETE FROM _sqlx_migrations";
        let ahead = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            SELECT 9999, description, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
        run(&house.address, ahead).await;
        let newer = Unusable::SchemaAhead { found: 9999, known: 9 };
        assert_eq!(house.store.check_schema().await, Err(newer.clone().into()));
        assert_eq!(house.store.migrate().await, Err(newer.into()));
        run(&house.address, "DELETE FROM _sqlx_migrations WHERE version = 9999").await;
        assert_eq!(house.store.check_schema().await, Ok(()));

        run(&house.address, "UPDATE _sqlx_migrations SET checksum = 'x'").await;
        let differs = StoreError::from(Unusable::SchemaDiffers(1));
        assert_eq!(house.store.check_schema().await, Err(differs.clone()));
        assert_eq!(house.store.migrate().await, Err(differs));

        run(&house.address, delete).await;
        let behind = Unusable::SchemaBehind { found: 0, wanted: 9 };
        assert_eq!(house.store.check_schema().await, Err(behind.clone().into()));
        run(&house.address, "DROP TABLE _sqlx_migrations").await;
        assert_eq!(house.store.check_schema().await, Err(behind.into()));
    }
}

async fn refused(path: &Path, options: OpenOptions) -> StoreError {
    let before = std::fs::read(path).ok();
    let opened = Store::open(&format!("sqlite:{}", path.display()), options).await;
    assert_eq!(std::fs::read(path).ok(), before, "the original was touched");
    opened.unwrap_err()
}

/// DB-04, DB-05.
#[tokio::test]
async fn a_file_that_is_missing_foreign_or_damaged_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let options = OpenOptions::default();

    assert_eq!(refused(&at("none.db"), options).await, Unusable::Missing.into());
    assert!(!at("none.db").exists());
    std::fs::write(at("empty.db"), b"").unwrap();
    assert_eq!(refused(&at("empty.db"), options).await, Unusable::Missing.into());

    std::fs::write(at("text.db"), "not a database at all. ".repeat(100)).unwrap();
    assert_eq!(refused(&at("text.db"), CREATE).await, Unusable::Foreign.into());

    std::fs::write(at("other.db"), b"").unwrap();
    let other = format!("sqlite:{}", at("other.db").display());
    run(&other, "CREATE TABLE notes (a TEXT)").await;
    assert_eq!(refused(&at("other.db"), CREATE).await, Unusable::Foreign.into());
    run(&other, "PRAGMA application_id = 7").await;
    assert_eq!(refused(&at("other.db"), CREATE).await, Unusable::Foreign.into());
}

#[tokio::test]
async fn a_new_file_is_for_its_owner_alone_and_later_opens_need_no_permission_to_create() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::sqlite().await;
    let mode = std::fs::metadata(house.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    house.store.close().await;
    let store = Store::open(&house.address, OpenOptions::default()).await.unwrap();
    assert_eq!(store.check_schema().await, Ok(()));
    assert_eq!(store.ping().await, Ok(()));
}

#[tokio::test]
async fn an_address_of_neither_engine_is_refused_without_being_repeated() {
    for address in ["mysql://u:s3cr3t@h/d", "postgres://u:s3cr3t@[broken/d", "sqlite::memory:", ""]
    {
        let error = Store::open(address, CREATE).await.unwrap_err();
        assert!(matches!(error, StoreError::Unusable(Unusable::Address(_))), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
    }
}
