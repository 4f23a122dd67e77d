//! Silent first (0048): WeChat is asked who it is without anybody's doing, where that is enough, and nowhere else.

use harness::{Browser, Page, Plan};
use magpie_simulator::{Endpoint, Fault, SnapshotMark};

use crate::answer::{code_of, in_wechat};
use crate::ledger::Place;

/// Wants nothing of the person but who it is.
const NO_PROFILE: (&str, &str) = ("scope", "openid");

const CHANNELS: &str = r#"
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
"#;

impl Place {
    /// The ordinary two channels with these more keys for the service account.
    async fn with_account(more: &str) -> Self {
        let channels = Some(format!("{CHANNELS}{more}\n"));
        Self::of(Plan { channels, ..Plan::default() }).await
    }

    fn wants(&self, more: &[(&str, &str)]) -> String {
        let all: Vec<_> = [NO_PROFILE].into_iter().chain(more.iter().copied()).collect();
        self.house.application().authorize(&all)
    }

    /// A first sign-in by that browser for name and picture, with all the taps it takes; gives the `sub`.
    async fn known(&self, browser: &mut Browser, person: &str) -> String {
        let application = self.house.application();
        let answer = browser.sign_in(&self.house, &application.authorize(&[]), person).await;
        self.subject_of(&answer).await
    }

    async fn subject_of(&self, answer: &Page) -> String {
        self.house.application().tokens(&code_of(answer)).await.subject()
    }

    /// Leaves in silence and comes back.
    async fn silently(&self, browser: &mut Browser, start: &str, person: &str) -> Page {
        let leaving = browser.get(start).await;
        assert_silent(&leaving);
        let callback = self.house.wechat.approve(&leaving.location(), person).unwrap();
        browser.get(&callback).await
    }

    /// The page with a button stands there; pressing it leads to WeChat's dialog, and back.
    async fn after_a_tap(&self, browser: &mut Browser, asks: &Page, person: &str) -> Page {
        assert_tap(asks);
        let leaving = browser.post(&asks.action(), &[("step", "continue")]).await;
        assert_eq!(leaving.sent("scope").unwrap(), "snsapi_userinfo");
        let callback = self.house.wechat.approve(&leaving.location(), person).unwrap();
        browser.get(&callback).await
    }
}

#[track_caller]
fn assert_silent(leaving: &Page) {
    assert_eq!(leaving.status, 303, "a page in between: {}", leaving.body);
    assert_eq!(leaving.sent("scope").unwrap(), "snsapi_base");
}

#[track_caller]
fn assert_tap(page: &Page) {
    assert_eq!((page.status.as_u16(), page.marker().as_str()), (200, "interstitial"));
}

#[tokio::test]
async fn whose_openid_and_unionid_are_known_is_signed_in_without_a_tap_and_keeps_the_profile() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let subject = place.known(&mut in_wechat(house), "ann").await;
        let rows = place.rows().await;
        house.wechat.forget_requests();
        let mut browser = in_wechat(house);
        let answer = place.silently(&mut browser, &place.wants(&[]), "ann").await;
        let tokens = house.application().tokens(&code_of(&answer)).await;
        assert_eq!(tokens.subject(), subject);
        assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 0));
        let claims = house.application().userinfo(&tokens.access_token).await.json();
        assert_eq!(claims.get("name"), None, "it was not asked for: {claims}");
        for table in ["users", "openids", "unionids"] {
            assert_eq!(place.rows().await[table], rows[table], "{table}");
        }
        // The name of before is still there for whoever may have it, without another tap.
        let named = browser.get(&house.application().authorize(&[])).await;
        let tokens = house.application().tokens(&code_of(&named)).await;
        let claims = house.application().userinfo(&tokens.access_token).await.json();
        assert_eq!(claims["name"], "Ann Example");
        place.house.close().await;
    }
}

/// WX-22 and law 5: somebody who came by the website app is never made a second time. Seen red with a silent reply that
/// enrols whom it does not know: the application was answered at once.
#[tokio::test]
async fn an_unknown_openid_is_asked_for_and_is_the_person_of_the_other_channel() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let subject = place.known(&mut Browser::new(house), "ann").await;
        let rows = place.rows().await;
        let mut browser = in_wechat(house);
        let landed = place.silently(&mut browser, &place.wants(&[]), "ann").await;
        assert_eq!(landed.status, 303, "{}", landed.body);
        assert!(landed.location().contains("/oauth2/resume/"), "{}", landed.location());
        assert!(!browser.cookies.contains_key("magpie-session"), "nobody is signed in yet");
        for table in ["users", "openids", "unionids", "sessions", "grants", "audit_events"] {
            assert_eq!(place.rows().await.get(table), rows.get(table), "{table}");
        }
        let asks = browser.get(&landed.location()).await;
        assert_tap(&asks);
        assert!(asks.body.contains("this time it asks you"), "{}", asks.body);
        // Opened again it is the same page: silence is not tried twice.
        assert_tap(&browser.get(&landed.location()).await);
        let answer = place.after_a_tap(&mut browser, &asks, "ann").await;
        assert_eq!(place.subject_of(&answer).await, subject);
        let rows = place.rows().await;
        assert_eq!((rows["users"], rows["openids"], rows["unionids"]), (1, 2, 1));
        // From now on silence is enough.
        let answer = place.silently(&mut in_wechat(house), &place.wants(&[]), "ann").await;
        assert_eq!(place.subject_of(&answer).await, subject);
        place.house.close().await;
    }
}

