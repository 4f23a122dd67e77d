//! What applications and strangers may leave behind in the database (law 12): whoever may write a row asks first, with the client that
//! was proved, right before the row is written. The counting is the web room's, which knows addresses.

use std::fmt;

use magpie_domain::Client;
use magpie_oidc::error::OAuthError;

/// A kind of row that is written without a person: by a client's own call, or for a browser in which nobody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kept {
    /// A device that waits.
    Device,
    /// A pushed request.
    Pushed,
    /// An assertion, a proof or a code of WeChat's that counts once.
    Once,
    /// A desktop that waits for a phone; counted for its address, whichever client it comes from.
    Relay,
    /// No row, but a call to WeChat for such a desktop, counted as it is: a mini program's code.
    ProgramCode,
}

/// Counts the rows of a call's author.
pub trait Budget: fmt::Debug + Sync {
    /// Counts one row more, or says no. Ask for nothing that fails afterwards, and only for a client that was proved: else
    /// whoever names a client spends its share.
    fn allows(&self, client: &Client, what: Kept) -> bool;
}

/// What an application hears whose share is used up.
pub(crate) const USED_UP: OAuthError =
    OAuthError::temporarily_unavailable("too many requests of this client");
