//! WeCom's API over real connections: what is sent, how often a token is fetched, and what is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use magpie_domain::{Account, AppId, Channel, ChannelId, MemberScope, Secret, Way, WecomApp};
use magpie_outbound::{CallFailed, Http, HttpSettings, Wecom};
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::reply::WechatReply;
use magpie_wechat::reply::wecom::WhoCame;

use crate::call::{block_on, failure, hasty};
use crate::upstream::{Upstream, Wire, answer};

type Came = Result<WechatReply<WhoCame>, CallFailed>;

const MEMBER: &str =
    r#"{"errcode":0,"errmsg":"ok","userid":"planted-userid","user_ticket":"planted-\"ticket"}"#;

fn channel(id: &str) -> Channel {
    Channel {
        id: ChannelId::parse(id).unwrap(),
        way: Way::Wecom(WecomApp {
            agent_id: 1_000_002,
            scope: MemberScope::SnsapiPrivateinfo,
            members_only: true,
        }),
        account: Account {
            app_id: AppId::parse("wwplantedcorp").unwrap(),
            app_secret: Secret::new("planted-corp-secret".to_owned()),
        },
        platform: None,
        label: None,
        central_tokens: None,
        push: None,
    }
}

fn wecom(settings: HttpSettings, base: &str) -> Wecom {
    Wecom::new(Http::new(settings).unwrap(), base)
}

async fn ask(wecom: &Wecom, channel: &Channel) -> Came {
    wecom.who_came(channel, &CallbackCode::parse("planted-code").unwrap()).await
}

/// The userid of a member, or the number of a refusal.
fn told(came: Came) -> String {
    match came {
        Ok(WechatReply::Ok(WhoCame::Member { userid, .. })) => userid.as_sent().to_owned(),
        Ok(WechatReply::Refused(no)) => no.code.to_string(),
        other => panic!("{other:?}"),
    }
}

fn token(number: usize, expires_in: i64) -> String {
    format!(
        r#"{{"errcode":0,"errmsg":"ok","access_token":"planted-token-{number}","expires_in":{expires_in}}}"#
    )
}

/// Answers each request of a connection by its request line.
fn by_line(wire: &mut Wire, reply: impl Fn(&str) -> String) {
    while wire.request() {
        let line = wire.last_line();
        if !wire.say(&answer("200 OK", "", reply(&line).as_bytes())) {
            break;
        }
    }
}

/// A WeCom that numbers its tokens; `reply` says what else it answers.
fn numbered(
    expires_in: i64,
    reply: impl Fn(&str) -> String + Send + Sync + 'static,
) -> (Upstream, Arc<AtomicUsize>) {
    let fetched = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&fetched);
    let upstream = Upstream::start(move |_number, wire| {
        by_line(wire, |line| {
            if line.contains("/gettoken?") {
                token(count.fetch_add(1, Ordering::SeqCst) + 1, expires_in)
            } else {
                reply(line)
            }
        });
    });
    (upstream, fetched)
}

