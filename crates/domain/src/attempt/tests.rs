use super::*;
use crate::testing::{SeededEntropy, sample_request, sample_session_id};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn departed() -> (LoginAttempt, DepartureHandle, ChannelId) {
    let entropy = SeededEntropy::new(1);
    let channel = ChannelId::parse("inapp").unwrap();
    let handle = DepartureHandle::generate(&entropy).unwrap();
    let attempt =
        LoginAttempt::start(sample_request(), NOW, Lifetime::from_minutes(10), &entropy).unwrap();
    (attempt.depart(channel.clone(), handle.clone()).unwrap(), handle, channel)
}

/// WX-01, WX-06.
#[test]
fn a_callback_must_agree_in_handle_channel_and_time() {
    let (attempt, handle, channel) = departed();
    let other = ChannelId::parse("desktop").unwrap();
    let late = NOW.plus(Lifetime::from_minutes(10));
    let try_return = |state: &str, by: &ChannelId, now| attempt.clone().returned(state, by, now);
    assert!(try_return(handle.as_str(), &channel, NOW).is_ok());
    assert_eq!(try_return("x", &channel, NOW), Err(ReturnRefused::OtherHandle));
    assert_eq!(try_return("", &channel, NOW), Err(ReturnRefused::OtherHandle));
    assert_eq!(try_return(handle.as_str(), &other, NOW), Err(ReturnRefused::OtherChannel));
    assert_eq!(try_return(handle.as_str(), &channel, late), Err(ReturnRefused::Expired));
    let arrived = attempt.arrive(sample_session_id(1));
    assert_eq!(arrived.returned(handle.as_str(), &channel, NOW), Err(ReturnRefused::NotAtWechat));
}

#[test]
fn each_departure_has_its_own_claim_and_voids_the_older_handle() {
    let (attempt, first, channel) = departed();
    let second = DepartureHandle::generate(&SeededEntropy::new(2)).unwrap();
    let first_key =
        attempt.clone().returned(first.as_str(), &channel, NOW).unwrap().claim_key().clone();
    let again = attempt.depart(channel.clone(), second.clone()).unwrap();
    assert_eq!(
        again.clone().returned(first.as_str(), &channel, NOW),
        Err(ReturnRefused::OtherHandle)
    );
    assert_ne!(*again.returned(second.as_str(), &channel, NOW).unwrap().claim_key(), first_key);
}

#[test]
fn an_attempt_restarts_by_itself_only_once_and_leaves_at_most_five_times() {
    let (attempt, handle, channel) = departed();
    let restarted = attempt.restart(channel.clone(), handle.clone()).unwrap();
    assert!(restarted.clone().restart(channel.clone(), handle.clone()).is_none());
    let mut leaving = Some(restarted);
    let mut times = 0;
    while let Some(attempt) = leaving {
        times += 1;
        leaving = attempt.depart(channel.clone(), handle.clone());
    }
    assert_eq!(times, 4, "two departures before the loop, three in it");
}

#[test]
fn an_attempt_survives_its_cookie_and_prints_nothing_secret() {
    let (attempt, handle, _) = departed();
    let text = serde_json::to_string(&attempt).unwrap();
    assert_eq!(serde_json::from_str::<LoginAttempt>(&text).unwrap(), attempt);
    let printed = format!("{attempt:?}");
    assert!(!printed.contains(handle.as_str()), "{printed}");
    assert!(!printed.contains("replay"), "{printed}");
}

#[test]
fn a_yes_counts_for_the_session_that_was_asked_and_freshness_survives_the_question() {
    let (attempt, _, _) = departed();
    let (ann, ben) = (sample_session_id(1), sample_session_id(2));
    assert_eq!(attempt.asked_session(), None);
    let fresh = attempt.clone().arrive(ann.clone()).ask(ann.clone());
    assert_eq!((fresh.asked_session(), fresh.arrived_session()), (Some(&ann), Some(&ann)));
    let stale = attempt.arrive(ann).ask(ben.clone());
    assert_eq!((stale.asked_session(), stale.arrived_session()), (Some(&ben), None));
}

/// What nobody did anything for is remembered with its departure; that it was in vain, with the attempt.
#[test]
fn a_silent_departure_is_remembered_until_the_next_and_its_failure_for_good() {
    let (attempt, handle, channel) = departed();
    assert!(!attempt.left_silently() && !attempt.was_silent_in_vain());
    let silent = attempt.depart_silently(channel.clone(), handle.clone()).unwrap();
    assert!(silent.left_silently());
    let again = silent.restart(channel.clone(), handle.clone()).unwrap();
    assert!(again.left_silently(), "WeChat lost the code, and nobody has done anything since");
    let asked = again.ask_at_wechat();
    assert!(asked.was_silent_in_vain() && !asked.left_silently() && asked.away().is_none());
    let tapped = asked.depart(channel.clone(), handle.clone()).unwrap();
    assert!(tapped.was_silent_in_vain() && !tapped.left_silently());
    let (by, with, key) = tapped.away().unwrap();
    assert_eq!((by, with), (&channel, &handle));
    assert_eq!(key, *tapped.clone().returned(handle.as_str(), &channel, NOW).unwrap().claim_key());
}
