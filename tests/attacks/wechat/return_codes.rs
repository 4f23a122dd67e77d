//! Every return code of WeChat's (wechat.md §7), one table: the page in both languages and whose turn it is, the line of
//! the log, and what the application is told. Browsers first, then applications that bring their codes themselves.

pub(crate) mod table;
pub(crate) mod wecom_table;

use std::collections::BTreeSet;
use std::path::Path;

use harness::{Browser, House, Page, Plan, channels};
use magpie_simulator::{Endpoint, Fault, Scope};
use serde_json::Value;

use self::table::{Answer, CODES, Row, TITLE, WORDS, Words};
use crate::answer::{code_of, log_line, reference_of, turn_of};
use crate::ledger::Place;

/// Channels of names that no other test has: the log is the whole process's.
const CHANNELS: &str = r#"
[[channels]]
id = "codes-desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
[[channels]]
id = "codes-mini"
kind = "mini_program"
app_id = "wx0000000000000003"
app_secret = "wx0000000000000003-secret"
platform = "main"
[[channels]]
id = "codes-app"
kind = "mobile_app"
app_id = "wx0000000000000004"
app_secret = "wx0000000000000004-secret"
platform = "main"
"#;

const CLIENT: &str = r#"
[[clients]]
id = "shop"
scopes = ["openid", "phone"]
grant_types = ["urn:ietf:params:oauth:grant-type:token-exchange"]
wechat_channels = ["codes-mini", "codes-app"]
"#;

async fn place() -> Place {
    let channels = Some(CHANNELS.to_owned());
    let (world, more) = (Some(channels::world()), CLIENT.to_owned());
    Place::of(Plan { channels, world, more, ..Plan::default() }).await
}

/// WX-13. The page is in the person's language and says whose turn it is; the log has the number and one reference; the
/// application hears nothing, since the page stays here. Seen red with 40029's second page taking the words of 40163.
#[tokio::test]
async fn every_code_has_its_page_in_both_languages_and_one_line_in_the_log() {
    let place = place().await;
    let house = &place.house;
    for row @ (errcode, key, status, answer) in CODES {
        let (mut browser, callback, restarts) = refused(house, errcode).await;
        assert_eq!(restarts, u32::from(answer == Answer::Grant), "{errcode} goes to WeChat again");
        let (_, turn, texts) = words_of(&WORDS, key);
        for (language, at) in [("en", 0), ("zh-CN", 1)] {
            // A reload shows the same page, in the language of who reloads it, and asks nobody.
            browser.headers = vec![("accept-language".to_owned(), language.to_owned())];
            let page = browser.get(&callback).await;
            page.assert_error_page(status);
            assert_eq!(page.cause(), key, "{errcode}");
            assert_eq!(text(&page, "<h1>", "</h1>"), TITLE[at], "{errcode}");
            assert_eq!(text(&page, "<p class=\"lead\">", "</p>"), texts[at], "{errcode}");
            let named = text(&page, &format!("data-turn=\"{}\">", turn.name()), "</dd>");
            assert_eq!(named, turn.words()[at], "{errcode}");
            assert!(!page.body.contains("app.example"), "the application hears nothing");
            for foreign in ["errmsg", "rid:", &number(errcode), "203.0.113.9"] {
                assert!(!page.body.contains(foreign), "{foreign}: {}", page.body);
            }
            let line = log_line(house, &reference_of(&page));
            assert_line(house, &line, &row);
            assert_eq!(turn_of(&page), line["turn"].as_str().unwrap());
            let outcome = line["outcome"].as_str().unwrap();
            assert_eq!(outcome, "failed", "{line}");
        }
        assert!(!browser.cookies.contains_key("magpie-session"));
    }
    let rows = place.rows().await;
    for table in ["users", "openids", "unionids", "sessions", "grants"] {
        assert_eq!(rows[table], 0, "{table}");
    }
    place.house.close().await;
}

/// Decision 0012: at the profile no code stops anybody, whatever it means elsewhere; the log has its number.
#[tokio::test]
async fn at_the_profile_every_code_costs_the_name_alone() {
    let place = place().await;
    let (house, application) = (&place.house, place.house.application());
    for (errcode, ..) in CODES {
        house.wechat.script().once(Endpoint::UserInfo, Fault::Errcode(errcode));
        let answer = Browser::new(house).sign_in(house, &application.authorize(&[]), "ann").await;
        let tokens = application.tokens(&code_of(&answer)).await;
        let claims = application.userinfo(&tokens.access_token).await.json();
        assert_eq!(claims.get("name"), None, "{errcode}");
        let line = only_line(house, "codes-desktop", errcode, "no profile");
        assert_eq!(line["upstream.failure"], "refused");
        assert_unsaid(house, &line);
    }
    place.house.close().await;
}

