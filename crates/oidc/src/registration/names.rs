//! What people will see of an application that nobody vouches for: its name must not look like another one's.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use magpie_domain::WebUrl;

use super::members::{Members, member};
use crate::error::OAuthError;

/// Most characters of a name; `Client::new` holds everybody to it.
const LONGEST: usize = 100;

/// The plain name counts, not `client_name#…`; without one, where people would be sent.
pub(super) fn shown(members: Members<'_>, redirect_uris: &[String]) -> Result<String, OAuthError> {
    let member = member!("client_name", "1 to 100 characters, none of them invisible");
    if let Some(name) = members.text(member)? {
        let visible = !name.trim().is_empty() && !name.chars().any(misleads);
        return if visible { Ok(name.to_owned()) } else { Err(member.wrong) };
    }
    let first = redirect_uris.first().map(String::as_str).unwrap_or_default();
    let host = WebUrl::parse(first).ok().and_then(|url| url.host());
    let scheme = || first.split(':').next().unwrap_or_default().to_owned();
    Ok(end_of(host.unwrap_or_else(scheme)))
}

/// A host is owned from its end: `bank.example.….evil.example` must not be cut to what somebody put before it.
fn end_of(host: String) -> String {
    let surplus = host.chars().count().saturating_sub(LONGEST);
    if surplus == 0 {
        return host;
    }
    // One more makes room for the mark.
    let end: String = host.chars().skip(surplus.saturating_add(1)).collect();
    format!("…{end}")
}

/// Characters that nobody sees and that turn others around (UTS 55 §3.1): those that a renderer may leave out (UAX 44,
/// `Default_Ignorable_Code_Point`), format characters, the breaks of lines and paragraphs, and the Braille pattern without
/// a dot, which is drawn as nothing.
fn misleads(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
        || c == '\u{2800}'
}

#[cfg(test)]
mod tests;
