//! The key ring: who signs when, what is published, and that a swap is seen whole.

use magpie_domain::signing_key::KeyRecord;
use magpie_domain::testing::SeededEntropy;
use magpie_domain::{Algorithm, KeyStage, Lifetime, SigningKeyId, Timestamp};
use magpie_vault::rotation::Settings;
use magpie_vault::{Keyring, PublishedKey, SigningKeyMaterial, VaultError};
use serde_json::{Value, json};

use crate::key;

const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn published(material: &SigningKeyMaterial, signs_from: Timestamp, row: u64) -> PublishedKey {
    let record = KeyRecord {
        id: SigningKeyId::generate(START, &SeededEntropy::new(row)).unwrap(),
        kid: material.kid().to_owned(),
        algorithm: material.algorithm(),
        published_at: START,
        signs_from,
    };
    PublishedKey { record, signer: material.signer().unwrap() }
}

fn document(keyring: &Keyring) -> Value {
    serde_json::from_slice(&keyring.jwks().body).unwrap()
}

#[test]
fn an_empty_ring_publishes_an_empty_set_and_signs_nothing() {
    let keyring = Keyring::new(Settings::default()).unwrap();
    assert_eq!(document(&keyring), json!({"keys": []}));
    assert!(keyring.signer(Algorithm::Rs256, START).is_none());
    assert!(keyring.verifier("any").is_none());
}

#[test]
fn the_next_key_is_published_before_it_signs_and_the_last_one_after() {
    let keyring = Keyring::new(Settings::default()).unwrap();
    let next = SigningKeyMaterial::generate(Algorithm::Es256).unwrap();
    let first = key(Algorithm::Es256);
    let promoted = START.plus(Lifetime::from_minutes(10));
    let keys = vec![published(&next, promoted, 2), published(first, START, 1)];
    keyring.install(keys.clone(), START).unwrap();

    let signs = |now| keyring.signer(Algorithm::Es256, now).unwrap().kid().to_owned();
    assert_eq!(document(&keyring)["keys"].as_array().unwrap().len(), 2);
    assert_eq!(signs(START), first.kid());
    assert_eq!(signs(promoted.minus(Lifetime::from_seconds(1))), first.kid());
    assert_eq!(signs(promoted), next.kid(), "promotion needs no act");
    let listing = keyring.listing(promoted);
    let stages: Vec<_> =
        listing.iter().map(|(record, stage)| (record.kid.as_str(), *stage)).collect();
    assert_eq!(stages, [(first.kid(), KeyStage::Retiring), (next.kid(), KeyStage::Active)]);

    let much_later = promoted.plus(Lifetime::from_days(1));
    keyring.install(keys, much_later).unwrap();
    assert_eq!(document(&keyring)["keys"][0]["kid"], next.kid());
    assert!(keyring.verifier(first.kid()).is_none(), "retired");
    assert!(keyring.verifier(next.kid()).is_some());
}

/// The count is what the load benchmark holds tokens to, so a change of keys must not begin it anew.
#[test]
fn every_signature_is_counted_and_the_count_outlives_the_key() {
    let keyring = Keyring::new(Settings::default()).unwrap();
    let sign = || keyring.signer(Algorithm::Es256, START).unwrap().sign("JWT", &json!({}));
    assert_eq!(keyring.signatures(), 0);
    keyring.install(vec![published(key(Algorithm::Es256), START, 1)], START).unwrap();
    sign().unwrap();
    sign().unwrap();
    let other = SigningKeyMaterial::generate(Algorithm::Es256).unwrap();
    keyring.install(vec![published(&other, START, 2)], START).unwrap();
    sign().unwrap();
    assert_eq!(keyring.signatures(), 3);
    let broken = keyring.signer(Algorithm::Es256, START).unwrap().sign("JWT", &"no object");
    assert!(broken.is_err());
    assert_eq!(keyring.signatures(), 3, "nothing was signed");
}

/// UI-10. Seen red with a private member.
#[test]
fn only_public_members_are_published() {
    let keyring = Keyring::new(Settings::default()).unwrap();
    let keys =
        Algorithm::ALL.iter().zip(1..).map(|(a, row)| published(key(*a), START, row)).collect();
    keyring.install(keys, START).unwrap();
    let document = document(&keyring);
    for jwk in document["keys"].as_array().unwrap() {
        let mut names: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        let expected: &[&str] = match jwk["kty"].as_str().unwrap() {
            "RSA" => &["alg", "e", "kid", "kty", "n", "use"],
            "EC" => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            _ => &["alg", "crv", "kid", "kty", "use", "x"],
        };
        assert_eq!(names, expected);
        assert_eq!(jwk["use"], "sig");
    }
    let order: Vec<_> = document["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|jwk| jwk["alg"].as_str().unwrap())
        .collect();
    assert_eq!(order, ["RS256", "PS256", "ES256", "EdDSA"]);
}

#[test]
fn the_entity_tag_changes_exactly_when_the_keys_do() {
    let keyring = Keyring::new(Settings::default()).unwrap();
    let empty = keyring.jwks();
    let (es256, eddsa) = (key(Algorithm::Es256), key(Algorithm::EdDsa));
    let one = || published(es256, START, 1);
    let two = || published(eddsa, START, 2);
    keyring.install(vec![one(), two()], START).unwrap();
    let both = keyring.jwks();
    assert_ne!(both.etag, empty.etag);
    assert!(both.etag.starts_with('"') && both.etag.ends_with('"'));
    keyring.install(vec![two(), one()], START).unwrap();
    assert_eq!(keyring.jwks(), both, "whatever order the rows came in");
    keyring.install(vec![one()], START).unwrap();
    assert_ne!(keyring.jwks().etag, both.etag);
}

#[test]
fn a_ring_that_makes_no_sense_is_refused_and_the_old_one_stays() {
    let keyring = Keyring::new(Settings::default()).unwrap();
    let es256 = key(Algorithm::Es256);
    keyring.install(vec![published(es256, START, 1)], START).unwrap();
    let before = keyring.jwks();

    let twice = vec![published(es256, START, 1), published(es256, START, 2)];
    assert_eq!(keyring.install(twice, START), Err(VaultError::KidTwice));
    let mut mixed = published(es256, START, 1);
    mixed.record.kid = "another".to_owned();
    let unusable = Err(VaultError::KeyUnusable(Algorithm::Es256));
    assert_eq!(keyring.install(vec![mixed], START), unusable);
    assert_eq!(keyring.jwks(), before);
}

#[test]
fn readers_see_the_old_ring_or_the_new_one_and_never_half() {
    let keyring = Keyring::new(Settings::default()).unwrap();
    let (one, two) =
        (key(Algorithm::Es256), SigningKeyMaterial::generate(Algorithm::Es256).unwrap());
    let rings = [one, &two].map(|material| published(material, START, 1));
    keyring.install(vec![rings[0].clone()], START).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for ring in rings.iter().cycle().take(200) {
                keyring.install(vec![ring.clone()], START).unwrap();
            }
        });
        scope.spawn(|| {
            for _ in 0..2000 {
                let signer = keyring.signer(Algorithm::Es256, START).unwrap();
                assert!([one.kid(), two.kid()].contains(&signer.kid()));
                assert_eq!(document(&keyring)["keys"].as_array().unwrap().len(), 1);
            }
        });
    });
}