/// RFC 6749 §5.2 for applications that bring a code of a mini program or an app: the error, and nothing of WeChat's words.
#[tokio::test]
async fn every_code_has_its_answer_at_the_token_endpoint_and_one_line_in_the_log() {
    let place = place().await;
    let house = &place.house;
    for row @ (errcode, _, _, answer) in CODES {
        for (endpoint, channel, account, scope) in [
            (Endpoint::JsCode2Session, "codes-mini", channels::MINI_APP_ID, Scope::MiniProgram),
            (Endpoint::AccessToken, "codes-app", channels::MOBILE_APP_ID, Scope::UserInfo),
        ] {
            let code = house.wechat.issue_code(account, "ann", scope).unwrap();
            house.wechat.script().once(endpoint, Fault::Errcode(errcode));
            let page = bring(house, &[("subject_token", &code), ("audience", channel)]).await;
            let (status, error) = answer.of_oauth();
            assert_eq!((page.status.as_u16(), &*page.oauth_error()), (status, error), "{errcode}");
            assert_eq!(page.headers.contains_key("retry-after"), answer == Answer::Later);
            assert_eq!(page.header("cache-control"), "no-store");
            for foreign in ["errmsg", "rid", &number(errcode), &*code, "203.0.113.9"] {
                assert!(!page.body.contains(foreign), "{foreign}: {}", page.body);
            }
            let line = only_line(house, channel, errcode, "an application brought");
            assert_line(house, &line, &row);
            assert!(!line.to_string().contains(&code), "{line}");
        }
    }
    let rows = place.rows().await;
    assert_eq!((rows["users"], rows["grants"]), (0, 0));
    place.house.close().await;
}

/// Where a phone number is asked for, no code of the app-level token's or of the number's own call stops the sign-in: the
/// scope is left out and the application is told so. Three of them only mean that another token is needed.
#[tokio::test]
async fn where_a_phone_number_is_asked_for_every_code_costs_the_number_alone() {
    let place = place().await;
    let house = &place.house;
    for (endpoint, replaced) in
        [(Endpoint::StableToken, &[][..]), (Endpoint::PhoneNumber, &[40_001, 40_014, 42_001])]
    {
        for (errcode, ..) in CODES {
            // As if no token had ever been fetched: nobody waits for the pause after a failure.
            if endpoint == Endpoint::StableToken || replaced.contains(&errcode) {
                house.database().run("DELETE FROM app_tokens").await;
            }
            let code =
                house.wechat.issue_code(channels::MINI_APP_ID, "ann", Scope::MiniProgram).unwrap();
            let phone =
                house.wechat.issue_code(channels::MINI_APP_ID, "ann", Scope::PhoneNumber).unwrap();
            house.wechat.script().once(endpoint, Fault::Errcode(errcode));
            let fields = [
                ("subject_token", &*code),
                ("audience", "codes-mini"),
                ("phone_code", &phone),
                ("scope", "openid phone"),
            ];
            let page = bring(house, &fields).await;
            assert_eq!(page.status, 200, "{errcode}: {}", page.body);
            assert_eq!(house.wechat.script().remaining(), 0, "{errcode} was said");
            let has_number = page.json().get("scope").is_none();
            assert_eq!(has_number, replaced.contains(&errcode), "{errcode}: {}", page.body);
            if !has_number {
                let line = only_line(house, "codes-mini", errcode, "no phone number");
                assert_unsaid(house, &line);
            }
        }
    }
    place.house.close().await;
}

/// The guide and this table explain the same codes in the same way, in both languages. Codes from 10003 to 10016 stand on
/// WeChat's own page: nobody comes back with them. Seen red with a page taken out, and with another turn in the guide.
#[test]
fn the_guide_has_a_page_for_every_row_and_a_row_for_every_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide");
    for (language, at) in [("en", 0), ("zh-CN", 1)] {
        let folder = root.join(language).join("wechat/errors");
        let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        let pages: BTreeSet<String> = names
            .map(|name| name.to_str().unwrap().trim_end_matches(".md").to_owned())
            .filter(|name| name != "README" && !name.starts_with("100"))
            .collect();
        let explained: BTreeSet<String> =
            CODES.iter().filter(|row| row.1 != "unknown").map(|row| page_name(row.0)).collect();
        assert_eq!(pages, explained, "{language}");
        let overview = std::fs::read_to_string(folder.join("README.md")).unwrap();
        for row in CODES.iter().filter(|row| row.1 != "unknown") {
            let (errcode, key, status, _) = row;
            let name = page_name(*errcode);
            let page = std::fs::read_to_string(folder.join(format!("{name}.md"))).unwrap();
            let turn = words_of(&WORDS, key).1.in_the_guide()[at];
            let heading = ["| whose turn | ", "| 该谁处理 | "][at];
            for said in [
                format!("`wechat.errcode = {errcode}`"),
                format!("`wechat.help = \"{key}\"`"),
                format!("HTTP {status}"),
                format!("{heading}{turn}"),
            ] {
                assert!(page.contains(&said), "{language}/{name}.md does not say {said}");
            }
            let listed = overview.lines().find(|line| line.contains(&format!("({name}.md)")));
            let listed = listed.unwrap_or_else(|| panic!("{language}: {name} is not listed"));
            assert!(listed.ends_with(&format!("| {turn} |")), "{language}: {listed}");
        }
    }
}

