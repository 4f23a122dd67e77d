//! A QR code (ISO/IEC 18004) as one SVG path, so that it is drawn by our own page and no picture is loaded.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// The blank border that readers need, in modules.
const QUIET: usize = 4;

/// A code as a path in a square of `side` units, one for each module.
#[derive(Clone, PartialEq, Eq)]
pub struct QrPath {
    /// How wide and high.
    pub side: usize,
    /// The value of `d`: `M`, `h`, `v`, `z` and digits alone.
    pub path: String,
}

/// What a code says is for those who see it.
impl std::fmt::Debug for QrPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QrPath").field("side", &self.side).finish_non_exhaustive()
    }
}

impl QrPath {
    /// Draws a text; nothing for one that no code holds, which no address of ours is.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let colors = code.to_colors();
        let mut path = String::new();
        for (y, row) in colors.chunks(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&Color::Dark) {
                    let (left, top) = (x + QUIET, y + QUIET);
                    write!(path, "M{left} {top}h{0}v1h-{0}z", run.len()).ok()?;
                }
                x += run.len();
            }
        }
        Some(Self { side: width + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_drawn_with_a_quiet_border_in_a_few_kilobytes() {
        let qr = QrPath::of("https://login.example.com/relay/0123456789abcdefghjkmnpqrs").unwrap();
        assert!((29..=60).contains(&qr.side), "{}", qr.side);
        assert!(qr.path.len() < 9000, "{}", qr.path.len());
        assert!(qr.path.bytes().all(|b| b.is_ascii_digit() || b"Mhvz -".contains(&b)));
        // The finder pattern at the top left is seven modules wide.
        assert!(qr.path.starts_with("M4 4h7v1h-7z"), "{}", qr.path);
        assert!(!format!("{qr:?}").contains("M4"));
    }
}
