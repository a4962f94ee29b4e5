//! Promises: the address that limits count by is one that the client cannot choose. Without a trusted proxy it is the
//! peer of the connection; with one, the entry that the outermost trusted proxy wrote, counted from the right, since
//! whatever stands further left came from outside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, HeaderName},
};

/// Where the client's address is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAddresses {
    /// The header that trusted proxies append to; none: there is no proxy.
    pub header: Option<HeaderName>,
    /// How many proxies append to it.
    pub trusted_hops: usize,
}

impl Default for ClientAddresses {
    fn default() -> Self {
        Self { header: None, trusted_hops: 1 }
    }
}

/// What one client is counted by: an IPv4 address, or the /64 that an IPv6 subscriber has to itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ClientAddress {
    V4(Ipv4Addr),
    /// The upper half.
    V6(u64),
}

impl ClientAddresses {
    /// The address of whoever sent a request.
    pub(crate) fn of(&self, headers: &HeaderMap, extensions: &Extensions) -> ClientAddress {
        // Served without connection info, all are one: too strict rather than without limit.
        let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map_or(unknown, |info| info.0.ip());
        self.forwarded(headers).unwrap_or(peer).into()
    }

    fn forwarded(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let mut entries = Vec::new();
        for line in headers.get_all(self.header.as_ref()?) {
            entries.extend(line.to_str().ok()?.split(','));
        }
        let entry = entries.len().checked_sub(self.trusted_hops)?;
        address(entries.get(entry)?.trim())
    }
}

/// An address, with a port or in brackets as some proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4),
            IpAddr::V6(v6) => {
                let [a, b, c, d, e, f, g, h, ..] = v6.octets();
                Self::V6(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
        }
    }
}

impl ClientAddress {
    /// As text, for the one place that hashes it. There is no `Display`: an address is personal and belongs in no log.
    pub(crate) fn expose(self) -> String {
        match self {
            Self::V4(v4) => v4.to_string(),
            Self::V6(upper) => format!("{}/64", Ipv6Addr::from(u128::from(upper) << 64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const PEER: &str = "198.51.100.7:4000";

    fn seen(hops: Option<usize>, lines: &[&str]) -> String {
        seen_from(PEER, hops, lines)
    }

    fn seen_from(peer: &str, hops: Option<usize>, lines: &[&str]) -> String {
        let addresses = ClientAddresses {
            header: hops.map(|_| HeaderName::from_static("x-forwarded-for")),
            trusted_hops: hops.unwrap_or(1),
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        addresses.of(&headers, &extensions).expose()
    }

    #[test]
    fn without_a_trusted_proxy_a_header_means_nothing() {
        assert_eq!(seen(None, &["203.0.113.9"]), "198.51.100.7");
    }

    #[rstest]
    #[case::as_the_proxy_wrote_it(1, &["203.0.113.9"], "203.0.113.9")]
    #[case::forged_before_it(1, &["192.0.2.66, 203.0.113.9"], "203.0.113.9")]
    #[case::forged_in_a_line_of_its_own(1, &["192.0.2.66", "203.0.113.9"], "203.0.113.9")]
    #[case::two_proxies(2, &["192.0.2.66, 203.0.113.9, 10.0.0.1"], "203.0.113.9")]
    #[case::with_a_port(1, &["203.0.113.9:1234"], "203.0.113.9")]
    #[case::in_brackets(1, &["[2001:db8:1:2::9]"], "2001:db8:1:2::/64")]
    fn the_address_is_what_the_outermost_trusted_proxy_saw(
        #[case] hops: usize,
        #[case] lines: &[&str],
        #[case] address: &str,
    ) {
        assert_eq!(seen(Some(hops), lines), address);
    }

    #[rstest]
    #[case::none(1, &[])]
    #[case::fewer_than_hops(2, &["203.0.113.9"])]
    #[case::no_address(1, &["unknown"])]
    #[case::not_text(1, &["\u{e9}"])]
    fn what_no_trusted_proxy_wrote_gives_way_to_the_peer(#[case] hops: usize, #[case] lines: &[&str]) {
        assert_eq!(seen(Some(hops), lines), "198.51.100.7");
    }

    #[test]
    fn an_ipv6_subscriber_is_one_and_a_mapped_address_is_ipv4() {
        assert_eq!(seen_from("[2001:db8:1:2:aaaa::1]:1", None, &[]), seen_from("[2001:db8:1:2:bbbb::2]:1", None, &[]));
        assert_ne!(seen_from("[2001:db8:1:2::1]:1", None, &[]), seen_from("[2001:db8:1:3::1]:1", None, &[]));
        assert_eq!(seen_from("[::ffff:198.51.100.7]:1", None, &[]), "198.51.100.7");
    }
}
