//! How many rows clients may leave in the database by themselves, without a person. A client that nobody vouches for has a
//! smaller share, and those have a world of their own, so that strangers never use up what vouched applications need.

use std::net::IpAddr;

use magpie_domain::Client;
use magpie_flows::Kept;

use super::{Caller, Counters, Throttle, TooOften, WORLD_SHARE};

/// The counters of one kind of row.
#[derive(Debug)]
pub(super) struct Rows {
    vouched: Share,
    unvouched: Share,
}

/// One for each client at each address, and one for everybody together.
#[derive(Debug)]
struct Share {
    each: Option<Counters>,
    all: Option<Counters>,
}

impl Rows {
    /// So many a minute for each client at an address.
    pub(super) fn new(vouched: u32, unvouched: u32) -> Self {
        Self { vouched: Share::new(vouched), unvouched: Share::new(unvouched) }
    }

    /// Counts one, or refuses it. Who has used up their own share takes nothing from the others'.
    pub(super) fn count(&self, is_vouched: bool, caller: Caller) -> Result<(), TooOften> {
        let share = if is_vouched { &self.vouched } else { &self.unvouched };
        let everybody = Caller::everybody();
        for (counters, caller) in [(&share.each, caller), (&share.all, everybody)] {
            counters.as_ref().map_or(Ok(()), |counters| counters.of(caller).count(caller))?;
        }
        Ok(())
    }
}

impl Share {
    fn new(per_minute: u32) -> Self {
        let all = per_minute.saturating_mul(WORLD_SHARE);
        Self { each: Counters::new(per_minute), all: Counters::new(all) }
    }
}

impl Throttle {
    /// Counts a row that a client which was proved is about to leave, or refuses it.
    pub(crate) fn count_row(
        &self,
        what: Kept,
        client: &Client,
        address: IpAddr,
    ) -> Result<(), TooOften> {
        let rows = match what {
            Kept::Device => &self.devices,
            Kept::Pushed => &self.pushed,
            Kept::Once => &self.once,
            Kept::Relay => return self.count_desktop(address),
            Kept::ProgramCode => return self.count_program_code(address),
        };
        let caller = self.client_at(address, client.id().as_str());
        rows.count(!client.policy().self_registered, caller)
    }

    /// A desktop that shows a QR code counts for its address and for everybody: no client has asked for it.
    fn count_desktop(&self, address: IpAddr) -> Result<(), TooOften> {
        counted_twice(self.relay.as_ref(), self.relay_all.as_ref(), address)
    }

    /// A mini program's code, which WeChat draws for a desktop that has counted already.
    fn count_program_code(&self, address: IpAddr) -> Result<(), TooOften> {
        counted_twice(self.program_code.as_ref(), self.program_code_all.as_ref(), address)
    }
}

/// Counts for an address, and for everybody.
fn counted_twice(
    each: Option<&Counters>,
    all: Option<&Counters>,
    address: IpAddr,
) -> Result<(), TooOften> {
    for (counters, caller) in [(each, Caller::everybody_at(address)), (all, Caller::everybody())] {
        counters.map_or(Ok(()), |counters| counters.of(caller).count(caller))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rows: &Rows, is_vouched: bool, addresses: u8) -> usize {
        let calls = (0..addresses).cycle().take(usize::from(addresses) * 20);
        let at = |last| Caller { address: IpAddr::from([203, 0, 113, last]), client: 7 };
        calls.filter(|last| rows.count(is_vouched, at(*last)).is_ok()).count()
    }

    /// QR-08, law 12.
    #[test]
    fn an_address_shows_ten_codes_a_minute_and_everybody_ten_thousand() {
        let throttle = Throttle::new(super::super::Limits::default());
        let taken =
            |address: IpAddr| (0..20).filter(|_| throttle.count_desktop(address).is_ok()).count();
        assert_eq!(taken(IpAddr::from([203, 0, 113, 9])), 10);
        assert_eq!(taken(IpAddr::from([203, 0, 113, 9])), 0);
        let world: usize = (0..1200_u32).map(|n| taken(IpAddr::V4((0x0a00_0000 | n).into()))).sum();
        assert!((9_990..10_300).contains(&world), "{world}");
    }

    /// Law 12: whoever reloads a page without end reaches WeChat a few times.
    #[test]
    fn an_address_has_twice_as_many_pictures_as_desktops() {
        let throttle = Throttle::new(super::super::Limits::default());
        let address = IpAddr::from([203, 0, 113, 9]);
        let taken = (0..50).filter(|_| throttle.count_program_code(address).is_ok()).count();
        assert_eq!(taken, 20);
    }

    /// Law 12. Seen red without the count of everybody, and with one count for both kinds of client.
    #[test]
    fn each_has_a_share_everybody_has_one_and_strangers_use_up_their_own_alone() {
        let rows = Rows::new(10, 2);
        assert_eq!(taken(&rows, false, 1), 2);
        // Sixty shares for all strangers together, of which two are gone.
        assert_eq!(taken(&rows, false, 200), 118);
        assert_eq!(taken(&rows, true, 1), 10);
    }
}
