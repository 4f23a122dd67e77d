//! Houses together with their databases, which are counted past the server: a stranger must leave no row behind.

use std::collections::BTreeMap;

use harness::{Database, House, Plan};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _};

/// Table to number of rows.
pub(crate) type Rows = BTreeMap<String, i64>;

/// A house and the way into its database.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) house: House,
    pub(crate) database: Database,
}

impl Place {
    /// A house on SQLite, to plan.
    pub(crate) async fn of(plan: Plan) -> Self {
        let house = House::of(plan).await;
        let database = Database::Sqlite(house.folder().join("magpie.db"));
        Self { house, database }
    }

    /// The ordinary house on SQLite.
    pub(crate) async fn open() -> Self {
        Self::of(Plan::default()).await
    }

    /// A house on PostgreSQL, where there is a server for tests.
    pub(crate) async fn on_postgres() -> Option<Self> {
        let database = Database::on_postgres().await?;
        let plan = Plan { database: Some(database.clone()), ..Plan::default() };
        Some(Self { house: House::of(plan).await, database })
    }

    /// One on each engine.
    pub(crate) async fn on_both_engines() -> Vec<Self> {
        let mut places = vec![Self::open().await];
        places.extend(Self::on_postgres().await);
        places
    }

    /// One on each engine, with these channels.
    pub(crate) async fn on_both_engines_with(channels: &str) -> Vec<Self> {
        let plan = || Plan { channels: Some(channels.to_owned()), ..Plan::default() };
        let mut places = vec![Self::of(plan()).await];
        if let Some(database) = Database::on_postgres().await {
            let house = House::of(Plan { database: Some(database.clone()), ..plan() }).await;
            places.push(Self { house, database });
        }
        places
    }

    /// How many rows every table has.
    pub(crate) async fn rows(&self) -> Rows {
        let mut rows = Rows::new();
        for table in self.tables().await {
            let count = self.number(&format!("SELECT count(*) FROM {table}")).await;
            rows.insert(table, count);
        }
        assert!(rows.len() >= 8, "{rows:?}");
        rows
    }

    /// How many rows one table has.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}")).await
    }

    /// Everything that the database holds, as text.
    #[expect(clippy::disallowed_methods, reason = "the test's own words, read-only")]
    pub(crate) async fn dump(&self) -> String {
        let mut dump = String::new();
        match &self.database {
            Database::Sqlite(path) => {
                let mut name = path.clone().into_os_string();
                dump += &String::from_utf8_lossy(&std::fs::read(&name).unwrap());
                name.push("-wal");
                dump += &String::from_utf8_lossy(&std::fs::read(&name).unwrap_or_default());
            }
            Database::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                for table in self.tables().await {
                    let rows = AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
                    let rows: Vec<String> =
                        sqlx::query_scalar(rows).fetch_all(&mut connection).await.unwrap();
                    dump += &rows.join("\n");
                }
            }
        }
        dump
    }

    async fn tables(&self) -> Vec<String> {
        match &self.database {
            Database::Sqlite(path) => {
                let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
                let mut connection = sqlite(path).await;
                sqlx::query_scalar(names).fetch_all(&mut connection).await.unwrap()
            }
            Database::Postgres(url) => {
                let names = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(names).fetch_all(&mut connection).await.unwrap()
            }
        }
    }

    /// The single number that a query gives.
    #[expect(clippy::disallowed_methods, reason = "the test's own words, read-only")]
    async fn number(&self, query: &str) -> i64 {
        let query = AssertSqlSafe(query.to_owned());
        match &self.database {
            Database::Sqlite(path) => {
                let mut connection = sqlite(path).await;
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
            Database::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
        }
    }
}

async fn sqlite(path: &std::path::Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}
