//! What a query or a form says, pair by pair, before anybody gives it a meaning.
//! Owns the decoding of `application/x-www-form-urlencoded` and refuses what two decoders could read differently:
//! broken escapes, bytes that are no UTF-8, NUL. Keeps repeated names visible, which RFC 6749 §3.1 forbids
//! and which a map would hide. Every endpoint reads its input through here.

use std::collections::BTreeSet;
use std::fmt;

use crate::encoding::form_decode;
use crate::error::OAuthError;

/// The most pairs one request may have; a login needs about fifteen.
const MOST_PAIRS: usize = 200;

/// The names that may be sent more than once (RFC 8693 §2.1, RFC 8707 §2).
const MAY_REPEAT: [&str; 2] = ["resource", "audience"];

/// Why a query or form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParamsRefused {
    /// A `%` without two hex digits after it.
    #[error("a percent escape is broken")]
    Escape,
    /// The decoded bytes are no UTF-8.
    #[error("a parameter is not UTF-8")]
    NotUtf8,
    /// A name or value holds NUL, which databases and C libraries end at.
    #[error("a parameter contains NUL")]
    Nul,
    /// There are more than 200 pairs.
    #[error("there are too many parameters")]
    TooMany,
}

impl From<ParamsRefused> for OAuthError {
    /// The answer of an endpoint that speaks JSON (RFC 6749 §5.2).
    fn from(refused: ParamsRefused) -> Self {
        Self::invalid_request(match refused {
            ParamsRefused::Escape => "a percent escape is broken",
            ParamsRefused::NotUtf8 => "a parameter is not UTF-8",
            ParamsRefused::Nul => "a parameter contains NUL",
            ParamsRefused::TooMany => "there are too many parameters",
        })
    }
}

/// The pairs of one query or form, decoded, in the order in which they were sent.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Reads a query string, without its `?`.
    ///
    /// # Errors
    /// [`ParamsRefused`] naming the first thing that cannot be read.
    pub fn from_query(query: &str) -> Result<Self, ParamsRefused> {
        Self::from_form(query.as_bytes())
    }

    /// Reads a form body. A name without `=` has the empty value; empty pairs (`&&`) are skipped.
    ///
    /// # Errors
    /// [`ParamsRefused`] naming the first thing that cannot be read.
    pub fn from_form(body: &[u8]) -> Result<Self, ParamsRefused> {
        let mut pairs = Vec::new();
        for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() >= MOST_PAIRS {
                return Err(ParamsRefused::TooMany);
            }
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let name = form_decode(halves.next().unwrap_or_default())?;
            let value = form_decode(halves.next().unwrap_or_default())?;
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter; an empty one counts as absent (RFC 6749 §3.1). Where the name was sent
    /// more than once this is the first that is not empty, so ask [`Self::is_repeated`] before.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.pairs.iter().filter(|(known, _)| known == name);
        values.find_map(|(_, value)| (!value.is_empty()).then_some(value.as_str()))
    }

    /// Every value of a parameter that may be repeated, without the empty ones.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.pairs.iter().filter(move |(known, _)| known == name);
        values.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether the name was sent at all, empty or not.
    #[must_use]
    pub fn is_sent(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// Whether the name was sent more than once; empty values count.
    #[must_use]
    pub fn is_repeated(&self, name: &str) -> bool {
        self.pairs.iter().filter(|(known, _)| known == name).count() > 1
    }

    /// The first name that was sent again although it may not be (RFC 6749 §3.1 and §3.2).
    #[must_use]
    pub fn first_repeated(&self) -> Option<&str> {
        let mut seen = BTreeSet::new();
        let names = self.pairs.iter().map(|(name, _)| name.as_str());
        names.filter(|name| !MAY_REPEAT.contains(name)).find(|name| !seen.insert(*name))
    }

    /// Every pair, decoded, in the order in which they were sent.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Params {
    /// Counts only: values are secrets and codes, and an unknown name may be one too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params({} pairs)", self.pairs.len())
    }
}

#[cfg(test)]
mod tests;
