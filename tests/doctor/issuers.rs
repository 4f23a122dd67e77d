//! What can stand between people and the issuer.

use harness::{House, Plan};
use magpie_simulator::World;
use tempfile::TempDir;

use crate::configuration::{FILE, Setup};
use crate::trap::{Authority, Trap, response};

/// A house whose WeChat does not mind where the issuer is.
async fn house() -> House {
    let mut world = World::demo("127.0.0.1");
    for account in &mut world.accounts {
        account.callback_domains.extend(["localhost".to_owned(), "nowhere.test".to_owned()]);
    }
    House::of(Plan { world: Some(world), ..Plan::default() }).await
}

fn at(house: &House, issuer: String) -> Setup {
    Setup { issuer, ..Setup::of(house) }
}

/// Seen red with names resolved by the client alone, and with a redirect taken for an answer.
#[tokio::test]
async fn an_issuer_that_does_not_answer_or_answers_as_somebody_else_is_named_by_its_cause() {
    let house = house().await;
    let answering = |status, headers: &'static str, body: &'static str| {
        Trap::answering(move |_path| response(status, headers, body)).url("http")
    };
    for (issuer, problem) in [
        ("http://nowhere.test".to_owned(), "issuer_name_unknown"),
        (Trap::closed().url("http"), "issuer_refused"),
        (Trap::silent().url("http"), "issuer_silent"),
        (Trap::rude().url("http"), "issuer_broken_off"),
        (Trap::without_tls().named("https"), "issuer_tls"),
        (answering(302, "location: https://www.elsewhere.example/\r\n", ""), "issuer_redirects"),
        (answering(502, "content-type: text/html\r\n", "<h1>Bad Gateway</h1>"), "issuer_failing"),
        (
            answering(200, "content-type: text/html\r\n", "<h1>Sign in to the network</h1>"),
            "issuer_not_json",
        ),
        (answering(200, "", r#"{"issuer":"https://other.example"}"#), "issuer_other"),
        // The house answers to the name in its own issuer, which is the address.
        (house.issuer.replace("127.0.0.1", "localhost"), "issuer_host_not_passed"),
    ] {
        at(&house, issuer).suffers(problem).await;
    }
    house.close().await;
}

/// Seen red with every difference called another issuer.
#[tokio::test]
async fn an_issuer_that_is_nearly_the_same_is_told_by_what_differs() {
    let house = house().await;
    for (suffix, scheme, problem) in [("/", "http", "issuer_slash"), ("", "https", "issuer_scheme")]
    {
        let trap = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
        let says = std::sync::Arc::clone(&trap);
        let at_trap = Trap::answering(move |_path| {
            response(200, "", &format!(r#"{{"issuer":"{}"}}"#, says.get().unwrap()))
        });
        trap.set(format!("{}{suffix}", at_trap.url(scheme))).unwrap();
        at(&house, at_trap.url("http")).suffers(problem).await;
    }
    house.close().await;
}

/// Seen red with every certificate error taken for an unknown issuer.
#[tokio::test]
async fn each_way_in_which_a_certificate_is_wrong_is_named() {
    let (house, folder) = (house().await, TempDir::new().unwrap());
    let trusted = Authority::new();
    let trap = |tls| Trap::tls(tls, |_path| response(200, "", "{}"));
    for (issuer, problem) in [
        (trap(trusted.server(2020)).named("https"), "issuer_certificate_dates"),
        (trap(trusted.server(4000)).url("https"), "issuer_certificate_name"),
        (trap(Authority::new().server(4000)).named("https"), "issuer_certificate_unknown"),
        // With a certificate in order, what is wrong is behind it.
        (trap(trusted.server(4000)).named("https"), "issuer_not_json"),
    ] {
        let roots = Some(trusted.roots(&folder));
        Setup { issuer, roots, ..Setup::of(&house) }.suffers(problem).await;
    }
    house.close().await;
}

#[tokio::test]
async fn a_file_of_another_type_and_a_machine_with_another_time_are_noticed() {
    let house = house().await;
    let mirrored = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let own = std::sync::Arc::clone(&mirrored);
    let trap = Trap::answering(move |path| {
        let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-type: text/html\r\n";
        match path {
            path if path.ends_with("openid-configuration") => {
                response(200, date, &format!(r#"{{"issuer":"{}"}}"#, own.get().unwrap()))
            }
            path if path.ends_with(".txt") => response(200, date, FILE.1),
            _ => response(200, date, r#"{"keys":[]}"#),
        }
    });
    mirrored.set(trap.url("http")).unwrap();
    let diagnosis = at(&house, trap.url("http")).examine().await;
    assert_eq!(diagnosis.of("act"), ["clock_of_issuer", "keys_not_published"], "{diagnosis:?}");
    assert_eq!(diagnosis.of("warning"), ["file_type"]);
    assert_eq!(diagnosis.status, Some(1));
    house.close().await;
}
