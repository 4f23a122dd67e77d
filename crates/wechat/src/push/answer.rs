//! An answer to a push (被动回复消息): a text in the chat, encrypted and signed as the push was. It is the body of our answer
//! to WeChat, within five seconds, so no call of ours is needed for it.

use magpie_domain::{AppId, Push, Timestamp};

use super::event::Chat;
use super::{envelope, signature_of};

/// Writes a text to the person of a chat. `random` has to be drawn anew each time. Nothing when the key of the account is
/// none, which its configuration rules out.
///
/// WeChat shows at most 2048 bytes of it.
#[must_use]
pub fn answer(
    push: &Push,
    receiver: &AppId,
    chat: &Chat,
    text: &str,
    (random, now): (&[u8; 32], Timestamp),
) -> Option<String> {
    let seconds = now.as_seconds();
    let message = format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>{seconds}</CreateTime>\
         <MsgType><![CDATA[text]]></MsgType><Content>{}</Content></xml>",
        character_data(chat.openid.as_key()),
        character_data(&chat.account),
        character_data(text),
    );
    let (filling, chance) = random.split_first_chunk::<16>()?;
    let nonce: String =
        chance.iter().map(|byte| char::from(b'0'.saturating_add(byte % 10))).collect();
    let key = push.encoding_aes_key.expose();
    let encrypted = envelope::encrypt(key, message.as_bytes(), receiver, filling)?;
    let timestamp = seconds.to_string();
    let token = push.token.expose();
    let signature = signature_of([token.as_str(), &timestamp, &nonce, &encrypted]);
    Some(format!(
        "<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>\
         <TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    ))
}

/// A text as one element's content, whatever stands in it.
fn character_data(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// A name or a fact of somebody else's as a part of one line of a chat: WeChat makes links of `<a href=…>` in a text, and
/// whoever names an application could write lines of their own.
#[must_use]
pub fn harmless(text: &str, longest: usize) -> String {
    let safe = |c: char| match c {
        '<' => '＜',
        '>' => '＞',
        c if c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) => ' ',
        c => c,
    };
    let mut kept: String = text.chars().map(safe).take(longest).collect();
    if text.chars().nth(longest).is_some() {
        kept.push('…');
    }
    kept
}
