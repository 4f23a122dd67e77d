//! One reading of a configuration: the text, its directory, and the findings so far.
//! Every section reports here, so that an operator sees all that is wrong at once.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::excerpt::{Excerpt, Show};
use super::finding::{Finding, Findings, Severity};
use super::tree::{At, Origin};

/// The text being read and what was found. `Debug` leaves the text out: it may hold secrets.
pub(crate) struct Reading {
    file: String,
    directory: PathBuf,
    text: String,
    findings: RefCell<Vec<(usize, Finding)>>,
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Reading {
    pub(crate) fn new(path: &Path, text: String) -> Self {
        let directory = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        Self { file: path.display().to_string(), directory, text, findings: RefCell::default() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A path of the configuration: relative ones are relative to the file.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        self.directory.join(path)
    }

    /// A value will not do; it is shown.
    pub(crate) fn refuse(&self, at: &At, key: &str, problem: &str, cure: String) {
        self.report((Severity::Error, Show::Value), at, key, (problem.to_owned(), cure));
    }

    /// A key will not do, or the value is a secret; no value is shown.
    pub(crate) fn refuse_key(&self, at: &At, key: &str, problem: &str, cure: String) {
        self.report((Severity::Error, Show::Keys), at, key, (problem.to_owned(), cure));
    }

    /// The server starts, but somebody will be surprised.
    pub(crate) fn warn(&self, at: &At, key: &str, problem: &str, cure: String) {
        self.report((Severity::Warning, Show::Keys), at, key, (problem.to_owned(), cure));
    }

    /// The file is not TOML at this place.
    pub(crate) fn refuse_syntax(&self, span: Range<usize>, message: &str) {
        let at = At { origin: Origin::File, span };
        let problem = format!("this is not TOML: {message}");
        let cure = "texts stand in quotes, lists in [ ], tables under [name]".to_owned();
        self.report((Severity::Error, Show::Syntax), &at, "", (problem, cure));
    }

    fn report(
        &self,
        (severity, show): (Severity, Show),
        at: &At,
        key: &str,
        (problem, cure): (String, String),
    ) {
        let variable = match &at.origin {
            Origin::Environment(name) => Some(name.to_string()),
            Origin::File => None,
        };
        // Nothing to point at in an empty file, or where something is missing as a whole.
        let points = variable.is_none() && !self.text.trim().is_empty() && at.span != (0..0);
        let excerpt = points.then(|| Excerpt::new(&self.text, &at.span, show));
        let finding = Finding {
            severity,
            key: key.to_owned(),
            problem,
            cure,
            file: variable.is_none().then(|| self.file.clone()),
            variable,
            line: excerpt.as_ref().map(|excerpt| excerpt.line),
            column: excerpt.as_ref().map(|excerpt| excerpt.column),
            excerpt,
        };
        self.findings.borrow_mut().push((at.span.start, finding));
    }

    /// The findings in the order of the file.
    pub(crate) fn finish(self) -> Findings {
        let mut findings = self.findings.into_inner();
        findings.sort_by_key(|(start, _)| *start);
        Findings(findings.into_iter().map(|(_, finding)| finding).collect())
    }
}
