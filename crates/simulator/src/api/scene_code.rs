//! `POST /cgi-bin/qrcode/create`: a temporary QR code of a scene (wechat.md section 11.1), for a service account's token.
//! Its picture is not drawn here: whoever asked has the `url` that stands in it.

use axum::{body::Bytes, extract::State, response::Response};
use serde_json::Value;

use crate::{
    api::{Asked, answer, errcode::Refused, phone_number::account_of},
    reply::Reply,
    script::Endpoint,
    simulator::Simulator,
    world::AccountKind,
};

/// A code lives a minute unless told, and thirty days at most.
const USUAL: u64 = 60;
const LONGEST: u64 = 2_592_000;

/// Makes a code.
pub(crate) async fn post(
    State(simulator): State<Simulator>,
    asked: Asked,
    body: Bytes,
) -> Response {
    let work = |simulator: &Simulator, asked: &Asked| {
        let kinds = [AccountKind::ServiceAccount, AccountKind::Sandbox];
        let app_id = account_of(simulator, asked.params.get("access_token"), &kinds)?;
        let wanted: Value = serde_json::from_slice(&body).map_err(|_quotes| Refused(47_001))?;
        code(simulator, &app_id, &wanted)
    };
    answer(&simulator, Endpoint::SceneCode, asked, work).await
}

fn code(simulator: &Simulator, app_id: &str, wanted: &Value) -> Result<Reply, Refused> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    if text(wanted.get("action_name")) != "QR_STR_SCENE" {
        return Err(Refused(40_053));
    }
    let scene = text(wanted.pointer("/action_info/scene/scene_str"));
    if !(1..=64).contains(&scene.chars().count()) {
        return Err(Refused(40_053));
    }
    let seconds = wanted.get("expire_seconds").and_then(Value::as_u64).unwrap_or(USUAL);
    let seconds = seconds.clamp(1, LONGEST);
    let serial = simulator.books().open_scene(app_id, &scene, simulator.now(), seconds);
    let name = simulator.mint().code(serial);
    // WeChat escapes slashes here.
    let url = format!(r#""http:\/\/weixin.qq.com\/q\/{name}""#);
    Ok(Reply::new()
        .text("ticket", &format!("gQ{name}=="))
        .raw("expire_seconds", &seconds.to_string())
        .raw("url", &url))
}
