//! The line of the file that a finding is about, with a caret below it.
//! Whatever stands in quotes is masked unless the finding is about exactly that value and the value is no secret:
//! a misspelt `app_secert = "…"` must not print the secret.

use std::ops::Range;

/// How much of the line may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// The value under the caret.
    Value,
    /// Only keys.
    Keys,
    /// The file does not parse: nothing after the first `=`, since quotes cannot be trusted.
    Syntax,
}

/// A place in the file, counted from 1, and its line as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) line: usize,
    pub(crate) column: usize,
    shown: String,
    before_caret: usize,
    carets: usize,
}

impl Excerpt {
    /// Finds the line of a span of bytes; a span beyond the end means the last line.
    pub(crate) fn new(text: &str, span: &Range<usize>, show: Show) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
        let whole = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        let whole = whole.trim_end().trim_start_matches('\u{feff}');
        let offset = before.get(start..).unwrap_or_default().trim_start_matches('\u{feff}').len();
        let length = span.end.saturating_sub(span.start).max(1);
        let marked = offset..offset.saturating_add(length).min(whole.len());
        let (shown, before_caret, carets) = match show {
            Show::Syntax => until_equals(whole, &marked),
            Show::Value => mask(whole, &marked, true),
            Show::Keys => mask(whole, &marked, false),
        };
        let column = whole.get(..offset).unwrap_or(whole).chars().count().saturating_add(1);
        Self {
            line: before.matches('\n').count().saturating_add(1),
            column,
            shown,
            before_caret,
            carets,
        }
    }

    /// The three lines below the headline of a finding.
    pub(crate) fn draw(&self) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let caret = format!("{}{}", " ".repeat(self.before_caret), "^".repeat(self.carets));
        format!("{gutter} |\n{number} | {}\n{gutter} | {caret}\n", self.shown)
    }
}

fn until_equals(line: &str, marked: &Range<usize>) -> (String, usize, usize) {
    let is_key = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _-.[]".contains(c));
    match line.split_once('=') {
        Some((key, _)) if is_key(key) => {
            let shown = format!("{}= …", key);
            let caret = marked.start.min(key.len().saturating_add(2));
            (shown, caret, 1)
        }
        None if line.starts_with('[') && is_key(line) => {
            (line.to_owned(), marked.start.min(line.len()), 1)
        }
        _ => ("…".to_owned(), 0, 1),
    }
}

/// Copies the line, with `…` for the content of every quoted text outside the marked bytes.
fn mask(line: &str, marked: &Range<usize>, show_marked: bool) -> (String, usize, usize) {
    let mut shown = String::new();
    let (mut before_caret, mut carets) = (None, 0_usize);
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (index, letter) in line.char_indices() {
        let is_marked = marked.contains(&index);
        let ends_quote = quote == Some(letter) && !escaped;
        escaped = quote == Some('"') && letter == '\\' && !escaped;
        let visible = quote.is_none() || ends_quote || (is_marked && show_marked);
        if visible {
            if is_marked {
                before_caret.get_or_insert(shown.chars().count());
                carets = carets.saturating_add(1);
            }
            shown.push(letter);
        }
        match quote {
            Some(_) if ends_quote => quote = None,
            None if letter == '"' || letter == '\'' => {
                quote = Some(letter);
                if !(is_marked && show_marked) {
                    shown.push('…');
                }
            }
            _ => {}
        }
    }
    (shown, before_caret.unwrap_or_default(), carets.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marked_value_is_shown_and_never_another_quoted_one() {
        let text = "a = 1\nx = { id = \"one\", app_secert = \"S3CR3T\" }\n";
        let id = text.find("\"one\"").unwrap();
        let excerpt = Excerpt::new(text, &(id..id + 5), Show::Value);
        assert_eq!((excerpt.line, excerpt.column), (2, 12));
        assert_eq!(
            excerpt.draw(),
            "  |\n2 | x = { id = \"one\", app_secert = \"…\" }\n  |            ^^^^^\n"
        );
        let key = text.find("app_secert").unwrap();
        let drawn = Excerpt::new(text, &(key..key + 10), Show::Keys).draw();
        assert!(drawn.contains("app_secert = \"…\"") && !drawn.contains("S3CR3T"), "{drawn}");
    }

    #[test]
    fn a_line_that_does_not_parse_shows_nothing_after_its_equals_sign() {
        for line in ["app_secret = S3CR3T", "app_secret = \"S3CR3T", "S3CR3T\"\"\"", "\"S3CR3T = 1"]
        {
            let drawn = Excerpt::new(line, &(0..line.len()), Show::Syntax).draw();
            assert!(!drawn.contains("S3CR3T"), "{drawn}");
        }
        assert!(Excerpt::new("[listen", &(7..7), Show::Syntax).draw().contains("[listen"));
    }

    #[test]
    fn carets_stand_below_chinese_text_and_after_a_byte_order_mark() {
        let text = "\u{feff}label = \"扫码\" # 注\n";
        let at = text.find("\"扫码\"").unwrap();
        let excerpt = Excerpt::new(text, &(at..at + 8), Show::Value);
        assert_eq!(excerpt.column, 9);
        assert!(excerpt.draw().ends_with("|         ^^^^\n"), "{}", excerpt.draw());
    }
}
