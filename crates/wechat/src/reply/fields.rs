//! The fields of a reply, read as tolerantly as WeChat writes them (wechat.md §3.5).
//! Mends what would stop a JSON parser, namely bytes that are no UTF-8, raw control characters inside strings and
//! halves of surrogate pairs, and touches nothing else: a cleverer substitution once broke `\/` in avatar URLs.
//! Refuses more than 256 KiB and more than 16 levels.

use std::str::Chars;

use serde_json::{Map, Value};

/// The largest reply read, in bytes. A real one has less than 2 KiB.
const LARGEST: usize = 256 * 1024;

/// The deepest nesting read. A real reply has two levels.
const DEEPEST: usize = 16;

/// A whole number where WeChat writes numbers, strings or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    /// No such field, or null.
    Absent,
    /// A number, or a string with one in it.
    Is(i64),
    /// Something else.
    Odd,
}

/// The fields of a reply. Not printable: they hold tokens and people.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body, or gives `None` when it is no JSON object within the limits.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        if body.len() > LARGEST {
            return None;
        }
        // The header says `text/plain` and nothing useful about the charset; it is always UTF-8, or meant to be.
        let text = String::from_utf8_lossy(body);
        let mended = Mending::of(text.strip_prefix('\u{FEFF}').unwrap_or(&text)).finish()?;
        match serde_json::from_str(&mended) {
            Ok(Value::Object(fields)) => Some(Self(fields)),
            Ok(_) | Err(_) => None,
        }
    }

    /// A field that is an object.
    pub(super) fn inner(&self, name: &str) -> Option<Self> {
        self.0.get(name).and_then(Value::as_object).cloned().map(Self)
    }

    /// A field that is a string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Whether a field is absent, null or an empty string; WeChat writes all three for "none".
    pub(super) fn is_blank(&self, name: &str) -> bool {
        match self.0.get(name) {
            None | Some(Value::Null) => true,
            Some(value) => value.as_str() == Some(""),
        }
    }

    /// A field that is a whole number, written as a number or as a string.
    pub(super) fn whole(&self, name: &str) -> Whole {
        let number = match self.0.get(name) {
            None | Some(Value::Null) => return Whole::Absent,
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
        };
        number.map_or(Whole::Odd, Whole::Is)
    }

    /// A mark such as `is_snapshotuser`: raised unless it is absent or clearly says no. What is neither counts as
    /// raised, since the mark is a warning (law 6).
    pub(super) fn is_raised(&self, name: &str) -> bool {
        match self.0.get(name) {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(text)) => !matches!(text.trim(), "" | "0" | "false"),
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::Bool(true) | Value::Array(_) | Value::Object(_)) => true,
        }
    }
}

/// Copies a text, making a parser's JSON of it on the way.
struct Mending<'a> {
    input: Chars<'a>,
    output: String,
}

impl<'a> Mending<'a> {
    fn of(text: &'a str) -> Self {
        Self { input: text.chars(), output: String::with_capacity(text.len()) }
    }

    /// The mended text; `None` when it is nested too deeply or an escape is cut short.
    fn finish(mut self) -> Option<String> {
        let mut depth = 0_usize;
        while let Some(c) = self.input.next() {
            match c {
                '{' | '[' => depth = depth.saturating_add(1),
                '}' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > DEEPEST {
                return None;
            }
            // Between the fields a control character can only have been meant as white space.
            self.output.push(if is_raw_control(c) { ' ' } else { c });
            if c == '"' {
                self.string()?;
            }
        }
        Some(self.output)
    }

    /// Copies a string up to and with its closing quote.
    fn string(&mut self) -> Option<()> {
        while let Some(c) = self.input.next() {
            match c {
                '"' => {
                    self.output.push(c);
                    return Some(());
                }
                '\\' => self.escape()?,
                // Written as an escape rather than dropped: an openid must not become another one by mending.
                raw if is_raw_control(raw) => self.code_unit(u32::from(raw)),
                plain => self.output.push(plain),
            }
        }
        Some(())
    }

    /// Copies what follows a backslash.
    fn escape(&mut self) -> Option<()> {
        match self.input.next()? {
            'u' => {
                let unit = four_hex(&mut self.input)?;
                self.unicode_escape(unit);
            }
            other => {
                self.output.push('\\');
                self.output.push(other);
            }
        }
        Some(())
    }

    /// Copies a `\u` escape; half of a surrogate pair becomes U+FFFD.
    fn unicode_escape(&mut self, unit: u32) {
        match unit {
            0xD800..=0xDBFF => {
                let mut ahead = self.input.clone();
                let low = (ahead.next() == Some('\\') && ahead.next() == Some('u'))
                    .then(|| four_hex(&mut ahead))
                    .flatten()
                    .filter(|low| (0xDC00..=0xDFFF).contains(low));
                if let Some(low) = low {
                    self.code_unit(unit);
                    self.code_unit(low);
                    self.input = ahead;
                } else {
                    self.code_unit(0xFFFD);
                }
            }
            0xDC00..=0xDFFF => self.code_unit(0xFFFD),
            whole => self.code_unit(whole),
        }
    }

    fn code_unit(&mut self, unit: u32) {
        self.output.push_str(&format!("\\u{unit:04x}"));
    }
}

/// Characters that JSON forbids unescaped (RFC 8259 §7).
const fn is_raw_control(c: char) -> bool {
    c < ' '
}

/// Reads four hexadecimal digits.
fn four_hex(input: &mut Chars<'_>) -> Option<u32> {
    let mut unit = 0_u32;
    for _ in 0..4 {
        unit = (unit << 4) | input.next()?.to_digit(16)?;
    }
    Some(unit)
}
