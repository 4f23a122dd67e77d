//! AD-16, HT-20: passwords cost what they should, and no more than we allow.

use futures::hashing;
use magpie_domain::testing::SeededEntropy;
use magpie_vault::{PasswordRefused, Passwords};

/// The reference implementation's own example for argon2id v19.
const FOREIGN: &str =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

#[tokio::test]
async fn a_password_is_recognized_and_another_is_not() {
    let (passwords, entropy) = (Passwords::default(), SeededEntropy::new(1));
    let stored = passwords.hash("correct horse 电池", &entropy).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert_eq!(passwords.verify("correct horse 电池", &stored).await, Ok(true));
    for wrong in ["", "correct horse", "correct horse 电池 ", "Correct horse 电池"] {
        assert_eq!(passwords.verify(wrong, &stored).await, Ok(false), "{wrong}");
    }
    let again = passwords.hash("correct horse 电池", &entropy).await.unwrap();
    assert_ne!(stored, again, "salted");
}

#[tokio::test]
async fn a_hash_made_elsewhere_is_understood() {
    let passwords = Passwords::default();
    assert_eq!(passwords.verify("password", FOREIGN).await, Ok(true));
    assert_eq!(passwords.verify("passwore", FOREIGN).await, Ok(false));
}

#[tokio::test]
async fn a_long_password_is_refused_before_it_is_hashed() {
    let passwords = Passwords::default();
    let entropy = SeededEntropy::new(1);
    assert!(passwords.hash(&"a".repeat(512), &entropy).await.is_ok());
    for length in [513, 10_000_000] {
        let long = "a".repeat(length);
        assert_eq!(passwords.hash(&long, &entropy).await, Err(PasswordRefused::TooLong));
        assert_eq!(passwords.verify(&long, FOREIGN).await, Err(PasswordRefused::TooLong));
    }
}

#[tokio::test]
async fn a_stored_hash_that_asks_too_much_or_is_none_is_refused() {
    let passwords = Passwords::default();
    for stored in [
        "",
        "plain",
        "$2b$12$KIXQJ1Y2v0h8m1Zb3l0Yp.",
        &FOREIGN.replace("argon2id", "argon2i"),
        &FOREIGN.replace("v=19", "v=16"),
        &FOREIGN.replace("m=65536", "m=4000000"),
        &FOREIGN.replace("t=2", "t=1000"),
        &FOREIGN.replace("p=1", "p=200"),
    ] {
        let answer = passwords.verify("password", stored).await;
        assert_eq!(answer, Err(PasswordRefused::StoredUnreadable), "{stored}");
    }
}

#[tokio::test]
async fn a_crowd_is_turned_away_instead_of_queued_without_end() {
    let answers = hashing(&Passwords::default(), 40).await;
    let busy = answers.iter().filter(|a| **a == Err(PasswordRefused::Busy)).count();
    let hashed = answers.iter().filter(|a| a.is_ok()).count();
    assert_eq!(busy + hashed, 40);
    assert_eq!(hashed, 16, "two at once and fourteen waiting");
}

mod futures {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    use super::{PasswordRefused, Passwords, SeededEntropy};

    /// Asks for `count` hashes before any of them can be done, on one thread, and collects the answers.
    pub(super) async fn hashing(
        passwords: &Passwords,
        count: u64,
    ) -> Vec<Result<String, PasswordRefused>> {
        let ask = |seed| async move { passwords.hash("password", &SeededEntropy::new(seed)).await };
        let mut waiting: Vec<_> = (0..count).map(|seed| Some(Box::pin(ask(seed)))).collect();
        let mut answers = Vec::new();
        let collect = poll_fn(|context| {
            for slot in &mut waiting {
                if let Some(asked) = slot
                    && let Poll::Ready(answer) = asked.as_mut().poll(context)
                {
                    answers.push(answer);
                    *slot = None;
                }
            }
            if waiting.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
        });
        pin!(collect).await;
        answers
    }
}