#[test]
fn the_documented_parameters_are_sent_in_their_order_and_the_secret_once() {
    let (upstream, _) = numbered(7200, |_| MEMBER.to_owned());
    block_on(async {
        let wecom = wecom(HttpSettings::default(), &upstream.base());
        let channel = channel("office");
        let Ok(WechatReply::Ok(WhoCame::Member { ticket: Some(ticket), .. })) =
            ask(&wecom, &channel).await
        else {
            panic!("no ticket")
        };
        drop(wecom.detail(&channel, &ticket).await.unwrap());
    });
    let heard = upstream.heard().concat();
    let lines: Vec<&str> = heard.lines().filter(|line| line.contains(" HTTP/1.1")).collect();
    assert_eq!(
        lines,
        [
            "GET /cgi-bin/gettoken?corpid=wwplantedcorp&corpsecret=planted-corp-secret HTTP/1.1",
            "GET /cgi-bin/auth/getuserinfo?access_token=planted-token-1&code=planted-code HTTP/1.1",
            "POST /cgi-bin/auth/getuserdetail?access_token=planted-token-1 HTTP/1.1",
        ]
    );
    assert!(heard.contains(r#"{"user_ticket":"planted-\"ticket"}"#), "{heard}");
    assert!(heard.contains("content-type: application/json"), "{heard}");
}

/// WeCom counts calls of `gettoken`.
#[test]
fn one_token_serves_everybody_who_comes_at_once_and_afterwards() {
    let (upstream, fetched) = numbered(7200, |_| MEMBER.to_owned());
    block_on(async {
        let wecom = wecom(HttpSettings::default(), &upstream.base());
        for _ in 0..2 {
            let mut coming = tokio::task::JoinSet::new();
            for _ in 0..20 {
                let wecom = wecom.clone();
                coming.spawn(async move { told(ask(&wecom, &channel("office")).await) });
            }
            assert!(coming.join_all().await.iter().all(|userid| userid == "planted-userid"));
        }
        assert_eq!(fetched.load(Ordering::SeqCst), 1);
        // Another app has a token of its own.
        told(ask(&wecom, &channel("branch")).await).clear();
    });
    assert_eq!(fetched.load(Ordering::SeqCst), 2);
}

/// 40014 and 42001: once, whatever WeCom says then.
#[test]
fn a_void_token_is_fetched_again_once() {
    for (void, expected) in [(40_014, "planted-userid"), (42_001, "planted-userid")] {
        let (upstream, fetched) = numbered(7200, move |line| {
            if line.contains("token-1&") {
                format!(r#"{{"errcode":{void},"errmsg":"x"}}"#)
            } else {
                MEMBER.to_owned()
            }
        });
        let came = block_on(async {
            let wecom = wecom(HttpSettings::default(), &upstream.base());
            ask(&wecom, &channel("office")).await
        });
        assert_eq!((told(came).as_str(), fetched.load(Ordering::SeqCst)), (expected, 2));
    }
    let (upstream, fetched) = numbered(7200, |_| r#"{"errcode":40014,"errmsg":"x"}"#.to_owned());
    let came = block_on(async {
        ask(&wecom(HttpSettings::default(), &upstream.base()), &channel("office")).await
    });
    assert_eq!((told(came).as_str(), fetched.load(Ordering::SeqCst)), ("40014", 2));
    assert_eq!(upstream.heard().concat().matches("code=planted-code").count(), 2);
}

/// Any other no is about the code, which is worth one answer.
#[test]
fn another_refusal_is_not_tried_again() {
    for number in [40_029, 50_002, 60_020, -1, 99_999] {
        let (upstream, fetched) =
            numbered(7200, move |_| format!(r#"{{"errcode":"{number}","errmsg":"x"}}"#));
        let came = block_on(async {
            ask(&wecom(HttpSettings::default(), &upstream.base()), &channel("office")).await
        });
        assert_eq!((told(came), fetched.load(Ordering::SeqCst)), (number.to_string(), 1));
        assert_eq!(upstream.heard().concat().matches("code=planted-code").count(), 1);
    }
}

/// A token that is about to end is left; one whose life makes no sense is not fetched for every login.
#[test]
fn a_token_is_kept_until_shortly_before_its_end_and_never_for_no_time() {
    for expires_in in [7200, 301, 60, 0, -1] {
        let (upstream, fetched) = numbered(expires_in, |_| MEMBER.to_owned());
        block_on(async {
            let wecom = wecom(HttpSettings::default(), &upstream.base());
            for _ in 0..3 {
                told(ask(&wecom, &channel("office")).await).clear();
            }
        });
        assert_eq!(fetched.load(Ordering::SeqCst), 1, "{expires_in}");
    }
}

/// Everybody who waited for a token that could not be had is told so at once; whoever comes later asks again.
#[test]
fn a_token_that_cannot_be_had_is_asked_for_once_by_all_who_wait() {
    let fetched = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&fetched);
    let upstream = Upstream::start(move |_number, wire| {
        by_line(wire, |_line| {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(300));
            r#"{"errcode":40001,"errmsg":"invalid credential"}"#.to_owned()
        });
    });
    block_on(async {
        let wecom = wecom(HttpSettings::default(), &upstream.base());
        let mut coming = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let wecom = wecom.clone();
            coming.spawn(async move { told(ask(&wecom, &channel("office")).await) });
        }
        assert!(coming.join_all().await.iter().all(|told| told == "40001"));
        assert_eq!(fetched.load(Ordering::SeqCst), 1);
        assert_eq!(told(ask(&wecom, &channel("office")).await), "40001");
    });
    assert_eq!(fetched.load(Ordering::SeqCst), 2);
}

/// WX-37, WX-38 and law 9: token and code have one deadline together, nothing is followed, nothing is printed.
#[test]
fn silence_and_redirects_are_failures_without_a_word() {
    let silent = Upstream::start(|_number, wire| wire.listen());
    let (half, _) = numbered(7200, |_| {
        std::thread::sleep(Duration::from_secs(2));
        MEMBER.to_owned()
    });
    let moved = Upstream::answering(answer("302 Found", "Location: /planted\r\n", b""));
    for (base, expected) in [
        (silent.base(), CallFailed::Deadline),
        (half.base(), CallFailed::Deadline),
        (moved.base(), CallFailed::Redirected),
        ("http://nobody.invalid".to_owned(), CallFailed::Connect),
    ] {
        let came = block_on(async { ask(&wecom(hasty(), &base), &channel("office")).await });
        let failed = failure(came);
        assert_eq!(failed, expected, "{base}");
        assert!(!format!("{failed} {failed:?}").contains("planted"));
    }
    let told = format!("{:?}", wecom(hasty(), &moved.base()));
    assert!(!told.contains("://") && !told.contains("planted"), "{told}");
}

/// WX-40 for WeCom: after five silences in a row nobody is sent, and one finds out when it is over; the time for token and
/// code together runs out at WeCom too. Seen red with the call made without leave.
#[test]
fn a_silent_wecom_is_left_alone_and_found_again() {
    let is_awake = Arc::new(AtomicUsize::new(1));
    let seen = Arc::clone(&is_awake);
    let upstream = Upstream::start(move |_number, wire| {
        while wire.request() {
            let line = wire.last_line();
            let reply =
                if line.contains("/gettoken?") { token(1, 7200) } else { MEMBER.to_owned() };
            if seen.load(Ordering::SeqCst) == 0 && !line.contains("/gettoken?") {
                return wire.listen();
            }
            wire.say(&answer("200 OK", "", reply.as_bytes()));
        }
    });
    block_on(async {
        let (wecom, channel) = (wecom(hasty(), &upstream.base()), channel("office"));
        assert_eq!(told(ask(&wecom, &channel).await), "planted-userid");
        is_awake.store(0, Ordering::SeqCst);
        let mut silenced = tokio::task::JoinSet::new();
        for _ in 0..5 {
            assert!(!wecom.is_resting());
            let (wecom, channel) = (wecom.clone(), channel.clone());
            silenced.spawn(async move { ask(&wecom, &channel).await });
        }
        for came in silenced.join_all().await {
            assert_eq!(failure(came), CallFailed::Deadline);
        }
        assert!(wecom.is_resting());
        is_awake.store(1, Ordering::SeqCst);
        let late = wecom.who_came(&channel, &CallbackCode::parse("at-rest").unwrap()).await;
        assert_eq!(failure(late), CallFailed::Resting);
        tokio::time::sleep(Duration::from_millis(5100)).await;
        assert_eq!(told(ask(&wecom, &channel).await), "planted-userid");
        assert!(!wecom.is_resting());
    });
    assert!(!upstream.heard().concat().contains("at-rest"));
}

/// Who waits for another's fetch of a token has a deadline of their own.
#[test]
fn who_waits_for_a_token_waits_no_longer_than_a_call_may_take() {
    let silent = Upstream::start(|_number, wire| wire.listen());
    block_on(async {
        let wecom = wecom(hasty(), &silent.base());
        let mut first = tokio::task::JoinSet::new();
        let asking = wecom.clone();
        first.spawn(async move { ask(&asking, &channel("office")).await });
        silent.wait_for(1);
        let began = tokio::time::Instant::now();
        assert_eq!(failure(ask(&wecom, &channel("office")).await), CallFailed::Deadline);
        assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
        for came in first.join_all().await {
            assert_eq!(failure(came), CallFailed::Deadline);
        }
    });
}
