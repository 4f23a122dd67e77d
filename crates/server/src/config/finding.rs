//! What is wrong with a configuration, in words that say what to do, for people and as JSON.
//! A finding never holds the value of a secret: `reading` sees to it when it makes one.

use serde::Serialize;

use super::excerpt::Excerpt;

/// Whether the server can start all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but something will surprise somebody.
    Warning,
}

/// One thing that is wrong, and its cure.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Error or warning.
    pub severity: Severity,
    /// The key in dotted form (`listen.public`, `channels.desktop.app_secret`).
    pub key: String,
    /// What was seen and why it will not do.
    pub problem: String,
    /// What to write instead, or where to find it.
    pub cure: String,
    /// The file, unless the value came from the environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The environment variable, if the value came from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    #[serde(skip)]
    pub(super) excerpt: Option<Excerpt>,
}

impl std::fmt::Display for Finding {
    /// Headline, excerpt with caret, cure; ends with a line feed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{word}: ")?;
        match (&self.file, &self.variable) {
            (_, Some(variable)) => write!(f, "{variable} (environment): ")?,
            (Some(file), None) => match (self.line, self.column) {
                (Some(line), Some(column)) => write!(f, "{file}:{line}:{column}: ")?,
                _ => write!(f, "{file}: ")?,
            },
            (None, None) => {}
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        writeln!(f, "{}", self.problem)?;
        if let Some(excerpt) = &self.excerpt {
            f.write_str(&excerpt.draw())?;
        }
        if !self.cure.is_empty() {
            writeln!(f, "  = {}", self.cure)?;
        }
        Ok(())
    }
}

/// Every finding of one reading, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// Whether the server must not start.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }
}

impl std::fmt::Display for Findings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}
