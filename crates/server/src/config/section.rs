//! A table being read, key by key. Every key that is asked for is known; whatever is left at the end is a finding,
//! so the list of expected names cannot drift from the code that reads them.
//! Getters answer `None` for a key that is absent or wrong; a wrong one has been reported by then.

use std::ops::RangeInclusive;

use magpie_domain::Lifetime;

use super::duration;
use super::reading::Reading;
use super::tree::{At, Entry, Node, Shape, Table};

/// A table of the configuration, present or not.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    reading: &'a Reading,
    path: String,
    at: At,
    entries: Option<&'a Table>,
    known: Vec<&'static str>,
    hidden: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The whole configuration.
    pub(crate) const fn root(reading: &'a Reading, entries: &'a Table) -> Self {
        Self {
            reading,
            path: String::new(),
            at: At::start_of_file(),
            entries: Some(entries),
            known: Vec::new(),
            hidden: Vec::new(),
        }
    }

    fn inner(&self, key: &str, at: At, entries: Option<&'a Table>) -> Self {
        let (reading, path) = (self.reading, self.name_of(key));
        Self { reading, path, at, entries, known: Vec::new(), hidden: Vec::new() }
    }

    /// The key with its table before it: `listen.public`.
    pub(crate) fn name_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(crate) const fn reading(&self) -> &'a Reading {
        self.reading
    }

    /// Whether a key is written, be it right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.is_some_and(|entries| entries.contains_key(key))
    }

    pub(super) fn entry(&mut self, key: &'static str) -> Option<&'a Entry> {
        self.known.push(key);
        self.entries?.get(key)
    }

    /// Where a key stands; where its table stands when it is absent.
    pub(super) fn place_of(&self, key: &str) -> At {
        let entry = self.entries.and_then(|entries| entries.get(key));
        entry.map_or_else(|| self.at.clone(), |entry| entry.node.at.clone())
    }

    /// Reports that the value of a key will not do, and shows the value.
    pub(crate) fn refuse(&self, key: &str, problem: &str, cure: impl Into<String>) {
        self.reading.refuse(&self.place_of(key), &self.name_of(key), problem, cure.into());
    }

    /// Reports that something about a key will not do, without its value.
    pub(crate) fn refuse_quietly(&self, key: &str, problem: &str, cure: impl Into<String>) {
        self.reading.refuse_key(&self.place_of(key), &self.name_of(key), problem, cure.into());
    }

    /// Reports that the server starts, but somebody will be surprised.
    pub(crate) fn warn(&self, key: &str, problem: &str, cure: impl Into<String>) {
        self.reading.warn(&self.place_of(key), &self.name_of(key), problem, cure.into());
    }

    fn wrong_kind(&self, name: &str, node: &Node, wanted: &str) {
        let problem = format!("this is {}, and {wanted} is wanted", node.shape.name());
        self.reading.refuse_key(&node.at, name, &problem, String::new());
    }

    fn text_in(&self, name: &str, node: &'a Node) -> Option<&'a str> {
        match (&node.shape, &node.raw) {
            (Shape::Text(text), _) => Some(text),
            // 8080 in an environment variable may well be meant as a text.
            (Shape::Whole(_) | Shape::Flag(_) | Shape::Other(_), Some(raw)) => Some(raw),
            _ => {
                self.wrong_kind(name, node, "a text in quotes");
                None
            }
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let entry = self.entry(key)?;
        self.text_in(&self.name_of(key), &entry.node)
    }

    /// A text that means something; the closure's error says what is wrong with it.
    pub(crate) fn parse<T, E: std::fmt::Display>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(key)?;
        match read(text) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.refuse(key, &problem.to_string(), format!("wanted: {wanted}"));
                None
            }
        }
    }

    /// One word of a fixed list.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(key)?;
        let chosen = choices.iter().find(|(word, _)| *word == text);
        if chosen.is_none() {
            let words = choices.iter().map(|(word, _)| *word);
            let cure = expected(text, &words.collect::<Vec<_>>());
            self.refuse(key, &format!("`{text}` is not one of the choices"), cure);
        }
        chosen.map(|(_, value)| *value)
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let node = &self.entry(key)?.node;
        if let Shape::Flag(flag) = node.shape {
            return Some(flag);
        }
        self.wrong_kind(&self.name_of(key), node, "true or false without quotes");
        None
    }

    /// A whole number within limits.
    pub(crate) fn whole(
        &mut self,
        key: &'static str,
        allowed: &RangeInclusive<u32>,
    ) -> Option<u32> {
        let node = &self.entry(key)?.node;
        let Shape::Whole(number) = node.shape else {
            self.wrong_kind(&self.name_of(key), node, "a whole number without quotes");
            return None;
        };
        let number = number.and_then(|number| u32::try_from(number).ok());
        let fitting = number.filter(|number| allowed.contains(number));
        if fitting.is_none() {
            let wanted = format!("wanted: {} to {}", allowed.start(), allowed.end());
            self.refuse(key, "the number is out of range", wanted);
        }
        fitting
    }

    /// A span of time such as `"60s"`, `"10m"`, `"8h"` or `"30d"`, within limits (TM-04: refused, never clamped in silence).
    pub(crate) fn duration(
        &mut self,
        key: &'static str,
        allowed: &RangeInclusive<Lifetime>,
    ) -> Option<Lifetime> {
        let wanted =
            format!("{} to {}", duration::write(*allowed.start()), duration::write(*allowed.end()));
        self.parse(key, &wanted, |text| {
            let span = duration::read(text)?;
            let fits = allowed.contains(&span);
            if fits { Ok(span) } else { Err("the time is out of range") }
        })
    }

    /// A list of texts, each with its place.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Vec<(&'a str, At)>> {
        let node = &self.entry(key)?.node;
        let name = self.name_of(key);
        let Shape::List(items) = &node.shape else {
            self.wrong_kind(&name, node, "a list of texts such as [\"…\"]");
            return None;
        };
        let text = |item: &'a Node| Some((self.text_in(&name, item)?, item.at.clone()));
        items.iter().map(text).collect()
    }

    /// A list of texts that mean something; wrong ones are reported one by one and left out.
    pub(crate) fn parse_each<T, E: std::fmt::Display>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let (texts, name) = (self.texts(key)?, self.name_of(key));
        let value = |(text, at): (&str, At)| match read(text) {
            Ok(value) => Some(value),
            Err(problem) => {
                let cure = format!("wanted: {wanted}");
                self.reading.refuse(&at, &name, &problem.to_string(), cure);
                None
            }
        };
        Some(texts.into_iter().filter_map(value).collect())
    }

    /// A table below this one; an absent one reads like an empty one.
    pub(crate) fn section(&mut self, key: &'static str) -> Self {
        match self.entry(key) {
            None => self.inner(key, self.at.clone(), None),
            Some(entry) => {
                let Shape::Table(table) = &entry.node.shape else {
                    let wanted = format!("a table, headed [{}],", self.name_of(key));
                    self.wrong_kind(&self.name_of(key), &entry.node, &wanted);
                    return self.inner(key, self.at.clone(), None);
                };
                self.inner(key, entry.node.at.clone(), Some(table))
            }
        }
    }

    /// The tables of a list such as `[[channels]]`, named by their `id` where they have one.
    pub(crate) fn sections(&mut self, key: &'static str) -> Vec<Self> {
        let Some(entry) = self.entry(key) else { return Vec::new() };
        let wanted = format!("tables, each headed [[{key}]],");
        let Shape::List(items) = &entry.node.shape else {
            self.wrong_kind(&self.name_of(key), &entry.node, &wanted);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Shape::Table(table) = &item.shape else {
                self.wrong_kind(&self.name_of(key), item, &wanted);
                continue;
            };
            let id = match table.get("id").map(|id| &id.node.shape) {
                Some(Shape::Text(id)) => id.clone(),
                _ => index.to_string(),
            };
            sections.push(self.inner(&format!("{key}.{id}"), item.at.clone(), Some(table)));
        }
        sections
    }

    /// The entries of a table whose keys are the operator's own.
    pub(crate) fn free_texts(&mut self, key: &'static str) -> Vec<(&'a str, &'a str, At)> {
        let section = self.section(key);
        let Some(entries) = section.entries else { return Vec::new() };
        let text = |(name, entry): (&'a String, &'a Entry)| {
            let text = section.text_in(&section.name_of(name), &entry.node)?;
            Some((name.as_str(), text, entry.key_at.clone()))
        };
        entries.iter().filter_map(text).collect()
    }

    /// Keys that a later version will know: refused rather than ignored, so that nobody relies on them.
    pub(crate) fn not_yet(&mut self, keys: &[&'static str]) {
        for key in keys {
            self.hidden.push(key);
            if let Some(entry) = self.entries.and_then(|entries| entries.get(*key)) {
                let problem = "not available in this version";
                let cure = "take the key out".to_owned();
                self.reading.refuse_key(&entry.key_at, &self.name_of(key), problem, cure);
            }
        }
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self) {
        for (key, entry) in self.entries.into_iter().flatten() {
            let is_known = |names: &[&str]| names.contains(&key.as_str());
            if is_known(&self.known) || is_known(&self.hidden) {
                continue;
            }
            let cure = expected(key, &self.known);
            let whose =
                if self.path.is_empty() { String::new() } else { format!(" in {}", self.path) };
            let problem = format!("unknown key `{key}`{whose}");
            self.reading.refuse_key(&entry.key_at, &self.name_of(key), &problem, cure);
        }
    }
}

/// "did you mean …? expected one of …".
fn expected(seen: &str, names: &[&str]) -> String {
    let likeness = |name: &&&str| strsim::damerau_levenshtein(seen, name);
    let nearest = names.iter().filter(|name| likeness(name) <= 3).min_by_key(likeness);
    let guess = nearest.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
    format!("{guess}expected one of: {}", names.join(", "))
}
