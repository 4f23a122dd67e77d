//! What an account's server answers to a push (被动回复): nothing, or a text for the person, encrypted where pushes are.
//! Read as strictly as WeChat does; what it does not understand, the person sees as "暂时无法提供服务".

use super::{PushAnswer, PushConsole, PushMode, cipher, message};
use crate::{ids, world::World};

/// Most bytes of a text.
const LONGEST: usize = 2048;

/// What appears in a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatLine {
    /// Nothing: the answer was `success` or empty.
    Silence,
    /// This text.
    Text(String),
}

impl ChatLine {
    /// The text; empty for silence.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Silence => "",
            Self::Text(text) => text,
        }
    }
}

/// Reads an answer for a person; it tells by itself which account it comes from.
pub(crate) fn read_reply(
    world: &World,
    answer: &PushAnswer,
    person: &str,
) -> Result<ChatLine, String> {
    let PushAnswer::Answered { status, body } = answer else {
        return Err("no answer within five seconds".to_owned());
    };
    if *status != 200 {
        return Err(format!("answered {status}"));
    }
    if body.is_empty() || body == "success" {
        return Ok(ChatLine::Silence);
    }
    let mut why = "no account has an address of pushes".to_owned();
    for console in &world.pushes {
        match read(console, body, person) {
            Ok(text) => return Ok(ChatLine::Text(text)),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

fn read(console: &PushConsole, body: &str, person: &str) -> Result<String, String> {
    let message = match console.mode {
        PushMode::Plain => body.to_owned(),
        PushMode::Compatible | PushMode::Secure => {
            let encrypted = element(body, "Encrypt")?;
            let (timestamp, nonce) = (element(body, "TimeStamp")?, element(body, "Nonce")?);
            let signed = cipher::signature(&[&console.token, &timestamp, &nonce, &encrypted]);
            if element(body, "MsgSignature")? != signed {
                return Err("the signature is wrong".to_owned());
            }
            cipher::decrypt(&console.encoding_aes_key, &console.app_id, &encrypted)?
        }
    };
    if element(&message, "ToUserName")? != ids::openid(&console.app_id, person, false) {
        return Err("for somebody else".to_owned());
    }
    if element(&message, "FromUserName")? != message::account_name(console) {
        return Err("from another account".to_owned());
    }
    if element(&message, "MsgType")? != "text" || element(&message, "CreateTime")?.is_empty() {
        return Err("no text".to_owned());
    }
    let text = element(&message, "Content")?;
    if text.is_empty() || text.len() > LONGEST {
        return Err(format!("a text of {} bytes", text.len()));
    }
    Ok(text)
}

/// The text of an element that is there once, out of its CDATA.
fn element(xml: &str, name: &str) -> Result<String, String> {
    let missing = || format!("there is no one <{name}>");
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut parts = xml.split(&open);
    let (_before, rest) = (parts.next(), parts.next().ok_or_else(missing)?);
    let inside = rest.split(&close).next().ok_or_else(missing)?;
    if parts.next().is_some() || !rest.contains(&close) {
        return Err(missing());
    }
    let inside = inside.replace("]]]]><![CDATA[>", "]]>");
    let text = inside.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>"));
    Ok(text.unwrap_or(&inside).to_owned())
}
