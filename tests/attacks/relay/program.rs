//! A mini program that answers for a desktop: what counts is a number, with a fresh code of that very mini program.

use harness::channels::MINI_APP_ID;
use magpie_simulator::Scope;
use serde_json::json;

use crate::program_scene::{
    OTHER_MINI, assert_refused, assert_status, on_both_engines, on_postgres, place, place_without,
    wrong_number,
};
use crate::scene::{Place, assert_lost};

/// QR-01, QR-05: the scene opens a question and nothing else; it is the public name of the ticket, which our own code
/// says as well. Seen red with a question that ended the ticket.
#[tokio::test]
async fn a_scan_alone_signs_nobody_in() {
    for place in on_both_engines().await {
        let mut desk = place.desk().await;
        let drawn = desk.program_code(place.house.address()).await;
        let said = harness::read_qr_picture(&drawn.bytes);
        let scene = desk.ticket();
        assert_eq!(said, format!("appid={MINI_APP_ID}&page=pages/confirm/confirm&scene={scene}"));
        let before = place.picture().await;
        for _ in 0..3 {
            let question = place.asks(&scene).await;
            assert_eq!(question.status, 200, "{}", question.body);
            assert_eq!(question.header("cache-control"), "no-store");
            let question = question.json();
            assert_eq!(question["application"], "The application");
            assert_eq!(question["address"], "127.0.0.1");
            assert_eq!(question["tries_left"], 3);
            assert!((100..=120).contains(&question["expires_in"].as_i64().unwrap()));
            let number: u8 = desk.number().parse().unwrap();
            let numbers = question["numbers"].as_array().unwrap();
            assert!(numbers.len() == 6 && numbers.contains(&json!(number)), "{question}");
            assert_eq!(question.as_object().unwrap().len(), 7, "{question}");
        }
        assert!(!desk.has_news().await);
        let page = desk.look().await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "relay-code"));
        assert_eq!(place.picture().await, before);
        place.house.close().await;
    }
}

/// What comes of it: the person of the code, once.
#[tokio::test]
async fn the_number_with_a_code_of_the_mini_program_signs_the_desktop_in() {
    for place in on_both_engines().await {
        let mut desk = place.desk().await;
        let code = place.login("ann");
        let scene = desk.ticket();
        assert_status(&place.brings(&scene, &code, &desk.number()).await, "approved");
        assert!(desk.has_news().await);
        // Answered is answered, for everybody: the same code, a new one, another person and the question.
        assert_refused(&place.brings(&scene, &code, &desk.number()).await, "expired_token");
        assert_refused(&place.answers(&desk, "ann", &desk.number()).await, "expired_token");
        assert_refused(&place.answers(&desk, "ben", "no").await, "expired_token");
        assert_refused(&place.asks(&scene).await, "expired_token");
        let page = desk.look().await;
        let application = place.house.application();
        let tokens = application.tokens(&page.sent("code").unwrap()).await;
        assert_eq!(tokens.id_token["amr"], json!(["relay"]), "{}", tokens.id_token);
        let told = "SELECT count(*) FROM audit_events WHERE fact LIKE '%relay_approved%'";
        assert_eq!(place.number(told).await, 1);
        assert_eq!(place.house.wechat.exchanges_of(&code), 1);
        place.house.close().await;
    }
}

/// QR-05. Nobody becomes known by a wrong number. Seen red with any number taken for the right one, with wrong ones that
/// did not count, and with the person kept in spite of one.
#[tokio::test]
async fn three_wrong_numbers_cancel_the_code() {
    for place in on_both_engines().await {
        let mut desk = place.desk().await;
        let wrong = wrong_number(&place, &desk).await;
        for left in [2, 1] {
            let page = place.answers(&desk, "ann", &wrong).await;
            assert_status(&page, "wrong_number");
            assert_eq!(page.json()["tries_left"], left);
        }
        assert_eq!(place.asks(&desk.ticket()).await.json()["tries_left"], 1);
        assert!(!desk.has_news().await);
        assert_status(&place.answers(&desk, "ann", &wrong).await, "cancelled");
        assert!(desk.has_news().await);
        assert_refused(&place.answers(&desk, "ann", &desk.number()).await, "expired_token");
        assert_lost(&desk.look().await, "wrong-numbers");
        assert_eq!(place.number("SELECT count(*) FROM users").await, 0);
        place.house.close().await;
    }
}

