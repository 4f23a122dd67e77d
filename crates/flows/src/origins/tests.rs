use magpie_domain::testing::SAMPLE_NOW;
use magpie_domain::{ClientDraft, ClientPolicy, ClientSecrets, ScopeSet};

use super::*;

fn later(seconds: u32) -> Timestamp {
    SAMPLE_NOW.plus(Lifetime::from_seconds(seconds))
}

fn client(id: &str, origins: &[&str], enabled: bool) -> Client {
    let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    Client::new(ClientDraft {
        id: ClientId::parse(id).unwrap(),
        name: id.to_owned(),
        secrets: ClientSecrets::default(),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        post_logout_redirect_uris: Vec::new(),
        scopes: ScopeSet::parse("openid"),
        policy: ClientPolicy { allowed_cors_origins: origins, ..ClientPolicy::default() },
        enabled,
    })
    .unwrap()
}

/// Law 12. Seen red with every look a read.
#[test]
fn strangers_cause_one_read_in_five_seconds() {
    let mut known = Known::default();
    assert!(known.take_turn(SAMPLE_NOW));
    for seconds in 0..5 {
        assert!(!known.take_turn(later(seconds)), "{seconds}");
    }
    assert!(known.take_turn(later(5)));
    assert!(known.take_turn(SAMPLE_NOW), "a clock was set back");
}

/// Seen red with an empty index for those who come while the first is read.
#[test]
fn who_comes_before_the_first_read_has_ended_waits_and_later_ones_do_not() {
    let mut known = Known::default();
    assert!(known.take_turn(SAMPLE_NOW));
    assert!(known.at_hand(SAMPLE_NOW, true).is_none());
    assert!(known.at_hand(SAMPLE_NOW, false).is_none());
    known.index = Some(Arc::default());
    assert!(known.at_hand(later(4), false).is_some());
    assert!(known.at_hand(later(5), true).is_some(), "somebody reads");
    assert!(known.at_hand(later(5), false).is_none(), "it is this caller's turn");
}

/// T23. Seen red without the look at who is enabled, and without the one at who is declared.
#[test]
fn an_origin_is_that_of_enabled_clients_and_a_declared_one_hides_its_stored_twin() {
    let declared = [
        client("one", &["https://a.example", "https://b.example"], true),
        client("off", &["https://off.example"], false),
    ];
    let stored = [
        client("two", &["https://b.example"], true),
        client("one", &["https://twin.example"], true),
        client("gone", &["https://gone.example"], false),
    ];
    let index = of(&declared, &stored);
    let origins: Vec<_> = index.keys().map(String::as_str).collect();
    assert_eq!(origins, ["https://a.example", "https://b.example"]);
    assert_eq!(index["https://b.example"].len(), 2);
    assert_eq!(index["https://a.example"].len(), 1);
}
