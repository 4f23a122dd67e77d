//! A sentence of the catalog with named gaps, such as `Back to {client}`.
//!
//! Owns how a gap is written and filled. Refuses a brace that opens nothing or closes nothing, when the catalog is read.
//! What fills a gap is never read again, so an application named `{client}` stays just that.
//! Escaping for HTML is the template's business: a filled phrase is plain text.

use serde::Deserialize;

/// A sentence with named gaps, read from the catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Phrase(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Gap(String),
}

/// Why a sentence of the catalog cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenPhrase {
    /// `{` without `}`, or the other way round.
    #[error("a brace is left alone in \"{0}\"")]
    LoneBrace(String),
    /// A gap's name is empty or holds something besides `a-z` and `_`.
    #[error("a gap of \"{0}\" has no proper name")]
    GapName(String),
}

impl TryFrom<String> for Phrase {
    type Error = BrokenPhrase;

    fn try_from(sentence: String) -> Result<Self, BrokenPhrase> {
        let mut pieces = Vec::new();
        let mut rest = sentence.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(BrokenPhrase::LoneBrace(sentence));
            };
            if before.contains('}') {
                return Err(BrokenPhrase::LoneBrace(sentence));
            }
            if name.is_empty()
                || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            {
                return Err(BrokenPhrase::GapName(sentence));
            }
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Gap(name.to_owned()));
            rest = after;
        }
        if rest.contains('}') {
            return Err(BrokenPhrase::LoneBrace(sentence));
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }
}

impl Phrase {
    /// The sentence with every gap called `name` filled by `value`. A gap of another name stays visible as `{other}`,
    /// which the page tests look for.
    #[must_use]
    pub fn fill(&self, name: &str, value: &str) -> String {
        self.fill_all(&[(name, value)])
    }

    /// The sentence with each gap filled by the value of its name; as with [`Self::fill`], others stay visible.
    #[must_use]
    pub fn fill_all(&self, values: &[(&str, &str)]) -> String {
        let mut sentence = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => sentence.push_str(text),
                Piece::Gap(gap) => match values.iter().find(|(name, _)| name == gap) {
                    Some((_, value)) => sentence.push_str(value),
                    None => {
                        sentence.push('{');
                        sentence.push_str(gap);
                        sentence.push('}');
                    }
                },
            }
        }
        sentence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(sentence: &str) -> Phrase {
        Phrase::try_from(sentence.to_owned()).unwrap()
    }

    #[test]
    fn a_gap_is_filled_wherever_it_stands() {
        assert_eq!(phrase("返回 {client}").fill("client", "Grafana"), "返回 Grafana");
        assert_eq!(phrase("{client} and {client}").fill("client", "A"), "A and A");
        assert_eq!(phrase("{client}").fill("name", "A"), "{client}");
        assert_eq!(phrase("no gap").fill("client", "A"), "no gap");
        let both = phrase("{a} of {b}").fill_all(&[("b", "{a}"), ("a", "1")]);
        assert_eq!(both, "1 of {a}");
    }

    #[test]
    fn what_fills_a_gap_is_not_read_again() {
        assert_eq!(phrase("Back to {client}").fill("client", "{client}"), "Back to {client}");
    }

    #[test]
    fn a_careless_sentence_is_refused() {
        for sentence in
            ["{", "}", "a { b", "a } b", "} {client}", "{}", "{Client}", "{a b}", "{client}}"]
        {
            assert!(Phrase::try_from(sentence.to_owned()).is_err(), "{sentence}");
        }
    }
}
