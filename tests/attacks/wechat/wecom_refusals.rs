//! WeCom refuses, hangs or sends somebody who is no member: what the person sees, what the log says.

use harness::{Browser, DESKTOP, WECOM};
use magpie_simulator::{Endpoint, Fault};

use crate::answer::{code_of, log_line, reference_of, retry_of, turn_of};
use crate::wecom::{house, office};

/// Return code, status, help key, turn; every row answers with a page at once (wechat.md §12.3).
const PAGES: [(i64, u16, &str, &str); 19] = [
    (-1, 503, "wecom_busy", "wechat"),
    (45_009, 503, "wecom_too_frequent", "wechat"),
    (45_033, 503, "wecom_too_frequent", "wechat"),
    (40_001, 502, "wecom_secret_invalid", "operator"),
    (40_091, 502, "wecom_secret_invalid", "operator"),
    (40_013, 502, "wecom_corp_id_invalid", "operator"),
    (40_056, 502, "wecom_agent_invalid", "operator"),
    (41_004, 502, "wecom_missing_parameter", "operator"),
    (41_008, 502, "wecom_missing_parameter", "operator"),
    (48_002, 502, "wecom_api_not_permitted", "operator"),
    (50_001, 502, "wecom_domain_not_trusted", "operator"),
    (50_002, 400, "wecom_out_of_range", "operator"),
    (50_003, 502, "wecom_app_disabled", "operator"),
    (60_011, 400, "wecom_out_of_range", "operator"),
    (60_020, 502, "wecom_ip_not_allowed", "operator"),
    (60_111, 400, "wecom_member_unknown", "operator"),
    (99_999, 502, "wecom_unknown", "wechat"),
    (i64::MAX, 502, "wecom_unknown", "wechat"),
    (i64::MIN, 502, "wecom_unknown", "wechat"),
];

/// WX-13 for WeCom. The address that WeCom saw goes to the operator's log by 60020 alone, and to no page at all.
/// Seen red with the address of every refusal logged.
#[tokio::test]
async fn every_refusal_of_wecoms_has_its_page_and_one_line_in_the_log() {
    let place = house(office(""), String::new()).await;
    let house = &place.house;
    let start = house.application().authorize(&[]);
    for endpoint in [Endpoint::WecomToken, Endpoint::WecomUserInfo] {
        for (errcode, status, cause, turn) in PAGES {
            let mut browser = Browser::new(house);
            house.wechat.script().once(endpoint, Fault::Errcode(errcode));
            let page = browser.sign_in(house, &start, "ann").await;
            page.assert_error_page(status);
            assert_eq!(
                (page.cause().as_str(), turn_of(&page).as_str()),
                (cause, turn),
                "{errcode}"
            );
            for foreign in ["errmsg", "hint:", "203.0.113.9", "app.example"] {
                assert!(!page.body.contains(foreign), "{foreign}: {}", page.body);
            }
            let line = log_line(house, &reference_of(&page));
            assert_eq!(
                (&line["wechat.errcode"], &line["wechat.help"]),
                (&errcode.into(), &cause.into())
            );
            assert_eq!((&line["turn"], &line["channel.id"]), (&turn.into(), &"office".into()));
            assert!(line["wechat.rid"].as_str().is_some_and(|rid| rid.starts_with("17")), "{line}");
            let seen =
                if errcode == 60_020 { "203.0.113.9".into() } else { serde_json::Value::Null };
            assert_eq!(line["wechat.seen_ip"], seen, "{errcode}");
            assert!(!browser.cookies.contains_key("magpie-session"));
        }
        // A token that could not be had was asked for by each of these logins; once it can be had, it is kept.
        code_of(&Browser::new(house).sign_in(house, &start, "ann").await);
    }
    let rows = place.rows().await;
    assert_eq!((rows["users"], rows["members"]), (1, 1));
    place.house.close().await;
}

/// 40029: the code is lost and the person is not. Once to WeCom again by itself, by the page that fits; then a page.
/// Seen red with the desktop's page for every browser.
#[tokio::test]
async fn a_lost_code_restarts_once_and_then_shows_a_page() {
    let place = house(office(""), String::new()).await;
    let house = &place.house;
    for (agent, door) in [(DESKTOP, "/wwlogin/sso/login?"), (WECOM, "/connect/oauth2/authorize?")] {
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
