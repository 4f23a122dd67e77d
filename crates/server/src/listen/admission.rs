//! Who may hold a connection: so many in all, so many from one address (law 12).
//! One address is one IPv4 address or one IPv6 /64, since a household has that many of the latter.
//! Loopback and trusted proxies are exempt from the second limit: behind them are many people.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use crate::config::Limits;
use crate::metrics::Metrics;

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// There are too many in all.
    Full,
    /// There are too many of this address.
    TooManyOfOne,
}

/// The count of connections.
#[derive(Debug)]
pub(super) struct Admission {
    most: usize,
    most_of_one: usize,
    exempt: Vec<IpNet>,
    metrics: Option<Arc<Metrics>>,
    open: Mutex<Open>,
}

/// The map has no more entries than there are connections.
#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One admitted connection; dropping it makes room.
#[derive(Debug)]
pub(super) struct Place {
    admission: Arc<Admission>,
    counted_as: Option<IpAddr>,
}

impl Admission {
    pub(super) fn new(
        limits: &Limits,
        exempt: Vec<IpNet>,
        metrics: Option<Arc<Metrics>>,
    ) -> Arc<Self> {
        let size = |count| usize::try_from(count).unwrap_or(usize::MAX);
        let (most, most_of_one) = (size(limits.connections), size(limits.connections_per_ip));
        Arc::new(Self { most, most_of_one, exempt, metrics, open: Mutex::default() })
    }

    /// Takes the connection into account, or says why not.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Place, Turned> {
        let admitted = self.weigh(peer);
        if let Some(metrics) = &self.metrics {
            match &admitted {
                Ok(_place) => metrics.connection_opened(),
                Err(turned) => metrics.connection_turned(*turned),
            }
        }
        admitted
    }

    fn weigh(self: &Arc<Self>, peer: IpAddr) -> Result<Place, Turned> {
        let peer = peer.to_canonical();
        let is_exempt =
            peer.is_loopback() || self.exempt.iter().any(|network| network.contains(&peer));
        let counted_as = (!is_exempt).then(|| household(peer));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.most {
            return Err(Turned::Full);
        }
        if let Some(address) = counted_as {
            let count = open.by_address.get(&address).copied().unwrap_or_default();
            if count >= self.most_of_one {
                return Err(Turned::TooManyOfOne);
            }
            open.by_address.insert(address, count.saturating_add(1));
        }
        open.all = open.all.saturating_add(1);
        Ok(Place { admission: Arc::clone(self), counted_as })
    }

    /// How many there are.
    pub(super) fn open(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(metrics) = &self.admission.metrics {
            metrics.connection_closed();
        }
        let mut open = self.admission.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let Some(address) = self.counted_as else { return };
        let left = open.by_address.get(&address).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            open.by_address.remove(&address);
        } else {
            open.by_address.insert(address, left);
        }
    }
}

fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(most: u32, most_of_one: u32, exempt: Vec<IpNet>) -> Arc<Admission> {
        let limits =
            Limits { connections: most, connections_per_ip: most_of_one, ..Limits::default() };
        Admission::new(&limits, exempt, None)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_gets_its_share_and_leaving_makes_room() {
        let admission = admission(10, 2, vec!["10.0.0.0/8".parse().unwrap()]);
        let first = admission.admit(ip("203.0.113.1")).unwrap();
        let _second = admission.admit(ip("::ffff:203.0.113.1")).unwrap();
        let refused = admission.admit(ip("203.0.113.1"));
        assert_eq!(refused.err(), Some(Turned::TooManyOfOne));
        let _other = admission.admit(ip("203.0.113.2")).unwrap();
        drop(first);
        let _again = admission.admit(ip("203.0.113.1")).unwrap();
        let _proxied: Vec<_> = (0..5).map(|_| admission.admit(ip("10.1.2.3")).unwrap()).collect();
        let _local: Vec<_> = (0..2).map(|_| admission.admit(ip("::1")).unwrap()).collect();
        assert_eq!(admission.admit(ip("::1")).err(), Some(Turned::Full));
    }

    #[test]
    fn an_ipv6_household_counts_as_one_and_nothing_is_kept_of_those_who_left() {
        let admission = admission(10, 1, vec![]);
        let place = admission.admit(ip("2001:db8:1:2::1")).unwrap();
        let same = admission.admit(ip("2001:db8:1:2:ffff::9"));
        assert_eq!(same.err(), Some(Turned::TooManyOfOne));
        assert!(admission.admit(ip("2001:db8:1:3::1")).is_ok());
        drop(place);
        assert_eq!(admission.open(), 0);
        assert!(admission.open.lock().unwrap().by_address.is_empty());
    }
}
