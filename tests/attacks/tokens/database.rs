//! The facts of a house, seen and bent from outside: what a fault, an operator or the passing of time does to them.

use harness::Database;

const TABLES: [&str; 13] = [
    "meta",
    "clients",
    "users",
    "openids",
    "unionids",
    "identity_conflicts",
    "sessions",
    "claims",
    "grants",
    "consents",
    "devices",
    "signing_keys",
    "audit_events",
];

/// The database of a house.
#[derive(Debug, Clone)]
pub(crate) struct Facts(pub(crate) Database);

impl Facts {
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.0, Database::Postgres(_))
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.0.run(sql).await;
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.0.number(sql).await
    }

    /// How many rows every table has, how many codes are used and grants revoked, and where every refresh token and every
    /// device stands: what a stranger must not change.
    pub(crate) async fn picture(&self) -> Vec<i64> {
        let counts = TABLES.map(|table| format!("(SELECT count(*) FROM {table})"));
        let states = ["code_used_at", "revoked_at"]
            .map(|column| format!("(SELECT count({column}) FROM grants)"));
        let mut picture = Vec::new();
        let refreshes =
            ["refresh_generation", "refresh_retries", "access_revoked_at"].map(|column| {
                format!("(SELECT CAST(coalesce(sum({column}), 0) AS BIGINT) FROM grants)")
            });
        let devices = ["answer", "redeemed_at", "polled_at"]
            .map(|column| format!("(SELECT count({column}) FROM devices)"));
        for sql in counts.into_iter().chain(states).chain(refreshes).chain(devices) {
            picture.push(self.number(&format!("SELECT {sql}")).await);
        }
        picture
    }

    /// Makes every statement of that kind (`UPDATE OF revoked_at ON grants`) fail until [`Self::mend`].
    pub(crate) async fn break_statement(&self, event: &str) {
        match self.0 {
            Database::Sqlite(_) => {
                let sql = format!(
                    "CREATE TRIGGER boom BEFORE {event} BEGIN SELECT RAISE(ABORT, 'boom'); END"
                );
                self.run(&sql).await;
            }
            Database::Postgres(_) => {
                self.run("CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'boom'; END $$").await;
                let sql = format!(
                    "CREATE TRIGGER boom BEFORE {event} FOR EACH ROW EXECUTE FUNCTION boom()"
                );
                self.run(&sql).await;
            }
        }
    }

    /// Lets the statement pass and makes the commit after it fail, until [`Self::mend`].
    pub(crate) async fn break_commit(&self, event: &str) {
        match self.0 {
            Database::Sqlite(_) => {
                self.run("CREATE TABLE boom (nobody TEXT REFERENCES users (user_id) DEFERRABLE INITIALLY DEFERRED)").await;
                let sql = format!(
                    "CREATE TRIGGER boom AFTER {event} BEGIN INSERT INTO boom VALUES ('nobody'); END"
                );
                self.run(&sql).await;
            }
            Database::Postgres(_) => {
                self.run("CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'boom'; END $$").await;
                let sql = format!(
                    "CREATE CONSTRAINT TRIGGER boom AFTER {event} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION boom()"
                );
                self.run(&sql).await;
            }
        }
    }

    /// Takes the fault away.
    pub(crate) async fn mend(&self) {
        match self.0 {
            Database::Sqlite(_) => self.run("DROP TRIGGER boom; DROP TABLE IF EXISTS boom").await,
            Database::Postgres(_) => self.run("DROP FUNCTION boom() CASCADE").await,
        }
    }
}
