//! PostgreSQL goes away in the middle of things: people and applications are told to come back, nothing is burnt, and
//! what needs no database goes on.

use std::time::Duration;

use harness::{Browser, Database, House, Page, Plan};
use magpie_simulator::{Endpoint, Fault};
use tokio::time::{Instant, sleep};

use crate::answer::{bytes_of, code_of};
use crate::ledger::Place;
use crate::tcp_proxy::{Mode, TcpProxy};

/// A house whose database is behind a proxy; its rows are counted past it.
async fn behind_a_proxy() -> Option<(Place, TcpProxy)> {
    let database = Database::on_postgres().await?;
    let Database::Postgres(direct) = &database else { return None };
    let mut url = url::Url::parse(direct).unwrap();
    let target = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
    let target = tokio::net::lookup_host(target).await.unwrap().next().unwrap();
    let proxy = TcpProxy::before(target).await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(proxy.address.port())).unwrap();
    let behind = Some(Database::Postgres(url.into()));
    let house = House::of(Plan { database: behind, ..Plan::default() }).await;
    Some((Place { house, database }, proxy))
}

/// Longer than this nobody waits for a database.
const PATIENCE: Duration = Duration::from_secs(9);

fn get(url: &str) -> harness::Request {
    http::Request::get(url).body(Vec::new()).unwrap()
}

#[track_caller]
fn assert_come_back(page: &Page) {
    assert_eq!(page.status, 503, "{}", page.body);
    assert_eq!(page.oauth_error(), "temporarily_unavailable");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("retry-after"), "5");
}

/// A code that was issued before, an access token, and a callback that is on its way, while the database is away.
#[tokio::test]
async fn while_the_database_is_away_everybody_is_told_and_nothing_is_burnt() {
    for mode in [Mode::Refuse, Mode::Swallow] {
        let Some((place, proxy)) = behind_a_proxy().await else { return };
        let house = &place.house;
        let application = house.application();
        let start = application.authorize(&[]);
        let signed_in = Browser::new(house).sign_in(house, &start, "ann").await;
        let tokens = application.tokens(&code_of(&signed_in)).await;
        let unredeemed = code_of(&Browser::new(house).sign_in(house, &start, "ben").await);
        let mut browser = Browser::new(house);
        let callback = browser.leave(house, &start, "laowang").await;
        let rows = place.rows().await;
        let exchanges = house.wechat.exchanges();

        proxy.set(mode);
        let began = Instant::now();
        let (page, redeemed, userinfo) = tokio::join!(
            browser.get(&callback),
            application.redeem(&unredeemed),
            application.userinfo(&tokens.access_token),
        );
        assert!(began.elapsed() < PATIENCE, "{mode:?}: {:?}", began.elapsed());
        page.assert_error_page(503);
        assert_eq!((page.cause().as_str(), page.header("retry-after")), ("unavailable", "5"));
        assert_come_back(&redeemed);
        assert_come_back(&userinfo);
        for path in ["/.well-known/openid-configuration", "/oauth2/jwks"] {
            let answer = application.send(get(&format!("{}{path}", house.issuer))).await;
            assert_eq!(answer.status, 200, "{path}");
        }
        // A new login starts without a database; only its return needs one.
        assert_eq!(Browser::new(house).get(&start).await.status, 303);
        let ready = format!("http://{}/readyz", house.management());
        let ready = harness::send(house.management(), get(&ready)).await;
        assert_eq!(ready.status(), 503);
        let alive = format!("http://{}/healthz", house.management());
        assert_eq!(harness::send(house.management(), get(&alive)).await.status(), 200);
        assert_eq!(house.wechat.exchanges(), exchanges, "WeChat's code is not burnt");

        proxy.set(Mode::Pass);
        assert_eq!(rows, place.rows().await, "{mode:?}");
        let again = until_answered(&mut browser, &callback).await;
        application.tokens(&code_of(&again)).await;
        application.tokens(&unredeemed).await;
        assert_eq!(application.userinfo(&tokens.access_token).await.status, 200);
        let other = Browser::new(house).sign_in(house, &start, "xiaoyu").await;
        application.tokens(&code_of(&other)).await;
        assert_eq!(house.wechat.exchanges(), exchanges + 2);
        place.house.close().await;
    }
}

/// The code has been exchanged when the database goes: nobody is signed in, and the person signs in once it is back.
#[tokio::test]
async fn a_database_that_goes_away_during_the_exchange_costs_a_detour_and_no_account() {
    let Some((place, proxy)) = behind_a_proxy().await else { return };
    let house = &place.house;
    let application = house.application();
    let mut browser = Browser::new(house);
    let callback = browser.leave(house, &application.authorize(&[]), "ann").await;
    house.wechat.script().once(Endpoint::AccessToken, Fault::DelayMs(800));
    let mut twin = browser.clone();
    let (page, ()) = tokio::join!(twin.get(&callback), async {
        sleep(Duration::from_millis(400)).await;
        proxy.set(Mode::Refuse);
    });
    page.assert_error_page(503);
    proxy.set(Mode::Pass);
    assert_eq!((place.count("users").await, place.count("grants").await), (0, 0));
    let again = until_answered(&mut browser, &callback).await;
    assert!(again.location().starts_with(&house.wechat.base_url()), "to WeChat once more");
    let second = house.wechat.approve(&again.location(), "ann").unwrap();
    let answer = browser.get(&second).await;
    assert_eq!(bytes_of(&answer).0, 303);
    application.tokens(&code_of(&answer)).await;
    assert_eq!((place.count("users").await, place.count("grants").await), (1, 1));
    assert_eq!(house.wechat.exchanges(), 2, "the first code was not sent again");
    place.house.close().await;
}

/// A pool may hold dead connections for a moment; the person presses reload once or twice.
async fn until_answered(browser: &mut Browser, url: &str) -> Page {
    for _ in 0..5 {
        let page = browser.get(url).await;
        if page.status == 303 {
            return page;
        }
        page.assert_error_page(503);
        sleep(Duration::from_millis(500)).await;
    }
    panic!("the house does not recover");
}
