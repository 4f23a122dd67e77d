//! A house with nothing but a service account, desktops that show a code, and phones that scan it.

use std::collections::BTreeSet;

use harness::{Browser, Database, House, Page, Plan, WECHAT_PHONE, channels};
use magpie_simulator::World;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

/// A house and the way into its database.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) house: House,
    database: Database,
}

impl Place {
    pub(crate) async fn open() -> Self {
        Self::of(None, "").await
    }

    /// With channels of a test's own.
    pub(crate) async fn like(channels: &str, database: Option<Database>, world: World) -> Self {
        let (channels, world) = (Some(channels.to_owned()), Some(world));
        Self::planned(Plan { database, channels, world, ..Plan::default() }).await
    }

    pub(crate) async fn with(more: &str) -> Self {
        Self::of(None, more).await
    }

    /// Where there is a server for tests.
    pub(crate) async fn on_postgres() -> Option<Self> {
        let database = Database::on_postgres().await?;
        Some(Self::of(Some(database), "").await)
    }

    pub(crate) async fn on_both_engines() -> Vec<Self> {
        let mut places = vec![Self::open().await];
        places.extend(Self::on_postgres().await);
        places
    }

    async fn of(database: Option<Database>, more: &str) -> Self {
        let both = format!("{}{}", channels::RELAY, channels::SERVICE_ACCOUNT);
        let (channels, more) = (Some(both), more.to_owned());
        Self::planned(Plan { database, channels, more, ..Plan::default() }).await
    }

    async fn planned(plan: Plan) -> Self {
        let database = plan.database.clone();
        let house = House::of(plan).await;
        let file = || Database::Sqlite(house.folder().join("magpie.db"));
        let database = database.unwrap_or_else(file);
        Self { house, database }
    }

    /// A desktop browser that shows the code of the ordinary application.
    pub(crate) async fn desk(&self) -> Desk {
        let start = self.house.application().authorize(&[]);
        Desk::of(Browser::new(&self.house), &start).await
    }

    /// A phone that scans the code, signs in as that person and is asked.
    pub(crate) async fn phone(&self, desk: &Desk, person: &str) -> Phone {
        let mut browser = Browser::of(&self.house, WECHAT_PHONE);
        let callback = browser.leave(&self.house, &desk.scanned(), person).await;
        let resume = browser.get(&callback).await.location();
        let question = browser.get(&resume).await;
        Phone { browser, question }
    }

    /// How many rows a table has, or another number.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let query = AssertSqlSafe(sql.to_owned());
        match &self.database {
            Database::Sqlite(path) => {
                let url = format!("sqlite:{}?mode=ro", path.display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
            Database::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// Everything that a scan alone must not change.
    pub(crate) async fn picture(&self) -> Vec<i64> {
        let mut picture = Vec::new();
        for table in
            ["users", "openids", "sessions", "grants", "claims", "audit_events", "relay_tickets"]
        {
            picture.push(self.number(&format!("SELECT count(*) FROM {table}")).await);
        }
        picture.push(self.number("SELECT count(answer) FROM relay_tickets").await);
        let wrong = "SELECT CAST(coalesce(sum(wrong_numbers), 0) AS BIGINT) FROM relay_tickets";
        picture.push(self.number(wrong).await);
        picture
    }

    /// Makes the time of every ticket pass.
    pub(crate) async fn pass(&self, seconds: u32) {
        let sql = format!("UPDATE relay_tickets SET expires_at = expires_at - {seconds}");
        match &self.database {
            Database::Sqlite(path) => {
                let url = format!("sqlite:{}", path.display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
                connection.close().await.unwrap();
            }
            Database::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
            }
        }
    }
}

/// A desktop that shows a code.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) browser: Browser,
    pub(crate) page: Page,
}

impl Desk {
    pub(crate) async fn of(mut browser: Browser, start: &str) -> Self {
        let page = browser.get(start).await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "relay-code"), "{}", page.body);
        Self { browser, page }
    }

    /// What a camera reads from the code.
    pub(crate) fn scanned(&self) -> String {
        harness::read_qr(&self.page.body)
    }

    /// The name of the ticket.
    pub(crate) fn ticket(&self) -> String {
        self.scanned().rsplit('/').next().unwrap().to_owned()
    }

    pub(crate) fn number(&self) -> String {
        between(&self.page.body, r#"id="number" dir="ltr">"#, "<")
    }

    /// One of the addresses that the page's script uses: `events`, `news` or `next`.
    pub(crate) fn address(&self, name: &str) -> String {
        between(&self.page.body, &format!(r#"data-{name}=""#), "\"")
    }

    /// Whether the page is told to look.
    pub(crate) async fn has_news(&mut self) -> bool {
        let page = self.browser.get(&self.address("news")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.json().get("news").and_then(serde_json::Value::as_bool).unwrap()
    }

    /// The page looks.
    pub(crate) async fn look(&mut self) -> Page {
        let next = self.address("next");
        self.browser.get(&next).await
    }

    /// The stream of events as it came, at most so many seconds of it.
    pub(crate) async fn listen(&self, at: std::net::SocketAddr, seconds: u64) -> String {
        let cookies: Vec<_> =
            self.browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let host = between(&self.scanned(), "http://", "/");
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            self.address("events"),
            cookies.join("; ")
        );
        let wait = std::time::Duration::from_secs(seconds);
        harness::raw(at, request.as_bytes(), wait).await
    }
}

/// A phone whose person is asked.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    pub(crate) browser: Browser,
    pub(crate) question: Page,
}

impl Phone {
    /// Presses a number.
    pub(crate) async fn choose(&mut self, number: &str) -> Page {
        self.say(&[("step", "number"), ("number", number)]).await
    }

    /// Presses "This was not me".
    pub(crate) async fn refuse(&mut self) -> Page {
        self.say(&[("step", "deny")]).await
    }

    pub(crate) async fn say(&mut self, fields: &[(&str, &str)]) -> Page {
        let token = form_token(&self.question);
        let mut fields = fields.to_vec();
        fields.push(("form_token", &token));
        let page = self.browser.post(&self.question.action(), &fields).await;
        if page.marker() == "relay-question" {
            self.question = page.clone();
        }
        page
    }

    /// A number on the page that is not the desktop's.
    pub(crate) fn wrong_number(&self, desk: &Desk) -> String {
        let right = desk.number();
        self.numbers().into_iter().find(|number| *number != right).unwrap()
    }

    /// The numbers on the page.
    pub(crate) fn numbers(&self) -> BTreeSet<String> {
        let parts = self.question.body.split(r#"name="number" value=""#).skip(1);
        parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
    }
}

pub(crate) fn form_token(page: &Page) -> String {
    between(&page.body, r#"name="form_token" value=""#, "\"")
}

/// The phone is told how it came out, on a page of our own.
#[track_caller]
pub(crate) fn assert_end(page: &Page, end: &str) {
    assert_eq!(page.status, 303, "{}", page.body);
    let location = page.location();
    assert!(location.ends_with(&format!("/relay/end/{end}")), "{location}");
}

/// The desktop's page says why its code leads nowhere any more.
#[track_caller]
pub(crate) fn assert_lost(page: &Page, why: &str) {
    assert_eq!((page.status.as_u16(), &*page.marker()), (200, "relay-lost"), "{}", page.body);
    assert!(page.body.contains(&format!(r#"data-why="{why}""#)), "{}", page.body);
}

pub(crate) fn between(text: &str, from: &str, to: &str) -> String {
    let rest = text.split(from).nth(1).unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split(to).next().unwrap().to_owned()
}
