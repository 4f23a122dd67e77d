//! Phone numbers that mini programs ask for, and the app-level token that opens them: fetched by one replica at a time,
//! kept sealed, replaced once when WeChat refuses it.

use std::time::Duration;

use futures_util::future::join_all;
use harness::{Application, House, Page, Tokens};
use magpie_simulator::{Endpoint, Fault, Scope};
use serde_json::json;

use crate::phone_scene::{MINI, OTHER_MINI, bring, house, on_both_engines, with_central_tokens};
use crate::place::Place;

const PHONE: &str = "openid phone";

impl Place {
    fn phone_code(&self, person: &str) -> String {
        self.house.wechat.issue_code(MINI, person, Scope::PhoneNumber).unwrap()
    }

    fn asked(&self, endpoint: Endpoint) -> u64 {
        self.house.wechat.requests_to(endpoint)
    }

    fn forced(&self) -> usize {
        let requests = self.house.wechat.requests();
        let forced = |value: Option<&str>| value == Some("true");
        requests.iter().filter(|seen| forced(seen.parameter("force_refresh"))).count()
    }
}

/// Signs a person in with a code for their number.
async fn with_number(place: &Place, app: &Application, person: &str) -> Page {
    let (code, phone) = (place.mini_code(person), place.phone_code(person));
    let page = bring(app, &code, "mini", &[("scope", PHONE), ("phone_code", &phone)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

async fn number_of(app: &Application, page: &Page) -> serde_json::Value {
    let info = app.userinfo(&Tokens::read(page).access_token).await.json();
    assert_eq!(info.get("phone_number").is_some(), info.get("phone_number_verified").is_some());
    info["phone_number"].clone()
}

/// Whether the client was told that it did not get the number.
fn is_without(page: &Page) -> bool {
    page.json()["scope"] == "openid"
}

fn expected(place: &Place, person: &str) -> serde_json::Value {
    let (country, number) = place.house.wechat.world().person(person).unwrap().phone_number();
    json!(format!("+{country}{number}"))
}

/// wechat.md §5.4: the number is the person's from then on, also where they come by another channel. Seen red with the
/// number not kept.
#[tokio::test]
async fn a_number_that_wechat_vouches_for_is_the_persons_claim() {
    for place in on_both_engines().await {
        let caller = place.public("caller");
        let page = with_number(&place, &caller, "ann").await;
        assert!(page.json().get("scope").is_none(), "everything was granted: {}", page.body);
        assert_eq!(number_of(&caller, &page).await, expected(&place, "ann"));
        place.house.wechat.change_world(|world| {
            let ann = world.people.iter_mut().find(|person| person.key == "ann").unwrap();
            ann.phone = Some(("1".to_owned(), "2025550100".to_owned()));
        });
        let later = bring(&caller, &place.mini_code("ann"), "mini", &[("scope", PHONE)]).await;
        assert_ne!(number_of(&caller, &later).await, "+12025550100", "nobody asked WeChat");
        let page = with_number(&place, &caller, "ann").await;
        assert_eq!(number_of(&caller, &page).await, "+12025550100");
        assert_eq!(number_of(&caller, &later).await, "+12025550100", "one person, one number");
        assert_eq!(place.facts.number("SELECT count(*) FROM phone_numbers").await, 1);
        assert_eq!(place.asked(Endpoint::StableToken), 1, "the token is kept");
        place.close().await;
    }
}

/// Who did not ask, or may not, is told nothing, and WeChat is not asked. Seen red with WeChat asked whatever the
/// scope.
#[tokio::test]
async fn a_number_goes_to_who_asked_for_it_and_may_have_it() {
    let place = house(None).await;
    let (caller, shop) = (place.public("caller"), place.public("shop"));
    with_number(&place, &caller, "ann").await;
    let before = place.asked(Endpoint::PhoneNumber);
    for (app, scope) in [(&shop, PHONE), (&caller, "openid")] {
        let (code, phone) = (place.mini_code("ann"), place.phone_code("ann"));
        let page = bring(app, &code, "mini", &[("scope", scope), ("phone_code", &phone)]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(number_of(app, &page).await, json!(null));
    }
    assert_eq!(place.asked(Endpoint::PhoneNumber), before);
    place.close().await;
}

/// A number that cannot be had keeps nobody out, and the client sees it by the scope. Seen red with the watermark's
/// account not compared.
#[tokio::test]
async fn without_a_number_the_person_signs_in_and_the_scope_is_gone() {
    let place = house(None).await;
    let caller = place.public("caller");
    let info = |app: &str, country: &str| {
        let text = format!(
            r#"{{"phoneNumber":"1","purePhoneNumber":"13800000000","countryCode":{country},"watermark":{{"timestamp":1,"appid":"{app}"}}}}"#
        );
        Fault::RawField("phone_info".to_owned(), text.into_bytes())
    };
    for fault in [
        Fault::Errcode(40_029),
        Fault::Errcode(45_011),
        Fault::Errcode(48_001),
        Fault::HangUpAfter,
        Fault::Body(b"<html>".to_vec()),
        Fault::NoField("phone_info".to_owned()),
        info(OTHER_MINI, "86"),
        info(MINI, "\"x\""),
        info(MINI, "null"),
    ] {
        place.house.wechat.script().once(Endpoint::PhoneNumber, fault.clone());
        let page = with_number(&place, &caller, "ben").await;
        assert!(is_without(&page), "{fault:?}: {}", page.body);
        assert_eq!(number_of(&caller, &page).await, json!(null), "{fault:?}");
    }
    // wechat.md §5.4: a number in some answers.
    place.house.wechat.script().once(Endpoint::PhoneNumber, info(MINI, "86"));
    let page = with_number(&place, &caller, "ben").await;
    assert_eq!(number_of(&caller, &page).await, "+8613800000000");
    // A login code is no code of a number, and an app has none.
    let login = place.mini_code("ben");
    let more = [("scope", PHONE), ("phone_code", &*login)];
    assert!(is_without(&bring(&caller, &place.mini_code("ben"), "mini", &more).await));
    let phone = place.phone_code("ben");
    let more = [("scope", PHONE), ("phone_code", &*phone)];
    assert!(is_without(&bring(&caller, &place.app_code("ben"), "app", &more).await));
    place.close().await;
}

/// WX-41: one fetch for all replicas, and the token is nowhere in the clear. Seen red with a lease that everybody gets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_that_need_a_token_at_once_fetch_one() {
    for place in on_both_engines().await {
        let (address, stop) = place.house.replica().await;
        let apps = [place.public("caller"), place.public("caller").at(address)];
        place.house.wechat.script().once(Endpoint::StableToken, Fault::DelayMs(300));
        let calls = (0..12).map(|turn| with_number(&place, &apps[turn % 2], "ann"));
        for page in join_all(calls).await {
            assert!(!is_without(&page), "{}", page.body);
        }
        assert_eq!(place.asked(Endpoint::StableToken), 1);
        assert_eq!(place.asked(Endpoint::Token), 0, "which would end the operator's other token");
        let requests = place.house.wechat.requests();
        let token = requests.iter().rev().find_map(|seen| seen.parameter("access_token")).unwrap();
        assert!(token.starts_with("79_") && !place.house.log().contains(token));
        let files = ["magpie.db", "magpie.db-wal"].map(|name| place.house.folder().join(name));
        for bytes in files.iter().filter_map(|path| std::fs::read(path).ok()) {
            assert!(!String::from_utf8_lossy(&bytes).contains(token));
        }
        stop.cancel();
        place.close().await;
    }
}

/// Decision 0051: whoever waits for another's fetch looks, and writes nothing. Seen red with the lease asked for each time.
#[tokio::test]
async fn a_wait_for_anothers_fetch_writes_nothing() {
    for place in on_both_engines().await {
        // Another replica fetches, and takes its time.
        let taken = "INSERT INTO app_tokens (app_id, version, expires_at, lease_until, forced_at, forced_count)";
        place.facts.run(&format!("{taken} VALUES ('{MINI}', 0, 0, 99999999999, 0, 0)")).await;
        let caller = place.public("caller");
        let calls = join_all((0..8).map(|_| with_number(&place, &caller, "ann")));
        let watch = async {
            harness::until("eight wait", || place.asked(Endpoint::JsCode2Session) >= 8).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            let (wrote, said) =
                (counted(&place, "transactions").await, counted(&place, "statements").await);
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(counted(&place, "transactions").await, wrote, "somebody wrote");
            let said = counted(&place, "statements").await - said;
            assert!(said >= 8 * 5, "nobody looked: {said}");
            place.facts.run("UPDATE app_tokens SET lease_until = 0").await;
        };
        let (pages, ()) = tokio::join!(calls, watch);
        assert!(pages.iter().all(|page| !is_without(page)));
        assert_eq!(place.asked(Endpoint::StableToken), 1);
        place.close().await;
    }
}

/// One of the house's own counts since its start.
async fn counted(place: &Place, what: &str) -> u64 {
    let url = format!("http://{}/metrics", place.house.management());
    let request = http::Request::get(url).body(Vec::new()).unwrap();
    let answer = harness::send(place.house.management(), request).await;
    let text = String::from_utf8(answer.into_body()).unwrap();
    let name = format!("magpie_{what}_total ");
    let line = text.lines().find_map(|line| line.strip_prefix(&name)).unwrap();
    line.parse().unwrap()
}

/// WX-41: somebody else made WeChat replace the token; ours is replaced without force, once, whoever notices. Seen red
/// with the replacement of another taken for the refused one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ended_early_is_replaced_once() {
    let place = house(None).await;
    let (address, stop) = place.house.replica().await;
    let apps = [place.public("caller"), place.public("caller").at(address)];
    with_number(&place, &apps[0], "ann").await;
    place.house.wechat.replace_app_token(MINI);
    let before = place.asked(Endpoint::StableToken);
    for page in join_all((0..8).map(|turn| with_number(&place, &apps[turn % 2], "ann"))).await {
        assert!(!is_without(&page), "{}", page.body);
    }
    assert_eq!((place.asked(Endpoint::StableToken) - before, place.forced()), (1, 0));
    stop.cancel();
    place.close().await;
}

/// wechat.md §5.5: a token that WeChat hands out and refuses is replaced by force, and not twice within half a minute.
/// Seen red with force without a rule.
#[tokio::test]
async fn a_token_that_wechat_hands_out_and_refuses_is_forced_once() {
    let place = house(None).await;
    let caller = place.public("caller");
    with_number(&place, &caller, "ann").await;
    place.house.wechat.script().once(Endpoint::PhoneNumber, Fault::Errcode(40_001));
    let page = with_number(&place, &caller, "ann").await;
    assert!(!is_without(&page), "{}", page.body);
    assert_eq!(place.forced(), 1);
    for errcode in [40_001, 40_014, 42_001] {
        let (asked, tokens) =
            (place.asked(Endpoint::PhoneNumber), place.asked(Endpoint::StableToken));
        place.house.wechat.script().times(Endpoint::PhoneNumber, 2, Fault::Errcode(errcode));
        assert!(is_without(&with_number(&place, &caller, "ann").await), "{errcode}");
        place.house.wechat.script().clear();
        assert!(place.asked(Endpoint::PhoneNumber) - asked <= 2, "no storm");
        assert!(place.asked(Endpoint::StableToken) - tokens <= 1, "no storm");
        // What the next one waits for is the pause after a failure.
    }
    assert_eq!(place.forced(), 1, "not twice within half a minute");
    place.close().await;
}

/// WX-42: what WeChat says of the token's life keeps nobody out. Seen red with a token that is used for no time.
#[tokio::test]
async fn an_odd_lifetime_of_a_token_does_no_harm() {
    for odd in ["0", "-5", "\"7200\"", "\"soon\"", "99999999", "null"] {
        let place = house(None).await;
        let fault = Fault::RawField("expires_in".to_owned(), odd.into());
        place.house.wechat.script().once(Endpoint::StableToken, fault);
        let caller = place.public("caller");
        for _ in 0..2 {
            assert!(!is_without(&with_number(&place, &caller, "ann").await), "{odd}");
        }
        assert_eq!(place.asked(Endpoint::StableToken), 1, "at least a minute, {odd}");
        place.close().await;
    }
}

/// WX-38: the operator reads which address WeChat saw; the person signs in. Seen red with the address left out.
#[tokio::test]
async fn a_token_that_is_refused_for_our_address_is_told_to_the_operator() {
    let place = house(None).await;
    place.house.wechat.script().always(Endpoint::StableToken, Fault::Errcode(40_164));
    let caller = place.public("caller");
    let page = with_number(&place, &caller, "ann").await;
    assert!(is_without(&page) && !page.body.contains("203.0.113.9"));
    assert!(place.house.log().contains("\"wechat.seen_ip\":\"203.0.113.9\""));
    place.close().await;
}

/// An operator whose other systems share the account has a token server, which is asked in WeChat's place. Seen red
/// with WeChat asked all the same.
#[tokio::test]
async fn a_token_server_of_the_operators_is_asked_in_wechats_place() {
    let (place, heard) = with_central_tokens().await;
    let caller = place.public("caller");
    let page = with_number(&place, &caller, "ann").await;
    // The simulator knows nothing of that server's token, so it refuses it; it is asked for another once.
    assert!(is_without(&page));
    assert_eq!(place.asked(Endpoint::StableToken), 0);
    assert_eq!(place.asked(Endpoint::PhoneNumber), 2);
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 2, "{heard:?}");
    for request in heard {
        assert!(request.starts_with("GET /mini?key=1 HTTP/1.1\r\n"), "{request}");
        assert!(
            request.contains("authorization: Bearer central-bearer-0123456789\r\n"),
            "{request}"
        );
    }
    assert!(!place.house.log().contains("central-bearer-0123456789"));
    assert!(!place.house.log().contains("central-token-0123456789"));
    place.close().await;
}

/// Decision 0017: what is not there is not announced.
#[tokio::test]
async fn the_scope_is_announced_where_a_mini_program_can_serve_it() {
    let place = house(None).await;
    let plain = House::open().await;
    for (house, app, expected) in
        [(&place.house, place.app(), true), (&plain, plain.application(), false)]
    {
        let url = format!("{}/.well-known/openid-configuration", house.issuer);
        let page = app.send(http::Request::get(url).body(Vec::new()).unwrap()).await.json();
        for (list, name) in
            [("scopes_supported", "phone"), ("claims_supported", "phone_number_verified")]
        {
            let has = page[list].as_array().unwrap().contains(&json!(name));
            assert_eq!(has, expected, "{list}");
        }
    }
    plain.close().await;
    place.close().await;
}
