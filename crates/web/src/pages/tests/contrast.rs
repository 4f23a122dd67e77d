//! The colours of the style sheet, measured as WCAG 2.2 §1.4.3 and §1.4.11 do.

use std::collections::BTreeMap;

use crate::assets;

/// The colours of one `:root` block by name.
fn colours(block: &str) -> BTreeMap<&str, [f64; 3]> {
    block
        .split(';')
        .filter_map(|line| {
            let (name, value) = line.split_once("--")?.1.split_once(": #")?;
            Some((name, rgb(value)))
        })
        .collect()
}

fn rgb(hex: &str) -> [f64; 3] {
    let full: String =
        if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.to_owned() };
    [0, 2, 4]
        .map(|at| f64::from(u8::from_str_radix(full.get(at..at + 2).unwrap(), 16).unwrap()) / 255.0)
}

fn luminance(colour: [f64; 3]) -> f64 {
    let [r, g, b] =
        colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126f64.mul_add(r, 0.7152f64.mul_add(g, 0.0722 * b))
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Seen red with white on WeChat's own green, which is 2.4.
#[test]
fn text_is_readable_and_edges_are_visible_by_day_and_by_night() {
    let css = assets::find(assets::asset_path("app.css")).unwrap();
    let css = String::from_utf8(css.bytes.to_vec()).unwrap();
    let blocks: Vec<_> =
        css.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    let [day, night] = blocks[..] else { panic!("one block for day, one for night") };
    let mut after_dark = colours(day);
    after_dark.extend(colours(night));

    for palette in [colours(day), after_dark] {
        for (ink, paper, least) in [
            ("ink", "card", 7.0),
            ("ink", "ground", 7.0),
            ("ink", "wash", 7.0),
            ("soft", "card", 4.5),
            ("soft", "ground", 4.5),
            ("soft", "wash", 4.5),
            ("link", "card", 4.5),
            ("link", "wash", 4.5),
            ("go-ink", "go", 4.5),
            ("go-ink", "go-over", 4.5),
            ("warn-ink", "warn", 4.5),
            ("go", "card", 3.0),
            ("edge", "card", 3.0),
            ("focus", "card", 3.0),
            ("focus", "ground", 3.0),
        ] {
            let found = contrast(palette[ink], palette[paper]);
            assert!(found >= least, "{ink} on {paper} is {found:.2}, at least {least}");
        }
    }
}