/// The person says that it was not them; who is known has it in the audit trail.
#[tokio::test]
async fn a_no_ends_the_code_and_the_desktop_hears_it() {
    for place in on_both_engines().await {
        let mut known = place.desk().await;
        assert_status(&place.answers(&known, "ann", &known.number()).await, "approved");
        assert!(known.look().await.sent("code").is_some());
        let told = "SELECT count(*) FROM audit_events WHERE fact LIKE '%relay_refused%'";
        for (person, lines) in [("ben", 0), ("ann", 1)] {
            let mut desk = place.desk().await;
            assert_status(&place.answers(&desk, person, "no").await, "refused");
            assert!(desk.has_news().await);
            assert_refused(&place.answers(&desk, person, &desk.number()).await, "expired_token");
            assert_lost(&desk.look().await, "refused");
            assert_eq!(place.number(told).await, lines);
        }
        assert_eq!(place.number("SELECT count(*) FROM users").await, 1);
        place.house.close().await;
    }
}

/// Law 7: a code is one try, right or wrong; it reaches WeChat once, whichever desktop it is shown for. Seen red
/// without the claim.
#[tokio::test]
async fn a_code_of_the_mini_program_counts_once() {
    for place in on_both_engines().await {
        let mut desk = place.desk().await;
        let wrong = wrong_number(&place, &desk).await;
        let (code, scene) = (place.login("ann"), desk.ticket());
        assert_status(&place.brings(&scene, &code, &wrong).await, "wrong_number");
        assert_refused(&place.brings(&scene, &code, &desk.number()).await, "invalid_grant");
        let other = place.desk().await;
        let again = place.brings(&other.ticket(), &code, &other.number()).await;
        assert_refused(&again, "invalid_grant");
        assert_eq!(place.house.wechat.exchanges_of(&code), 1);
        let code = place.login("ann");
        let number = desk.number();
        let (one, two) = tokio::join!(
            place.brings(&scene, &code, &number),
            place.brings(&scene, &code, &number)
        );
        let approved = [&one, &two].into_iter().filter(|page| page.status == 200).count();
        assert_eq!((approved, place.house.wechat.exchanges_of(&code)), (1, 1));
        assert!(desk.look().await.sent("code").is_some());
        place.house.close().await;
    }
}

/// Codes of another mini program, though it is configured, of a web page, and invented ones: nobody's, and no try is lost.
/// Seen red with codes exchanged for the other channel.
#[tokio::test]
async fn codes_of_anybody_else_are_refused_and_change_nothing() {
    for place in on_both_engines().await {
        let mut desk = place.desk().await;
        let wechat = &place.house.wechat;
        let before = place.picture().await;
        for code in [
            wechat.issue_code(OTHER_MINI, "ann", Scope::MiniProgram).unwrap(),
            wechat.issue_code("wx0000000000000002", "ann", Scope::UserInfo).unwrap(),
            wechat.issue_code(MINI_APP_ID, "ann", Scope::PhoneNumber).unwrap(),
            "invented".to_owned(),
        ] {
            let page = place.brings(&desk.ticket(), &code, &desk.number()).await;
            assert_refused(&page, "invalid_grant");
        }
        assert!(!desk.has_news().await);
        let mut after = place.picture().await;
        // But for the marks of the codes.
        after[4] = before[4];
        assert_eq!(after, before);
        assert_status(&place.answers(&desk, "ann", &desk.number()).await, "approved");
        assert!(desk.look().await.sent("code").is_some());
        place.house.close().await;
    }
}

/// A relay without a mini program has neither its code nor its doors, whoever knows the scene; nothing reaches WeChat.
/// Seen red with any mini program taken for the relay's.
#[tokio::test]
async fn a_relay_that_names_no_mini_program_is_not_answered_by_one() {
    let place = place_without().await;
    let mut desk = place.desk().await;
    assert!(!desk.page.body.contains("program"), "{}", desk.page.body);
    assert_eq!(desk.program_code(place.house.address()).await.status, 503);
    assert_refused(&place.asks(&desk.ticket()).await, "expired_token");
    let code = place.login("ann");
    let page = place.brings(&desk.ticket(), &code, &desk.number()).await;
    assert_refused(&page, "expired_token");
    assert_eq!(place.house.wechat.exchanges_of(&code), 0);
    assert!(!desk.has_news().await);
    place.house.close().await;
}

/// What is over is over, and costs no code. Seen red without a look at the time.
#[tokio::test]
async fn what_comes_late_or_for_nobody_is_told_so_and_reaches_nobody() {
    for place in on_both_engines().await {
        let mut desk = place.desk().await;
        place.pass(121).await;
        let before = place.picture().await;
        let code = place.login("ann");
        for scene in [&*desk.ticket(), "0123456789abcdefghjkmnpqrs", "x", "../../x"] {
            assert_refused(&place.asks(scene).await, "expired_token");
            assert_refused(&place.brings(scene, &code, &desk.number()).await, "expired_token");
        }
        assert_eq!(desk.program_code(place.house.address()).await.status, 404);
        assert_eq!(place.house.wechat.exchanges_of(&code), 0);
        assert_eq!(place.picture().await, before);
        assert_lost(&desk.look().await, "expired");
        place.house.close().await;
    }
}

