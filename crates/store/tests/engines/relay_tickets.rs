//! Desktops that wait for a phone, on both engines: found by either half, answered once, taken once, swept away.

use magpie_domain::testing::{sample_ticket, sample_user_id};
use magpie_domain::{AppId, ChatDoor, Follower, MatchNumber, OpenId, RelayAnswer, RelayTicket};
use magpie_store::relay_tickets::{self, chat};
use magpie_store::{Once, Tx, purge};

use crate::house::{House, NOW, hash, later};

/// Keeps the ticket of that number; what its desktop holds hashes to the same number.
async fn waiting(tx: &mut Tx, number: u8) -> RelayTicket {
    let ticket = sample_ticket(u64::from(number));
    relay_tickets::insert(tx, &ticket, &hash(number)).await.unwrap();
    ticket
}

fn number(value: u8) -> MatchNumber {
    MatchNumber::of(value).unwrap()
}

/// QR-01.
#[tokio::test]
async fn a_ticket_comes_back_as_it_was_kept_and_its_desktop_alone_holds_it() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let (one, two) = (waiting(&mut tx, 1).await, waiting(&mut tx, 2).await);
        assert_eq!(relay_tickets::find(&mut tx, &one.id).await, Ok(Some(one.clone())));
        assert_eq!(relay_tickets::find(&mut tx, &sample_ticket(9).id).await, Ok(None));
        for (ticket, secret, found) in [(&one, 1, true), (&one, 2, false), (&two, 1, false)] {
            let held = relay_tickets::find_held(&mut tx, &ticket.id, &hash(secret)).await;
            assert_eq!(held, Ok(found.then(|| ticket.clone())), "{secret}");
        }
        tx.commit().await.unwrap();
    }
}

/// QR-04, QR-05.
#[tokio::test]
async fn the_right_number_in_time_is_a_yes_and_a_yes_is_taken_once_by_its_desktop() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let one = waiting(&mut tx, 1).await;
        let (ann, ben) = (sample_user_id(1), sample_user_id(2));
        let take = relay_tickets::take(&mut tx, &one.id, &hash(1), NOW).await;
        assert_eq!(take, Ok(Once::TooLate), "nobody has answered");
        for (value, at) in [(43, NOW), (42, later(120))] {
            let said =
                relay_tickets::approve(&mut tx, &one.id, number(value), (&ann, NOW), at).await;
            assert_eq!(said, Ok(Once::TooLate), "{value}");
        }
        let said =
            relay_tickets::approve(&mut tx, &one.id, number(42), (&ann, later(5)), later(119))
                .await;
        assert_eq!(said, Ok(Once::Won(())));
        let late =
            relay_tickets::approve(&mut tx, &one.id, number(42), (&ben, NOW), later(119)).await;
        assert_eq!(late, Ok(Once::TooLate));
        assert_eq!(relay_tickets::refuse(&mut tx, &one.id, NOW).await, Ok(Once::TooLate));
        assert_eq!(relay_tickets::wrong_number(&mut tx, &one.id, NOW).await, Ok(Once::TooLate));
        assert_eq!(relay_tickets::abandon(&mut tx, &one.id, &hash(1)).await, Ok(Once::TooLate));
        assert_eq!(relay_tickets::answered(&mut tx, NOW).await, Ok(vec![one.id.clone()]));
        // The desktop has half a minute more than the phone had.
        for (secret, at, won) in
            [(2, NOW, false), (1, later(150), false), (1, later(149), true), (1, NOW, false)]
        {
            let taken = relay_tickets::take(&mut tx, &one.id, &hash(secret), at).await.unwrap();
            assert_eq!(taken.is_won(), won, "{secret} {at}");
            if let Once::Won(who) = taken {
                assert_eq!(who, (ann.clone(), later(5)));
            }
        }
        assert_eq!(relay_tickets::answered(&mut tx, NOW).await, Ok(vec![]));
        let found = relay_tickets::find(&mut tx, &one.id).await.unwrap().unwrap();
        assert_eq!(found.answer, Some(RelayAnswer::Approved { user: ann, auth_time: later(5) }));
        assert!(found.taken);
        tx.commit().await.unwrap();
    }
}