/// A unionid that appears later has to have its chance: a known openid without one is asked as well.
#[tokio::test]
async fn a_known_openid_without_a_unionid_is_asked_and_the_unionid_attached() {
    let place = Place::with_account("").await;
    let house = &place.house;
    let bind = |platform: Option<&str>| {
        let platform = platform.map(str::to_owned);
        house.wechat.change_world(|world| {
            for account in &mut world.accounts {
                account.platform.clone_from(&platform);
            }
        });
    };
    bind(None);
    let subject = place.known(&mut in_wechat(house), "ann").await;
    assert_eq!(place.count("unionids").await, 0);
    bind(Some("main"));
    let mut browser = in_wechat(house);
    let landed = place.silently(&mut browser, &place.wants(&[]), "ann").await;
    let asks = browser.get(&landed.location()).await;
    let answer = place.after_a_tap(&mut browser, &asks, "ann").await;
    assert_eq!(place.subject_of(&answer).await, subject);
    assert_eq!(place.count("unionids").await, 1);
    assert_eq!(place.known(&mut Browser::new(house), "ann").await, subject);
}

/// Where no platform is configured, a unionid could name nobody.
#[tokio::test]
async fn without_a_platform_silence_is_enough_for_somebody_new() {
    let channels = CHANNELS.replace("platform = \"main\"\n", "");
    let place = Place::of(Plan { channels: Some(channels), ..Plan::default() }).await;
    let house = &place.house;
    let answer = place.silently(&mut in_wechat(house), &place.wants(&[]), "ann").await;
    let subject = place.subject_of(&answer).await;
    let again = place.silently(&mut in_wechat(house), &place.wants(&[]), "ann").await;
    assert_eq!(place.subject_of(&again).await, subject);
    assert_eq!(place.count("users").await, 1);
}

