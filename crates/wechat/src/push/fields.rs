//! The fields of a message: names and texts, one level deep. XML is read without DTD, entities or attributes.

use std::collections::BTreeMap;

use magpie_domain::PushFormat;
use quick_xml::Reader;
use quick_xml::events::Event as Markup;
use serde_json::Value;

use super::Refused;

/// Deeper than any message of WeChat's.
const DEEPEST: usize = 8;
/// More than any message of WeChat's has.
const MOST: usize = 100;

/// What a message says, by name.
#[derive(Debug, Default)]
pub(super) struct Fields {
    texts: BTreeMap<String, String>,
    is_ambiguous: bool,
}

impl Fields {
    /// Whether a name came twice: nobody can say which one counts.
    pub(super) const fn is_ambiguous(&self) -> bool {
        self.is_ambiguous
    }

    /// A text that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The text itself, unless its name came twice.
    pub(super) fn take(mut self, name: &str) -> Option<String> {
        if self.is_ambiguous { None } else { self.texts.remove(name) }
    }

    fn add(&mut self, name: &str, text: String) {
        // The documents write names with a space before them (" OpenID"), and perhaps so does a server.
        if self.texts.insert(name.trim().to_owned(), text).is_some() {
            self.is_ambiguous = true;
        }
    }
}

/// Reads a message.
///
/// # Errors
/// [`Refused::Format`] when it is not what the channel says, or more than any message is.
pub(super) fn read(format: PushFormat, message: &[u8]) -> Result<Fields, Refused> {
    let text = str::from_utf8(message).map_err(|_quotes_the_message| Refused::Format)?;
    match format {
        PushFormat::Xml => of_xml(text),
        PushFormat::Json => of_json(text),
    }
}

/// The members of a JSON object; nested ones are left out.
pub(super) fn of_json(text: &str) -> Result<Fields, Refused> {
    let members: Members = serde_json::from_str(text).map_err(|_quotes| Refused::Format)?;
    if members.0.len() > MOST {
        return Err(Refused::Format);
    }
    let mut fields = Fields::default();
    for (name, value) in members.0 {
        match value {
            Value::String(text) => fields.add(&name, text),
            Value::Number(number) => fields.add(&name, number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
    Ok(fields)
}

/// Members in their order, those that come twice included.
struct Members(Vec<(String, Value)>);

impl<'de> serde::Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> serde::de::Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// The children of the root element that hold nothing but text.
fn of_xml(text: &str) -> Result<Fields, Refused> {
    let mut reader = Reader::from_str(text);
    let mut walk = Walk::default();
    loop {
        match reader.read_event().map_err(|_quotes_the_message| Refused::Format)? {
            Markup::Eof => return walk.end(),
            Markup::Start(start) => walk.enter(start.name().as_ref())?,
            Markup::Empty(empty) => {
                walk.enter(empty.name().as_ref())?;
                walk.leave();
            }
            Markup::End(_checked_by_the_reader) => walk.leave(),
            Markup::Text(text) => walk.text(&text)?,
            Markup::CData(text) => walk.text(&text)?,
            Markup::Decl(declaration) => match declaration.encoding() {
                None => {}
                Some(Ok(named)) if named.eq_ignore_ascii_case("utf-8") => {}
                Some(_other) => return Err(Refused::Format),
            },
            Markup::Comment(_) | Markup::PI(_) => {}
            // Nobody who means well sends a DTD, and texts come as CDATA, where nothing stands for anything else.
            Markup::DocType(_) | Markup::GeneralRef(_) => return Err(Refused::Format),
        }
    }
}

/// Where the reader is: how deep, and in which child of the root.
#[derive(Debug, Default)]
struct Walk {
    fields: Fields,
    depth: usize,
    children: usize,
    child: Option<(String, String)>,
    is_over: bool,
}

impl Walk {
    fn enter(&mut self, name: &str) -> Result<(), Refused> {
        self.depth = self.depth.saturating_add(1);
        match self.depth {
            1 if self.is_over || name != "xml" => return Err(Refused::Format),
            1 => {}
            2 => {
                self.children = self.children.saturating_add(1);
                self.child = Some((name.to_owned(), String::new()));
            }
            // A child with children of its own is none of the fields we know.
            _ => self.child = None,
        }
        if self.depth > DEEPEST || self.children > MOST { Err(Refused::Format) } else { Ok(()) }
    }

    fn leave(&mut self) {
        if self.depth == 2
            && let Some((name, text)) = self.child.take()
        {
            self.fields.add(&name, text);
        }
        self.is_over |= self.depth == 1;
        self.depth = self.depth.saturating_sub(1);
    }

    fn text(&mut self, more: &str) -> Result<(), Refused> {
        match (&mut self.child, self.depth) {
            (Some((_, text)), 2) => text.push_str(more),
            (_, 0) if !more.trim().is_empty() => return Err(Refused::Format),
            _ => {}
        }
        Ok(())
    }

    /// An element that was not closed is no message.
    fn end(self) -> Result<Fields, Refused> {
        if self.is_over && self.depth == 0 { Ok(self.fields) } else { Err(Refused::Format) }
    }
}
