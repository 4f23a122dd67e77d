//! Who may say something: signatures, ciphers and times.

use magpie_domain::{AppId, Lifetime, PushFormat, Timestamp};
use proptest::prelude::*;

use super::super::envelope::is_encoding_aes_key;
use super::super::{Marks, Refused, is_ours, open, signature_of};
use super::{NONCE, NOW, encrypted, framed, good, keyed, padded, push, receiver, sent};

const OF_TENCENT: &str = "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName><FromUserName><![CDATA[oyORnuP8q7ou2gfYjqLzSIWZf0rs]]></FromUserName><CreateTime>1409735668</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[abcdteT]]></Content><MsgId>6054768590064713728</MsgId><Encrypt><![CDATA[hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE=]]></Encrypt></xml>";
const OF_WECHATPY: &str = "<xml><ToUserName><![CDATA[wx49f0ab532d5d035a]]></ToUserName>\n<Encrypt><![CDATA[RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv283dGymzxh6ydJRvZsryDyZbLTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0gpiMZ5jSw3e29mTvmUHzkVQiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dShyqio7mlsl5noTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0=]]></Encrypt>\n<AgentID><![CDATA[1]]></AgentID>\n</xml>";

fn marks<'a>(msg_signature: &'a str, timestamp: &'a str, nonce: &'a str) -> Marks<'a> {
    Marks {
        signature: None,
        msg_signature: Some(msg_signature),
        timestamp: Some(timestamp),
        nonce: Some(nonce),
    }
}

#[test]
fn pushes_that_tencent_published_are_opened() {
    let tencent = keyed("spamtest", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", PushFormat::Xml);
    let shown = marks("5d197aaffba7e9b25a30732f161a50dee96bd5fa", "1409735669", "1320562132");
    let now = Timestamp::from_seconds(1_409_735_670);
    let opened = open(&tencent, &receiver(), &shown, OF_TENCENT.as_bytes(), now).unwrap();
    let message = String::from_utf8(opened.message).unwrap();
    assert!(message.contains("<Content><![CDATA[abcdteT]]></Content>"), "{message}");

    let key = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";
    let wechatpy = keyed("123456", key, PushFormat::Xml);
    let shown = marks("74d92dfeb87ba7c714f89d98870ae5eb62dff26d", "1411525903", "461056294");
    let app = AppId::parse("wx49f0ab532d5d035a").unwrap();
    let now = Timestamp::from_seconds(1_411_525_903);
    let opened = open(&wechatpy, &app, &shown, OF_WECHATPY.as_bytes(), now).unwrap();
    assert!(String::from_utf8(opened.message).unwrap().contains("<![CDATA[test]]>"));
    assert_eq!(opened.at, now);
}

#[test]
fn a_key_has_43_letters_and_digits() {
    for (text, expected) in [
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", true),
        ("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", true),
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEF", false),
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG=", false),
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH", false),
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEF-", false),
        ("", false),
    ] {
        assert_eq!(is_encoding_aes_key(text), expected, "{text}");
    }
}

/// WP-01, WP-02.
/// Seen red with only `signature` looked at.
#[test]
fn only_msg_signature_proves_a_message() {
    let format = PushFormat::Xml;
    let sent = good(format, "<xml></xml>");
    assert!(sent.open(format).is_ok());
    let of_address = signature_of(["spamtest", &sent.timestamp, NONCE]);
    let upper = sent.msg_signature.to_ascii_uppercase();
    let short = &sent.msg_signature[..39];
    let open = |marks: Marks<'_>| {
        open(&push(format), &receiver(), &marks, sent.body.as_bytes(), NOW).map(drop)
    };
    for shown in [None, Some(""), Some(&*of_address), Some(&*upper), Some(short), Some("0")] {
        let refused = open(Marks { msg_signature: shown, ..sent.marks() });
        assert_eq!(refused, Err(Refused::Forged), "{shown:?}");
    }
    assert_eq!(open(Marks { signature: None, ..sent.marks() }), Ok(()));
    for wrong in [
        Marks { signature: Some(&upper), ..sent.marks() },
        Marks { nonce: Some("1"), ..sent.marks() },
        Marks { nonce: None, ..sent.marks() },
        Marks { timestamp: None, ..sent.marks() },
        Marks { timestamp: Some("1"), ..sent.marks() },
    ] {
        assert_eq!(open(wrong), Err(Refused::Forged));
    }
    let plain = "<xml><MsgType><![CDATA[event]]></MsgType></xml>";
    let in_plain =
        super::super::open(&push(format), &receiver(), &sent.marks(), plain.as_bytes(), NOW);
    assert_eq!(in_plain, Err(Refused::Forged), "plain mode");
}

