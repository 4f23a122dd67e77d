//! Whether fetched bytes are a picture, by what they say themselves.
//! A host's word is not enough: what we serve from our own origin must not be a page or a script (case WX-14).

/// The media type of a picture that browsers show and nothing runs in, by its first bytes; `None` for everything else,
/// SVG among it.
#[must_use]
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice());
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        _ if is_webp => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen red with everything taken for a JPEG.
    #[test]
    fn a_picture_is_known_by_its_first_bytes_and_nothing_else_is_one() {
        for (bytes, expected) in [
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF".as_slice(), Some("image/jpeg")),
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", Some("image/png")),
            (b"GIF89a\x01\0", Some("image/gif")),
            (b"GIF87a\x01\0", Some("image/gif")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
            (b"<!doctype html><script>", None),
            (b"\xFF\xD8", None),
            (b"", None),
        ] {
            assert_eq!(media_type(bytes), expected, "{bytes:?}");
        }
    }
}