/// Comes back with a code that WeChat refuses with that number, also after the one restart that some numbers bring.
/// Gives the last callback and how often the browser was sent to WeChat again.
async fn refused(house: &House, errcode: i64) -> (Browser, String, u32) {
    let mut browser = Browser::new(house);
    let start = house.application().authorize(&[]);
    let mut callback = browser.leave(house, &start, "ann").await;
    let mut restarts = 0;
    loop {
        house.wechat.script().once(Endpoint::AccessToken, Fault::Errcode(errcode));
        let page = browser.get(&callback).await;
        assert_eq!(house.wechat.script().remaining(), 0, "{errcode} was said");
        if page.status != 303 {
            return (browser, callback, restarts);
        }
        restarts += 1;
        assert!(restarts < 3, "{errcode} sends people to and fro");
        callback = house.wechat.approve(&page.location(), "ann").unwrap();
    }
}

/// The line names the number, the help key, the turn and WeChat's own reference.
#[track_caller]
fn assert_line(house: &House, line: &Value, (errcode, key, _, _): &Row) {
    assert_eq!(
        (&line["wechat.errcode"], &line["wechat.help"]),
        (&(*errcode).into(), &(*key).into())
    );
    assert_eq!(line["turn"], words_of(&WORDS, key).1.name(), "{line}");
    assert!(line["wechat.rid"].as_str().is_some_and(|rid| rid.len() > 8), "{line}");
    assert!(line["channel.id"].as_str().unwrap().starts_with("codes-"), "{line}");
    // The address that WeChat saw is what the operator needs, of the one number that comes with it.
    let seen = if *errcode == 40_164 { "203.0.113.9".into() } else { Value::Null };
    assert_eq!(line["wechat.seen_ip"], seen, "{line}");
    assert_unsaid(house, line);
}

/// Law 9. Codes and secrets are looked for in the whole log besides, when the house closes.
#[track_caller]
fn assert_unsaid(house: &House, line: &Value) {
    let base = house.wechat.base_url();
    for secret in [&*base, "/sns/", "/cgi-bin/", "/wxa/", "-secret", "secret=", "code=", "openid="]
    {
        assert!(!line.to_string().contains(secret), "{secret}: {line}");
    }
}

/// The one line of a channel of ours about that number that contains these words; the latest, where a number is said at
/// two places.
#[track_caller]
fn only_line(house: &House, channel: &str, errcode: i64, words: &str) -> Value {
    let log = house.log();
    let mut lines: Vec<Value> = log
        .lines()
        .filter(|line| line.contains(channel) && line.contains(words))
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|line| line["fields"].clone())
        .filter(|line| line["wechat.errcode"] == errcode && line["channel.id"] == channel)
        .collect();
    assert!((1..=2).contains(&lines.len()), "{errcode}: {lines:?}");
    lines.pop().unwrap()
}

async fn bring(house: &House, fields: &[(&str, &str)]) -> Page {
    let mut shop = house.own_application("shop", "");
    shop.secret = None;
    let mut all = vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:magpie:params:oauth:token-type:wechat-code"),
    ];
    all.extend_from_slice(fields);
    shop.post("/oauth2/token", &all).await
}

/// The words of a help key.
#[track_caller]
pub(crate) fn words_of(words: &[Words], key: &str) -> Words {
    words
        .iter()
        .copied()
        .find(|words| words.0 == key)
        .unwrap_or_else(|| panic!("no words for {key}"))
}

/// How a number would stand in a text; the shortest may stand there for another reason.
fn number(errcode: i64) -> String {
    if errcode == -1 { "errcode".to_owned() } else { errcode.to_string() }
}

/// The file of a number in the guide.
pub(crate) fn page_name(errcode: i64) -> String {
    if errcode == -1 { "minus-1".to_owned() } else { errcode.to_string() }
}

/// What stands between two marks of a page.
#[track_caller]
pub(crate) fn text(page: &Page, from: &str, to: &str) -> String {
    let rest = page.body.split(from).nth(1).unwrap_or_else(|| panic!("no {from}: {}", page.body));
    rest.split(to).next().unwrap().replace("&#39;", "'").replace("&amp;", "&")
}
