//! Userinfo: how a token may be shown, how its absence and its end are told, and whose claims come out.

use harness::{Application, Page};

use crate::place::{Place, assert_json};

const FORM: &str = "application/x-www-form-urlencoded";

/// A request with that method, query, header and form.
async fn ask(
    app: &Application,
    how: (&str, &str),
    header: Option<&str>,
    form: Option<&str>,
) -> Page {
    let issuer = app.authorize(&[]);
    let (issuer, _) = issuer.split_once("/oauth2/").unwrap();
    let mut request =
        http::Request::builder().method(how.0).uri(format!("{issuer}/oauth2/userinfo{}", how.1));
    if let Some(header) = header {
        request = request.header("authorization", header);
    }
    if form.is_some() {
        request = request.header("content-type", FORM);
    }
    app.send(request.body(form.unwrap_or_default().as_bytes().to_vec()).unwrap()).await
}

const GET: (&str, &str) = ("GET", "");
const POST: (&str, &str) = ("POST", "");

/// U1, U7, U8. Seen red with the form not read, and with the scheme in one case alone.
#[tokio::test]
async fn a_token_is_taken_by_header_and_by_form() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let tokens = place.tokens().await;
        let token = &tokens.access_token;
        let bearer = format!("Bearer {token}");
        let form = format!("access_token={token}");
        let odd =
            [format!("bearer {token}"), format!("BEARER {token}"), format!("Bearer  {token} ")];
        let mut pages = vec![
            ask(&app, GET, Some(&bearer), None).await,
            ask(&app, POST, Some(&bearer), None).await,
            ask(&app, POST, Some(&bearer), Some("")).await,
            ask(&app, POST, None, Some(&form)).await,
        ];
        for header in &odd {
            pages.push(ask(&app, GET, Some(header), None).await);
        }
        for page in &pages {
            assert_eq!(page.status, 200, "{}", page.body);
            assert_eq!(page.header("content-type"), "application/json");
            assert_eq!(
                (page.header("cache-control"), page.header("pragma")),
                ("no-store", "no-cache")
            );
            assert_eq!(page.body, pages[0].body);
        }
        let claims = pages[0].json();
        assert_eq!(claims["sub"], tokens.subject().as_str());
        for (name, value) in claims.as_object().unwrap() {
            assert!(!value.is_null() && value != "", "{name} is blank");
        }
        assert!(claims.get("wechat_openid").is_none() && claims.get("nickname").is_none());
        place.close().await;
    }
}

/// UI-01, U2, U3: a bare challenge to who shows nothing, `invalid_token` to who shows something else.
#[tokio::test]
async fn what_is_wrong_with_a_token_stands_in_the_challenge() {
    let mut place = Place::open().await;
    let app = place.app();
    let token = place.tokens().await.access_token;
    let before = place.facts.picture().await;
    for (how, header, form) in [
        (GET, None, None),
        (POST, None, None),
        (POST, None, Some("access_token=")),
        (POST, None, Some("x=1")),
        (GET, Some("Basic YXBwOng=".to_owned()), None),
        (GET, Some(token.clone()), None),
        (GET, Some(format!("Token {token}")), None),
        (GET, Some(format!("Bearer{token}")), None),
    ] {
        let page = ask(&app, how, header.as_deref(), form).await;
        assert_eq!((page.status.as_u16(), &*page.body), (401, ""), "{how:?} {form:?}");
        assert_eq!(page.header("www-authenticate"), "Bearer realm=\"magpie\"");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    for header in [
        "Bearer".to_owned(),
        "Bearer unknown".to_owned(),
        "Bearer nul%00".to_owned(),
        format!("Bearer {token},"),
        format!("Bearer \"{token}\""),
        format!("Bearer {token} {token}"),
        format!("Bearer {}", "a".repeat(20_000)),
        "Bearer 鹊".to_owned(),
    ] {
        let page = ask(&app, GET, Some(&header), None).await;
        assert_eq!(page.status, 401, "{header}");
        if header.is_ascii() {
            assert_json(&page, 401, "invalid_token");
            assert!(page.header("www-authenticate").ends_with("error=\"invalid_token\""));
        }
    }
    assert_eq!(place.facts.picture().await, before);
    place.close().await;
}

/// UI-02, U5, U6: the house searches its log for the token when it closes. Seen red with the query not looked at, and
/// with the header preferred to the form.
#[tokio::test]
async fn a_token_in_the_query_or_in_two_places_is_an_invalid_request() {
    let mut place = Place::open().await;
    let app = place.app();
    let token = place.tokens().await.access_token;
    let bearer = format!("Bearer {token}");
    let form = format!("access_token={token}");
    let query = format!("?{form}");
    let twice = format!("{form}&{form}");
    let pages = [
        ask(&app, ("GET", &query), None, None).await,
        ask(&app, ("GET", &query), Some(&bearer), None).await,
        ask(&app, ("GET", "?access_token="), Some(&bearer), None).await,
        ask(&app, ("POST", &query), None, Some(&form)).await,
        ask(&app, POST, Some(&bearer), Some(&form)).await,
        ask(&app, POST, None, Some(&twice)).await,
        ask(&app, ("GET", "?x=%FF"), Some(&bearer), None).await,
    ];
    for page in &pages {
        assert_json(page, 400, "invalid_request");
        assert!(page.header("www-authenticate").contains("error=\"invalid_request\""));
    }
    let mut request = http::Request::get(format!("{}/oauth2/userinfo", place.house.issuer));
    for _ in 0..2 {
        request = request.header("authorization", &bearer);
    }
    assert_json(&app.send(request.body(Vec::new()).unwrap()).await, 400, "invalid_request");
    for method in ["PUT", "DELETE", "OPTIONS"] {
        let page = ask(&app, (method, ""), Some(&bearer), None).await;
        assert_eq!(
            (page.status.as_u16(), page.header("allow")),
            (405, "GET,HEAD,POST"),
            "{method}"
        );
    }
    assert_eq!(app.userinfo(&token).await.status, 200);
    place.close().await;
}

/// UI-01, UI-04: revoked, swept away, or about somebody who is no more. Seen red with tokens of blocked people, and
/// with a person who is no more not missed (UI-04).
#[tokio::test]
async fn a_token_ends_with_its_grant_and_with_its_person() {
    let endings = [
        ("UPDATE grants SET revoked_at = 1", ""),
        ("UPDATE grants SET code_used_at = NULL", ""),
        ("DELETE FROM grants", ""),
        ("UPDATE users SET state = 'blocked'", "UPDATE users SET state = 'active'"),
        ("DELETE FROM avatars; DELETE FROM openids; DELETE FROM unionids; DELETE FROM users", ""),
    ];
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        for (ending, mend) in endings {
            let tokens = place.tokens().await;
            assert_eq!(app.userinfo(&tokens.access_token).await.status, 200, "{ending}");
            place.facts.run(ending).await;
            let page = app.userinfo(&tokens.access_token).await;
            assert_json(&page, 401, "invalid_token");
            assert!(page.header("www-authenticate").ends_with("error=\"invalid_token\""));
            if !mend.is_empty() {
                place.facts.run(mend).await;
            }
        }
        place.close().await;
    }
}
