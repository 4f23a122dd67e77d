//! The pages people see: consent, QR, refusals, and a home page to choose whom to be.
//! Plain forms without script, in Chinese and English side by side, with stable ids (`#approve`, `#cancel`, `#person`, `#error`).
//! Every page says that it is the simulator, so that nobody takes it for WeChat.

pub(crate) mod avatar;
mod callback;
pub(crate) mod consent;
pub(crate) mod embedded;
pub(crate) mod home;
pub(crate) mod leave;
pub(crate) mod link;
mod refusal;
mod rules;
pub(crate) mod wecom;

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};

use crate::{query::cookie, world::World};

/// The cookie that remembers whom one is, so that silent sign-in has somebody to sign in.
const PERSON_COOKIE: &str = "simulator_person";

const STYLE: &str = "
:root{color-scheme:light dark;--green:#07a35a;--ink:#1c1f23;--soft:#6b7280;--paper:#fff;--ground:#eef1f4}
@media(prefers-color-scheme:dark){:root{--ink:#eceff2;--soft:#9aa3ad;--paper:#22262b;--ground:#15181b}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,'PingFang SC','Noto Sans CJK SC',sans-serif}
#simulator{background:repeating-linear-gradient(135deg,#ffd54a 0 14px,#ffcb1f 14px 28px);color:#332800;text-align:center;padding:.45rem 1rem;font-weight:600;font-size:.9rem}
main{max-width:24rem;margin:6vh auto 2rem;padding:2rem 1.5rem;background:var(--paper);border-radius:1rem;box-shadow:0 8px 30px #0002;text-align:center}
a{color:inherit}h1{font-size:1.25rem;margin:.3rem 0}p{margin:.5rem 0;color:var(--soft)}small{color:var(--soft)}
form{margin-top:1.2rem;display:grid;gap:.75rem}label{display:grid;gap:.3rem;text-align:left;color:var(--soft);font-size:.9rem}
select,button{font:inherit;padding:.7rem 1rem;border-radius:.6rem;border:1px solid #8884;background:transparent;color:inherit;width:100%}
option{color:#1c1f23;background:#fff}button{cursor:pointer}button.yes{background:var(--green);border-color:var(--green);color:#fff;font-weight:600}
button:focus-visible,select:focus-visible{outline:3px solid #07a35a88;outline-offset:2px}
.qr{width:11rem;height:11rem;margin:1rem auto;padding:.5rem;background:#fff;border-radius:.6rem}.qr svg{display:block;width:100%;height:100%}
table{width:100%;border-collapse:collapse;font-size:.85rem;text-align:left}td{padding:.3rem .2rem;border-top:1px solid #8883;overflow-wrap:anywhere}td:first-child{white-space:nowrap}
@media(max-width:30rem){main{margin:0;min-height:calc(100vh - 2.4rem);border-radius:0;box-shadow:none}}";

/// A whole page around a body that is already HTML; the title is plain text.
fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head><body>\
         <div id=\"simulator\">模拟器，不是微信 · SIMULATOR, not WeChat</div><main>{body}</main></body></html>"
    )
}

/// Text for an element or a quoted attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// An HTML answer that is kept by no cache.
fn html(page: String) -> Response {
    let mut response = Html(page).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'";
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// The key of the person this browser chose before, if that person lives in this world.
fn remembered(world: &World, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let key = cookie(cookies, PERSON_COOKIE)?;
    world.person(key).map(|person| person.key)
}

/// Lets the browser remember a person; keys need no escaping.
fn remember(response: &mut Response, person: &str) {
    let cookie = format!("{PERSON_COOKIE}={person}; Path=/; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// The `#person` select with one person chosen.
fn person_select(world: &World, chosen: &str) -> String {
    // People without a face are for load tests; a hundred of them are enough to choose from.
    let faceless =
        (0..world.people_count.min(100)).filter_map(|number| world.person(&format!("p{number}")));
    let options = world.people.iter().cloned().chain(faceless).map(|person| {
        let selected = if person.key == chosen { " selected" } else { "" };
        let mark = if person.snapshot { "（快照页 snapshot）" } else { "" };
        format!(
            "<option value=\"{}\"{selected}>{}{mark}</option>",
            person.key,
            escape(&person.nickname)
        )
    });
    let options: String = options.collect();
    format!(
        "<label for=\"person\">我是谁 · Who am I<select id=\"person\" name=\"person\">{options}</select></label>"
    )
}
