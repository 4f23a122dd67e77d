//! Limits on what one address may do. Bounded: when too many addresses are known, those at rest are forgotten first,
//! and if that does not help the counters start over (law 12).

mod counter;
mod rows;

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use counter::Counter;
use rows::Rows;

use super::client_ip::counted_as;

/// How often one address may do what costs us something, per minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls of the authorization endpoint.
    pub authorize: u32,
    /// Callbacks that proved to be somebody's.
    pub callback: u32,
    /// Failed client authentications and wrong codes, for each client named.
    pub token_failure: u32,
    /// Devices that get codes, for each client; everybody together may sixty times as often.
    pub device: u32,
    /// Requests that are pushed, for each client; a tenth for one that registered itself, and everybody as for devices.
    pub pushed: u32,
    /// Assertions and proofs that count once, likewise.
    pub once: u32,
    /// Codes of devices that people bring, right or wrong; everybody together may bring sixty times as many wrong ones.
    pub user_code: u32,
    /// Calls of the registration endpoints: each may cost a fetch and a row.
    pub registration: u32,
    /// Desktops that show a QR code of ours: each is a row of two minutes. Everybody together may a thousand times as often.
    pub relay: u32,
    /// Calls with a ticket or for news that prove to be nobody's.
    pub relay_miss: u32,
    /// Desktops that are kept waiting at a time, each of which holds a connection; others ask from time to time.
    pub waiting: u32,
}

impl Default for Limits {
    fn default() -> Self {
        // A whole office may share one address, so these stop floods, not people.
        Self {
            authorize: 600,
            callback: 300,
            token_failure: 60,
            device: 60,
            pushed: 600,
            // A call may bring one of each, and they are small and gone within minutes.
            once: 3000,
            user_code: 20,
            registration: 60,
            relay: 10,
            relay_miss: 60,
            waiting: 5000,
        }
    }
}

/// Most callers that are counted at a time, for each kind of call.
const MOST_CALLERS: usize = 50_000;
/// How many times the limit everybody on loopback has together.
const LOOPBACK_SHARE: u32 = 10;
/// How many times the limit of one address everybody in the world has together, where that is bounded.
const WORLD_SHARE: u32 = 60;
/// The same for desktops with a QR code, each of which is a person: many offices begin to work at nine.
const RELAY_WORLD_SHARE: u32 = 1000;
/// How many times a desktop's page may ask for the code of a mini program: once, and when it is loaded again.
const PICTURES: u32 = 2;
/// How many times that everybody may: less than the 5000 a minute that WeChat gives an account.
const PICTURES_WORLD_SHARE: u32 = 200;
/// Which part of a limit a client has that registered itself.
const STRANGERS_PART: u32 = 10;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Costly {
    /// A call of the authorization endpoint.
    Authorize,
    /// A callback that proved to be somebody's.
    Callback,
    /// A failed client authentication or a wrong code.
    TokenFailure,
    /// A device's code that somebody brings.
    UserCode,
    /// A wrong one, whoever brings it.
    WrongUserCode,
    /// A call of a registration endpoint.
    Registration,
    /// A ticket that does not wait, or a question for news without the cookie.
    RelayMiss,
}

/// Who is counted: an address, and the client it names if that matters. The client is anybody's text of any length,
/// so a keyed hash stands for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Caller {
    address: IpAddr,
    client: u64,
}

impl Caller {
    /// Everybody at an address.
    pub(crate) fn everybody_at(address: IpAddr) -> Self {
        Self { address: key_of(address), client: 0 }
    }

    /// Everybody there is.
    pub(crate) const fn everybody() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), client: 0 }
    }
}

/// An address is a person's.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Caller(…)")
    }
}

/// The counters.
#[derive(Debug)]
pub(crate) struct Throttle {
    authorize: Option<Counters>,
    callback: Option<Counters>,
    token_failure: Option<Counters>,
    devices: Rows,
    pushed: Rows,
    once: Rows,
    user_code: Option<Counters>,
    wrong_user_code: Option<Counters>,
    registration: Option<Counters>,
    relay: Option<Counters>,
    relay_all: Option<Counters>,
    program_code: Option<Counters>,
    program_code_all: Option<Counters>,
    relay_miss: Option<Counters>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Counters {
    each: Counter,
    /// Loopback is a proxy that nobody listed, which stands for everybody: it has more, and not without end (law 1).
    loopback: Counter,
}

/// Too often; wait this many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOften {
    pub(crate) wait_seconds: u64,
}

