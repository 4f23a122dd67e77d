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
}

impl Reach {
    /// Whether an address may be connected to.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        let is_near = match self {
            Self::Public => false,
            Self::PublicAndLoopback => address.is_loopback(),
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
mod tests {
    use super::*;

    const NEAR: [&str; 50] = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1",
        "127.1.2.3",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:2::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ];

    const FAR: [&str; 16] = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2400:3200::1",
        "2a00:1450:4001::1",
    ];

    /// CA-13. Seen red without the line of 100.64.0.0/10, and with every IPv6 address outside the table allowed.
    #[test]
    fn only_addresses_of_the_internet_are_reached() {
        for near in NEAR {
            assert!(!Reach::Public.allows(near.parse().unwrap()), "{near}");
        }
        for far in FAR {
            assert!(Reach::Public.allows(far.parse().unwrap()), "{far}");
        }
    }

    #[test]
    fn development_adds_loopback_and_nothing_else() {
        for near in NEAR {
            let address: IpAddr = near.parse().unwrap();
            assert_eq!(Reach::PublicAndLoopback.allows(address), address.is_loopback(), "{near}");
        }
    }
}
