//! `[listen]`: where the server listens, and whose forwarded headers count.
//! Refuses to trust everybody (HT-12) and to share one address between the public and the management listener.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;

use super::section::Section;

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// For people and applications; a proxy with TLS stands before it.
    pub public: SocketAddr,
    /// For `/healthz`, `/readyz` and `/metrics`; never public.
    pub management: SocketAddr,
    /// Peers whose forwarded headers name the client; nobody by default.
    pub trusted_proxies: Vec<IpNet>,
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

pub(super) fn read(mut section: Section<'_>) -> Listen {
    const ADDRESS: &str = "an address and a port such as \"127.0.0.1:8080\" or \"[::1]:8080\"";
    let address =
        |text: &str| text.parse().map_err(|_not_an_address| "is not an address with a port");
    let public = section.parse("public", ADDRESS, address).unwrap_or(loopback(8080));
    let management = section.parse("management", ADDRESS, address).unwrap_or(loopback(9090));
    if public == management && public.port() != 0 {
        section.refuse("management", "is the public address", "give it a port of its own");
    }
    if !management.ip().is_loopback() {
        let problem =
            format!("other machines may reach {management}, and metrics are not for them");
        section.warn("management", &problem, "listen on loopback, or close the port to the world");
    }
    let trusted_proxies =
        section.parse_each("trusted_proxies", "networks such as \"10.0.0.0/8\"", network);
    let trusted_proxies = trusted_proxies.unwrap_or_default();
    section.finish();
    Listen { public, management, trusted_proxies }
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    let alone = || text.parse::<IpAddr>().map(IpNet::from);
    let network: IpNet = text
        .parse()
        .or_else(|_not_a_network| alone())
        .map_err(|_no_address| "is neither a network nor an address")?;
    if network.prefix_len() == 0 {
        return Err("would trust everybody: anyone could then write any address");
    }
    Ok(network)
}
