//! What a message means.

use magpie_domain::{OpenId, PushFormat, Timestamp};
use proptest::prelude::*;

use super::super::{Chat, Event, Named, Refused};
use super::receiver;

const ANN: &str = "oLVPp5kq3Jt7xYb2W0aHsN4vQe_M";
const BEN: &str = "oyORnuP8q7ou2gfYjqLzSIWZf0rs";

fn xml(message: &str) -> Result<Event, Refused> {
    Event::read(PushFormat::Xml, message.as_bytes(), &receiver())
}

fn event(name: &str, more: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{BEN}]]></FromUserName>\
         <CreateTime>1700000000</CreateTime><MsgType><![CDATA[event]]></MsgType>\
         <Event><![CDATA[{name}]]></Event>{more}</xml>"
    )
}

fn of(openid: &str) -> OpenId {
    OpenId::parse(openid).unwrap()
}

fn chat() -> Chat {
    let at = Timestamp::from_seconds(1_700_000_000);
    Chat { openid: of(BEN), account: "gh_1".to_owned(), at }
}

fn revoked(info: &str) -> Event {
    let more =
        format!("<OpenID><![CDATA[{ANN}]]></OpenID><RevokeInfo><![CDATA[{info}]]></RevokeInfo>");
    xml(&event("user_authorization_revoke", &more)).unwrap()
}

/// WP-14.
#[test]
fn whom_an_authorization_concerns_is_in_its_own_field() {
    let concerned = format!(
        "<OpenID><![CDATA[{ANN}]]></OpenID><AppID><![CDATA[wx2c2769f8efd9abc2]]></AppID><RevokeInfo>301</RevokeInfo>"
    );
    let everything = Named { everything: true, ..Named::default() };
    for (name, expected) in [
        ("user_info_modified", Event::ProfileModified { openid: of(ANN) }),
        (
            "user_authorization_revoke",
            Event::AuthorizationRevoked { openid: of(ANN), named: everything },
        ),
        ("user_authorization_cancellation", Event::AccountCancelled { openid: of(ANN) }),
        ("unsubscribe", Event::Unsubscribed { openid: of(BEN) }),
        ("subscribe", Event::Subscribed { chat: chat(), scene: None }),
        ("CLICK", Event::Other),
        ("Subscribe", Event::Other),
    ] {
        assert_eq!(xml(&event(name, &concerned)), Ok(expected), "{name}");
    }
    let other_app = concerned.replace("wx2c2769f8efd9abc2", "wx49f0ab532d5d035a");
    assert_eq!(xml(&event("user_authorization_revoke", &other_app)), Ok(Event::Incomplete));
}

#[test]
fn a_scene_is_read_from_both_spellings() {
    let key = |text: &str| format!("<EventKey><![CDATA[{text}]]></EventKey><Ticket>t</Ticket>");
    let scene = Some("l_9f3c".to_owned());
    let subscribed = xml(&event("subscribe", &key("qrscene_l_9f3c")));
    assert_eq!(subscribed, Ok(Event::Subscribed { chat: chat(), scene }));
    let scanned = xml(&event("SCAN", &key("l_9f3c")));
    assert_eq!(scanned, Ok(Event::Scanned { chat: chat(), scene: "l_9f3c".to_owned() }));
    assert_eq!(xml(&event("SCAN", "")), Ok(Event::Incomplete));
}

#[test]
fn what_somebody_writes_is_read_with_its_number_and_an_incomplete_one_is_somebody_elses() {
    let text = |kind: &str, more: &str| {
        format!(
            "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{BEN}]]></FromUserName>\
             <CreateTime>1700000000</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>\
             <Content><![CDATA[42]]></Content>{more}</xml>"
        )
    };
    let id = "<MsgId>6054768590064713728</MsgId>";
    let (words, number) = ("42".to_owned(), "6054768590064713728".to_owned());
    assert_eq!(xml(&text("text", id)), Ok(Event::Said { chat: chat(), words, id: number }));
    assert_eq!(xml(&text("text", "")), Ok(Event::Other));
    assert_eq!(xml(&text("voice", id)), Ok(Event::Other));
    assert_eq!(xml(&text("text", id).replace("gh_1", "gh 1")), Ok(Event::Other));
    let odd_time = text("text", id).replace("1700000000", "yesterday");
    assert_eq!(xml(&odd_time), Ok(Event::Other));
}

#[test]
fn revoke_info_names_what_was_withdrawn() {
    for (info, everything, profile, phone_number) in [
        ("301", true, false, false),
        ("205", false, true, false),
        ("201,205", false, true, false),
        ("6", false, true, false),
        ("8", false, false, true),
        ("6,8", false, true, true),
        ("1;6;12", false, true, false),
        ("[301]", true, false, false),
        ("3011", false, false, false),
        ("60", false, false, false),
        ("18", false, false, false),
        ("201,202,203,204,206,207", false, false, false),
    ] {
        let named = Named { everything, profile, phone_number };
        let expected = Event::AuthorizationRevoked { openid: of(ANN), named };
        assert_eq!(revoked(info), expected, "{info}");
    }
}

