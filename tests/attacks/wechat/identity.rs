//! From WeChat's two keys to one person who never changes (law 5).

use harness::{Browser, Plan};
use magpie_simulator::{Endpoint, Fault};
use tokio::task::JoinSet;

use crate::answer::{code_of, in_wechat};
use crate::ledger::Place;

/// A service account that signs in without asking, beside the usual website app.
const SILENT: &str = r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
[[channels]]
id = "inapp"
kind = "service_account"
app_id = "wx0000000000000002"
app_secret = "wx0000000000000002-secret"
platform = "main"
scope = "snsapi_base"
"#;

impl Place {
    async fn subject(&self, mut browser: Browser, person: &str) -> String {
        let application = self.house.application();
        let answer = browser.sign_in(&self.house, &application.authorize(&[]), person).await;
        application.tokens(&code_of(&answer)).await.subject()
    }

    /// By the website app.
    async fn desktop(&self, person: &str) -> String {
        self.subject(Browser::new(&self.house), person).await
    }

    /// By the service account.
    async fn in_app(&self, person: &str) -> String {
        self.subject(in_wechat(&self.house), person).await
    }

    /// The next login is told this unionid by both replies.
    fn next_unionid(&self, unionid: &str) {
        for endpoint in [Endpoint::AccessToken, Endpoint::UserInfo] {
            let fault = Fault::UnionIdPresent(unionid.to_owned());
            self.house.wechat.script().once(endpoint, fault);
        }
    }
}

/// CC-04, on one process of either engine and on two replicas.
#[tokio::test]
async fn fifty_first_logins_of_one_person_at_once_make_one_account() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let mut addresses = vec![house.address()];
        if matches!(place.database, harness::Database::Postgres(_)) {
            addresses.push(house.replica().await.0);
        }
        let application = house.application();
        let mut arrivals = JoinSet::new();
        for number in 0..50 {
            let mut browser = Browser::new(house).at(addresses[number % addresses.len()]);
            let callback = browser.leave(house, &application.authorize(&[]), "xiaoyu").await;
            arrivals.spawn(async move { browser.get(&callback).await });
        }
        let mut subjects = std::collections::BTreeSet::new();
        for answer in arrivals.join_all().await {
            subjects.insert(application.tokens(&code_of(&answer)).await.subject());
        }
        assert_eq!(subjects.len(), 1);
        let rows = place.rows().await;
        assert_eq!((rows["users"], rows["openids"], rows["unionids"]), (1, 1, 1));
        assert_eq!((rows["grants"], rows["sessions"], rows["claims"]), (50, 50, 50));
        place.house.close().await;
    }
}

/// CC-04 with different apps: one unionid arrives by two openids at the same moment. Seen red with the unionid left
/// out.
#[tokio::test]
async fn one_person_by_two_apps_at_once_is_one_account() {
    for place in Place::on_both_engines().await {
        for person in ["xiaoyu", "ann", "laowang", "ben"] {
            let (one, other) = tokio::join!(place.desktop(person), place.in_app(person));
            assert_eq!(one, other, "{person}");
        }
        let rows = place.rows().await;
        assert_eq!((rows["users"], rows["openids"], rows["unionids"]), (4, 8, 4));
        assert_eq!(rows["identity_conflicts"], 0);
        place.house.close().await;
    }
}

/// WX-22. Seen red with the unionid left out.
#[tokio::test]
async fn a_unionid_that_appears_later_is_attached_and_the_subject_stays() {
    for place in Place::on_both_engines().await {
        let bind = |platform: Option<&str>| {
            let platform = platform.map(str::to_owned);
            place.house.wechat.change_world(|world| {
                for account in &mut world.accounts {
                    account.platform.clone_from(&platform);
                }
            });
        };
        bind(None);
        let before = place.desktop("ann").await;
        assert_eq!(place.count("unionids").await, 0);
        bind(Some("main"));
        assert_eq!(place.desktop("ann").await, before);
        assert_eq!(place.count("unionids").await, 1);
        assert_eq!(place.in_app("ann").await, before, "known by the unionid in the other app");
        bind(None);
        assert_eq!(place.desktop("ann").await, before, "known by the openid alone");
        let rows = place.rows().await;
        assert_eq!((rows["users"], rows["openids"], rows["unionids"]), (1, 2, 1));
        assert_eq!(rows["identity_conflicts"], 0);
        place.house.close().await;
    }
}

