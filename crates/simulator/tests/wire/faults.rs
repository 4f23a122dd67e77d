//! Every fault a script knows, as the client on the other side meets it.

use std::time::{Duration, Instant};

use magpie_simulator::{Endpoint, Fault, Faults, RunningSimulator, Scope, SnapshotMark};
use serde_json::{Value, json};

use crate::{
    client::{Answer, SERVICE, demo, exchange, exchange_path, get, send},
    profile::profile_path,
};

async fn token_with(simulator: &RunningSimulator, faults: impl Into<Faults>) -> Answer {
    simulator.script().once(Endpoint::AccessToken, faults);
    let code = simulator.issue_code(SERVICE, "ann", Scope::UserInfo).unwrap();
    exchange(simulator, SERVICE, &code).await
}

async fn profile_with(simulator: &RunningSimulator, fault: Fault) -> Answer {
    let path = profile_path(simulator, "ann", Scope::UserInfo).await;
    simulator.script().once(Endpoint::UserInfo, fault);
    get(simulator, &path).await
}

#[tokio::test]
async fn an_errcode_leaves_the_code_alone_and_the_later_kind_spends_it() {
    let simulator = demo().await;
    for (fault, afterwards) in [(Fault::Errcode(-1), 0), (Fault::ErrcodeAfterWork(-1), 40_163)] {
        simulator.script().once(Endpoint::AccessToken, fault);
        let code = simulator.issue_code(SERVICE, "ann", Scope::UserInfo).unwrap();
        let busy = exchange(&simulator, SERVICE, &code).await;
        assert_eq!(busy.errcode(), -1);
        assert!(busy.field("errmsg").starts_with("system busy"));
        assert_eq!(exchange(&simulator, SERVICE, &code).await.errcode(), afterwards);
    }
}

#[tokio::test]
async fn busy_then_success() {
    let simulator = demo().await;
    simulator
        .script()
        .once(Endpoint::AccessToken, Fault::Pass)
        .once(Endpoint::AccessToken, Fault::Errcode(-1));
    for expected in [0, -1, 0] {
        let code = simulator.issue_code(SERVICE, "ann", Scope::UserInfo).unwrap();
        assert_eq!(exchange(&simulator, SERVICE, &code).await.errcode(), expected);
    }
}

#[tokio::test]
async fn fields_of_the_token_reply_can_be_odd() {
    let simulator = demo().await;
    for (fault, field, expected) in [
        (Fault::ExpiresInText, "expires_in", Some(json!("7200"))),
        (Fault::UnionIdEmpty, "unionid", Some(json!(""))),
        (Fault::UnionIdMissing, "unionid", None),
        (Fault::UnionIdPresent("oU".into()), "unionid", Some(json!("oU"))),
        (Fault::Snapshot(SnapshotMark::Number), "is_snapshotuser", Some(json!(1))),
        (Fault::Snapshot(SnapshotMark::Text), "is_snapshotuser", Some(json!("1"))),
        (Fault::Snapshot(SnapshotMark::True), "is_snapshotuser", Some(json!(true))),
        (Fault::Snapshot(SnapshotMark::Zero), "is_snapshotuser", Some(json!(0))),
        (Fault::RawField("errcode".into(), b"\"0\"".to_vec()), "errcode", Some(json!("0"))),
        (Fault::NoField("openid".into()), "openid", None),
    ] {
        let reply = token_with(&simulator, fault.clone()).await;
        assert_eq!(reply.json().get(field), expected.as_ref(), "{fault:?}");
    }
    let both = token_with(&simulator, [Fault::ExpiresInText, Fault::UnionIdMissing]).await.json();
    assert_eq!((&both["expires_in"], both.get("unionid")), (&json!("7200"), None));
}

