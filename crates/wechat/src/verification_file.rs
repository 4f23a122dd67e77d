//! The file by which an operator proves to WeChat or WeCom that a host is theirs (wechat.md §1.6).
//! Owns which names and bodies are such a file; a request is then compared with the configured name as a whole, and
//! no name ever reaches a file system (cases WP-12, WP-13). Configuration and console call it.

/// The name and body of a verification file, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationFile {
    name: String,
    body: String,
}

/// Why a file cannot be served, in words for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerificationFileInvalid {
    /// The name is of none of the three shapes.
    #[error(
        "the name is not MP_verify_….txt, WW_verify_….txt or ….txt with 8 to 64 letters and digits; use it as downloaded"
    )]
    Name,
    /// The body is not a single word.
    #[error("the body is not 8 to 64 letters and digits; use the content of the downloaded file")]
    Body,
}

impl VerificationFile {
    /// Takes a name and a body as the operator downloaded them. One line end after the body is allowed, and kept.
    ///
    /// # Errors
    /// [`VerificationFileInvalid`] naming which of the two is wrong.
    pub fn parse(name: &str, body: &str) -> Result<Self, VerificationFileInvalid> {
        if !is_name(name) {
            return Err(VerificationFileInvalid::Name);
        }
        let line =
            body.strip_suffix('\n').map_or(body, |line| line.strip_suffix('\r').unwrap_or(line));
        if !is_word(line) {
            return Err(VerificationFileInvalid::Body);
        }
        Ok(Self { name: name.to_owned(), body: body.to_owned() })
    }

    /// The name, without any slash.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The body, byte for byte, to be served as `text/plain`.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// Whether `name` is `MP_verify_*.txt`, `WW_verify_*.txt` or `*.txt`, where `*` is 8 to 64 letters and digits.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.strip_suffix(".txt").is_some_and(|stem| {
        let word = stem.strip_prefix("MP_verify_").or_else(|| stem.strip_prefix("WW_verify_"));
        is_word(word.unwrap_or(stem))
    })
}

fn is_word(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests;
