//! The members of a registration request, read by type. A `null` counts as left out (RFC 7592 §2.2), and what nobody asks
//! for is ignored (RFC 7591 §2).

use serde_json::{Map, Value};

use crate::error::OAuthError;

/// A member by its registered name, and the refusal of a value that cannot be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) wrong: OAuthError,
}

/// A member and what it must be, in words for the developer.
macro_rules! member {
    ($name:literal, $wanted:literal) => {
        $crate::registration::members::Member {
            name: $name,
            wrong: $crate::error::OAuthError::invalid_client_metadata(concat!(
                $name,
                " must be ",
                $wanted
            )),
        }
    };
}
pub(super) use member;

/// The members of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Members<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Members<'a> {
    /// A member that is there.
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(self, member: Member) -> Result<Option<&'a str>, OAuthError> {
        let text = |value: &'a Value| value.as_str().ok_or(member.wrong);
        self.get(member.name).map(text).transpose()
    }

    pub(super) fn flag(self, member: Member) -> Result<Option<bool>, OAuthError> {
        let flag = |value: &Value| value.as_bool().ok_or(member.wrong);
        self.get(member.name).map(flag).transpose()
    }

    /// Whole seconds.
    pub(super) fn seconds(self, member: Member) -> Result<Option<u32>, OAuthError> {
        let seconds = |value: &Value| {
            value.as_u64().and_then(|number| u32::try_from(number).ok()).ok_or(member.wrong)
        };
        self.get(member.name).map(seconds).transpose()
    }

    pub(super) fn texts(self, member: Member) -> Result<Option<Vec<&'a str>>, OAuthError> {
        let Some(value) = self.get(member.name) else { return Ok(None) };
        let items = value.as_array().ok_or(member.wrong)?;
        let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
        texts.ok_or(member.wrong).map(Some)
    }

    /// A word that means something.
    pub(super) fn word<T>(
        self,
        member: Member,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, OAuthError> {
        let text = self.text(member)?;
        text.map(|text| read(text).ok_or(member.wrong)).transpose()
    }
}
