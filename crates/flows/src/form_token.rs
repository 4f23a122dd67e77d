//! Tokens of our own forms: whoever posts one has seen the page, and seen it in this session, so a form on another site
//! cannot speak for a person (LO-02). Computed, not stored: a keyed hash of what the form does and of the session.

use magpie_domain::{SessionId, TokenText, id::base32};
use magpie_vault::{Purpose, Vault};

/// What a form does: a token of one is nothing to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Ends the session.
    SignOut,
    /// Takes an application's access back.
    Withdraw,
    /// Answers for a device.
    Device,
    /// Answers for a desktop.
    Relay,
}

impl Form {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignOut => "sign-out",
            Self::Withdraw => "withdraw",
            Self::Device => "device",
            Self::Relay => "relay",
        }
    }

    /// The token for a page of this session.
    pub(crate) fn token(self, vault: &Vault, session: &SessionId) -> TokenText {
        let what = format!("{} {session}", self.as_str());
        TokenText::new(base32(&vault.keyed_hash(Purpose::FormToken, what.as_bytes())))
    }

    /// Whether a post brings it. Hashes are compared, which takes the same time whatever differs.
    pub(crate) fn is_shown(
        self,
        vault: &Vault,
        session: &SessionId,
        presented: Option<&str>,
    ) -> bool {
        let hash = |text: &str| vault.hash_handle(Purpose::FormToken, text);
        let expected = self.token(vault, session);
        presented.is_some_and(|presented| hash(presented) == hash(expected.expose()))
    }
}
