//! The attempt in its cookie: whose it is, how many there may be, and what the cookie looks like.
//! An https issuer has no place in this house; `__Host-` and `Secure` are held by the tests of the cookies themselves.

use harness::{Browser, House, WECHAT_PHONE};

use crate::scene::{assert_code, assert_to_wechat, attempts, rows};

const TARGET: &str = "https://app.example/cb?keep=1";

/// AZ-30, A21: who finishes in another browser gets a page, and whoever waits in the first never gets a code. Seen red
/// with attempts of other browsers opened.
#[tokio::test]
async fn a_login_that_is_finished_in_another_browser_gives_nobody_a_code() {
    let house = House::open().await;
    let start = house.application().authorize(&[]);
    let mut first = Browser::new(&house);
    let callback = first.leave(&house, &start, "ann").await;
    let attempt = attempts(&first).pop().unwrap();
    let resume = format!("/oauth2/resume/{}", attempt.strip_prefix("magpie-attempt-").unwrap());
    let before = rows(&house).await;
    let mut second = Browser::new(&house);
    let page = second.get(&callback).await;
    page.assert_error_page(400);
    assert_eq!(page.marker(), "sign-in-not-found");
    // A cookie of its own does not help.
    let own = second.get(&start).await;
    assert_to_wechat(&own, &house);
    second.get(&callback).await.assert_error_page(400);
    assert_eq!(house.wechat.exchanges(), 0, "nobody spent the code");
    for _ in 0..3 {
        let waiting = first.get(&resume).await;
        assert_to_wechat(&waiting, &house);
        assert_eq!(waiting.sent("code"), None);
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// A21: the cookie of one attempt opens no other, under whatever name and however it is changed. Seen red with the
/// value not bound to the name.
#[tokio::test]
async fn a_cookie_under_another_name_or_with_another_byte_is_none() {
    let house = House::open().await;
    let start = house.application().authorize(&[]);
    let mut browser = Browser::of(&house, WECHAT_PHONE);
    let page = browser.get(&start).await;
    let (resume, name) = (page.action(), attempts(&browser).pop().unwrap());
    let value = browser.cookies[&name].clone();
    let other = Browser::of(&house, WECHAT_PHONE);
    let mut other_page = other.clone();
    other_page.get(&start).await;
    let other_value = other_page.cookies[&attempts(&other_page).pop().unwrap()].clone();
    let before = rows(&house).await;
    let mut forged = vec![String::new(), "AAAA".to_owned(), other_value, format!("{value}A")];
    forged.push(value.chars().take(value.len() - 1).collect());
    for at in [0, 1, value.len() / 3, value.len() / 2, value.len() - 20] {
        let mut changed = value.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        forged.push(String::from_utf8(changed).unwrap());
    }
    for value in forged {
        let mut forger = other.clone();
        forger.cookies.insert(name.clone(), value);
        forger.get(&resume).await.assert_error_page(400);
        forger.post(&resume, &[("step", "continue")]).await.assert_error_page(400);
    }
    let mut renamed = other.clone();
    renamed.cookies.insert(format!("__Host-{name}"), value.clone());
    renamed.get(&resume).await.assert_error_page(400);
    let mut honest = other.clone();
    honest.cookies.insert(name, value);
    assert_eq!(honest.get(&resume).await.marker(), "interstitial", "the right one opens it");
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// AZ-37: a browser keeps a handful of attempts, loses the oldest, and the youngest still work. Seen red with all of
/// them kept and with the youngest dropped.
#[tokio::test]
async fn abandoned_attempts_make_room_for_new_ones() {
    let house = House::open().await;
    let app = house.application();
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    let mut begun = Vec::new();
    for number in 0..30 {
        // Names of attempts sort by whole seconds; within one, which of the surplus goes first is chance.
        if number == 1 || number == 28 {
            tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        }
        let start = app.authorize(&[("state", &format!("state-number-{number}-of-this-browser"))]);
        begun.push(browser.leave(&house, &start, "xiaoyu").await);
        let kept = attempts(&browser);
        assert!(kept.len() <= 6, "{} attempts", kept.len());
        let bytes: usize = kept.iter().map(|name| name.len() + browser.cookies[name].len()).sum();
        assert!(bytes <= 8 * 1024, "{bytes} bytes of attempts");
    }
    assert_eq!(rows(&house).await, before);
    browser.get(&begun[0]).await.assert_error_page(400);
    for number in [29, 28] {
        let page = browser.get(&begun[number]).await;
        assert_code(&page, &house, TARGET);
        let state = format!("state-number-{number}-of-this-browser");
        assert_eq!(page.sent("state").as_deref(), Some(&*state), "each tab its own answer");
    }
    house.close().await;
}

/// AZ-37: long states are kept as well, and never more of them than a browser takes. Seen red with their bytes not
/// counted.
#[tokio::test]
async fn attempts_with_long_states_still_fit() {
    let house = House::open().await;
    let app = house.application();
    let (state, nonce) = ("s".repeat(1500), "n".repeat(400));
    let mut browser = Browser::new(&house);
    for _ in 0..5 {
        let start = app.authorize(&[("state", &state), ("nonce", &nonce)]);
        let callback = browser.leave(&house, &start, "xiaoyu").await;
        for name in attempts(&browser) {
            assert!(name.len() + browser.cookies[&name].len() < 4096, "browsers keep 4096 bytes");
        }
        let bytes: usize =
            browser.cookies.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(bytes < 8 * 1024, "{bytes}");
        let page = browser.clone().get(&callback).await;
        assert_eq!(page.sent("state").as_deref(), Some(&*state));
    }
    house.close().await;
}

/// An attempt leaves for WeChat a few times and no more, and tells the person what to do then.
#[tokio::test]
async fn an_attempt_that_leaves_again_and_again_comes_to_an_end() {
    let house = House::open().await;
    let mut browser = Browser::of(&house, WECHAT_PHONE);
    let page = browser.get(&house.application().authorize(&[])).await;
    for _ in 0..5 {
        let left = browser.post(&page.action(), &[("step", "continue")]).await;
        assert_to_wechat(&left, &house);
    }
    let refused = browser.post(&page.action(), &[("step", "continue")]).await;
    refused.assert_error_page(400);
    assert_eq!(refused.cause(), "expired");
    house.close().await;
}

/// Cookies are for us alone: no script reads them, no other site brings them with a form, they end.
#[tokio::test]
async fn every_cookie_is_http_only_lax_and_dated() {
    let house = House::open().await;
    let mut browser = Browser::of(&house, WECHAT_PHONE);
    let page = browser.get(&house.application().authorize(&[])).await;
    let switched = browser.get(&format!("{}?language=zh-CN", page.action())).await;
    let left = browser.post(&page.action(), &[("step", "continue")]).await;
    let callback = house.wechat.approve(&left.location(), "xiaoyu").unwrap();
    let landed = browser.get(&callback).await;
    let mut seen = Vec::new();
    for page in [&page, &switched, &left, &landed] {
        for line in page.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let parts: Vec<&str> = line.split("; ").collect();
            for part in ["Path=/", "HttpOnly", "SameSite=Lax"] {
                assert!(parts.contains(&part), "{part} is missing");
            }
            assert!(!line.to_ascii_lowercase().contains("domain="));
            let age = parts.iter().find_map(|part| part.strip_prefix("Max-Age=")).unwrap();
            let name = line.split('=').next().unwrap();
            let kind = name.split('-').nth(1).unwrap().to_owned();
            let most = [("attempt", 600), ("session", 30 * 86_400), ("language", 365 * 86_400)];
            let most = most.iter().find(|(known, _)| *known == kind).unwrap().1;
            assert!(age.parse::<u32>().unwrap() <= most, "{kind} for {age}");
            seen.push(kind);
        }
    }
    for kind in ["attempt", "session", "language"] {
        assert!(seen.iter().any(|known| known == kind), "{kind} was never set");
    }
    house.close().await;
}
