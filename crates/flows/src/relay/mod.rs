//! A desktop signs in with a phone (channel kinds `relay` and `follow`): it shows a QR code and a number, and waits.
//!
//! [`offer`] makes the ticket and its page, [`scan`] begins an ordinary attempt on the phone that opens the code, whose
//! last page asks for the number; [`choose`] and [`refuse`] are its answers. With `follow` the code is the service
//! account's, and both happen in its chat ([`chat`]). A mini program [`ask`]s
//! who it is that asks, and brings the [`answer`] of its person. [`again`] is the desktop coming back: it
//! waits on, hears why not, or lands as after a callback. In between it hears by [`watch`]. Only the page that offers
//! writes a row for a stranger, and only so many (law 1).

mod answer;
pub(crate) mod chat;
mod desktop;
mod phone;
mod program;
mod program_code;
mod waiting;

use magpie_domain::{LoginAttempt, MatchNumber, RelayId, TokenHash};
use magpie_vault::Purpose;

use crate::context::Flows;

pub(crate) use answer::{choose, end, refuse};
pub use chat::ChatWord;
pub use desktop::{Watch, has_news, watch};
pub(crate) use desktop::{abandon, again, offer};
pub(crate) use phone::question;
pub use phone::{RelayQuestion, Scan, ScanRefused, scan};
pub use program::{ProgramEnd, ProgramQuestion, answer, ask};
pub use program_code::{ProgramCode, program_code};
pub(crate) use waiting::run_watch;
pub use waiting::{Waiting, Woken};

/// What a row keeps of what only the desktop's cookie yields: made for this ticket, so that one of another is worth
/// nothing, and never written anywhere else.
fn held_hash(flows: &Flows, attempt: &LoginAttempt, ticket: &RelayId) -> TokenHash {
    let secret = magpie_domain::id::base32(attempt.replay_secret());
    flows.vault().hash_handle(Purpose::HandleHash, &format!("relay:{}:{secret}", ticket.as_str()))
}

/// The numbers that every phone is shown for a ticket.
fn choices(flows: &Flows, ticket: &RelayId, number: MatchNumber) -> Vec<MatchNumber> {
    let what = format!("relay numbers {}", ticket.as_str());
    let seed = flows.vault().keyed_hash(Purpose::HandleHash, what.as_bytes());
    number.choices(&seed).to_vec()
}
