//! Which addresses may be called on behalf of somebody else: those of the public Internet, and nothing near us.
//! Decided on the address itself after the name was resolved, never on the name (CA-13).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far guarded calls reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// https at public addresses.
    Public,
    /// Loopback as well, and there over http too: for development, where the applications run beside the server.
    PublicAndLoopback,
    /// Anywhere, over http too: for addresses that the operator of this server wrote into its configuration, which may
    /// well be inside the operator's network. Never for an address that came in a request.
    Configured,
}

impl Reach {
    /// Whether an address may be connected to.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        let is_near = match self {
            Self::Public => false,
            Self::PublicAndLoopback => address.is_loopback(),
            Self::Configured => true,
        };
        is_near || is_public(address)
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => REFUSED_V4.iter().all(|(net, bits)| !in_v4(v4, *net, *bits)),
        IpAddr::V6(v6) => {
            // Unicast of the Internet is in 2000::/3. Outside of it lie loopback, link-local, unique-local and multicast
            // addresses, and those with an IPv4 address inside: mapped ones, and NAT64's 64:ff9b::/96.
            in_v6(v6, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
                && REFUSED_V6.iter().all(|(net, bits)| !in_v6(v6, *net, *bits))
        }
    }
}

/// What is not for the Internet (IANA's registry of special-purpose addresses, RFC 6890).
const REFUSED_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Carrier-grade NAT (RFC 6598); clouds keep their metadata service there too.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    // Reserved, and the broadcast address.
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// What is inside 2000::/3 and yet not a host of the Internet.
const REFUSED_V6: [(Ipv6Addr, u32); 4] = [
    // Protocol assignments: Teredo (which carries an IPv4 address), benchmarking, ORCHID.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4, which carries an IPv4 address.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

fn in_v4(address: Ipv4Addr, net: Ipv4Addr, bits: u32) -> bool {
    let shift = u32::BITS.saturating_sub(bits);
    address.to_bits() >> shift == net.to_bits() >> shift
}

fn in_v6(address: Ipv6Addr, net: Ipv6Addr, bits: u32) -> bool {
    let shift = u128::BITS.saturating_sub(bits);
    address.to_bits() >> shift == net.to_bits() >> shift
}

#[cfg(test)]
mod tests;
