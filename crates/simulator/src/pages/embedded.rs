//! The QR page inside somebody else's page: a stand-in for WeChat's `wxLogin.js`, and how its frame sends the browser on.
//! The stand-in is ours and does what the documents say of the real one (wechat.md section 2.3): it builds a frame on
//! `connect/qrconnect` out of its options, as they are, and nothing else.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{escape, link, page};
use crate::{api::Asked, query::Params, script::Endpoint, simulator::Simulator};

/// Where the script is.
pub(crate) const SCRIPT_PATH: &str = "/connect/zh_CN/htmledition/js/wxLogin.js";

/// Without an attribute that would let its frame move the window, as the real one has been seen.
const SCRIPT: &str = r#""use strict";
(() => {
  const base = new URL(document.currentScript.src).origin;
  window.WxLogin = function WxLogin(options) {
    const redirect = options.self_redirect === true ? "true" : options.self_redirect === false ? "false" : "default";
    let address = base + "/connect/qrconnect?appid=" + options.appid + "&scope=" + options.scope
      + "&redirect_uri=" + options.redirect_uri + "&state=" + options.state + "&login_type=jssdk&self_redirect=" + redirect;
    if (options.stylelite === 1) address += "&stylelite=1";
    if (options.fast_login === 0) address += "&fast_login=0";
    if (options.lang === "en") address += "&lang=en";
    const frame = document.createElement("iframe");
    frame.allow = "local-network-access";
    frame.width = "300px";
    frame.height = "400px";
    frame.src = address;
    document.getElementById(options.id).replaceChildren(frame);
  };
})();
"#;

/// Serves the script, or what is planned in its place.
pub(crate) async fn script(State(simulator): State<Simulator>, asked: Asked) -> Response {
    simulator.note(Endpoint::WxLogin, &asked.params, asked.sender);
    let faults = simulator.script().take(Endpoint::WxLogin);
    if let Some(response) = link::scripted(&faults).await {
        return response;
    }
    let kind = HeaderValue::from_static("application/javascript");
    ([(header::CONTENT_TYPE, kind)], SCRIPT).into_response()
}

/// Whether a link was opened by the script.
pub(crate) fn is_embedded(params: &Params) -> bool {
    params.get("login_type") == "jssdk"
}

/// Sends the window above the frame on, as WeChat's page does once the phone has agreed: nobody has touched that window.
pub(crate) fn send_top(address: &str) -> Response {
    let quoted = serde_json::Value::from(address).to_string().replace('<', "\\u003c");
    let body = format!(
        "<h1>已同意 · Allowed</h1><p>{}</p><script>window.top.location.href = {quoted};</script>",
        escape("正在返回 · Going back")
    );
    let mut response = super::html(page("已同意 · Allowed", &body));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
    let policy = HeaderValue::from_static(policy);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