/// QR-04: of two people with the right number one signs the desktop in, and the other hears that it is over. Seen
/// red with the second told what the first was.
#[tokio::test]
async fn two_mini_programs_at_once_are_one_answer() {
    for place in on_both_engines().await {
        for _ in 0..5 {
            let mut desk = place.desk().await;
            let number = desk.number();
            let (ann, ben) = tokio::join!(
                place.answers(&desk, "ann", &number),
                place.answers(&desk, "ben", &number)
            );
            let approved = [&ann, &ben].into_iter().filter(|page| page.status == 200).count();
            assert_eq!(approved, 1, "{} {}", ann.body, ben.body);
            let late = if ann.status == 200 { &ben } else { &ann };
            assert_refused(late, "expired_token");
            assert!(desk.look().await.sent("code").is_some());
        }
        place.house.close().await;
    }
}

/// QR-12: shown by one replica, answered at another, fetched at the first.
#[tokio::test]
async fn the_answer_may_come_to_another_replica() {
    let Some(place) = on_postgres().await else { return };
    let (replica, _stop) = place.house.replica().await;
    let mut desk = place.desk().await;
    let said = harness::read_qr_picture(&desk.program_code(replica).await.bytes);
    assert!(said.ends_with(&desk.ticket()), "{said}");
    let code = place.login("ann");
    let page = place.brings_to(replica, &desk.ticket(), &code, &desk.number()).await;
    assert_status(&page, "approved");
    assert!(desk.has_news().await);
    assert!(desk.look().await.sent("code").is_some());
    place.house.close().await;
}

/// Who was blocked answers for nobody. Seen red without a look at the state.
#[tokio::test]
async fn a_blocked_person_is_refused() {
    for place in on_both_engines().await {
        let mut desk = place.desk().await;
        assert_status(&place.answers(&desk, "ann", &desk.number()).await, "approved");
        assert!(desk.look().await.sent("code").is_some());
        place.block_everybody().await;
        let mut desk = place.desk().await;
        assert_refused(&place.answers(&desk, "ann", &desk.number()).await, "access_denied");
        assert!(!desk.has_news().await);
        place.house.close().await;
    }
}

/// TK-02: what is no well-formed answer is none. Seen red with repeated parameters taken.
#[tokio::test]
async fn malformed_answers_are_refused_before_anybody_is_asked() {
    let place = place().await;
    let desk = place.desk().await;
    let (code, scene, number) = (place.login("ann"), desk.ticket(), desk.number());
    let application = place.house.application();
    let path = "/relay/program/answer";
    let whole = [("scene", &*scene), ("code", &code), ("answer", &number)];
    for left_out in 0..3 {
        let mut fields = whole.to_vec();
        fields.remove(left_out);
        assert_refused(&application.post_as(path, None, &fields).await, "invalid_request");
    }
    for doubled in whole {
        let mut fields = whole.to_vec();
        fields.push(doubled);
        assert_refused(&application.post_as(path, None, &fields).await, "invalid_request");
    }
    for answer in ["yes", "7", "100", "allow"] {
        assert_refused(&place.brings(&scene, &code, answer).await, "invalid_request");
    }
    let in_query = format!("{path}?code={code}");
    assert_refused(&application.post_as(&in_query, None, &whole).await, "invalid_request");
    assert_refused(
        &application.post_as("/relay/program/question", None, &[]).await,
        "invalid_request",
    );
    assert_eq!(place.house.wechat.exchanges_of(&code), 0);
    assert_status(&place.brings(&scene, &code, &number).await, "approved");
    place.house.close().await;
}

/// QR-06: scenes are not guessed, and whoever tries is slowed down; who has one is answered all the same. Seen red
/// without the count.
#[tokio::test]
async fn who_guesses_scenes_is_slowed_down() {
    let place = place().await;
    let desk = place.desk().await;
    let mut slowed = 0;
    for guess in 0..3000_u32 {
        if slowed > 20 {
            break;
        }
        let page = place.asks(&format!("{guess:026}")).await;
        match page.status.as_u16() {
            400 => assert_refused(&page, "expired_token"),
            429 => slowed += 1,
            other => panic!("{other} {}", page.body),
        }
    }
    assert!(slowed > 20, "{slowed}");
    assert_status(&place.answers(&desk, "ann", &desk.number()).await, "approved");
    place.house.close().await;
}

impl Place {
    async fn block_everybody(&self) {
        self.house.database().run("UPDATE users SET state = 'blocked'").await;
    }
}
