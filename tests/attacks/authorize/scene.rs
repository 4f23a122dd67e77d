//! What the tests of this folder share: the database counted past the server, and the two ways of saying no.

use std::collections::BTreeMap;

use harness::{Application, Browser, House, Page};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _};
use url::Url;

/// The state that [`Application::authorize`] sends.
pub(crate) const STATE: &str = "state-of-the-application";

/// Table to number of rows.
pub(crate) type Rows = BTreeMap<String, i64>;

/// How many rows every table of a house on SQLite has, read past the server.
#[expect(clippy::disallowed_methods, reason = "the test's own words, read-only")]
pub(crate) async fn rows(house: &House) -> Rows {
    let file = house.folder().join("magpie.db");
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut connection).await.unwrap();
    let mut rows = Rows::new();
    for table in tables {
        let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
        rows.insert(table, count);
    }
    assert!(rows.len() >= 8 && rows["signing_keys"] >= 1, "{rows:?}");
    rows
}

/// Asserts that the application was told no at `target`, with state and issuer and nothing else (RDR of the cases).
#[track_caller]
pub(crate) fn assert_told(page: &Page, house: &House, target: &str, error: &str) {
    assert_told_with(page, house, target, (error, Some(STATE)));
}

/// As [`assert_told`], with the state that must come back.
#[track_caller]
pub(crate) fn assert_told_with(
    page: &Page,
    house: &House,
    target: &str,
    (error, state): (&str, Option<&str>),
) {
    assert_eq!(page.status, 303, "{} {}", page.url, page.body);
    let location = page.location();
    let joint = if target.contains('?') { '&' } else { '?' };
    let rest = location.strip_prefix(target).unwrap_or_else(|| panic!("sent to {location}"));
    assert!(rest.starts_with(joint), "sent to {location}");
    assert_eq!(page.sent("error").as_deref(), Some(error), "{}: {location}", page.url);
    assert_eq!(page.sent("state").as_deref(), state, "{location}");
    assert_eq!(page.sent("iss").as_deref(), Some(house.issuer.as_str()), "{location}");
    assert_eq!(page.sent("code"), None, "{location}");
    // RFC 6749 §4.1.2.1: a subset of ASCII without quotes and backslashes.
    let description = page.sent("error_description").unwrap();
    let plain = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    assert!(!description.is_empty() && description.bytes().all(plain), "{description}");
    assert!(!location.contains('#'), "{location}");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
}

/// Asserts that a code was sent to `target`, with state and issuer, and gives it.
#[track_caller]
pub(crate) fn assert_code(page: &Page, house: &House, target: &str) -> String {
    assert_eq!(page.status, 303, "{} {}", page.url, page.body);
    assert!(page.location().starts_with(target), "sent to {}", page.location());
    assert_eq!(page.sent("error"), None, "{}", page.location());
    assert_eq!(page.sent("iss").as_deref(), Some(house.issuer.as_str()));
    assert_eq!(page.header("cache-control"), "no-store");
    let code = page.sent("code").unwrap_or_else(|| panic!("no code: {}", page.location()));
    assert!(code.len() >= 22, "128 bits of base64url");
    code
}

/// Asserts that the browser is sent to the simulated WeChat.
#[track_caller]
pub(crate) fn assert_to_wechat(page: &Page, house: &House) {
    assert_eq!(page.status, 303, "{}", page.body);
    let location = page.location();
    assert!(location.starts_with(&house.wechat.base_url()), "sent to {location}");
}

/// A browser in which that person is signed in.
pub(crate) async fn signed_in(house: &House, person: &str) -> Browser {
    let mut browser = Browser::new(house);
    let start = house.application().authorize(&[]);
    let page = browser.sign_in(house, &start, person).await;
    assert_code(&page, house, "https://app.example/cb?keep=1&");
    assert!(browser.cookies.contains_key("magpie-session"));
    browser
}

/// Approves at WeChat from the address the browser was sent to, and opens the callback.
pub(crate) async fn come_back(
    house: &House,
    browser: &mut Browser,
    departure: &Page,
    person: &str,
) -> Page {
    assert_to_wechat(departure, house);
    let callback = house.wechat.approve(&departure.location(), person).unwrap();
    browser.get(&callback).await
}

/// An authorization request with exactly these pairs, repeated or not.
pub(crate) fn spelled(house: &House, pairs: &[(&str, &str)]) -> String {
    let mut url = Url::parse(&format!("{}/oauth2/authorize", house.issuer)).unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    url.into()
}

/// The application's request with more pairs behind it, which may repeat.
pub(crate) fn and(application: &Application, more: &[(&str, &str)]) -> String {
    let mut url = Url::parse(&application.authorize(&[])).unwrap();
    url.query_pairs_mut().extend_pairs(more);
    url.into()
}

/// The resume URL of the attempt whose cookie an answer sets.
pub(crate) fn resume_of(page: &Page) -> String {
    let lines = page.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    let kept = lines.filter(|line| !line.contains("Max-Age=0"));
    let mut ids = kept.filter_map(|line| line.split('=').next()?.strip_prefix("magpie-attempt-"));
    format!("/oauth2/resume/{}", ids.next().expect("an attempt"))
}

/// The names of the browser's attempt cookies, oldest first.
pub(crate) fn attempts(browser: &Browser) -> Vec<String> {
    let ours = |name: &&String| name.starts_with("magpie-attempt-");
    browser.cookies.keys().filter(ours).cloned().collect()
}