/// WP-10.
#[test]
fn what_lacks_something_or_says_it_twice_has_no_effect() {
    let twice = format!("<OpenID>{ANN}</OpenID><OpenID>{BEN}</OpenID>");
    for more in [
        "",
        "<OpenID></OpenID>",
        "<OpenID><![CDATA[not an openid!]]></OpenID>",
        "<OpenID><a>nested</a></OpenID>",
        "<openid>x</openid>",
        &twice,
    ] {
        let message = event("user_authorization_cancellation", more);
        assert_eq!(xml(&message), Ok(Event::Incomplete), "{more}");
    }
    assert_eq!(xml("<xml></xml>"), Ok(Event::Incomplete));
    let menu =
        "<ScanCodeInfo><ScanType>qr</ScanType><ScanResult>OpenID</ScanResult></ScanCodeInfo>";
    assert_eq!(xml(&event("scancode_push", menu)), Ok(Event::Other));
    let text =
        "<xml><MsgType>text</MsgType><Content><![CDATA[<OpenID>x</OpenID>]]></Content></xml>";
    assert_eq!(xml(text), Ok(Event::Other));
}

/// WP-08, WP-09: signed all the same, so this is what a mistaken or a malicious sender with our token could do.
/// Seen red with a DOCTYPE passed over.
#[test]
fn xml_that_is_more_than_a_message_is_not_read() {
    let many = |count: usize| format!("<xml>{}</xml>", "<a>1</a>".repeat(count));
    let deep = |depth: usize| format!("<xml>{}{}</xml>", "<a>".repeat(depth), "</a>".repeat(depth));
    let attributes: String = (0..5_000).map(|n| format!(" a{n}=\"1\"")).collect();
    for message in [
        "",
        "text",
        "<xml>",
        "<xml></xml><xml></xml>",
        "<xml></xml>after",
        "<other></other>",
        "<!DOCTYPE xml [<!ENTITY a \"b\">]><xml><MsgType>&a;</MsgType></xml>",
        "<!DOCTYPE xml SYSTEM \"http://127.0.0.1/\"><xml></xml>",
        "<xml><MsgType>&amp;</MsgType></xml>",
        "<xml><MsgType>&#101;vent</MsgType></xml>",
        "<xml><a></b></xml>",
        "<xml><a><![CDATA[x]]</a></xml>",
        "<?xml version=\"1.0\" encoding=\"GBK\"?><xml></xml>",
        "{\"MsgType\":\"event\"}",
        &many(101),
        &deep(9),
    ] {
        let shown: String = message.chars().take(60).collect();
        assert_eq!(xml(message), Err(Refused::Format), "{shown}");
    }
    assert_eq!(xml(&many(1)), Ok(Event::Incomplete));
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", event("CLICK", ""));
    assert_eq!(xml(&declared), Ok(Event::Other));
    // Never looked at, however many they are.
    let busy = format!("<xml{attributes}><MsgType>text</MsgType></xml>");
    assert_eq!(xml(&busy), Ok(Event::Other));
}

#[test]
fn json_is_read_with_the_spaces_of_the_documents() {
    let json = |text: &str| Event::read(PushFormat::Json, text.as_bytes(), &receiver());
    let message = format!(
        r#"{{"ToUserName":"gh_1"," FromUserName":"{BEN}","CreateTime":1700000000,"MsgType":"event"," Event":"user_authorization_revoke"," OpenID":"{ANN}","RevokeInfo":301}}"#
    );
    let named = Named { everything: true, ..Named::default() };
    assert_eq!(json(&message), Ok(Event::AuthorizationRevoked { openid: of(ANN), named }));
    let twice = message.replace("\" OpenID\"", "\"OpenID\":\"x\",\" OpenID\"");
    assert_eq!(json(&twice), Ok(Event::Incomplete));
    for wrong in ["[]", "{", "{\"MsgType\":\"event\",}", "<xml></xml>", "null", "\"event\""] {
        assert_eq!(json(wrong), Err(Refused::Format), "{wrong}");
    }
}

proptest! {
    /// WP-06, WP-10.
    #[test]
    fn any_message_is_read_without_a_panic(message in "[<>/!\\[\\]a-zA-Z&;\"= {}:,?-]{0,200}") {
        for format in [PushFormat::Xml, PushFormat::Json] {
            // Whatever it is, it is no event about a person.
            if let Ok(event) = Event::read(format, message.as_bytes(), &receiver()) {
                prop_assert!(matches!(event, Event::Other | Event::Incomplete));
            }
        }
    }
}
