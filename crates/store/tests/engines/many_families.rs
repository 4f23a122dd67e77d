//! RT-13: a hundred thousand families of refresh tokens, half of them dead. What the size must not change is asserted by the
//! engines' own plans, not by a clock: nothing that a request or the sweep does reads the whole table.

use magpie_domain::testing::sample_session_id;
use magpie_domain::{ClientId, Grant, GrantId, Lifetime, RefreshState, Timestamp};
use magpie_store::grants::{self, Redemption, refresh};
use magpie_store::session_grants::{self, Withdrawal};
use magpie_store::{Once, purge, users};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};

use crate::house::{House, NOW, grant_made, hash, later, person, unchecked};

/// Families of each kind, dead and living, shared by a hundred people.
const EACH: i64 = 50_000;

/// Everything that names its grant by id, as person and session see grants, and the sweep: with values as they would be.
/// `DEAD` stands for the beginning of a dead family's id, `LIVE` for a living one's, `YOUNG` for one of this hour.
const PLANNED: [(&str, &str, &[&str]); 18] = [
    ("grants", "REDEEM", &["LIVE1", "\\x01", "app", "1", "\\x01", "0", "0", "1", "1", "k"]),
    ("grants", "FIND_BY_CODE", &["LIVE1", "\\x01", "app"]),
    ("grants", "FIND", &["LIVE1"]),
    ("grants", "FIND_LIVE_WITH_USER", &["LIVE1"]),
    ("grants", "REVOKE", &["LIVE1", "1"]),
    ("grants", "REVOKE_ACCESS", &["LIVE1", "1"]),
    ("refresh", "FIND_WITH_USER", &["LIVE1"]),
    ("refresh", "ROTATE", &["LIVE1", "\\x01", "\\x02", "1", "1"]),
    ("refresh", "REPEAT", &["LIVE1", "\\x01", "1", "1", "1"]),
    ("refresh", "PROLONG", &["LIVE1", "\\x01", "\\x02", "1", "1"]),
    ("session_grants", "CLIENTS_OF", &["LIVE7"]),
    ("session_grants", "REVOKE_ONLINE", &["LIVE7", "1"]),
    ("session_grants", "HELD", &["LIVE7", "user-7", "1"]),
    ("session_grants", "WITHDRAW_HERE", &["user-7", "app", "LIVE7", "1"]),
    ("session_grants", "WITHDRAW_YOUNG", &["user-7", "app", "YOUNG", "1"]),
    ("session_grants", "WITHDRAW_OFFLINE", &["user-7", "app", "", "1"]),
    ("purge", "NEXT_PAGE", &["DEAD1000", "DEAD2000"]),
    ("purge", "GRANTS", &["DEAD1000", "DEAD2000", "1"]),
];

/// The characters of a grant's id that say when it was made.
fn time_of(grant: &Grant) -> &str {
    grant.id.as_str().get(..8).unwrap()
}

/// An id as [`fill`] makes them: the time of its kind, then a number.
fn id_of(kind: &Grant, number: i64) -> String {
    format!("{}{number:018}", time_of(kind))
}

fn spelled(value: &str, dead: &Grant, live: &Grant) -> String {
    let numbered = |kind, number: &str| id_of(kind, number.parse().unwrap());
    let value = match value.split_at_checked(4) {
        Some(("DEAD", number)) => numbered(dead, number),
        Some(("LIVE", number)) => numbered(live, number),
        _ if value == "YOUNG" => time_of(&grant_made(1, NOW)).to_owned(),
        _ => value.to_owned(),
    };
    format!("'{value}'")
}

fn days_ago(days: u32) -> Timestamp {
    NOW.minus(Lifetime::from_days(days))
}

/// Opens one family of that time, and gives it.
async fn family(house: &House, number: u64, at: Timestamp, ends: Timestamp) -> Grant {
    let grant = grant_made(number, at);
    let state = RefreshState {
        hash: hash(10),
        previous: None,
        generation: 0,
        rotated_at: None,
        retries: 0,
        expires_at: ends,
        ends_at: ends,
    };
    let mut tx = house.store.write().await.unwrap();
    let session = sample_session_id(number);
    let grant =
        Grant { session_id: session, code_expires_at: at.plus(Lifetime::from_minutes(1)), ..grant };
    grants::open(&mut tx, &grant, &hash(1)).await.unwrap();
    let (id, client) = (&grant.id, &grant.client_id);
    let shown = Redemption { id, code_hash: &hash(1), client, refresh: Some(&state), key: None };
    assert!(grants::redeem(&mut tx, &shown, at).await.unwrap().is_won());
    tx.commit().await.unwrap();
    grant
}

