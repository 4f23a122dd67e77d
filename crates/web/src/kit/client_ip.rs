//! Whose address a request comes from. Forwarded headers count only from listed proxies, read from the right (HT-12).

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Most hops that are looked at; what lies beyond is nobody's proxy chain.
const MOST_HOPS: usize = 32;

/// The client's address: the last hop that is not one of our proxies. Garbage ends the search at the hop before it.
pub(crate) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = canonical(peer);
    let lists = headers.get_all(&FORWARDED_FOR).iter().rev();
    let hops = lists.filter_map(|value| value.to_str().ok()).flat_map(|text| text.rsplit(','));
    for hop in hops.take(MOST_HOPS) {
        if !is_trusted(client, trusted) {
            return client;
        }
        let Ok(address) = hop.trim().parse::<IpAddr>() else { return client };
        client = canonical(address);
    }
    client
}

/// Whether forwarded headers of this peer count.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// An IPv4 address in IPv6 clothes is the IPv4 address.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// What limits count by: an IPv4 address, or an IPv6 /64, which one household has whole (HT-25).
pub(crate) fn counted_as(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// HT-12.
    #[test]
    fn only_listed_proxies_are_believed_and_only_from_the_right() {
        let trusted: Vec<IpNet> =
            vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        for (peer, forwarded, expected) in [
            ("203.0.113.9", Some("198.51.100.1"), "203.0.113.9"),
            ("127.0.0.1", None, "127.0.0.1"),
            ("127.0.0.1", Some("198.51.100.1"), "198.51.100.1"),
            ("127.0.0.1", Some("6.6.6.6, 198.51.100.1"), "198.51.100.1"),
            ("127.0.0.1", Some("6.6.6.6, 198.51.100.1, 10.1.2.3"), "198.51.100.1"),
            ("127.0.0.1", Some("198.51.100.1, garbage"), "127.0.0.1"),
            ("127.0.0.1", Some("fe80::1%eth0"), "127.0.0.1"),
            ("::ffff:127.0.0.1", Some("::ffff:198.51.100.1"), "198.51.100.1"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(text) = forwarded {
                headers.insert(&FORWARDED_FOR, HeaderValue::from_static(text));
            }
            assert_eq!(
                client_ip(ip(peer), &headers, &trusted),
                ip(expected),
                "{peer} {forwarded:?}"
            );
            assert_eq!(
                client_ip(ip(peer), &headers, &[]),
                canonical(ip(peer)),
                "nobody is trusted by default"
            );
        }
    }

    #[test]
    fn one_household_of_ipv6_counts_as_one() {
        assert_eq!(counted_as(ip("2001:db8:1:2:3::4")), counted_as(ip("2001:db8:1:2:ffff::1")));
        assert_ne!(counted_as(ip("2001:db8:1:2::")), counted_as(ip("2001:db8:1:3::")));
    }
}
