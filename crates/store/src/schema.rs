//! The schema: running migrations, and telling whether the database is the one this version knows.
//!
//! Both engines have the same migrations by number and name; a test compares what they make. Migrations only go
//! forward. On SQLite all of them run in one transaction; on PostgreSQL each has its own, under an advisory lock.

use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migrator};

use crate::engine::{
    APPLICATION_ID, Engine, Named, PostgresEngine, Sql, SqliteEngine, Tx, on_engine,
};
use crate::error::{Result, StoreError, Unusable};

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

pub(crate) const STATEMENTS: &[Named] =
    &[("HAS_MIGRATIONS", HAS_MIGRATIONS), ("APPLIED", Sql::both(APPLIED))];

pub(crate) async fn migrate(engine: &Engine) -> Result<()> {
    match engine {
        Engine::Sqlite(engine) => migrate_sqlite(engine).await,
        Engine::Postgres(engine) => migrate_postgres(engine).await,
    }
}

/// `BEGIN IMMEDIATE` makes a second process wait, and then find everything done.
async fn migrate_sqlite(engine: &SqliteEngine) -> Result<()> {
    engine
        .alone(async |connection| {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            SQLITE.run_direct(None, &mut *transaction, false).await.map_err(unmigrated)?;
            sqlx::raw_sql(MARK_AS_OURS).execute(&mut *transaction).await?;
            Ok(transaction.commit().await?)
        })
        .await
}

/// A literal, because a pragma takes no parameters; a test holds it equal to the number that is checked.
const MARK_AS_OURS: &str = "PRAGMA application_id = 1296123728";
const _: () = assert!(APPLICATION_ID == 1_296_123_728);

async fn migrate_postgres(engine: &PostgresEngine) -> Result<()> {
    let mut connection = engine.connect_for_migration().await?;
    let migrated = POSTGRES.run_direct(None, &mut connection, false).await.map_err(unmigrated);
    // Closing also gives the advisory lock back when a migration failed.
    connection.close().await?;
    migrated
}

fn unmigrated(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(found) => {
            Unusable::SchemaAhead { found, known: newest(&SQLITE) }.into()
        }
        MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => {
            Unusable::SchemaDiffers(version).into()
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        _ => StoreError::unavailable("the migrations could not be run"),
    }
}

fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or_default()
}

const HAS_MIGRATIONS: Sql = Sql {
    sqlite: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'",
    postgres: "SELECT count(*) FROM pg_tables
               WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'",
};

const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";

/// Compares what ran with what we know, by number and text.
pub(crate) async fn check(tx: &mut Tx) -> Result<()> {
    let migrator = if tx.words(ENGINE) == "sqlite" { &SQLITE } else { &POSTGRES };
    let wanted = newest(migrator);
    let has_migrations = tx.words(HAS_MIGRATIONS);
    let tables: i64 = on_engine!(tx, |c| sqlx::query_scalar(has_migrations).fetch_one(c));
    if tables == 0 {
        return Err(Unusable::SchemaBehind { found: 0, wanted }.into());
    }
    let applied: Vec<(i64, Vec<u8>)> = on_engine!(tx, |c| sqlx::query_as(APPLIED).fetch_all(c));
    Ok(compare(&applied, migrator)?)
}

/// Names the engine that is open; never sent.
const ENGINE: Sql = Sql { sqlite: "sqlite", postgres: "postgres" };

fn compare(applied: &[(i64, Vec<u8>)], migrator: &Migrator) -> Result<(), Unusable> {
    let (found, known) = (applied.last().map_or(0, |(version, _)| *version), newest(migrator));
    if found > known {
        return Err(Unusable::SchemaAhead { found, known });
    }
    for migration in migrator.iter() {
        match applied.iter().find(|(version, _)| *version == migration.version) {
            None => return Err(Unusable::SchemaBehind { found, wanted: known }),
            Some((version, checksum)) if **checksum != *migration.checksum => {
                return Err(Unusable::SchemaDiffers(*version));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
