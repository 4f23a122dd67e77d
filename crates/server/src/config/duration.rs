//! Spans of time as operators write them: `60s`, `10m`, `8h`, `30d`.
//! One number and one unit, so that nobody has to guess what `1h30` means.

use magpie_domain::Lifetime;

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Reads a span; the error is in words for the operator.
pub(super) fn read(text: &str) -> Result<Lifetime, &'static str> {
    const SHAPE: &str =
        "is not a time: write a whole number and one of s, m, h, d, such as \"10m\"";
    let mut letters = text.chars();
    let unit = letters.next_back().and_then(|last| UNITS.iter().find(|(unit, _)| *unit == last));
    let (_, seconds) = unit.ok_or(SHAPE)?;
    let digits = letters.as_str();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(SHAPE);
    }
    let total = digits.parse::<u32>().ok().and_then(|number| number.checked_mul(*seconds));
    total.map(Lifetime::from_seconds).ok_or("is longer than a hundred years")
}

/// Writes a span in the largest unit that fits it exactly.
pub(super) fn write(span: Lifetime) -> String {
    let seconds = span.as_seconds();
    let fitting = UNITS.iter().find(|(_, unit)| seconds.checked_rem(i64::from(*unit)) == Some(0));
    let (unit, size) = fitting.copied().unwrap_or(('s', 1));
    format!("{}{unit}", seconds.checked_div(i64::from(size)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_one_number_and_one_unit_and_never_overflows() {
        assert_eq!(read("60s"), Ok(Lifetime::from_minutes(1)));
        assert_eq!(read("30d"), Ok(Lifetime::from_days(30)));
        for wrong in [
            "",
            "s",
            "10",
            "1h30m",
            "-1s",
            "+1s",
            " 1s",
            "1.5h",
            "1 h",
            "٣s",
            "4294967295d",
            "99999999999s",
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_span_is_written_as_it_would_be_read() {
        for text in ["61s", "10m", "8h", "30d"] {
            assert_eq!(read(text).map(write).as_deref(), Ok(text));
        }
    }
}
