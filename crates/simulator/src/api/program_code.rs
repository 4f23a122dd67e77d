//! `POST /wxa/getwxacodeunlimit`: a mini program's code of a scene, drawn, for the mini program's own app-level token.
//! WeChat draws round codes that only it can read; here they are QR codes, and say account, page and scene.

use axum::{body::Bytes, extract::State, http::HeaderValue, response::Response};
use qrcode::{Color, QrCode};
use serde_json::Value;

use crate::{
    api::{Asked, errcode::Refused, phone_number::account_of},
    reply::{Family, deliver, deliver_bytes, hang_up},
    script::{Endpoint, Fault},
    simulator::Simulator,
    world::AccountKind,
};

/// Pixels of a module, and modules of the margin.
const SCALE: usize = 8;
const MARGIN: usize = 4;

/// Answers a picture, or JSON.
pub(crate) async fn post(
    State(simulator): State<Simulator>,
    asked: Asked,
    body: Bytes,
) -> Response {
    simulator.note(Endpoint::ProgramCode, &asked.params, asked.sender.clone());
    let faults = simulator.script().take(Endpoint::ProgramCode);
    if faults.0.contains(&Fault::HangUpBefore) {
        return hang_up();
    }
    let instead = faults.0.iter().find_map(|fault| match fault {
        Fault::Errcode(code) => Some(Refused(*code)),
        _ => None,
    });
    match instead.map_or_else(|| code(&simulator, &asked, &body), Err) {
        Ok(png) => deliver_bytes(HeaderValue::from_static("image/png"), png.into(), &faults).await,
        Err(refused) => deliver(Family::CgiBin, refused.reply(&simulator), &faults).await,
    }
}

/// The picture: 40001 and the others of a token, 47001, 40129 for a scene, 41030 for a page that was not released. Here
/// the pages of a released mini program are those below `pages/`.
fn code(simulator: &Simulator, asked: &Asked, body: &[u8]) -> Result<Vec<u8>, Refused> {
    let token = asked.params.get("access_token");
    let app_id = account_of(simulator, token, &[AccountKind::MiniProgram])?;
    let wanted: Value = serde_json::from_slice(body).map_err(|_quotes| Refused(47_001))?;
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).unwrap_or_default();
    let (scene, page) = (text("scene"), text("page"));
    if !(1..=32).contains(&scene.len()) || !scene.bytes().all(is_visible) {
        return Err(Refused(40_129));
    }
    let is_checked = wanted.get("check_path").and_then(Value::as_bool).unwrap_or(true);
    let is_there = page.is_empty() || page.starts_with("pages/");
    if page.starts_with('/') || (is_checked && !is_there) {
        return Err(Refused(41_030));
    }
    draw(&format!("appid={app_id}&page={page}&scene={scene}")).ok_or(Refused(-1))
}

/// Digits, letters and the signs that WeChat names.
fn is_visible(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&'()*+,/:;=?@-._~".contains(&byte)
}

fn draw(text: &str) -> Option<Vec<u8>> {
    let code = QrCode::new(text).ok()?;
    let (modules, width) = (code.to_colors(), code.width());
    let side = (width + 2 * MARGIN) * SCALE;
    let is_dark = |x: usize, y: usize| {
        let place = |at: usize| (at / SCALE).checked_sub(MARGIN).filter(|place| *place < width);
        let module = place(x).zip(place(y)).and_then(|(x, y)| modules.get(y * width + x));
        module == Some(&Color::Dark)
    };
    let pixels: Vec<u8> = (0..side)
        .flat_map(|y| (0..side).map(move |x| (x, y)))
        .map(|(x, y)| if is_dark(x, y) { 0 } else { 255 })
        .collect();
    let side = u32::try_from(side).ok()?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().ok()?.write_image_data(&pixels).ok()?;
    Some(file)
}
