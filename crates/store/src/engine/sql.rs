//! Statements as constants. Nearly all of them read the same on both engines; where they cannot,
//! the two texts stand side by side.

/// One statement in the words of each engine.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    /// What SQLite is given.
    pub sqlite: &'static str,
    /// What PostgreSQL is given.
    pub postgres: &'static str,
}

impl Sql {
    /// A statement that both engines read.
    pub(crate) const fn both(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// A statement by its name, so that a test can prepare every one of them on both engines.
pub type Named = (&'static str, Sql);
