//! The work tree as the checks see it: where it is, which packages it has, which files it holds.
//! Reads only; build output, version control and downloaded tools are never walked. Called by every check.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cargo_metadata::{MetadataCommand, Package};
use walkdir::WalkDir;

/// Folders that hold nothing we wrote.
const NOT_OURS: [&str; 5] = ["target", ".git", ".run", "node_modules", "__pycache__"];

/// The work tree and what cargo says about its packages.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    packages: Vec<Package>,
}

impl Tree {
    /// Asks cargo where the workspace is; touches no network, because dependencies are not resolved.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let metadata =
            MetadataCommand::new().no_deps().exec().context("`cargo metadata` failed")?;
        Ok(Self { root: metadata.workspace_root.into_std_path_buf(), packages: metadata.packages })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// The absolute path of a file given relative to the workspace.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The text of a file given relative to the workspace.
    pub(crate) fn read(&self, relative: &str) -> anyhow::Result<String> {
        std::fs::read_to_string(self.path(relative))
            .with_context(|| format!("cannot read {relative}"))
    }

    /// Every file below `folder` whose name ends in one of `endings`, relative to the workspace, sorted.
    /// A folder that does not exist holds no files.
    pub(crate) fn files(&self, folder: &str, endings: &[&str]) -> anyhow::Result<Vec<String>> {
        let start = self.path(folder);
        if !start.exists() {
            return Ok(Vec::new());
        }
        let ours =
            |entry: &walkdir::DirEntry| !NOT_OURS.iter().any(|name| entry.file_name() == *name);
        let mut found = Vec::new();
        for entry in WalkDir::new(start).sort_by_file_name().into_iter().filter_entry(ours) {
            let entry = entry.with_context(|| format!("cannot list {folder}"))?;
            let name = entry.file_name().to_string_lossy();
            if entry.file_type().is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(self.relative(entry.path()));
            }
        }
        Ok(found)
    }

    /// How a path is shown: relative to the workspace, with forward slashes.
    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }
}
