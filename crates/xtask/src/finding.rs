//! What a check found, and the one place that prints.
//! A finding names the file, the line and the cure, because a red check that does not say what to do is noise.

use std::fmt;
use std::io::Write as _;

/// One broken rule: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Path relative to the workspace.
    pub(crate) file: String,
    /// Counted from one; zero means the file as a whole.
    pub(crate) line: usize,
    /// What is wrong, as a sentence without its stop.
    pub(crate) what: String,
    /// What mends it, as a sentence without its stop.
    pub(crate) cure: String,
}

impl Finding {
    /// A finding about one line, counted from one.
    pub(crate) fn at(
        file: impl Into<String>,
        line: usize,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), line, what: what.into(), cure: cure.into() }
    }

    /// A finding about a file as a whole.
    pub(crate) fn in_file(
        file: impl Into<String>,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self::at(file, 0, what, cure)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what, cure } = self;
        match line {
            0 => write!(out, "{file}: {what}. {cure}."),
            _ => write!(out, "{file}:{line}: {what}. {cure}."),
        }
    }
}

/// Writes a line for people. A closed standard error is nobody listening, not a failure.
pub(crate) fn say(text: &str) {
    let written = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
    drop(written);
}
