//! A phone's camera: draws the code of a page as a screen would and reads it, by a library that draws none.

/// How many pixels a module is wide.
const SCALE: usize = 4;

/// What the QR code of a page says. The page draws it as one SVG path of runs: `M4 4h7v1h-7z`.
#[must_use]
pub fn read_qr(html: &str) -> String {
    let side: usize = between(html, "id=\"qr\" viewBox=\"0 0 ", " ").parse().expect("a width");
    let mut dark = vec![false; side * side];
    for run in between(html, "<path d=\"M4 4", "\"").split('M') {
        let run = if run.starts_with('h') { format!("4 4{run}") } else { run.to_owned() };
        let numbers: Vec<usize> = run
            .split(|c: char| !c.is_ascii_digit())
            .filter(|digits| !digits.is_empty())
            .map(|digits| digits.parse().expect("a number"))
            .collect();
        let &[x, y, width, ..] = numbers.as_slice() else { panic!("no run: {run}") };
        dark.iter_mut().skip(y * side + x).take(width).for_each(|module| *module = true);
    }
    let pixels = side * SCALE;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(pixels, pixels, |x, y| {
        let module = (y / SCALE) * side + x / SCALE;
        if dark[module] { 0 } else { 255 }
    });
    let grids = image.detect_grids();
    let (_, text) = grids.first().expect("a QR code").decode().expect("a readable QR code");
    text
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split(from).nth(1).unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split(to).next().unwrap_or_default()
}

/// What the QR code in a PNG picture says, grey with eight bits, as the simulator draws the codes of mini programs.
#[must_use]
pub fn read_qr_picture(png: &[u8]) -> String {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
    let frame = reader.next_frame(&mut pixels).expect("a whole picture");
    let (width, height) = (frame.width as usize, frame.height as usize);
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = image.detect_grids();
    let (_, text) = grids.first().expect("a QR code").decode().expect("a readable QR code");
    text
}
