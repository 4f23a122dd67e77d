use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy, sample_request, sample_ticket};
use magpie_domain::{ChannelId, ClientId, DepartureHandle, Lifetime, RedirectUri, RelayWait};
use magpie_vault::RootKey;

use super::*;

fn vault(seed: u64) -> Vault {
    Vault::new(&RootKey::generate(&SeededEntropy::new(seed)).unwrap()).unwrap()
}

fn attempt() -> LoginAttempt {
    let lifetime = Lifetime::from_minutes(10);
    LoginAttempt::start(sample_request(), SAMPLE_NOW, lifetime, &SeededEntropy::new(5)).unwrap()
}

#[test]
fn an_attempt_opens_only_under_its_own_name_key_and_time() {
    let (ours, entropy) = (vault(1), SeededEntropy::new(2));
    let cookie = seal(&ours, &attempt(), &entropy).unwrap();
    let value = cookie.value.unwrap();
    let presented = PresentedAttempt { id: cookie.attempt.as_str(), value: &value };
    assert_eq!(open(&ours, presented, SAMPLE_NOW), Some(attempt()));
    let other_name = AttemptId::generate(SAMPLE_NOW, &entropy).unwrap();
    assert_eq!(
        open(&ours, PresentedAttempt { id: other_name.as_str(), value: &value }, SAMPLE_NOW),
        None
    );
    assert_eq!(open(&vault(9), presented, SAMPLE_NOW), None);
    assert_eq!(open(&ours, presented, SAMPLE_NOW.plus(Lifetime::from_minutes(10))), None);
    assert_eq!(open(&ours, PresentedAttempt { id: presented.id, value: "AAAA" }, SAMPLE_NOW), None);
}

/// R20: whatever is let in at the beginning fits one cookie at its largest, name and attributes included.
#[test]
fn every_request_that_is_let_in_fits_its_cookie() {
    let entropy = SeededEntropy::new(3);
    let largest = |length: usize| {
        let mut request = sample_request();
        request.client_id = ClientId::parse(&"c".repeat(128)).unwrap();
        let path = "r".repeat(492);
        request.redirect_uri =
            RedirectUri::register(&format!("https://app.example/{path}")).unwrap();
        request.state = Some("\"".repeat(length));
        request.nonce = Some("n".repeat(512));
        request.code_challenge = Some("p".repeat(43));
        let lifetime = Lifetime::from_minutes(10);
        LoginAttempt::start(request, SAMPLE_NOW, lifetime, &entropy).unwrap()
    };
    let longest = (0..1537).rev().find(|length| fits(&largest(*length))).unwrap();
    assert!(longest > 400, "{longest} quotation marks, each of which is escaped");
    assert!(!fits(&largest(1536)));
    let handle = DepartureHandle::generate(&entropy).unwrap();
    let channel = ChannelId::parse(&"d".repeat(32)).unwrap();
    let departed = largest(longest).depart(channel.clone(), handle).unwrap();
    let ticket = sample_ticket(1);
    let (number, until) = (ticket.number, ticket.expires_at);
    let wait = RelayWait { channel, ticket: ticket.id, number, until };
    let waiting = largest(longest).relay(wait).unwrap();
    let name_and_attributes = "__Host-magpie-attempt-01234567890123456789012345=; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure";
    for attempt in [departed, waiting] {
        let value = seal(&vault(1), &attempt, &entropy).unwrap().value.unwrap();
        assert!(value.len() + name_and_attributes.len() <= 4096, "{}", value.len());
    }
}
