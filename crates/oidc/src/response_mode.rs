//! The way back to the application: a redirect or a form that the browser posts (OAuth 2.0 Multiple Response Types
//! §2.1, OAuth 2.0 Form Post Response Mode §2). Success and failure travel the same way, both with `iss` (RFC 9207),
//! so that an application that talks to several providers cannot be confused. The `web` room only writes it down.

use std::fmt;

use magpie_domain::{Issuer, RedirectUri, ResponseMode};
use serde::{Deserialize, Serialize};

use crate::encoding::query;
use crate::error::OAuthError;

/// What the application is told.
#[derive(Clone, Copy)]
pub enum Answer<'a> {
    /// Here is your code (RFC 6749 §4.1.2).
    Code {
        /// The code.
        code: &'a str,
        /// Echoed byte for byte.
        state: Option<&'a str>,
    },
    /// There is none (RFC 6749 §4.1.2.1).
    Error {
        /// Why.
        error: &'a OAuthError,
        /// Echoed byte for byte.
        state: Option<&'a str>,
    },
}

/// An answer, ready to be sent. It is kept sealed for a second arrival, hence serializable.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthorizationResponse {
    /// 303 to `location`.
    Redirect {
        /// The redirect URI with the parameters added to its query.
        location: String,
    },
    /// A page whose form posts itself. Browsers write line breaks in a form as CR LF, so a `state` with a bare
    /// LF or CR comes back changed; RFC 6749 appendix A.5 does not allow such a `state` anyway.
    FormPost {
        /// Where the form goes: the redirect URI.
        action: String,
        /// Its fields, not yet escaped for HTML.
        fields: Vec<(String, String)>,
    },
}

/// Writes the answer for `redirect_uri` in the given mode.
#[must_use]
pub fn render(
    issuer: &Issuer,
    redirect_uri: &RedirectUri,
    mode: ResponseMode,
    answer: &Answer<'_>,
) -> AuthorizationResponse {
    let fields = fields(issuer, answer);
    match mode {
        ResponseMode::Query => AuthorizationResponse::Redirect {
            location: with_query(redirect_uri.as_str(), &query(fields)),
        },
        ResponseMode::FormPost => AuthorizationResponse::FormPost {
            action: redirect_uri.as_str().to_owned(),
            fields: fields.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        },
    }
}

fn fields<'a>(issuer: &'a Issuer, answer: &Answer<'a>) -> Vec<(&'static str, &'a str)> {
    let (mut fields, state) = match *answer {
        Answer::Code { code, state } => (vec![("code", code)], state),
        Answer::Error { error, state } => {
            (vec![("error", error.code.as_str()), ("error_description", error.description)], state)
        }
    };
    fields.extend(state.map(|state| ("state", state)));
    fields.push(("iss", issuer.as_str()));
    fields
}

/// Adds to a URI's query, which stays as it was registered (RFC 6749 §3.1.2).
pub(crate) fn with_query(uri: &str, query: &str) -> String {
    let joint = match uri.split_once('?') {
        None => "?",
        Some((_, before)) if before.is_empty() || before.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{joint}{query}")
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code { .. } => f.write_str("Code(…)"),
            Self::Error { error, .. } => write!(f, "Error({})", error.code.as_str()),
        }
    }
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect { .. } => "Redirect(…)",
            Self::FormPost { .. } => "FormPost(…)",
        })
    }
}

#[cfg(test)]
mod tests;
