//! Avatars drawn by the simulator, so that a demonstration needs no network.
//! Each person gets a mirrored pattern of squares from the digest of the key; the sizes are WeChat's (0 means 640).
//! They are PNG pictures, since those who fetch avatars are right to refuse SVG.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};

use crate::{
    api::Asked,
    ids,
    reply::{deliver_bytes, hang_up},
    script::{Endpoint, Fault},
    simulator::Simulator,
};

/// Answers the picture, or 404 for strangers and for sizes that WeChat does not have.
pub(crate) async fn get(
    State(simulator): State<Simulator>,
    Path((person, size)): Path<(String, u32)>,
    asked: Asked,
) -> Response {
    simulator.note(Endpoint::Avatar, &asked.params, asked.sender);
    let faults = simulator.script().take(Endpoint::Avatar);
    if faults.0.contains(&Fault::HangUpBefore) {
        return hang_up();
    }
    let side = match size {
        0 => 640,
        46 | 64 | 96 | 132 => size,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match simulator.world().person(&person).and_then(|person| draw(&person.key, side)) {
        Some(png) => {
            deliver_bytes(HeaderValue::from_static("image/png"), png.into(), &faults).await
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Five by five squares, mirrored, in one colour on a light ground.
fn draw(key: &str, side: u32) -> Option<Vec<u8>> {
    let pattern = ids::pattern(key);
    let filled = |column: u32, row: u32| {
        let mirrored = column.min(4_u32.saturating_sub(column));
        pattern.get((row * 3 + mirrored) as usize).is_some_and(|byte| byte % 2 == 0)
    };
    let margin = side / 8;
    let square = (side.saturating_sub(2 * margin) / 5).max(1);
    let place =
        |at: u32| at.checked_sub(margin).map(|inside| inside / square).filter(|place| *place < 5);
    let pixel =
        |x: u32, y: u32| place(x).zip(place(y)).is_some_and(|(column, row)| filled(column, row));
    let pixels: Vec<u8> = (0..side)
        .flat_map(|y| (0..side).map(move |x| (x, y)))
        .map(|(x, y)| u8::from(pixel(x, y)))
        .collect();

    let [.., red, green, blue] = pattern;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(vec![0xf2, 0xf4, 0xf6, red / 2 + 40, green / 2 + 40, blue / 2 + 40]);
    encoder.write_header().ok()?.write_image_data(&pixels).ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn an_avatar_is_a_small_png_and_belongs_to_its_person() {
        let ann = draw("ann", 132).unwrap();
        assert!(ann.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert!(ann.len() < 4_096, "{}", ann.len());
        assert_eq!(ann, draw("ann", 132).unwrap());
        assert_ne!(ann, draw("ben", 132).unwrap());
        assert!(draw("ann", 640).is_some());
    }
}
