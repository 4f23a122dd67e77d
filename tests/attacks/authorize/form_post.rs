//! The answer as a form (OAuth 2.0 Form Post Response Mode): a page that goes to one address and holds nothing alive.

use harness::{Browser, House, Page};
use html5gum::{Token, Tokenizer};

use crate::scene::{STATE, assert_told, come_back, rows, signed_in};

const ACTION: &str = "https://app.example/cb?keep=1";

/// The elements of a page as a browser's tokenizer sees them: name and attributes, decoded.
fn elements(page: &Page) -> Vec<(String, Vec<(String, String)>)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut found = Vec::new();
    for token in Tokenizer::new(&page.body) {
        let Ok(Token::StartTag(tag)) = token else { continue };
        let attributes =
            tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
        found.push((text(&tag.name), attributes));
    }
    found
}

fn attribute(attributes: &[(String, String)], name: &str) -> Option<String> {
    attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// The hidden fields of the page's one form, which goes to the application.
fn fields(page: &Page) -> Vec<(String, String)> {
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.marker(), "form-post");
    let all = elements(page);
    let forms: Vec<_> = all.iter().filter(|(name, _)| name == "form").collect();
    assert_eq!(forms.len(), 1);
    assert_eq!(attribute(&forms[0].1, "action").as_deref(), Some(ACTION));
    assert_eq!(attribute(&forms[0].1, "method").as_deref(), Some("post"));
    assert!(attribute(&forms[0].1, "target").is_none());
    let hidden = all.iter().filter(|(name, attributes)| {
        name == "input" && attribute(attributes, "type").as_deref() == Some("hidden")
    });
    hidden.map(|(_, a)| (attribute(a, "name").unwrap(), attribute(a, "value").unwrap())).collect()
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[track_caller]
fn assert_private(page: &Page) {
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(page.headers.get("location").is_none());
    let policy = page.header("content-security-policy");
    let directives: Vec<_> = policy.split(';').map(str::trim).collect();
    // A source expression has no query; the path must be there, or any page of that host would do.
    assert!(directives.contains(&"form-action https://app.example/cb"), "{policy}");
    assert!(directives.contains(&"script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

/// A23: yes travels as a form with code, state and issuer, works without a script, and is nobody else's to send. Seen
/// red with a redirect in place of the form and with a policy that lets the form go nowhere.
#[tokio::test]
async fn a_code_travels_by_form_with_and_without_a_script() {
    for house in House::on_both_engines().await {
        let app = house.application();
        let mut browser = Browser::new(&house);
        let departure =
            browser.get(&app.authorize(&[("response_mode", "form_post"), ("nonce", "n-1")])).await;
        let landed = come_back(&house, &mut browser, &departure, "xiaoyu").await;
        let silent = app.authorize(&[("response_mode", "form_post"), ("prompt", "none")]);
        for page in [landed, browser.get(&silent).await] {
            assert_private(&page);
            let fields = fields(&page);
            let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["code", "state", "iss"]);
            assert_eq!(field(&fields, "state"), Some(STATE));
            assert_eq!(field(&fields, "iss"), Some(house.issuer.as_str()));
            let all = elements(&page);
            assert!(all.iter().any(|(name, a)| name == "button"
                && attribute(a, "type").as_deref() == Some("submit")
                && attribute(a, "disabled").is_none()));
            let scripts: Vec<_> = all.iter().filter(|(name, _)| name == "script").collect();
            assert_eq!(scripts.len(), 1, "one, of our own, from a file");
            let source = attribute(&scripts[0].1, "src").unwrap();
            assert!(source.starts_with("/assets/"), "{source}");
            let script = browser.get(&source).await;
            assert_eq!(script.status, 200);
            assert!(script.header("content-type").contains("javascript"));
            assert_eq!(app.redeem(field(&fields, "code").unwrap()).await.status, 200);
        }
        house.close().await;
    }
}

/// A23: an error travels the same way, from every place where one can arise. Seen red with errors told in the query and
/// with errors without the issuer.
#[tokio::test]
async fn an_error_travels_by_form_too() {
    let house = House::open().await;
    let app = house.application();
    let form = ("response_mode", "form_post");
    let mut browser = Browser::new(&house);
    for (more, error) in [
        (("prompt", "none"), "login_required"),
        (("prompt", "nonsense"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("request", "x"), "request_not_supported"),
        (("scope", "zzz"), "invalid_scope"),
    ] {
        let page = browser.get(&app.authorize(&[form, more])).await;
        assert_refused_by_form(&page, &house, error);
    }
    let mut phone = Browser::of(&house, harness::PHONE);
    let page = phone.get(&app.authorize(&[form])).await;
    let page = phone.post(&page.action(), &[("step", "cancel")]).await;
    assert_refused_by_form(&page, &house, "access_denied");
    // A mode sent twice, or one we do not have, is answered in the query.
    let twice = format!("{}&response_mode=form_post", app.authorize(&[form]));
    assert_told(&browser.get(&twice).await, &house, ACTION, "invalid_request");
    house.close().await;
}

#[track_caller]
fn assert_refused_by_form(page: &Page, house: &House, error: &str) {
    assert_private(page);
    let fields = fields(page);
    assert_eq!(field(&fields, "error"), Some(error));
    assert_eq!(field(&fields, "state"), Some(STATE));
    assert_eq!(field(&fields, "iss"), Some(house.issuer.as_str()));
    assert_eq!(field(&fields, "code"), None);
}

/// A23, AZ-25: whatever a state holds, it stays a value. Seen red with the value written as it is.
#[tokio::test]
async fn a_hostile_state_stays_a_value_in_the_form() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    for state in [
        "\"><script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        "</form><form action=https://evil.example>",
        "</script><script>alert(1)",
        "{{7*7}}{%25x%25}${7*7}",
        "javascript:alert(1)",
        "&quot;&#34;&amp;<!--",
        "]]><svg/onload=alert(1)>",
        "é\u{202e}小鱼🐟",
    ] {
        for more in [("prompt", "none"), ("prompt", "nonsense")] {
            let asks = [("response_mode", "form_post"), ("state", state), more];
            let page = browser.get(&app.authorize(&asks)).await;
            assert_private(&page);
            assert_eq!(field(&fields(&page), "state"), Some(state));
            let all = elements(&page);
            assert_eq!(all.iter().filter(|(name, _)| name == "script").count(), 1, "{state}");
            assert!(all.iter().all(|(name, _)| name != "img" && name != "iframe"), "{state}");
            assert!(all.iter().all(|(_, a)| a.iter().all(|(name, _)| !name.starts_with("on"))));
        }
    }
    house.close().await;
}

/// AZ-25: before the target is proved there is no form, whatever mode was asked.
#[tokio::test]
async fn no_form_leads_to_a_target_that_is_not_registered() {
    let house = House::open().await;
    let app = house.application();
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    for (name, value) in [("redirect_uri", "https://evil.example/cb"), ("client_id", "nobody")] {
        let page =
            browser.get(&app.authorize(&[("response_mode", "form_post"), (name, value)])).await;
        page.assert_error_page(400);
        assert!(!page.body.contains("<form"));
        assert!(page.header("content-security-policy").contains("form-action 'none'"));
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}
