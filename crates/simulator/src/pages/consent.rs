//! What the consent page and the QR page look like.
//! Both are one form that posts back to the very same link, so that approving proves the link a second time;
//! the QR is a drawing that no phone can read, because the buttons below it are the phone.

use super::{escape, page, person_select};
use crate::{
    ids,
    pages::rules::{Door, Link},
    world::World,
};

/// The page that asks; `query` is the link's query as it came.
pub(crate) fn ask(world: &World, door: Door, link: &Link, query: &str, chosen: &str) -> String {
    let app = escape(&link.app_name);
    let (picture, question) = match door {
        Door::Qr | Door::Embedded => {
            let drawing = imitation_qr(&link.state);
            (
                format!("<div class=\"qr\" aria-hidden=\"true\">{drawing}</div>"),
                "微信扫一扫登录 · Scan to sign in",
            )
        }
        Door::InApp => (String::new(), "申请获取你的昵称、头像 · wants your name and avatar"),
    };
    let action = escape(&format!("{}?{query}", door.path()));
    let select = person_select(world, chosen);
    let body = format!(
        "{picture}<h1>{app}</h1><p>{question}</p>\
         <form method=\"post\" action=\"{action}\">{select}\
         <button id=\"approve\" class=\"yes\" name=\"decision\" value=\"approve\">同意 · Allow</button>\
         <button id=\"cancel\" name=\"decision\" value=\"cancel\">取消 · Cancel</button></form>"
    );
    page(&format!("{} · WeChat simulator", link.app_name), &body)
}

/// The page after a refusal, when nobody is called back.
pub(crate) fn cancelled(door: Door, query: &str) -> String {
    let again = escape(&format!("{}?{query}", door.path()));
    let body = format!(
        "<h1 id=\"cancelled\">已取消 · Cancelled</h1>\
         <p>应用不会知道。 · The application is not told.</p><p><a id=\"again\" href=\"{again}\">再试一次 · Try again</a></p>"
    );
    page("已取消 · Cancelled", &body)
}

/// 25 × 25 squares with three finder patterns; the rest is noise from the state.
fn imitation_qr(state: &str) -> String {
    use std::fmt::Write;
    let noise: Vec<u8> = (0..3).flat_map(|part| ids::pattern(&format!("{state}{part}"))).collect();
    let dark = |x: usize, y: usize| {
        let corner = |cx: usize, cy: usize| (x.abs_diff(cx)).max(y.abs_diff(cy));
        for distance in [corner(3, 3), corner(21, 3), corner(3, 21)] {
            if distance <= 4 {
                return distance != 4 && distance != 2;
            }
        }
        let bit = y * 25 + x;
        noise.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
    };
    let mut path = String::new();
    for (x, y) in (0..25).flat_map(|y| (0..25).map(move |x| (x, y))).filter(|(x, y)| dark(*x, *y)) {
        // Writing to a String cannot fail.
        write!(path, "M{x} {y}h1v1h-1z").unwrap_or_default();
    }
    format!(
        "<svg id=\"qr\" viewBox=\"0 0 25 25\" shape-rendering=\"crispEdges\"><path d=\"{path}\"/></svg>"
    )
}
