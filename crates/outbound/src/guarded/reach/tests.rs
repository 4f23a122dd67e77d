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
