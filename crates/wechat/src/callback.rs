//! What WeChat brings back in the query of a callback.
//! Owns how `code` and `state` are read; refuses what could not have come from WeChat, so that it costs no call
//! there. Whose callback it is, the sealed attempt says, not this module. The callback flow calls it.

use std::fmt;

use magpie_domain::Secret;

/// The longest code taken, in bytes. WeChat sends 32 characters today and promises nothing (wechat.md §1.4).
const LONGEST_CODE: usize = 1024;

/// The longest `state` taken, in bytes: what WeChat itself allows.
const LONGEST_STATE: usize = 128;

/// A code to be exchanged once (law 7). Worth a login until then, so it cannot be printed.
#[derive(Clone)]
pub struct CallbackCode(Secret<String>);

impl CallbackCode {
    /// Reads a code: 1 to 1024 bytes without control characters, else `None`. Its alphabet is WeChat's business.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plausible =
            (1..=LONGEST_CODE).contains(&text.len()) && !text.contains(char::is_control);
        plausible.then(|| Self(Secret::new(text.to_owned())))
    }

    /// The way out, for the query of the exchange.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for CallbackCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackCode(…)")
    }
}

/// What a callback says.
#[derive(Clone)]
pub enum Callback {
    /// The person agreed.
    Code {
        /// To be exchanged once.
        code: CallbackCode,
        /// To be compared with the attempt's handle, before the code is touched.
        state: String,
    },
    /// The person did not agree. WeChat seldom says so (wechat.md §1.5), but when it does, this is how.
    OnlyState(String),
    /// Nothing that WeChat would send: there is no attempt to look for.
    Nothing,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code { .. } => "Callback::Code(…)",
            Self::OnlyState(_) => "Callback::OnlyState(…)",
            Self::Nothing => "Callback::Nothing",
        })
    }
}

/// Reads the two parameters of a callback, already percent-decoded.
///
/// Without a usable `state` there is [`Callback::Nothing`]. No code, an empty one and `authdeny` mean that the person
/// did not agree (case WX-05). A code that is too long or holds control characters is [`Callback::Nothing`]: somebody
/// else wrote it.
#[must_use]
pub fn read(code: Option<&str>, state: Option<&str>) -> Callback {
    let usable = |text: &&str| {
        (1..=LONGEST_STATE).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
    };
    let Some(state) = state.filter(usable).map(str::to_owned) else {
        return Callback::Nothing;
    };
    match code {
        None | Some("" | "authdeny") => Callback::OnlyState(state),
        Some(text) => CallbackCode::parse(text)
            .map_or(Callback::Nothing, |code| Callback::Code { code, state }),
    }
}

#[cfg(test)]
mod tests;
