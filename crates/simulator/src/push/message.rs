//! The text of a message, and the body around it.

use super::{PushConsole, PushFormat, PushMode, Pushed};

/// The account's own name in messages (原始 ID).
pub(super) fn account_name(console: &PushConsole) -> String {
    format!("gh_{}", console.app_id.chars().rev().take(12).collect::<String>())
}

/// Names and texts in WeChat's order.
fn fields(
    console: &PushConsole,
    openid: &str,
    pushed: &Pushed,
    number: &str,
) -> Vec<(&'static str, String)> {
    let event = |name: &str| ("Event", name.to_owned());
    // In what concerns an authorization, the sender is not the person but the platform.
    let authorization = |name: &str| {
        vec![
            ("FromUserName", "oPlatformItself000000000000".to_owned()),
            ("MsgType", "event".to_owned()),
            event(name),
            (" OpenID", openid.to_owned()),
            (" AppID", console.app_id.clone()),
        ]
    };
    let follower = |name: &str| {
        vec![("FromUserName", openid.to_owned()), ("MsgType", "event".to_owned()), event(name)]
    };
    let mut fields = match pushed {
        Pushed::InfoModified => authorization("user_info_modified"),
        Pushed::Revoked(_) => authorization("user_authorization_revoke"),
        Pushed::Cancelled => authorization("user_authorization_cancellation"),
        Pushed::Subscribed(_) => follower("subscribe"),
        Pushed::Scanned(_) => follower("SCAN"),
        Pushed::Unsubscribed => follower("unsubscribe"),
        Pushed::Text(text) => vec![
            ("FromUserName", openid.to_owned()),
            ("MsgType", "text".to_owned()),
            ("Content", text.clone()),
            ("MsgId", number.to_owned()),
        ],
        Pushed::Raw(_) => Vec::new(),
    };
    match pushed {
        Pushed::Revoked(info) => fields.push((" RevokeInfo", info.clone())),
        Pushed::Subscribed(Some(scene)) => fields.push(("EventKey", format!("qrscene_{scene}"))),
        Pushed::Subscribed(None) => fields.push(("EventKey", String::new())),
        Pushed::Scanned(scene) => fields.push(("EventKey", scene.clone())),
        _ => {}
    }
    fields
}

/// The message alone; `number` is its own, which stays the same when it is sent again.
pub(super) fn written(
    console: &PushConsole,
    openid: &str,
    pushed: &Pushed,
    (now, number): (i64, &str),
) -> String {
    if let Pushed::Raw(message) = pushed {
        return message.clone();
    }
    let to = account_name(console);
    let fields = fields(console, openid, pushed, number);
    match console.format {
        PushFormat::Xml => {
            let texts: String = fields
                .iter()
                .map(|(name, text)| {
                    let name = name.trim();
                    format!("<{name}><![CDATA[{text}]]></{name}>")
                })
                .collect();
            format!(
                "<xml><ToUserName><![CDATA[{to}]]></ToUserName><CreateTime>{now}</CreateTime>{texts}</xml>"
            )
        }
        PushFormat::Json => {
            let mut members = serde_json::Map::new();
            members.insert("ToUserName".to_owned(), to.into());
            members.insert("CreateTime".to_owned(), now.into());
            for (name, text) in fields {
                members.insert(name.to_owned(), text.into());
            }
            serde_json::Value::Object(members).to_string()
        }
    }
}

/// The body: the message, its cipher, or both.
pub(super) fn enveloped(
    console: &PushConsole,
    message: String,
    encrypted: Option<String>,
) -> String {
    let Some(encrypted) = encrypted else { return message };
    let to = account_name(console);
    match (console.format, console.mode) {
        (PushFormat::Json, _) => {
            serde_json::json!({ "ToUserName": to, "Encrypt": encrypted }).to_string()
        }
        (PushFormat::Xml, PushMode::Compatible) => {
            message.replace("</xml>", &format!("<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"))
        }
        (PushFormat::Xml, _) => format!(
            "<xml>\n    <ToUserName><![CDATA[{to}]]></ToUserName>\n    <Encrypt><![CDATA[{encrypted}]]></Encrypt>\n</xml>\n"
        ),
    }
}
