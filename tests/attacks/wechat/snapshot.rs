//! Snapshot users: WeChat made them up. They create nothing, link nothing, get nothing (law 6).

use harness::Page;
use magpie_simulator::{Endpoint, Fault, SnapshotMark};

use crate::answer::{code_of, in_wechat};
use crate::ledger::{Place, Rows};

/// Nobody is sent to the application; the browser goes to the application's own request, at our place.
#[track_caller]
fn assert_sent_to_the_start(page: &Page, issuer: &str) {
    assert_eq!(page.status, 303, "{}", page.body);
    let start = format!("{issuer}/oauth2/authorize?");
    assert!(page.location().starts_with(&start), "{}", page.location());
    assert_eq!(page.sent("code"), None);
    assert_eq!(page.sent("error"), None);
}

fn without_claims(mut rows: Rows) -> Rows {
    rows.remove("claims");
    rows
}

/// WX-16, and a re-entrant authorization endpoint: the "full service" of the snapshot page opens in another jar.
/// Seen red with the mark not looked at.
#[tokio::test]
async fn a_snapshot_user_leaves_nothing_and_the_same_link_signs_a_real_person_in_elsewhere() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let application = house.application();
        house.wechat.change_world(|world| world.people[0].snapshot = true);
        let rows = without_claims(place.rows().await);
        let mut snapshot = in_wechat(house);
        let start = application.authorize(&[("nonce", "nonce-of-a-snapshot-1")]);
        let landed = snapshot.sign_in(house, &start, "xiaoyu").await;
        assert_sent_to_the_start(&landed, &house.issuer);
        assert_eq!(rows, without_claims(place.rows().await));
        assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 0));
        assert!(!snapshot.cookies.contains_key("magpie-session"));

        let mut full = in_wechat(house);
        for browser in [&mut snapshot, &mut full] {
            let help = browser.get(&landed.location()).await;
            assert_eq!((help.status.as_u16(), help.marker().as_str()), (200, "snapshot-user"));
        }
        let action = full.get(&landed.location()).await.action();
        let leaving = full.post(&action, &[("step", "continue")]).await;
        house.wechat.change_world(|world| world.people[0].snapshot = false);
        let callback = house.wechat.approve(&leaving.location(), "xiaoyu").unwrap();
        let answer = full.get(&callback).await;
        let tokens = application.tokens(&code_of(&answer)).await;
        assert_eq!(answer.sent("state").unwrap(), "state-of-the-application");
        assert_eq!(tokens.id_token["nonce"], "nonce-of-a-snapshot-1");
        assert_eq!(place.count("users").await, 1);
        place.house.close().await;
    }
}

/// WX-16, WX-17: every spelling of the mark, with the openid of a real person. Seen red with the mark not looked at.
#[tokio::test]
async fn a_snapshot_mark_on_a_real_persons_openid_touches_nothing_of_theirs() {
    let place = Place::open().await;
    let house = &place.house;
    let application = house.application();
    let start = application.authorize(&[]);
    let known = in_wechat(house).sign_in(house, &start, "ann").await;
    let subject = application.tokens(&code_of(&known)).await.subject();
    let rows = without_claims(place.rows().await);
    let odd = |value: &[u8]| Fault::RawField("is_snapshotuser".to_owned(), value.to_vec());
    house.wechat.forget_requests();
    for fault in [
        Fault::Snapshot(SnapshotMark::Number),
        Fault::Snapshot(SnapshotMark::Text),
        Fault::Snapshot(SnapshotMark::True),
        odd(b"2"),
        odd(b"\"yes\""),
        odd(b"[]"),
    ] {
        house.wechat.script().once(Endpoint::AccessToken, fault.clone());
        let mut browser = in_wechat(house);
        let callback = browser.leave(house, &start, "ann").await;
        let landed = browser.get(&callback).await;
        assert_sent_to_the_start(&landed, &house.issuer);
        assert!(!browser.cookies.contains_key("magpie-session"), "{fault:?}");
        // The replay is the same snapshot, not somebody.
        assert_eq!(browser.get(&callback).await.location(), landed.location());
    }
    assert_eq!(house.wechat.profiles(), 0);
    assert_eq!(rows, without_claims(place.rows().await));
    // The mark on the profile counts as well.
    house.wechat.script().once(Endpoint::UserInfo, Fault::Snapshot(SnapshotMark::Number));
    let landed = in_wechat(house).sign_in(house, &start, "ann").await;
    assert_sent_to_the_start(&landed, &house.issuer);
    assert_eq!(rows, without_claims(place.rows().await));
    for fault in [
        Fault::Snapshot(SnapshotMark::Zero),
        odd(b"\"0\""),
        odd(b"false"),
        odd(b"null"),
        odd(b"\"\""),
    ] {
        house.wechat.script().once(Endpoint::AccessToken, fault);
        let answer = in_wechat(house).sign_in(house, &start, "ann").await;
        assert_eq!(application.tokens(&code_of(&answer)).await.subject(), subject);
    }
    place.house.close().await;
}

/// WX-16: somebody who is signed in stays who they are when WeChat shows them a snapshot page. Seen red with the mark
/// not looked at.
#[tokio::test]
async fn a_snapshot_in_a_signed_in_browser_does_not_end_its_session() {
    let place = Place::open().await;
    let house = &place.house;
    let application = house.application();
    let mut browser = in_wechat(house);
    code_of(&browser.sign_in(house, &application.authorize(&[]), "ann").await);
    let session = browser.cookies["magpie-session"].clone();
    house.wechat.script().once(Endpoint::AccessToken, Fault::Snapshot(SnapshotMark::Number));
    let landed =
        browser.sign_in(house, &application.authorize(&[("prompt", "login")]), "ann").await;
    assert_sent_to_the_start(&landed, &house.issuer);
    assert_eq!(browser.cookies["magpie-session"], session);
    code_of(&browser.get(&application.authorize(&[("prompt", "none")])).await);
}
