//! Who counts as one client, and by which address a request came: the connection's own, or the one
//! that a named proxy adds.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

/// One client: an IPv4 address, or the /64 network of an IPv6 address, within which a single
/// machine may take any address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Client(IpAddr);

/// The address that a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What a proxy says of the request that it forwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forwarded {
    /// The client's address; absent where the proxy gives none that can be read.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client's connection to the proxy is encrypted; absent where it does not say.
    pub(crate) encrypted: Option<bool>,
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The headers that proxies add.
const MARKS: [HeaderName; 7] = [
    header::FORWARDED,
    header::VIA,
    X_FORWARDED_FOR,
    X_FORWARDED_PROTO,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-real-ip"),
];

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Ipv6Addr::from(network).into()
            }
        })
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(network) => write!(f, "{network}/64"),
        }
    }
}

/// Whether some proxy forwarded the request.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    MARKS.iter().any(|mark| headers.contains_key(mark))
}

/// What the proxies say, read from the right: the last entry that is not one of `proxies` was
/// written by the outermost of them, and everything before it by the client.
///
/// `X-Forwarded-For` and `X-Forwarded-Proto` are read before `Forwarded`, because the proxies that
/// set them pass on a `Forwarded` of the client's own.
pub(crate) fn forwarded(headers: &HeaderMap, proxies: &[IpAddr]) -> Forwarded {
    let elements = entries(headers, &header::FORWARDED);
    let parameter = |element: &str, wanted: &str| {
        element.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let is_wanted = name.trim().eq_ignore_ascii_case(wanted);
            is_wanted.then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let mut hops = entries(headers, &X_FORWARDED_FOR);
    if hops.is_empty() {
        hops = elements
            .iter()
            .map(|element| parameter(element, "for").unwrap_or_default())
            .collect();
    }
    let address = hops
        .iter()
        .rev()
        .map(|hop| parse_hop(hop))
        .find(|hop| !hop.is_some_and(|hop| proxies.contains(&hop)))
        .flatten();
    let scheme = entries(headers, &X_FORWARDED_PROTO)
        .pop()
        .or_else(|| parameter(elements.last()?, "proto"));
    Forwarded {
        address,
        encrypted: scheme.map(|scheme| scheme.eq_ignore_ascii_case("https")),
    }
}

/// The entries of a header that lists them, over all its lines.
fn entries(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.to_str().unwrap_or("unreadable").split(','))
        .map(|entry| entry.trim().to_owned())
        .collect()
}

/// An address, in brackets or not, with a port or not.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|it| it.ip());
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let found = address.or_else(with_port).or_else(bracketed)?;
    Some(found.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[track_caller]
    fn check(lines: &[(&'static str, &str)], address: Option<&str>, encrypted: Option<bool>) {
        let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let expected = Forwarded {
            address: address.map(|address| address.parse().unwrap()),
            encrypted,
        };
        assert_eq!(forwarded(&headers(lines), &proxies), expected);
    }

    #[test]
    fn addresses_of_one_machine_are_one_client() {
        let client = |text: &str| Client::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:1"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
        assert_eq!(client("2001:db8::7").to_string(), "2001:db8::/64");
    }

    #[test]
    fn the_last_entry_that_is_no_proxy_is_the_client() {
        let forged = "203.0.113.7, 192.0.2.1";
        check(&[("x-forwarded-for", forged)], Some("192.0.2.1"), None);
        let chain = "203.0.113.7, 192.0.2.1, 10.0.0.2, 10.0.0.1";
        check(&[("x-forwarded-for", chain)], Some("192.0.2.1"), None);
        let lines = [
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-for", "192.0.2.1"),
        ];
        check(&lines, Some("192.0.2.1"), None);
        check(&[("x-forwarded-for", "10.0.0.1")], None, None);
        check(&[("x-forwarded-for", "192.0.2.1, unknown")], None, None);
        check(&[("x-forwarded-for", "192.0.2.1, ")], None, None);
        check(&[], None, None);
    }

    #[test]
    fn an_address_may_have_brackets_and_a_port() {
        for (text, address) in [
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            check(&[("x-forwarded-for", text)], Some(address), None);
        }
    }

    #[test]
    fn the_standard_header_is_read_where_it_is_alone() {
        let standard = "for=203.0.113.7;proto=http, for=\"[2001:db8::1]:4711\";Proto=https;by=x";
        check(&[("forwarded", standard)], Some("2001:db8::1"), Some(true));
        let both = [
            ("forwarded", "for=203.0.113.7"),
            ("x-forwarded-for", "192.0.2.1"),
        ];
        check(&both, Some("192.0.2.1"), None);
    }

    #[test]
    fn the_last_scheme_counts() {
        check(&[("x-forwarded-proto", "https, http")], None, Some(false));
        check(&[("x-forwarded-proto", "HTTPS")], None, Some(true));
    }
}