/// QR-05.
#[tokio::test]
async fn the_third_wrong_number_and_a_no_end_a_ticket() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let (one, two, three) =
            (waiting(&mut tx, 1).await, waiting(&mut tx, 2).await, waiting(&mut tx, 3).await);
        let late = relay_tickets::wrong_number(&mut tx, &one.id, later(120)).await;
        assert_eq!(late, Ok(Once::TooLate));
        for count in 1..=3 {
            let counted = relay_tickets::wrong_number(&mut tx, &one.id, NOW).await;
            assert_eq!(counted, Ok(Once::Won(count)));
        }
        assert_eq!(relay_tickets::wrong_number(&mut tx, &one.id, NOW).await, Ok(Once::TooLate));
        assert_eq!(relay_tickets::refuse(&mut tx, &two.id, NOW).await, Ok(Once::Won(())));
        assert_eq!(relay_tickets::abandon(&mut tx, &three.id, &hash(2)).await, Ok(Once::TooLate));
        assert_eq!(relay_tickets::abandon(&mut tx, &three.id, &hash(3)).await, Ok(Once::Won(())));
        let ann = sample_user_id(1);
        for (ticket, answer) in [
            (&one, RelayAnswer::WrongNumbers),
            (&two, RelayAnswer::Refused),
            (&three, RelayAnswer::Refused),
        ] {
            let said =
                relay_tickets::approve(&mut tx, &ticket.id, number(42), (&ann, NOW), NOW).await;
            assert_eq!(said, Ok(Once::TooLate));
            let found = relay_tickets::find(&mut tx, &ticket.id).await.unwrap().unwrap();
            assert_eq!(found.answer, Some(answer));
        }
        let mut answered = relay_tickets::answered(&mut tx, NOW).await.unwrap();
        let mut expected = vec![one.id, two.id, three.id];
        answered.sort();
        expected.sort();
        assert_eq!(answered, expected);
        tx.commit().await.unwrap();
    }
}

/// Law 12.
#[tokio::test]
async fn tickets_are_swept_ten_minutes_after_their_end() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        waiting(&mut tx, 1).await;
        tx.commit().await.unwrap();
        assert_eq!(purge::expired(&house.store, later(719)).await.unwrap().relay_tickets, 0);
        assert_eq!(purge::expired(&house.store, later(720)).await.unwrap().relay_tickets, 1);
    }
}

fn follower(openid: &str) -> Follower {
    let (app_id, openid) = (AppId::parse("wx0000000000000002"), OpenId::parse(openid));
    Follower { app_id: app_id.unwrap(), openid: openid.unwrap() }
}

/// Keeps a ticket that is answered in a chat.
async fn in_chat(tx: &mut Tx, number: u8) -> RelayTicket {
    let code = format!("http://weixin.qq.com/q/{number}");
    let chat = Some(ChatDoor { code, scanned_by: None });
    let ticket = RelayTicket { chat, ..sample_ticket(u64::from(number)) };
    relay_tickets::insert(tx, &ticket, &hash(number)).await.unwrap();
    ticket
}

