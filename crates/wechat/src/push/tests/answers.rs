//! What is written back into a chat.

use magpie_domain::{OpenId, PushFormat};

use super::super::envelope::decrypt;
use super::super::{Chat, answer, harmless, signature_of};
use super::{KEY, NOW, push, receiver};

fn between<'a>(text: &'a str, name: &str) -> &'a str {
    let inside = text.split_once(&format!("<{name}>")).unwrap().1;
    let inside = inside.split_once(&format!("</{name}>")).unwrap().0;
    inside.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")).unwrap_or(inside)
}

fn chat() -> Chat {
    let openid = OpenId::parse("oLVPp5kq3Jt7xYb2W0aHsN4vQe_M").unwrap();
    Chat { openid, account: "gh_1".to_owned(), at: NOW }
}

/// wechat.md §11.2: From and To change places, and it is signed and encrypted as a push is, whatever its length.
#[test]
fn an_answer_is_signed_and_encrypted_and_names_both_the_other_way_round() {
    for length in 0..70 {
        let text = "答".repeat(length);
        let push = push(PushFormat::Xml);
        let body = answer(&push, &receiver(), &chat(), &text, (&[7; 32], NOW)).unwrap();
        let encrypted = between(&body, "Encrypt");
        let (timestamp, nonce) = (between(&body, "TimeStamp"), between(&body, "Nonce"));
        assert_eq!(timestamp, NOW.as_seconds().to_string());
        let signature = signature_of(["spamtest", timestamp, nonce, encrypted]);
        assert_eq!(between(&body, "MsgSignature"), signature);
        let message = decrypt(KEY, encrypted, &receiver()).unwrap();
        let message = String::from_utf8(message).unwrap();
        assert_eq!(between(&message, "ToUserName"), "oLVPp5kq3Jt7xYb2W0aHsN4vQe_M");
        assert_eq!(between(&message, "FromUserName"), "gh_1");
        assert_eq!((between(&message, "Content"), between(&message, "MsgType")), (&*text, "text"));
    }
}

#[test]
fn chance_changes_the_cipher_and_the_nonce() {
    let push = push(PushFormat::Xml);
    let with = |random: u8| answer(&push, &receiver(), &chat(), "x", (&[random; 32], NOW)).unwrap();
    let (one, two) = (with(1), with(2));
    assert_ne!(between(&one, "Encrypt"), between(&two, "Encrypt"));
    assert_ne!(between(&one, "Nonce"), between(&two, "Nonce"));
}

/// Who names an application can neither end the text, nor write a link or a line of their own into the chat.
#[test]
fn a_name_stays_a_name() {
    let push = push(PushFormat::Xml);
    let text = "a]]></Content><MsgType>x</MsgType>";
    let body = answer(&push, &receiver(), &chat(), text, (&[7; 32], NOW)).unwrap();
    let message = decrypt(KEY, between(&body, "Encrypt"), &receiver()).unwrap();
    let message = String::from_utf8(message).unwrap();
    assert!(message.contains("<![CDATA[a]]]]><![CDATA[></Content>"), "{message}");
    let name = "<a href=\"https://evil.example\">Bank</a>\n确认\u{202e}";
    let shown = harmless(name, 60);
    assert!(!shown.contains(['<', '>', '\n', '\u{202e}']), "{shown}");
    assert_eq!(harmless("名字", 60), "名字");
    assert_eq!(harmless("abcdef", 3), "abc…");
}
