//! WeCom refuses, hangs or sends somebody who is no member: what the person sees, what the log says.

use std::path::Path;

use harness::{Browser, DESKTOP, Page};
use magpie_simulator::{Endpoint, Fault};

use crate::answer::{code_of, log_line, reference_of, retry_of, turn_of};
use crate::return_codes::table::Turn;
use crate::return_codes::wecom_table::{CODES, TITLE, WECOM, WORDS};
use crate::return_codes::{page_name, text, words_of};
use crate::wecom::{house, office};

/// WX-13 for WeCom, in both languages. The address that WeCom saw goes to the operator's log by 60020 alone, and to no page.
/// Seen red with the address of every refusal logged.
#[tokio::test]
async fn every_refusal_of_wecoms_has_its_page_and_one_line_in_the_log() {
    let place = house(office(""), String::new()).await;
    let house = &place.house;
    let start = house.application().authorize(&[]);
    for endpoint in [Endpoint::WecomToken, Endpoint::WecomUserInfo] {
        for (errcode, key, status) in CODES {
            let mut browser = Browser::new(house);
            house.wechat.script().once(endpoint, Fault::Errcode(errcode));
            let callback = browser.leave(house, &start, "ann").await;
            for (language, at) in [("en", 0), ("zh-CN", 1)] {
                browser.headers = vec![("accept-language".to_owned(), language.to_owned())];
                let page = browser.get(&callback).await;
                page.assert_error_page(status);
                assert_words(&page, (errcode, key), at);
                let line = log_line(house, &reference_of(&page));
                assert_line(&line, (errcode, key));
            }
            assert!(!browser.cookies.contains_key("magpie-session"));
        }
        // A token that could not be had was asked for by each of these logins; once it can be had, it is kept.
        code_of(&Browser::new(house).sign_in(house, &start, "ann").await);
    }
    let rows = place.rows().await;
    assert_eq!((rows["users"], rows["members"]), (1, 1));
    place.house.close().await;
}

#[track_caller]
fn assert_words(page: &Page, (errcode, key): (i64, &str), at: usize) {
    let (_, turn, texts) = words_of(&WORDS, key);
    assert_eq!(page.cause(), key, "{errcode}");
    assert_eq!(text(page, "<h1>", "</h1>"), TITLE[at], "{errcode}");
    assert_eq!(text(page, "<p class=\"lead\">", "</p>"), texts[at], "{errcode}");
    let named = text(page, &format!("data-turn=\"{}\">", turn.name()), "</dd>");
    assert_eq!(named, if turn == Turn::Wechat { WECOM[at] } else { turn.words()[at] });
    for foreign in ["errmsg", "hint:", "203.0.113.9", "app.example"] {
        assert!(!page.body.contains(foreign), "{foreign}: {}", page.body);
    }
}

#[track_caller]
fn assert_line(line: &serde_json::Value, (errcode, key): (i64, &str)) {
    let turn = words_of(&WORDS, key).1.name();
    assert_eq!((&line["wechat.errcode"], &line["wechat.help"]), (&errcode.into(), &key.into()));
    assert_eq!((&line["turn"], &line["channel.id"]), (&turn.into(), &"office".into()));
    assert!(line["wechat.rid"].as_str().is_some_and(|rid| rid.starts_with("17")), "{line}");
    let seen = if errcode == 60_020 { "203.0.113.9".into() } else { serde_json::Value::Null };
    assert_eq!(line["wechat.seen_ip"], seen, "{errcode}");
}

/// The guide explains WeCom's numbers as the pages do, in both languages. Seen red with another key on a page of the guide.
#[test]
fn the_guide_explains_wecoms_numbers_as_the_pages_do() {
    let others = [
        (40_014, "wecom_token_invalid", 503),
        (42_001, "wecom_token_invalid", 503),
        (40_029, "wecom_code_invalid", 400),
    ];
    let rows = CODES.into_iter().filter(|row| row.1 != "wecom_unknown").chain(others);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide");
    for (errcode, key, status) in rows {
        for language in ["en", "zh-CN"] {
            let name = format!("{language}/wecom/errors/{}.md", page_name(errcode));
            let page = std::fs::read_to_string(root.join(&name)).unwrap();
            for said in [
                format!("`wechat.errcode = {errcode}`"),
                format!("`wechat.help = \"{key}\"`"),
                format!("HTTP {status}"),
            ] {
                assert!(page.contains(&said), "{name} does not say {said}");
            }
        }
    }
}

/// 40029: the code is lost and the person is not. Once to WeCom again by itself, by the page that fits; then a page.
/// Seen red with the desktop's page for every browser.
#[tokio::test]
async fn a_lost_code_restarts_once_and_then_shows_a_page() {
    let place = house(office(""), String::new()).await;
    let house = &place.house;
    for (agent, door) in
        [(DESKTOP, "/wwlogin/sso/login?"), (harness::WECOM, "/connect/oauth2/authorize?")]
    {
        let mut browser = Browser::of(house, agent);
        let first = browser.leave(house, &house.application().authorize(&[]), "ann").await;
        house.wechat.script().times(Endpoint::WecomUserInfo, 2, Fault::Errcode(40_029));
        let again = browser.get(&first).await;
        assert_eq!(again.status, 303, "{}", again.body);
        assert!(again.location().contains(door), "{}", again.location());
        let second = house.wechat.approve(&again.location(), "ann").unwrap();
        let page = browser.get(&second).await;
        page.assert_error_page(400);
        assert_eq!(
            (page.cause().as_str(), turn_of(&page).as_str()),
            ("wecom_code_invalid", "person")
        );
        code_of(&browser.sign_in(house, &retry_of(&page), "ann").await);
    }
    place.house.close().await;
}