/// WP-04: what is said again after a while is not heard.
#[test]
fn a_push_lives_five_minutes_either_way() {
    for (seconds, fresh) in [(0, true), (300, true), (301, false)] {
        let away = Lifetime::from_seconds(seconds);
        for at in [NOW.minus(away), NOW.plus(away)] {
            let plain = framed(b"<xml></xml>", 11, receiver().as_str());
            let sent = sent(PushFormat::Xml, &encrypted(&padded(plain)), at);
            assert_eq!(sent.open(PushFormat::Xml).is_ok(), fresh, "{seconds}");
            assert_eq!(is_ours(&push(PushFormat::Xml), &sent.marks(), NOW), fresh, "{seconds}");
        }
    }
    for timestamp in ["", "+1763000000", "1763000000 ", "99999999999999999999", "-1"] {
        let signature = signature_of(["spamtest", timestamp, NONCE]);
        let marks = Marks {
            signature: Some(&signature),
            msg_signature: None,
            timestamp: Some(timestamp),
            nonce: Some(NONCE),
        };
        assert!(!is_ours(&push(PushFormat::Xml), &marks, NOW), "{timestamp}");
    }
}

/// WP-05, WP-06: with a signature that is right, so that the cipher alone is at fault.
/// Seen red without the look at the AppID.
#[test]
fn whatever_is_wrong_inside_is_one_refusal() {
    let app = receiver();
    let frame = |message: &[u8], length: u32| framed(message, length, app.as_str());
    let last = |value: u8| {
        let mut plain = padded(frame(b"<xml></xml>", 11));
        *plain.last_mut().unwrap() = value;
        plain
    };
    let mut uneven = padded(frame(b"<xml></xml>", 11));
    let second_last = uneven.len() - 2;
    uneven[second_last] ^= 1;
    for (why, plain) in [
        ("another receiver", padded(framed(b"<xml></xml>", 11, "wx49f0ab532d5d035a"))),
        ("no receiver", padded(framed(b"<xml></xml>", 11, ""))),
        ("a receiver and more", padded(framed(b"<xml></xml>", 11, &format!("{app}0")))),
        ("length 0", padded(frame(b"<xml></xml>", 0))),
        ("length of everything", padded(frame(b"<xml></xml>", u32::MAX))),
        ("length one short", padded(frame(b"<xml></xml>", 10))),
        ("padding 0", last(0)),
        ("padding 33", last(33)),
        ("padding 255", last(255)),
        ("uneven padding", uneven),
        ("nothing but padding", vec![32; 32]),
        ("no frame", padded(b"short".to_vec())),
    ] {
        let sent = sent(PushFormat::Xml, &encrypted(&plain), NOW);
        assert_eq!(sent.open(PushFormat::Xml), Err(Refused::Forged), "{why}");
    }
    for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", "!!!!", "====", "AA AA"] {
        assert_eq!(sent(PushFormat::Xml, text, NOW).open(PushFormat::Xml), Err(Refused::Forged));
    }
}

/// WP-09.
#[test]
fn only_the_configured_format_is_looked_into() {
    let (xml, json) = (good(PushFormat::Xml, "<xml></xml>"), good(PushFormat::Json, "{}"));
    assert!(json.open(PushFormat::Json).is_ok());
    assert_eq!(json.open(PushFormat::Xml), Err(Refused::Format));
    assert_eq!(xml.open(PushFormat::Json), Err(Refused::Format));
    let body = |format: PushFormat, body: &[u8]| {
        open(&push(format), &receiver(), &xml.marks(), body, NOW).map(drop)
    };
    assert_eq!(body(PushFormat::Xml, b""), Err(Refused::Format));
    assert_eq!(body(PushFormat::Xml, b"<xml>\xff</xml>"), Err(Refused::Format));
    assert_eq!(body(PushFormat::Json, b"{"), Err(Refused::Format));
    assert_eq!(body(PushFormat::Json, b"{\"Encrypt\":1}"), Err(Refused::Forged));
    let spaced = json.body.replace("\"Encrypt\"", "\" Encrypt\"");
    let both = json.body.replace("{", "{\"Encrypt\":\"AAAA\",");
    let opened = |text: &str| {
        open(&push(PushFormat::Json), &receiver(), &json.marks(), text.as_bytes(), NOW).map(drop)
    };
    assert_eq!(opened(&spaced), Ok(()));
    assert_eq!(opened(&both), Err(Refused::Forged));
    let twice = xml.body.replace("</xml>", "<Encrypt>AAAA</Encrypt></xml>");
    assert_eq!(body(PushFormat::Xml, twice.as_bytes()), Err(Refused::Forged));
    let deep = format!("{}{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    assert_eq!(body(PushFormat::Json, deep.as_bytes()), Err(Refused::Format));
}

proptest! {
    /// WP-06: one bit anywhere in the body either does not matter, or the push is refused.
    #[test]
    fn a_flipped_bit_never_changes_what_is_said(at in 0_usize..1_000, bit in 0_u32..8) {
        let mut sent = good(PushFormat::Xml, "<xml><MsgType>event</MsgType></xml>");
        let before = sent.open(PushFormat::Xml).unwrap();
        let mut bytes = sent.body.into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        sent.body = String::new();
        if let Ok(after) = open(&push(PushFormat::Xml), &receiver(), &sent.marks(), &bytes, NOW) {
            prop_assert_eq!(before, after);
        }
    }

    /// WP-06: whatever stands in the cipher, nothing panics, and nothing is opened that was not framed.
    #[test]
    fn noise_under_a_good_signature_is_refused(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let whole = noise.len() / 16 * 16;
        let sent = sent(PushFormat::Xml, &encrypted(&noise[..whole]), NOW);
        prop_assert_eq!(sent.open(PushFormat::Xml), Err(Refused::Forged));
    }
}
