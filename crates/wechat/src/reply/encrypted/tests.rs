use super::*;
use crate::samples;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn opened(payload: &str, app: &str, written: i64) -> Option<Opened> {
    let text = format!(r#"{{{payload},"watermark":{{"appid":"{app}","timestamp":{written}}}}}"#);
    let (channel, ann) = (samples::mini_program("mini"), samples::openid("oAnn"));
    read(text.as_bytes(), &channel, &ann, AvatarHosts::Wechat, NOW)
}

/// wechat.md §5.3. Seen red with the openid not compared.
#[test]
fn data_counts_for_its_account_its_person_and_its_time_alone() {
    const APP: &str = "wx0123456789abcdef";
    let person = r#""openId":"oAnn","unionId":"uAnn","nickName":"Ann","gender":2"#;
    let phone = r#""purePhoneNumber":"13800000000","countryCode":"86""#;
    let now = NOW.as_seconds();
    for (payload, app, written, expected) in [
        (person, APP, now, true),
        (person, APP, now - 600, true),
        (person, APP, now + 600, true),
        (person, APP, now - 601, false),
        (person, APP, now + 601, false),
        (person, "wx9", now, false),
        (phone, APP, now, true),
        (phone, "wx9", now, false),
        (&*person.replace("oAnn", "oBen"), APP, now, false),
        (&*person.replace("\"uAnn\"", "7"), APP, now, false),
        (r#""nickName":"Ann""#, APP, now, false),
        (r#""openId":"o A""#, APP, now, false),
    ] {
        assert_eq!(opened(payload, app, written).is_some(), expected, "{payload} {app} {written}");
    }
    let ann = opened(person, APP, now).unwrap();
    assert_eq!(ann.unionid.unwrap().as_key(), "uAnn");
    assert_eq!((ann.profile.name.as_deref(), ann.phone), (Some("Ann"), None));
    let number = opened(phone, APP, now).unwrap().phone.unwrap();
    assert_eq!(number.as_str(), "+8613800000000");
    let (channel, ann) = (samples::mini_program("mini"), samples::openid("oAnn"));
    for plain in [&b""[..], b"[]", b"\xff\xfe", br#"{"openId":"oAnn"}"#] {
        assert_eq!(read(plain, &channel, &ann, AvatarHosts::Wechat, NOW), None);
    }
}

/// WX-34.
#[test]
fn a_key_is_sixteen_bytes_of_base64_and_cannot_be_printed() {
    let key = SessionKey::parse("UGxhbnRlZFNlc3NLZXkhIQ==").unwrap();
    assert_eq!(key.expose(), b"PlantedSessKey!!");
    assert!(!format!("{key:?}").contains("Planted"));
    for text in ["", "UGxhbnRlZFNlc3NLZXkh", "UGxhbnRlZFNlc3NLZXkhISE=", "UGxhbnRlZFNlc3NLZXkhIQ"] {
        assert!(SessionKey::parse(text).is_none(), "{text}");
    }
    let envelope = Envelope::read("AAAA", "UGxhbnRlZFNlc3NLZXkhIQ==").unwrap();
    assert_eq!(format!("{envelope:?}"), "Envelope(3 bytes)");
    assert!(Envelope::read("A", "UGxhbnRlZFNlc3NLZXkhIQ==").is_none());
    assert!(Envelope::read("AAAA", "AAAA").is_none());
}