/// The first who scans is the only one who can answer; a scan that is heard again changes nothing, nor does one that comes
/// late or of a ticket that is answered on a page.
#[tokio::test]
async fn a_code_belongs_to_who_scanned_it_first() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let (ann, ben) = (follower("oAnn"), follower("oBen"));
        let (one, on_page) = (in_chat(&mut tx, 1).await, waiting(&mut tx, 2).await);
        assert_eq!(relay_tickets::find(&mut tx, &one.id).await, Ok(Some(one.clone())));
        assert_eq!(chat::find_scanned(&mut tx, &ann).await, Ok(None));
        for (ticket, who, said, at, first) in [
            (&on_page, &ann, NOW, NOW, false),
            (&one, &ann, NOW, later(120), false),
            (&one, &ann, NOW, NOW, true),
            (&one, &ann, NOW, NOW, false),
            (&one, &ben, later(1), NOW, false),
            (&one, &ann, later(1), NOW, true),
        ] {
            let scanned = chat::scan(&mut tx, &ticket.id, who, (said, at)).await.unwrap();
            assert_eq!(scanned.is_won(), first);
        }
        let found = chat::find_scanned(&mut tx, &ann).await.unwrap().unwrap();
        assert_eq!(found.chat.unwrap().scanned_by, Some(ann.clone()));
        assert_eq!(chat::find_scanned(&mut tx, &ben).await, Ok(None));
        let elsewhere = Follower { app_id: AppId::parse("wx9").unwrap(), ..ann.clone() };
        assert_eq!(chat::find_scanned(&mut tx, &elsewhere).await, Ok(None));
        // The one that was scanned last, and of one second the one that waits.
        let two = in_chat(&mut tx, 3).await;
        assert!(chat::scan(&mut tx, &two.id, &ann, (later(2), NOW)).await.unwrap().is_won());
        assert_eq!(chat::find_scanned(&mut tx, &ann).await.unwrap().unwrap().id, two.id);
        let three = in_chat(&mut tx, 4).await;
        assert!(chat::scan(&mut tx, &three.id, &ann, (later(2), NOW)).await.unwrap().is_won());
        let (latter, former) =
            (chat::find_scanned(&mut tx, &ann).await.unwrap().unwrap(), [two, three]);
        assert!(relay_tickets::refuse(&mut tx, &latter.id, NOW).await.unwrap().is_won());
        let other = former.into_iter().find(|ticket| ticket.id != latter.id).unwrap();
        assert_eq!(chat::find_scanned(&mut tx, &ann).await.unwrap().unwrap().id, other.id);
        tx.commit().await.unwrap();
    }
}

/// The number counts from who scanned, once, in time, and opens the desktop's own door alone.
#[tokio::test]
async fn a_number_typed_in_a_chat_counts_once_and_from_its_person() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let (ann, ben, someone) = (follower("oAnn"), follower("oBen"), sample_user_id(1));
        let one = in_chat(&mut tx, 1).await;
        let confirm = chat::confirm(&mut tx, &one.id, &ann, number(42), NOW).await;
        assert_eq!(confirm, Ok(Once::TooLate), "nobody has scanned");
        assert!(chat::scan(&mut tx, &one.id, &ann, (NOW, NOW)).await.unwrap().is_won());
        // The phone's page has no say here.
        let page = relay_tickets::approve(&mut tx, &one.id, number(42), (&someone, NOW), NOW).await;
        assert_eq!(page, Ok(Once::TooLate));
        assert_eq!(chat::take(&mut tx, &one.id, &hash(1), NOW).await, Ok(Once::TooLate));
        for (who, value, at, counts) in [
            (&ben, 42, NOW, false),
            (&ann, 43, NOW, false),
            (&ann, 42, later(120), false),
            (&ann, 42, later(119), true),
            (&ann, 42, later(119), false),
        ] {
            let said = chat::confirm(&mut tx, &one.id, who, number(value), at).await.unwrap();
            assert_eq!(said.is_won(), counts, "{value}");
        }
        let kept = relay_tickets::find(&mut tx, &one.id).await.unwrap().unwrap();
        let expected = RelayAnswer::Confirmed { follower: ann.clone(), at: later(119) };
        assert_eq!(kept.answer, Some(expected));
        assert_eq!(relay_tickets::answered(&mut tx, NOW).await, Ok(vec![one.id.clone()]));
        let page = relay_tickets::take(&mut tx, &one.id, &hash(1), NOW).await;
        assert_eq!(page, Ok(Once::TooLate), "no user yet");
        for (secret, at, taken) in
            [(2, NOW, false), (1, later(150), false), (1, later(149), true), (1, later(149), false)]
        {
            let answer = chat::take(&mut tx, &one.id, &hash(secret), at).await.unwrap();
            assert_eq!(answer == Once::Won((ann.clone(), later(119))), taken, "{secret}");
        }
        tx.commit().await.unwrap();
    }
}