/// Who is no member is turned away with nothing written, unless the operator lets everybody in. Seen red with every
/// outsider let in.
#[tokio::test]
async fn an_outsider_is_turned_away_unless_the_operator_lets_them() {
    for (members_only, spelling) in [(true, None), (true, Some(Fault::Capitalised)), (false, None)]
    {
        let place = house(office(&format!("members_only = {members_only}")), String::new()).await;
        let house = &place.house;
        if let Some(fault) = spelling {
            house.wechat.script().once(Endpoint::WecomUserInfo, fault);
        }
        let application = house.application();
        let start = application.authorize(&[("scope", "openid wechat")]);
        let page = Browser::new(house).sign_in(house, &start, "ben").await;
        let rows = place.rows().await;
        if members_only {
            page.assert_error_page(400);
            assert_eq!(
                (page.cause().as_str(), turn_of(&page).as_str()),
                ("wecom_not_a_member", "person")
            );
            assert_eq!(log_line(house, &reference_of(&page))["wechat.help"], "wecom_not_a_member");
            assert_eq!((rows["users"], rows["openids"], rows["sessions"]), (0, 0, 0));
        } else {
            let tokens = application.tokens(&code_of(&page)).await;
            let claims = application.userinfo(&tokens.access_token).await.json();
            let openid = house.wechat.world().corps[0].openid_of("ben");
            assert_eq!(claims["wechat_openid"], openid.as_str());
            assert!(claims.get("wecom_userid").is_none(), "{claims}");
            assert_eq!((rows["users"], rows["members"]), (1, 0));
        }
        place.house.close().await;
    }
}

/// The console decides: a member outside the visible range, and an app that is switched off. Seen red with 50003 told
/// as 50002.
#[tokio::test]
async fn what_the_console_forbids_is_said_in_plain_words() {
    let place = house(office(""), String::new()).await;
    let house = &place.house;
    let start = house.application().authorize(&[]);
    house.wechat.change_world(|world| world.corps[0].agents[0].hidden_from.push("ann".to_owned()));
    let page = Browser::new(house).sign_in(house, &start, "ann").await;
    page.assert_error_page(400);
    assert!(
        page.body.contains("Your organisation has not opened this sign-in to you"),
        "{}",
        page.body
    );
    house.wechat.change_world(|world| world.corps[0].agents[0].disabled = true);
    let page = Browser::new(house).sign_in(house, &start, "xiaoyu").await;
    page.assert_error_page(502);
    assert!(page.body.contains("Your organisation has switched this sign-in off"), "{}", page.body);
    // A port that the console does not know is refused on WeCom's own page; nobody comes back from there.
    house.wechat.change_world(|world| {
        world.corps[0].agents[0].trusted_domains = vec!["127.0.0.1".to_owned()];
    });
    let leaving = Browser::new(house).get(&start).await;
    assert_eq!(house.wechat.approve(&leaving.location(), "xiaoyu"), Err("50001".to_owned()));
    place.house.close().await;
}

/// WX-18, WX-37: nobody is made of half an answer, and no answer is a page in time; the log names the class alone.
/// Seen red with the first of two spellings believed.
#[tokio::test]
async fn odd_and_missing_answers_are_pages() {
    let place = house(office(""), String::new()).await;
    let house = &place.house;
    let start = house.application().authorize(&[]);
    // The token first, which is kept once it is there.
    for (endpoint, fault, class) in [
        (Endpoint::WecomToken, Fault::HangUpAfter, "interrupted"),
        (Endpoint::WecomUserInfo, Fault::HangUpAfter, "interrupted"),
        (Endpoint::WecomUserInfo, Fault::Redirect("http://127.0.0.1:9/x".to_owned()), "redirected"),
        (Endpoint::WecomUserInfo, Fault::Hang, "deadline"),
    ] {
        house.wechat.script().once(endpoint, fault.clone());
        let mut browser = Browser::new(house);
        let callback = browser.leave(house, &start, "ann").await;
        let page = browser.get(&callback).await;
        page.assert_error_page(503);
        assert_eq!(page.cause(), "wecom_unreachable", "{fault:?}");
        assert_eq!(
            browser.get(&callback).await.cause(),
            "wecom_unreachable",
            "a reload asks nobody"
        );
        let line = log_line(house, &reference_of(&page));
        assert_eq!(line["upstream.failure"], class, "{fault:?}");
        for secret in ["cgi-bin", "access_token", &house.wechat.base_url()] {
            assert!(!line.to_string().contains(secret), "{line}");
        }
    }
    for odd in [
        Fault::NoField("userid".to_owned()),
        Fault::RawField("userid".to_owned(), b"7".to_vec()),
        Fault::RawField("userid".to_owned(), b"\"a b\"".to_vec()),
        Fault::RawField("userid".to_owned(), format!("\"{}\"", "a".repeat(200)).into_bytes()),
        Fault::RawField("UserId".to_owned(), b"\"somebody-else\"".to_vec()),
        Fault::Body(b"<html>".to_vec()),
    ] {
        house.wechat.script().once(Endpoint::WecomUserInfo, odd.clone());
        let page = Browser::new(house).sign_in(house, &start, "ann").await;
        page.assert_error_page(502);
        assert_eq!(page.cause(), "wecom_unreadable", "{odd:?}");
    }
    assert_eq!(place.count("users").await, 0);
    place.house.close().await;
}