impl TooOften {
    /// Rounds up to whole seconds, at least one.
    fn wait(left: Duration) -> Self {
        Self { wait_seconds: left.as_secs().saturating_add(1) }
    }
}

impl Throttle {
    pub(crate) fn new(limits: Limits) -> Self {
        let pictures = limits.relay.saturating_mul(PICTURES);
        Self {
            authorize: Counters::new(limits.authorize),
            callback: Counters::new(limits.callback),
            token_failure: Counters::new(limits.token_failure),
            devices: Rows::new(limits.device, limits.device),
            pushed: Rows::new(limits.pushed, limits.pushed.div_ceil(STRANGERS_PART)),
            once: Rows::new(limits.once, limits.once.div_ceil(STRANGERS_PART)),
            user_code: Counters::new(limits.user_code),
            wrong_user_code: Counters::new(limits.user_code.saturating_mul(WORLD_SHARE)),
            registration: Counters::new(limits.registration),
            relay: Counters::new(limits.relay),
            relay_all: Counters::new(limits.relay.saturating_mul(RELAY_WORLD_SHARE)),
            program_code: Counters::new(pictures),
            program_code_all: Counters::new(pictures.saturating_mul(PICTURES_WORLD_SHARE)),
            relay_miss: Counters::new(limits.relay_miss),
            hasher: RandomState::new(),
        }
    }

    /// Those at an address who speak for one client, as presented.
    pub(crate) fn client_at(&self, address: IpAddr, client_id: &str) -> Caller {
        Caller { address: key_of(address), client: self.hasher.hash_one(client_id) }
    }

    /// Counts one call, or refuses it.
    pub(crate) fn count(&self, what: Costly, caller: Caller) -> Result<(), TooOften> {
        self.counter(what, caller).map_or(Ok(()), |counter| counter.count(caller))
    }

    /// Refuses a caller whose calls are used up and counts nothing: for calls that count by how they end.
    pub(crate) fn used_up(&self, what: Costly, caller: Caller) -> Result<(), TooOften> {
        self.counter(what, caller).map_or(Ok(()), |counter| counter.used_up(caller))
    }

    /// Counts a call that was let in and is over; only the next one can be refused.
    pub(crate) fn note(&self, what: Costly, caller: Caller) {
        if self.count(what, caller).is_err() {
            tracing::debug!(?what, "calls at the same time went over a limit");
        }
    }

    fn counter(&self, what: Costly, caller: Caller) -> Option<&Counter> {
        let counters = match what {
            Costly::Authorize => &self.authorize,
            Costly::Callback => &self.callback,
            Costly::TokenFailure => &self.token_failure,
            Costly::UserCode => &self.user_code,
            Costly::WrongUserCode => &self.wrong_user_code,
            Costly::Registration => &self.registration,
            Costly::RelayMiss => &self.relay_miss,
        };
        counters.as_ref().map(|counters| counters.of(caller))
    }
}

/// The address as it is counted; all of loopback is one.
fn key_of(address: IpAddr) -> IpAddr {
    if address.is_loopback() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { counted_as(address) }
}

impl Counters {
    fn of(&self, caller: Caller) -> &Counter {
        if caller.address.is_loopback() { &self.loopback } else { &self.each }
    }

    /// None for zero, which switches a limit off.
    fn new(per_minute: u32) -> Option<Self> {
        let each = NonZeroU32::new(per_minute)?;
        let loopback = NonZeroU32::new(per_minute.saturating_mul(LOOPBACK_SHARE))?;
        Some(Self {
            each: Counter::new(each, MOST_CALLERS),
            loopback: Counter::new(loopback, MOST_CALLERS),
        })
    }
}

#[cfg(test)]
mod tests;