/// WX-21: recorded once, never merged, and the openid decides who signs in. Seen red with the unionid left out.
#[tokio::test]
async fn a_known_openid_with_another_unionid_signs_in_as_before_and_is_recorded() {
    for place in Place::on_both_engines().await {
        let ann = place.desktop("ann").await;
        let ben = place.desktop("ben").await;
        for _ in 0..3 {
            place.next_unionid("uNobodysUnionIdSoFar00000001");
            assert_eq!(place.desktop("ann").await, ann);
        }
        assert_eq!(place.count("identity_conflicts").await, 1);
        let bens = place.house.wechat.world().accounts[0].unionid_of("ben").unwrap();
        place.next_unionid(&bens);
        assert_eq!(place.desktop("ann").await, ann);
        assert_eq!(place.count("identity_conflicts").await, 2);
        assert_eq!(place.desktop("ann").await, ann);
        assert_eq!(place.desktop("ben").await, ben);
        assert_eq!(place.in_app("ben").await, ben, "the unionid is still Ben's");
        let rows = place.rows().await;
        assert_eq!((rows["users"], rows["openids"], rows["unionids"]), (2, 3, 2));
        place.house.close().await;
    }
}

/// WX-20: a unionid means something within its platform only. Seen red with one platform for all.
#[tokio::test]
async fn one_unionid_under_two_platforms_is_two_people() {
    let service_account = r#"platform = "main"
scope = "snsapi_base""#;
    for (elsewhere, people) in [("platform = \"main\"", 1), ("platform = \"second\"", 2), ("", 2)] {
        let channels = SILENT.replace(service_account, elsewhere);
        assert!(elsewhere.contains("main") || !channels.contains(service_account));
        let place = Place::of(Plan { channels: Some(channels), ..Plan::default() }).await;
        place.next_unionid("uTheSameTextTwice00000000001");
        let one = place.desktop("ann").await;
        place.next_unionid("uTheSameTextTwice00000000001");
        let other = place.in_app("ann").await;
        assert_eq!(one == other, people == 1, "{elsewhere}");
        assert_eq!(place.count("users").await, people);
        place.house.close().await;
    }
}

/// Replies that speak of two people are nobody's. Seen red with the two openids not compared.
#[tokio::test]
async fn a_profile_of_somebody_else_signs_nobody_in() {
    let place = Place::open().await;
    let house = &place.house;
    for fault in
        [Fault::OtherOpenId, Fault::UnionIdPresent("uOfSomebodyElse0000000000001".to_owned())]
    {
        house.wechat.script().once(Endpoint::UserInfo, fault);
        let start = house.application().authorize(&[]);
        let page = Browser::new(house).sign_in(house, &start, "ann").await;
        page.assert_error_page(502);
        assert_eq!(page.cause(), "unreadable");
    }
    let rows = place.rows().await;
    assert_eq!((rows["users"], rows["sessions"], rows["grants"]), (0, 0, 0));
}

/// The silent channel: no button before, no profile asked for, and nothing known is forgotten. Seen red with the
/// profile asked for whatever the scope.
#[tokio::test]
async fn the_silent_channel_asks_for_no_profile_and_forgets_none() {
    let place = Place::of(Plan { channels: Some(SILENT.to_owned()), ..Plan::default() }).await;
    let house = &place.house;
    let application = house.application();
    for (person, known) in [("ann", false), ("ben", true)] {
        if known {
            place.desktop(person).await;
        }
        house.wechat.forget_requests();
        let mut browser = in_wechat(house);
        let leaving = browser.get(&application.authorize(&[])).await;
        assert_eq!(leaving.status, 303, "no page before: {}", leaving.body);
        assert_eq!(leaving.sent("scope").unwrap(), "snsapi_base");
        let callback = house.wechat.approve(&leaving.location(), person).unwrap();
        let tokens = application.tokens(&code_of(&browser.get(&callback).await)).await;
        assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 0));
        let claims = application.userinfo(&tokens.access_token).await.json();
        assert_eq!(claims["sub"], tokens.subject().as_str());
        // Silent replies carry no unionid, so a person known elsewhere is somebody new here.
        assert_eq!(claims.get("name"), None);
    }
    place.house.close().await;
}
