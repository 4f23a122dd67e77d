//! One call of the binary: which configuration, which form of answer, and how to say things.

use std::fmt::Display;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use crate::config::{self, Config, Environment, Findings, Loaded};

/// Why a command did not do what it was asked; the text is for a person and holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    text: String,
    findings: Findings,
    is_told: bool,
}

impl Failure {
    /// A failure in words.
    pub fn new(text: impl Display) -> Self {
        Self { text: text.to_string(), findings: Findings::default(), is_told: false }
    }

    /// A configuration with errors.
    fn of_config(findings: Findings) -> Self {
        Self { text: "the configuration has errors".to_owned(), findings, is_told: false }
    }

    /// A failure whose result has been printed: only the exit status is left to say.
    #[must_use]
    pub fn already_told() -> Self {
        Self { is_told: true, ..Self::new("") }
    }
}

/// One call of the binary.
#[derive(Debug, Clone)]
pub struct Invocation {
    config: PathBuf,
    json: bool,
    environment: Environment,
}

impl Invocation {
    /// Takes the file named on the command line, else in the environment, else `magpie.toml`.
    #[must_use]
    pub fn new(config: Option<PathBuf>, json: bool, environment: Environment) -> Self {
        let named = config.or_else(|| environment.config_path().map(PathBuf::from));
        Self { config: named.unwrap_or_else(|| "magpie.toml".into()), json, environment }
    }

    /// The configuration file.
    #[must_use]
    pub fn config_path(&self) -> &Path {
        &self.config
    }

    /// Whether the answer is to be JSON.
    #[must_use]
    pub const fn wants_json(&self) -> bool {
        self.json
    }

    /// Reads the configuration with everything that is wrong with it.
    #[must_use]
    pub fn read(&self) -> Loaded {
        config::load(&self.config, &self.environment)
    }

    /// The configuration, for commands that need one; warnings go to standard error.
    ///
    /// # Errors
    /// [`Failure`] with every finding when there is an error among them.
    pub fn load(&self) -> Result<Config, Failure> {
        let (config, findings) = self.load_with_findings()?;
        self.note(findings.to_string().trim_end());
        Ok(config)
    }

    /// The configuration with its warnings, for a command that tells them itself.
    ///
    /// # Errors
    /// [`Failure`] with every finding when there is an error among them.
    pub fn load_with_findings(&self) -> Result<(Config, Findings), Failure> {
        let Loaded { config, findings } = self.read();
        match config {
            Some(config) => Ok((config, findings)),
            None => Err(Failure::of_config(findings)),
        }
    }

    /// Prints a result: the text for a person, or the value as JSON.
    pub fn answer(&self, text: impl Display, value: &impl Serialize) {
        let line = if self.json {
            serde_json::to_string(value).unwrap_or_default()
        } else {
            text.to_string()
        };
        // A reader that has gone away, such as `head`, is no failure of the command.
        drop(writeln!(std::io::stdout(), "{}", line.trim_end()));
    }

    /// Says something beside the result, on standard error; nothing for an empty text.
    pub fn note(&self, text: &str) {
        if !text.is_empty() {
            drop(writeln!(std::io::stderr(), "{text}"));
        }
    }

    /// Says why a command failed.
    pub fn report(&self, failure: &Failure) {
        if failure.is_told {
            return;
        }
        if self.json {
            self.answer("", &json!({ "error": failure.text, "findings": failure.findings.0 }));
        } else {
            self.note(failure.findings.to_string().trim_end());
            self.note(&format!("magpie: {failure}"));
        }
    }
}
