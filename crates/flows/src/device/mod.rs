//! A device that cannot show a sign-in has its person do it elsewhere (RFC 8628).
//!
//! [`ask`] gives the device its two codes, [`enter`] takes the one that the person brings and begins an ordinary attempt,
//! whose last page asks for the device; [`allow`] and [`refuse`] are the answers. The device fetches them at the token
//! endpoint. A browser in which nobody has signed in changes no row (law 1).

mod answer;
mod ask;
mod enter;

use magpie_domain::{TokenHash, UserCode};
use magpie_vault::Purpose;

use crate::context::Flows;

pub(crate) use answer::{allow, end, is_own_form, refuse};
pub use ask::ask;
pub use enter::{Entry, EntryRefused, enter};

/// What a row keeps of a device code's secret, and the grant that it opens with it: the type is part of it, so that no
/// other handle can pass for one.
pub(crate) fn device_hash(flows: &Flows, secret: &str) -> TokenHash {
    flows.vault().hash_handle(Purpose::HandleHash, &format!("device:{secret}"))
}

/// What a row keeps of the person's code. Its letters could be guessed one after the other, but not without our key.
fn user_code_hash(flows: &Flows, code: &UserCode) -> TokenHash {
    flows.vault().hash_handle(Purpose::HandleHash, &format!("user-code:{}", code.as_str()))
}
