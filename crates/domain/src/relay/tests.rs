//! Numbers, names and messages.

use super::*;
use crate::testing::SeededEntropy;

/// QR-06.
#[test]
fn a_ticket_has_128_bits_and_is_read_back_and_nothing_else_is() {
    let entropy = SeededEntropy::new(4);
    let (one, two) = (RelayId::draw(&entropy).unwrap(), RelayId::draw(&entropy).unwrap());
    assert_ne!(one, two);
    assert_eq!(RelayId::parse(one.as_str()), Some(one.clone()));
    assert!(!format!("{one:?}").contains(one.as_str()));
    for text in [
        "",
        "0",
        "0123456789ABCDEFGHJKMNPQRS",
        "0123456789abcdefghjkmnpqr!",
        "l123456789abcdefghjkmnpqrs",
    ] {
        assert_eq!(RelayId::parse(text), None, "{text}");
    }
}

/// The scene is the ticket and nothing that anybody could guess, and no scene of the operator's passes for it.
#[test]
fn a_scene_names_a_ticket_and_other_scenes_name_none() {
    let id = RelayId::draw(&SeededEntropy::new(4)).unwrap();
    assert!(id.scene().len() <= 64);
    assert_eq!(RelayId::of_scene(&id.scene()), Some(id.clone()));
    for scene in ["", "magpie_", "shop_7", id.as_str(), &format!("{}x", id.scene())] {
        assert_eq!(RelayId::of_scene(scene), None, "{scene}");
    }
}

#[test]
fn a_message_is_a_number_a_no_or_not_ours() {
    let number = |n| Some(Typed::Number(MatchNumber::of(n)));
    for (message, read) in [
        ("42", number(42)),
        (" 42\n", number(42)),
        ("４２", number(42)),
        ("４2", number(42)),
        ("05", Some(Typed::Number(None))),
        ("0", Some(Typed::No)),
        ("０", Some(Typed::No)),
        ("", None),
        ("4", None),
        ("00", Some(Typed::Number(None))),
        ("420", None),
        ("4 2", None),
        ("4a", None),
        ("四十二", None),
        ("你好", None),
    ] {
        assert_eq!(Typed::read(message), read, "{message}");
    }
}

#[test]
fn a_number_has_two_digits_and_all_of_them_are_drawn() {
    let entropy = SeededEntropy::new(1);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4000 {
        seen.insert(MatchNumber::draw(&entropy).unwrap().get());
    }
    assert_eq!((seen.len(), seen.first(), seen.last()), (90, Some(&10), Some(&99)));
    for (text, read) in
        [("10", Some(10)), ("99", Some(99)), ("09", None), ("100", None), ("+9", None), ("", None)]
    {
        assert_eq!(MatchNumber::parse(text).map(MatchNumber::get), read, "{text}");
    }
}

/// QR-05: six different numbers, the right one among them at any place, always the same ones for a ticket.
#[test]
fn the_right_number_stands_among_five_others_and_its_place_says_nothing() {
    let entropy = SeededEntropy::new(2);
    let mut places = [0_u32; CHOICES];
    for _ in 0..3000 {
        let number = MatchNumber::draw(&entropy).unwrap();
        let seed = bytes::<32>(&entropy).unwrap();
        let choices = number.choices(&seed);
        assert_eq!(choices, number.choices(&seed));
        let distinct: std::collections::BTreeSet<_> = choices.iter().map(|n| n.get()).collect();
        assert_eq!(distinct.len(), CHOICES);
        places[choices.iter().position(|choice| *choice == number).unwrap()] += 1;
    }
    assert!(places.iter().all(|count| (350..650).contains(count)), "{places:?}");
    let number = MatchNumber::of(10).unwrap();
    assert_eq!(number.choices(&[0; 32]).map(MatchNumber::get), [10, 11, 12, 13, 14, 15]);
}

/// WeChat takes 32 visible characters for a scene, and not every sign.
#[test]
fn the_name_of_a_ticket_fits_into_a_mini_programs_code() {
    let id = RelayId::draw(&SeededEntropy::new(3)).unwrap();
    assert!(id.as_str().len() <= 32 && id.as_str().bytes().all(|b| b.is_ascii_alphanumeric()));
}
