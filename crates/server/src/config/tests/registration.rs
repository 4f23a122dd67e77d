//! `[registration]`: who may register, and what contradicts itself.

use magpie_flows::registration::RegistrationMode;

use super::{Desk, LEAST};

const TOKEN: &str = "S3CR3T-planted-initial-access-token";

fn section(text: &str) -> String {
    format!("{LEAST}[registration]\n{text}\n")
}

#[test]
fn nobody_registers_unless_the_operator_says_so() {
    let desk = Desk::new();
    let usual = desk.accept(LEAST).registration;
    assert_eq!((usual.mode, usual.most_clients), (RegistrationMode::Closed, 1000));
    assert!(!usual.is_offered());
    let open = desk.accept(&section("mode = \"open\"\nmax_clients = 7\nmax_unused = 3"));
    assert_eq!(open.registration.mode, RegistrationMode::Open { most_unused: 3 });
    assert_eq!(open.registration.most_clients, 7);
    let text = section(&format!("mode = \"token\"\ninitial_access_token = \"{TOKEN}\""));
    assert!(matches!(desk.accept(&text).registration.mode, RegistrationMode::Token(_)));
    desk.put("initial.token", &format!("{TOKEN}\n"), 0o600);
    let from_file = section("mode = \"token\"\ninitial_access_token_file = \"initial.token\"");
    assert_eq!(desk.accept(&from_file).registration, desk.accept(&text).registration);
}

#[test]
fn what_contradicts_itself_is_refused_and_no_token_is_shown() {
    let desk = Desk::new();
    let token = format!("initial_access_token = \"{TOKEN}\"");
    for (text, parts) in [
        (
            "mode = \"token\"".to_owned(),
            ["registration.initial_access_token: mode", "openssl rand"],
        ),
        (format!("mode = \"open\"\n{token}"), ["nobody is asked for it", "mode = \"token\""]),
        (format!("mode = \"closed\"\n{token}"), ["warning", "it opens nothing"]),
        (
            "mode = \"token\"\ninitial_access_token = \"S3CR3T-short\"".to_owned(),
            ["shorter than 32 characters", "openssl rand"],
        ),
        (format!("mode = \"token\"\n{token}\nmax_unused = 5"), ["warning", "means nothing unless"]),
        ("mode = \"opne\"".to_owned(), ["is not one of the choices", "did you mean `open`"]),
        ("mode = \"open\"\nmax_clients = 0".to_owned(), ["out of range", "1 to 100000"]),
        ("mode = \"open\"\nlimit = 5".to_owned(), ["unknown key `limit`", "max_unused"]),
    ] {
        let complaints = desk.complaints(&section(&text));
        for part in parts {
            assert!(complaints.contains(part), "{text}: {part}\n{complaints}");
        }
        assert!(!complaints.contains("S3CR3T"), "{complaints}");
    }
}