/// What a request may say that only a person's doing can answer. Seen red with `max_age` left out.
#[tokio::test]
async fn who_wants_a_profile_or_a_sign_in_of_a_certain_age_gets_a_tap_first() {
    let place = Place::with_account("").await;
    let house = &place.house;
    place.known(&mut in_wechat(house), "ann").await;
    let named = r#"{"userinfo":{"name":null}}"#;
    for more in [
        ("scope", "openid profile"),
        ("claims", named),
        ("prompt", "login"),
        ("prompt", "select_account"),
        ("max_age", "0"),
        ("max_age", "3600"),
    ] {
        let page = in_wechat(house).get(&place.wants(&[more])).await;
        assert_tap(&page);
    }
    for more in [("prompt", "consent"), ("claims", r#"{"userinfo":{"sub":null}}"#)] {
        assert_silent(&in_wechat(house).get(&place.wants(&[more])).await);
    }
    let silent = in_wechat(house).get(&place.wants(&[("prompt", "none")])).await;
    assert_eq!(silent.sent("error").unwrap(), "login_required", "nobody is sent to WeChat");
}

/// OIDC Core §3.1.2.1: a session that began in silence has no age that an application could rely on, and taking the mark
/// out of the cookie ends it. Seen red with a cookie that does not say so: the application was answered at once.
#[tokio::test]
async fn a_session_that_began_in_silence_answers_no_max_age() {
    let place = Place::with_account("").await;
    let house = &place.house;
    let subject = place.known(&mut in_wechat(house), "ann").await;
    let mut browser = in_wechat(house);
    place.silently(&mut browser, &place.wants(&[]), "ann").await;
    code_of(&browser.get(&place.wants(&[("prompt", "none")])).await);
    let aged = [("prompt", "none"), ("max_age", "3600")];
    let refused = browser.get(&place.wants(&aged)).await;
    assert_eq!(refused.sent("error").unwrap(), "login_required");

    let mut forged = browser.clone();
    let cookie = forged.cookies["magpie-session"].clone();
    let cut = cookie.strip_suffix(".silent").expect("a mark").to_owned();
    forged.cookies.insert("magpie-session".to_owned(), cut);
    let refused = forged.get(&place.wants(&[("prompt", "none")])).await;
    assert_eq!(refused.sent("error").unwrap(), "login_required", "no session of anybody");

    let asks = browser.get(&place.wants(&[("max_age", "3600")])).await;
    let answer = place.after_a_tap(&mut browser, &asks, "ann").await;
    assert_eq!(place.subject_of(&answer).await, subject);
    assert!(!browser.cookies["magpie-session"].ends_with(".silent"));
    code_of(&browser.get(&place.wants(&aged)).await);
}

/// The operator's switch, and the scope that never asks: what a demand cannot get from `snsapi_base`, a tap on our page
/// stands for.
#[tokio::test]
async fn an_operator_may_ask_always_or_never() {
    let place = Place::with_account("silent_first = false").await;
    assert_tap(&in_wechat(&place.house).get(&place.wants(&[])).await);

    let place = Place::with_account("scope = \"snsapi_base\"").await;
    let house = &place.house;
    let application = house.application();
    let answer = place.silently(&mut in_wechat(house), &application.authorize(&[]), "ann").await;
    let subject = place.subject_of(&answer).await;
    let mut browser = in_wechat(house);
    let aged = place.wants(&[("max_age", "3600")]);
    let asks = browser.get(&aged).await;
    assert_tap(&asks);
    let leaving = browser.post(&asks.action(), &[("step", "continue")]).await;
    assert_silent(&leaving);
    let callback = house.wechat.approve(&leaving.location(), "ann").unwrap();
    assert_eq!(place.subject_of(&browser.get(&callback).await).await, subject);
    code_of(&browser.get(&aged).await);
}

/// Law 7: the silent code is exchanged once, and every caller with the cookie of then gets the same answer.
#[tokio::test]
async fn a_silent_callback_that_comes_twice_is_exchanged_once_and_answered_alike() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let mut browser = in_wechat(house);
        let leaving = browser.get(&place.wants(&[])).await;
        let callback = house.wechat.approve(&leaving.location(), "ann").unwrap();
        let (mut one, mut other) = (browser.clone(), browser);
        let (first, second) = tokio::join!(one.get(&callback), other.get(&callback));
        assert_eq!(first.location(), second.location());
        assert_eq!(house.wechat.exchanges(), 1);
        assert_eq!(one.cookies, other.cookies);
        // Once the person has gone on, the silent callback is nobody's.
        let asks = one.get(&first.location()).await;
        let answer = place.after_a_tap(&mut one, &asks, "ann").await;
        code_of(&answer);
        one.get(&callback).await.assert_error_page(400);
        assert_eq!(house.wechat.exchanges(), 2);
        assert_eq!(place.count("users").await, 1);
        place.house.close().await;
    }
}

/// WeChat lost the code: once more, and as silently as before.
#[tokio::test]
async fn a_silent_departure_that_is_repeated_stays_silent() {
    let place = Place::with_account("").await;
    let house = &place.house;
    place.known(&mut in_wechat(house), "ann").await;
    house.wechat.script().once(Endpoint::AccessToken, Fault::Errcode(40_029));
    let mut browser = in_wechat(house);
    let again = place.silently(&mut browser, &place.wants(&[]), "ann").await;
    assert_silent(&again);
    let callback = house.wechat.approve(&again.location(), "ann").unwrap();
    code_of(&browser.get(&callback).await);
    assert!(browser.cookies["magpie-session"].ends_with(".silent"));
}

/// Law 6: WeChat documents no snapshot after `snsapi_base`; should it send one, nobody exists all the same.
#[tokio::test]
async fn a_snapshot_mark_on_a_silent_reply_makes_nobody() {
    let channels = CHANNELS.replace("platform = \"main\"\n", "");
    let place = Place::of(Plan { channels: Some(channels), ..Plan::default() }).await;
    let house = &place.house;
    house.wechat.script().once(Endpoint::AccessToken, Fault::Snapshot(SnapshotMark::Number));
    let mut browser = in_wechat(house);
    let landed = place.silently(&mut browser, &place.wants(&[]), "ann").await;
    assert!(landed.location().contains("magpie_help=snapshot"), "{}", landed.location());
    assert!(!browser.cookies.contains_key("magpie-session"));
    assert_eq!(place.count("users").await, 0);
}

/// A silent sign-in gives nothing that the person's consent is for.
#[tokio::test]
async fn an_application_that_asks_asks_after_a_silent_sign_in_too() {
    let place = Place::with_account("").await;
    let house = &place.house;
    place.known(&mut in_wechat(house), "ann").await;
    let mut browser = in_wechat(house);
    let start = house.asking_application().authorize(&[NO_PROFILE]);
    let landed = place.silently(&mut browser, &start, "ann").await;
    let asks = browser.get(&landed.location()).await;
    assert_eq!(asks.marker(), "consent");
    let answer = browser.post(&asks.action(), &[("step", "allow")]).await;
    let tokens = house.asking_application().tokens(&code_of(&answer)).await;
    assert!(!tokens.subject().is_empty());
}
