//! Secrets, each in one of two forms: `app_secret = "…"` or `app_secret_file = "path"`, never both.
//! A file ends where its last line ends, so a trailing line feed is no part of the secret.
//! Nothing here quotes a value, nor the text of a file.

use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use magpie_domain::Secret;

use super::section::Section;
use super::tree::{At, Shape};

/// The two keys of one secret, and what to do without it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SecretKeys {
    pub(super) inline: &'static str,
    pub(super) file: &'static str,
    /// Where an operator finds the secret; shown when it is missing or unreadable.
    pub(super) where_to_find: &'static str,
    /// Whether a file that everybody can read is refused rather than warned of (KY-01).
    pub(super) strict: bool,
}

/// Longer than any secret we know, short enough that `/dev/zero` does no harm.
const LONGEST: u64 = 64 * 1024;

/// The secret; `None` when it is absent or wrong, and then `was_given` tells which.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) secret: Option<Secret<String>>,
    pub(super) was_given: bool,
}

/// Reads the secret from whichever key holds it. Absence is not reported: the caller knows whether it matters.
pub(super) fn read(section: &mut Section<'_>, keys: SecretKeys) -> Given {
    let inline = section.entry(keys.inline);
    let file = section.entry(keys.file);
    if inline.is_some() && file.is_some() {
        let problem = format!("both `{}` and `{}` are set", keys.inline, keys.file);
        section.refuse_quietly(keys.inline, &problem, "keep one of the two");
        return Given { secret: None, was_given: true };
    }
    let was_given = inline.is_some() || file.is_some();
    let secret = match (inline, file) {
        (Some(entry), _) => match (&entry.node.raw, &entry.node.shape) {
            (Some(raw), _) => not_empty(section, keys, raw.clone()),
            (None, Shape::Text(text)) => not_empty(section, keys, text.clone()),
            (None, other) => {
                let problem = format!("this is {}, and a text in quotes is wanted", other.name());
                section.refuse_quietly(keys.inline, &problem, keys.where_to_find);
                None
            }
        },
        (None, Some(_)) => from_file(section, keys),
        (None, None) => None,
    };
    Given { secret, was_given }
}

fn not_empty(section: &Section<'_>, keys: SecretKeys, text: String) -> Option<Secret<String>> {
    if text.trim().is_empty() {
        section.refuse_quietly(keys.inline, "the secret is empty", keys.where_to_find);
        return None;
    }
    Some(Secret::new(text))
}

fn from_file(section: &mut Section<'_>, keys: SecretKeys) -> Option<Secret<String>> {
    let path = section.text(keys.file)?;
    let at: At = section.place_of(keys.file);
    let name = section.name_of(keys.file);
    let resolved = section.reading().resolve(path);
    let refuse = |problem: String| {
        section.reading().refuse(&at, &name, &problem, keys.where_to_find.to_owned());
        None
    };
    let text = match read_file(&resolved) {
        Ok(text) => text,
        Err(problem) => return refuse(format!("{}: {problem}", resolved.display())),
    };
    if everybody_can_read(&resolved) {
        let problem = format!("{} can be read by every user of this machine", resolved.display());
        let cure = format!("chmod 600 {}", resolved.display());
        if keys.strict {
            section.reading().refuse(&at, &name, &problem, cure);
            return None;
        }
        section.reading().warn(&at, &name, &problem, cure);
    }
    let trimmed = text.trim_end_matches(['\r', '\n']);
    if trimmed.trim().is_empty() {
        return refuse(format!("{} is empty", resolved.display()));
    }
    Some(Secret::new(trimmed.to_owned()))
}

fn read_file(path: &Path) -> Result<String, &'static str> {
    let in_words = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => "there is no such file",
        ErrorKind::PermissionDenied => "this process may not read the file",
        ErrorKind::IsADirectory => "this is a directory, not a file",
        ErrorKind::InvalidData => "the file is not plain text",
        _ => "the file cannot be read",
    };
    let file = std::fs::File::open(path).map_err(in_words)?;
    let mut text = String::new();
    let length = file.take(LONGEST).read_to_string(&mut text).map_err(in_words)?;
    if u64::try_from(length) == Ok(LONGEST) { Err("the file is too long") } else { Ok(text) }
}

fn everybody_can_read(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}