/// Copies a family so often; every hundredth is the first person's.
async fn fill(house: &House, of: &Grant) {
    const REST: &str = "code_hash, client_id, scopes, scopes_narrowed, redirect_uri, auth_time, wants_auth_time,
        kind, resources, refresh_hash, refresh_generation, refresh_retries, refresh_expires_at, refresh_ends_at,
        created_at, code_expires_at, code_used_at";
    let (id, prefix, first) = (of.id.as_str(), time_of(of), person(1).id);
    let insert = |number: &str, series: &str| {
        format!(
            "INSERT INTO grants (grant_id, user_id, session_id, {REST})
            SELECT '{prefix}' || {number},
                CASE n % 100 WHEN 0 THEN '{first}' ELSE 'user-' || n % 100 END, '{prefix}' || {number}, {REST}
            FROM grants, {series} WHERE grant_id = '{id}'"
        )
    };
    if house.address.starts_with("sqlite:") {
        let series = format!(
            "WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {EACH}) "
        );
        let sql = series + &insert("printf('%018d', n)", "series");
        let mut connection = SqliteConnection::connect(&house.address).await.unwrap();
        connection.execute(unchecked(sql)).await.unwrap();
    } else {
        let series = format!("generate_series(1, {EACH}) AS series (n)");
        let mut connection = PgConnection::connect(&house.address).await.unwrap();
        let sql = insert("lpad(n::text, 18, '0')", &series);
        connection.execute(unchecked(sql)).await.unwrap();
        connection.execute("ANALYZE grants").await.unwrap();
    }
}

/// How the engine would run a statement of ours.
async fn plan(house: &House, statement: (&str, &str), values: &[String]) -> String {
    let all = magpie_store::statements();
    let (_, (_, sql)) =
        all.iter().find(|(module, (name, _))| (*module, *name) == statement).unwrap();
    if house.address.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(&house.address).await.unwrap();
        let explain = unchecked(format!("EXPLAIN QUERY PLAN {}", sql.sqlite));
        let lines = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
        let lines = lines.iter().map(|line| line.get::<String, _>("detail"));
        return lines.collect::<Vec<_>>().join("\n");
    }
    let mut connection = PgConnection::connect(&house.address).await.unwrap();
    let prepare = format!("PREPARE planned AS {}", sql.postgres);
    connection.execute(unchecked(prepare)).await.unwrap();
    let explain = unchecked(format!("EXPLAIN EXECUTE planned ({})", values.join(", ")));
    let lines = sqlx::query_scalar::<_, String>(explain).fetch_all(&mut connection).await.unwrap();
    lines.join("\n")
}

async fn assert_planned(house: &House, dead: &Grant, live: &Grant) {
    for (module, name, values) in PLANNED {
        let values: Vec<_> = values.iter().map(|value| spelled(value, dead, live)).collect();
        let plan = plan(house, (module, name), &values).await;
        let whole = ["SCAN grants", "Seq Scan on grants"].iter().any(|words| plan.contains(words));
        let found = plan.contains("SEARCH grants USING") || plan.contains("Index");
        assert!(found && !whole, "{module}::{name} reads everything:\n{plan}");
    }
}

/// RT-13: one family among a hundred thousand steps on, its person sees a bounded list and takes back what one
/// application holds, and the sweep removes the dead in pages. Seen red without the index of sessions, and without that of people.
#[tokio::test]
async fn a_hundred_thousand_families_are_searched_by_index_alone() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        assert!(users::insert(&mut tx, &person(1)).await.unwrap().is_won());
        tx.commit().await.unwrap();
        let dead = family(&house, 1, days_ago(40), days_ago(10)).await;
        let live = family(&house, 2, days_ago(2), later(1000)).await;
        fill(&house, &dead).await;
        fill(&house, &live).await;
        assert_planned(&house, &dead, &live).await;

        let mut tx = house.store.write().await.unwrap();
        let id = GrantId::parse(&id_of(&live, 25_000)).unwrap();
        let (from, to) = (hash(10), hash(11));
        let step = refresh::Rotation { id: &id, from: &from, to: &to, expires_at: later(900) };
        assert_eq!(refresh::rotate(&mut tx, &step, NOW).await, Ok(Once::Won(())));
        let (grant, user) = refresh::find_with_user(&mut tx, &id).await.unwrap().unwrap();
        assert_eq!((grant.refresh.unwrap().generation, user.id), (1, person(1).id));
        let (user, session) = (person(1).id, sample_session_id(9));
        let held = session_grants::held(&mut tx, &user, &session, NOW).await.unwrap();
        assert_eq!(held.len(), 501, "the living of one person in a hundred");
        let app = ClientId::parse("app").unwrap();
        let (since, now) = (NOW.minus(Lifetime::from_hours(1)), NOW);
        let whose = Withdrawal { user: &user, session: &session, client: &app, since, now };
        assert_eq!(
            session_grants::withdraw(&mut tx, &whose).await,
            Ok(1002),
            "theirs, dead or not"
        );
        assert_eq!(refresh::rotate(&mut tx, &step, NOW).await, Ok(Once::TooLate));
        tx.commit().await.unwrap();

        let swept = purge::expired(&house.store, NOW).await.unwrap();
        assert_eq!(swept.grants, u64::try_from(EACH).unwrap() + 1);
        let mut tx = house.store.read().await.unwrap();
        let found = GrantId::parse(&id_of(&live, 100)).unwrap();
        assert!(grants::find(&mut tx, &found).await.unwrap().is_some());
        let gone = GrantId::parse(&id_of(&dead, 1)).unwrap();
        assert!(grants::find(&mut tx, &gone).await.unwrap().is_none());
    }
}
