use KeyStage::{Active, Next, Retired, Retiring};
use magpie_domain::testing::SeededEntropy;

use super::*;

const SETTINGS: Settings = Settings {
    active_for: Lifetime::from_seconds(9000),
    published_ahead: Lifetime::from_seconds(600),
    longest_token: Lifetime::from_seconds(3600),
    skew: Lifetime::from_seconds(60),
};
/// 3600 + 60 + 600.
const KEPT: i64 = 4260;
const ALGORITHM: Algorithm = Algorithm::Es256;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

fn key(name: &str, signs_from: i64) -> KeyRecord {
    let seed =
        name.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(257).wrapping_add(u64::from(byte)));
    KeyRecord {
        id: SigningKeyId::generate(at(0), &SeededEntropy::new(seed)).unwrap(),
        kid: name.to_owned(),
        algorithm: ALGORITHM,
        published_at: at(signs_from - 600),
        signs_from: at(signs_from),
    }
}

fn stages_of(keys: &[KeyRecord], now: i64) -> Vec<KeyStage> {
    stages(keys, ALGORITHM, at(now), &SETTINGS).into_iter().map(|(_, stage)| stage).collect()
}

/// Follows the plan, as the rotation job does.
fn obey(keys: &mut Vec<KeyRecord>, now: i64) -> Plan {
    let plan = plan(keys, ALGORITHM, at(now), &SETTINGS);
    keys.retain(|key| !plan.remove.contains(&key.id));
    if let Some(new) = plan.create {
        let mut made = key(&format!("made at {now}"), 0);
        made.published_at = new.published_at;
        made.signs_from = new.signs_from;
        keys.push(made);
    }
    plan
}

#[test]
fn the_times_alone_say_where_a_key_stands() {
    let two = [key("a", 0), key("b", 9000)];
    for (now, expected) in [
        (0, [Active, Next]),
        (8999, [Active, Next]),
        (9000, [Retiring, Active]),
        (9000 + KEPT - 1, [Retiring, Active]),
        (9000 + KEPT, [Retired, Active]),
    ] {
        assert_eq!(stages_of(&two, now), expected, "{now}");
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let backwards = [key("b", 9000), key("a", 0)];
    assert_eq!(stages_of(&backwards, 9000), [Retiring, Active]);
}

#[test]
fn two_keys_made_in_the_same_second_have_one_signer_whoever_looks() {
    let (a, b) = (key("a", 0), key("b", 0));
    for keys in [[a.clone(), b.clone()], [b, a]] {
        let stages = stages(&keys, ALGORITHM, at(1), &SETTINGS);
        let active: Vec<_> = stages.iter().filter(|(_, stage)| *stage == Active).collect();
        assert_eq!(active.len(), 1);
        assert_eq!(active[0].0.kid, "b");
    }
}

#[test]
fn keys_of_another_algorithm_are_not_looked_at() {
    let mut other = key("rsa", 0);
    other.algorithm = Algorithm::Rs256;
    let keys = [other, key("a", 0)];
    assert_eq!(stages_of(&keys, 10), [Active]);
}

#[test]
fn the_first_key_signs_at_once() {
    let plan = plan(&[], ALGORITHM, at(5), &SETTINGS);
    let first = NewKey { algorithm: ALGORITHM, published_at: at(5), signs_from: at(5) };
    assert_eq!(plan, Plan { create: Some(first), remove: Vec::new() });
}

#[test]
fn the_next_key_is_made_in_time_to_be_published_before_it_signs() {
    let one = [key("a", 0)];
    for (now, signs_from) in [
        (0, None),
        (8399, None),
        (8400, Some(9000)),
        (8700, Some(9300)),
        (9000, Some(9600)),
        // The server was switched off for a year: the old key signs ten more minutes.
        (31_536_000, Some(31_536_600)),
    ] {
        let plan = plan(&one, ALGORITHM, at(now), &SETTINGS);
        assert_eq!(plan.create.map(|new| new.signs_from), signs_from.map(at), "{now}");
        assert!(plan.remove.is_empty(), "{now}");
        if let Some(new) = plan.create {
            assert!(new.signs_from.since(new.published_at) >= SETTINGS.published_ahead);
        }
    }
}

#[test]
fn a_plan_that_was_carried_out_is_not_made_again() {
    let mut keys = Vec::new();
    for now in [0, 8400, 8700, 9000, 9600, 13_000, 14_000, 17_400] {
        obey(&mut keys, now);
        assert_eq!(plan(&keys, ALGORITHM, at(now), &SETTINGS), Plan::default(), "{now}");
    }
}

#[test]
fn a_key_is_removed_only_after_its_last_token_has_expired() {
    let two = [key("a", 0), key("b", 9000)];
    for (now, removed) in [(9000, 0), (9000 + KEPT - 1, 0), (9000 + KEPT, 1)] {
        assert_eq!(plan(&two, ALGORITHM, at(now), &SETTINGS).remove.len(), removed, "{now}");
    }
    assert_eq!(plan(&two, ALGORITHM, at(9000 + KEPT), &SETTINGS).remove, [two[0].id.clone()]);
}

#[test]
fn over_a_long_time_every_token_can_be_verified_until_it_expires() {
    let mut keys = Vec::new();
    let mut live: Vec<(String, i64)> = Vec::new();
    for now in (0..60_000).step_by(100) {
        obey(&mut keys, now);
        live.retain(|(_, expires)| *expires > now);
        for (kid, _) in &live {
            assert!(keys.iter().any(|key| key.kid == *kid), "{kid} was needed at {now}");
        }
        let stages = stages(&keys, ALGORITHM, at(now), &SETTINGS);
        let active = stages.iter().find(|(_, stage)| *stage == Active).unwrap().0;
        live.push((active.kid.clone(), now + 3600 + 60));
        assert!(keys.len() <= 3, "{}", keys.len());
    }
}

#[test]
fn a_clock_that_jumps_back_leaves_a_signer_and_removes_nothing() {
    let two = [key("a", 0), key("b", 9000)];
    // Behind the second key: the first signs again and is still published.
    assert_eq!(stages_of(&two, 5000), [Active, Next]);
    // Behind both.
    assert_eq!(stages_of(&two, -100_000), [Active, Next]);
    assert_eq!(plan(&two, ALGORITHM, at(-100_000), &SETTINGS), Plan::default());
}

#[test]
fn a_key_made_while_the_clock_was_a_year_ahead_does_not_hold_up_rotation() {
    let mut keys = vec![key("a", 0)];
    obey(&mut keys, 31_536_000);
    assert_eq!(keys.len(), 2);
    // Back in the present: nothing to do until the first key's time is up, then a key for the present is made.
    assert_eq!(obey(&mut keys, 100), Plan::default());
    assert_eq!(stages_of(&keys, 100), [Active, Next]);
    let made = obey(&mut keys, 8400).create.unwrap();
    assert_eq!(made.signs_from, at(9000));
    assert_eq!(stages_of(&keys, 9000), [Retiring, Active, Next]);
    assert_eq!(obey(&mut keys, 9000), Plan::default());
}

#[test]
fn an_operator_may_rotate_now_and_a_compromised_key_is_replaced_at_once() {
    let usual = rotate_now(ALGORITHM, at(0), &SETTINGS);
    assert_eq!(usual.signs_from, at(600));
    let urgent = replace_compromised(ALGORITHM, at(0));
    assert_eq!(urgent.signs_from, at(0));
}