#[tokio::test]
async fn fields_of_the_profile_can_be_odd() {
    let simulator = demo().await;
    let hostile = "\"><script>alert(1)</script>\u{202e}\\/\n\"errcode\":40029";
    for (fault, field, expected) in [
        (Fault::SexText, "sex", json!("1")),
        (Fault::EmptyAvatar, "headimgurl", json!("")),
        (
            Fault::HeadImgUrl("javascript:alert(1)".into()),
            "headimgurl",
            json!("javascript:alert(1)"),
        ),
        (Fault::Nickname(hostile.into()), "nickname", json!(hostile)),
        (Fault::OtherOpenId, "openid", json!("oSomebodyElseEntirely0000000")),
    ] {
        assert_eq!(
            profile_with(&simulator, fault.clone()).await.json()[field],
            expected,
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn nicknames_can_carry_raw_control_characters_and_broken_utf8() {
    let simulator = demo().await;
    let reply = profile_with(&simulator, Fault::ControlCharacters).await;
    assert!(
        reply.body.windows(17).any(|part| part == b"Ann Example\x07\x08\x14\",\""),
        "{}",
        reply.text()
    );
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
    let reply = profile_with(&simulator, Fault::InvalidUtf8).await;
    assert!(reply.body.windows(14).any(|part| part == b"Ann Example\xff\xc3\x28"));
    assert!(std::str::from_utf8(&reply.body).is_err());
    let raw = Fault::RawField("nickname".into(), b"\"a\x00b\"".to_vec());
    assert!(profile_with(&simulator, raw).await.body.windows(5).any(|part| part == b"\"a\x00b\""));
}

#[tokio::test]
async fn answers_can_have_another_status_body_or_address() {
    let simulator = demo().await;
    let reply = token_with(&simulator, Fault::Status(502)).await;
    assert_eq!((reply.status, reply.json()["scope"].clone()), (502, json!("snsapi_userinfo")));
    let reply = token_with(&simulator, Fault::Redirect("http://elsewhere.test/".into())).await;
    assert_eq!(reply.location(), "http://elsewhere.test/");
    let reply = token_with(&simulator, Fault::Body(b"\xef\xbb\xbf<html>\x00".to_vec())).await;
    assert_eq!((reply.status, reply.body.as_slice()), (200, b"\xef\xbb\xbf<html>\x00".as_slice()));
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_its_header_says() {
    let simulator = demo().await;
    let reply = token_with(&simulator, Fault::Truncate(20)).await;
    assert_eq!(reply.body.len(), 20);
    assert!(reply.body.starts_with(b"{\"access_token\":\"78_"));
    assert!(reply.header("content-length").unwrap().parse::<usize>().unwrap() > 100);
}

#[tokio::test]
async fn a_connection_can_close_without_an_answer_before_or_after_the_work() {
    let simulator = demo().await;
    let code = simulator.issue_code(SERVICE, "ann", Scope::UserInfo).unwrap();
    let path = exchange_path(SERVICE, &code);
    simulator
        .script()
        .once(Endpoint::AccessToken, Fault::HangUpBefore)
        .once(Endpoint::AccessToken, Fault::HangUpAfter);
    assert!(send(&simulator, "GET", &path, "", "").await.is_none());
    assert!(send(&simulator, "GET", &path, "", "").await.is_none());
    assert_eq!(get(&simulator, &path).await.errcode(), 40_163);
    assert_eq!(simulator.exchanges_of(&code), 3);
}

#[tokio::test]
async fn a_connection_can_be_refused_unread() {
    let simulator = demo().await;
    let code = simulator.issue_code(SERVICE, "ann", Scope::UserInfo).unwrap();
    let path = exchange_path(SERVICE, &code);
    simulator.refuse_connections(1);
    assert!(send(&simulator, "GET", &path, "", "").await.is_none());
    assert_eq!(simulator.exchanges(), 0);
    assert_eq!(get(&simulator, &path).await.errcode(), 0);
}

#[tokio::test]
async fn a_late_answer_and_one_that_never_comes_have_spent_the_code() {
    let simulator = demo().await;
    let code = simulator.issue_code(SERVICE, "ann", Scope::UserInfo).unwrap();
    simulator.script().once(Endpoint::AccessToken, Fault::DelayMs(150));
    let begun = instant();
    assert_eq!(exchange(&simulator, SERVICE, &code).await.errcode(), 0);
    assert!(begun.elapsed() >= Duration::from_millis(150));

    let code = simulator.issue_code(SERVICE, "ann", Scope::UserInfo).unwrap();
    let path = exchange_path(SERVICE, &code);
    simulator.script().once(Endpoint::AccessToken, Fault::Hang);
    let waited =
        tokio::time::timeout(Duration::from_millis(300), send(&simulator, "GET", &path, "", ""))
            .await;
    assert!(waited.is_err());
    assert_eq!(exchange(&simulator, SERVICE, &code).await.errcode(), 40_163);
}

#[expect(clippy::disallowed_methods, reason = "the test measures the delay it asked for")]
fn instant() -> Instant {
    Instant::now()
}
