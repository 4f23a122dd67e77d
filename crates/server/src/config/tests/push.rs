//! Pushes of a channel, and what an operator gets wrong about them.

use magpie_domain::PushFormat;
use magpie_flows::wechat::push::{OnCancellation, OnUnsubscribe};

use super::{CHANNEL, Desk, LEAST};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const TOKEN: &str = "S3CR3T6789abcdef0123456789abcdef";

fn with(push: &str) -> String {
    format!("{LEAST}{CHANNEL}push = {{ {push} }}\n")
}

#[test]
fn pushes_are_read_in_both_forms_of_their_secrets() {
    let desk = Desk::new();
    desk.put("token", &format!("{TOKEN}\n"), 0o600);
    desk.put("key", &format!("{KEY}\n"), 0o600);
    let forward = "format = \"json\", forward_to = \"https://shop.example.com/wechat?x=1\"";
    for text in [
        format!("token = \"{TOKEN}\", encoding_aes_key = \"{KEY}\", {forward}"),
        format!("token_file = \"token\", encoding_aes_key_file = \"key\", {forward}"),
    ] {
        let config = desk.accept(&with(&text));
        let push = config.channels.first().unwrap().push.clone().unwrap();
        assert_eq!(
            (push.token.expose().as_str(), push.encoding_aes_key.expose().as_str()),
            (TOKEN, KEY)
        );
        assert_eq!(push.format, PushFormat::Json);
        assert_eq!(push.forward_to.as_deref(), Some("https://shop.example.com/wechat?x=1"));
        assert!(!format!("{config:?}").contains("S3CR3T"));
    }
    let config = desk.accept(&with(&format!("token = \"{TOKEN}\", encoding_aes_key = \"{KEY}\"")));
    let push = config.channels.first().unwrap().push.clone().unwrap();
    assert_eq!((push.format, push.forward_to), (PushFormat::Xml, None));
    assert!(desk.accept(&format!("{LEAST}{CHANNEL}")).channels.first().unwrap().push.is_none());
}

#[test]
fn each_mistake_about_pushes_has_its_cure() {
    let desk = Desk::new();
    let right = format!("token = \"{TOKEN}\", encoding_aes_key = \"{KEY}\"");
    for (push, part) in [
        ("", "channels.desktop.push.token: the token (令牌) is missing"),
        (
            "",
            "channels.desktop.push.encoding_aes_key: the EncodingAESKey (消息加解密密钥) is missing",
        ),
        (
            &*right.replace(KEY, &format!("{KEY}=")),
            "an EncodingAESKey is 43 letters and digits, and this has 44 characters",
        ),
        (&*right.replace(KEY, "S3CR3T"), "and this has 6 characters"),
        (&*right.replace(TOKEN, "S3CR3T-x"), "a token (令牌) is 3 to 32 letters and digits"),
        (&*right.replace(TOKEN, "S3CR3Tx"), "warning"),
        (&*format!("{right}, token_file = \"x\""), "both `token` and `token_file` are set"),
        (&*format!("{right}, format = \"yaml\""), "`yaml` is not one of the choices"),
        (
            &*format!("{right}, forward_to = \"http://shop.example.com/\""),
            "http would cross the Internet",
        ),
        (&*format!("{right}, forward_to = \"ftp://a/\""), "this is neither https nor http"),
        (
            &*format!("{right}, forward_to = \"https://u:p@a/\""),
            "has no user, password or fragment",
        ),
        (&*format!("{right}, forward = \"x\""), "unknown key `forward` in channels.desktop.push"),
    ] {
        let said = desk.complaints(&with(push));
        assert!(said.contains(part), "{push}: {said}");
        assert!(!said.contains("S3CR3T"), "{said}");
    }
    for address in [
        "http://127.0.0.1:81/w",
        "http://10.1.2.3/",
        "http://legacy:8080/wechat",
        "http://shop.internal/",
        "http://[fd00::1]/",
        "https://shop.example.com/",
    ] {
        desk.accept(&with(&format!("{right}, forward_to = \"{address}\"")));
    }
}

#[test]
fn what_becomes_of_people_who_left_is_the_operators_choice() {
    let desk = Desk::new();
    let usual = desk.accept(LEAST).privacy;
    assert_eq!(usual.on_cancellation, OnCancellation::Erase);
    assert_eq!(usual.on_unsubscribe, OnUnsubscribe::Nothing);
    let text = "[privacy]\non_cancellation = \"block\"\non_unsubscribe = \"erase_profile\"\n";
    let chosen = desk.accept(&format!("{LEAST}{text}")).privacy;
    assert_eq!(chosen.on_cancellation, OnCancellation::Block);
    assert_eq!(chosen.on_unsubscribe, OnUnsubscribe::EraseProfile);
}
