use magpie_domain::Timestamp;
use magpie_wechat::push::{Chat, Named};

use super::*;

#[test]
fn each_event_changes_what_the_operator_wants() {
    let openid = OpenId::parse("oLVPp5kq3Jt7xYb2W0aHsN4vQe_M").unwrap();
    let revoked = |everything, profile, phone_number| Event::AuthorizationRevoked {
        openid: openid.clone(),
        named: Named { everything, profile, phone_number },
    };
    let erase = |profile, phone_number| What::Erase(TakenBack { profile, phone_number });
    let cancelled = Event::AccountCancelled { openid: openid.clone() };
    let chat =
        Chat { openid: openid.clone(), account: "gh_1".to_owned(), at: Timestamp::from_seconds(0) };
    let unsubscribed = Event::Unsubscribed { openid: openid.clone() };
    let usual = PrivacyPolicy::default();
    let other = PrivacyPolicy {
        on_cancellation: OnCancellation::Block,
        on_unsubscribe: OnUnsubscribe::EraseProfile,
    };
    for (event, policy, expected) in [
        (&Event::ProfileModified { openid: openid.clone() }, usual, Some(What::BlankFace)),
        (&revoked(true, false, false), usual, Some(What::Withdraw)),
        (&revoked(true, true, true), usual, Some(What::Withdraw)),
        (&revoked(false, true, false), usual, Some(erase(true, false))),
        (&revoked(false, false, true), usual, Some(erase(false, true))),
        (&revoked(false, true, true), usual, Some(erase(true, true))),
        (&revoked(false, false, false), usual, None),
        (&cancelled, usual, Some(What::Forget)),
        (&cancelled, other, Some(What::Block)),
        (&unsubscribed, usual, None),
        (&unsubscribed, other, Some(erase(true, false))),
        (&Event::Subscribed { chat, scene: None }, other, None),
        (&Event::Other, other, None),
        (&Event::Incomplete, other, None),
    ] {
        let change = Change::of(event, policy);
        assert_eq!(change.map(|change| change.what), expected, "{event:?} {policy:?}");
    }
}

#[test]
fn what_was_left_stays_and_what_was_taken_back_goes() {
    let told = Profile { name: Some("小鱼".to_owned()), ..Profile::default() };
    let erase = |profile, phone_number| What::Erase(TakenBack { profile, phone_number });
    let nothing = Some(Profile::default());
    for (what, leaves, takes_number) in [
        (What::BlankFace, nothing.clone(), false),
        (erase(true, false), nothing.clone(), false),
        (erase(false, true), None, true),
        (erase(true, true), nothing.clone(), true),
        (What::Withdraw, nothing.clone(), true),
        (What::Forget, nothing.clone(), true),
        (What::Block, nothing, true),
    ] {
        assert_eq!(what.leaves(&told), leaves, "{what:?}");
        assert_eq!(what.takes_phone_number(), takes_number, "{what:?}");
    }
}
