//! Who may see the dashboard, decided once from where the server listens.

use std::net::{IpAddr, SocketAddr};

use axum::http::uri::Authority;

use crate::options::Options;

/// Who may see the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anyone on this machine: the server listens on loopback and no proxy was named.
    Open,
    /// Anyone with an account, through this server's own TLS. People may open it under one origin
    /// that the administrator named, or under the name that a request gives.
    LoginByTls(Option<String>),
    /// Anyone with an account, through a proxy.
    LoginByProxy(Proxy),
}

/// The proxy in front of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    /// The origin that people open.
    pub(crate) origin: String,
    /// The addresses that its connections come from; what they say of a client is believed.
    pub(crate) addresses: Vec<IpAddr>,
    /// Whether connections past the proxy are encrypted, too.
    pub(crate) own_tls: bool,
}

/// Why the server refuses to listen at an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Other machines could read the login and the reports on the wire.
    #[error(
        "other machines can reach `{0}`, and the connection is not protected: give `--tls-cert` \
         and `--tls-key`, or `--behind-proxy ADDRESS` and `--origin`, or listen on 127.0.0.1"
    )]
    Unprotected(SocketAddr),
    /// The origin is not one.
    #[error("`{0}` is not an origin: write it as `https://fyr.example.dk`, with no path")]
    NotAnOrigin(String),
}

impl Access {
    /// What the options allow.
    pub(crate) fn decide(options: &Options) -> Result<Self, AccessError> {
        let origin = options.origin.as_deref().map(parse_origin).transpose()?;
        let own_tls = options.tls_cert.is_some();
        match (options.behind_proxy.as_slice(), origin) {
            // The command line requires the origin beside the proxy.
            (addresses @ [_, ..], Some(origin)) => Ok(Self::LoginByProxy(Proxy {
                origin,
                addresses: addresses.iter().map(IpAddr::to_canonical).collect(),
                own_tls,
            })),
            (_, origin) if own_tls => Ok(Self::LoginByTls(origin)),
            _ if options.listen.ip().is_loopback() => Ok(Self::Open),
            _ => Err(AccessError::Unprotected(options.listen)),
        }
    }

    /// Whether the dashboard asks for a login.
    pub(crate) fn needs_login(&self) -> bool {
        match self {
            Self::Open => false,
            Self::LoginByTls(_) | Self::LoginByProxy(_) => true,
        }
    }

    /// The origin that people open, where the administrator named it.
    pub(crate) fn origin(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::LoginByTls(origin) => origin.as_deref(),
            Self::LoginByProxy(proxy) => Some(&proxy.origin),
        }
    }

    /// Whether a connection from `peer` comes from a named proxy.
    pub(crate) fn is_proxy(&self, peer: IpAddr) -> bool {
        match self {
            Self::Open | Self::LoginByTls(_) => false,
            Self::LoginByProxy(proxy) => proxy.addresses.contains(&peer.to_canonical()),
        }
    }
}

/// An `https` origin as browsers write it: lower case, without a path and without the usual port.
fn parse_origin(text: &str) -> Result<String, AccessError> {
    let wrong = || AccessError::NotAnOrigin(text.to_owned());
    let origin = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let origin = origin.strip_suffix(":443").unwrap_or(&origin);
    let authority = origin.strip_prefix("https://").ok_or_else(wrong)?;
    let parsed: Authority = authority.parse().map_err(|_| wrong())?;
    if parsed.as_str().contains('@') || parsed.host().is_empty() {
        return Err(wrong());
    }
    Ok(origin.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn decide(arguments: &[&str]) -> Result<Access, AccessError> {
        let all = ["fyr-server", "--state", "s", "--repository", "r"];
        Access::decide(&Options::parse_from(all.iter().chain(arguments)))
    }

    #[test]
    fn loopback_is_open_and_every_other_address_needs_protection() {
        assert_eq!(decide(&[]), Ok(Access::Open));
        assert_eq!(decide(&["--listen", "[::1]:0"]), Ok(Access::Open));
        for address in ["0.0.0.0:8470", "[::]:8470", "192.0.2.7:80"] {
            assert!(matches!(
                decide(&["--listen", address]),
                Err(AccessError::Unprotected(_))
            ));
        }
        assert_eq!(
            decide(&["--listen", "0.0.0.0:1", "--tls-cert", "c", "--tls-key", "k"]),
            Ok(Access::LoginByTls(None))
        );
    }

    #[test]
    fn a_proxy_is_named_by_its_addresses_and_needs_a_login_on_loopback_too() {
        let origin = ["--origin", "https://Fyr.example.dk:443/"];
        let proxy = ["--behind-proxy", "127.0.0.1,::ffff:10.0.0.1"];
        let access = decide(&[proxy, origin].concat()).unwrap();
        assert!(access.needs_login());
        assert_eq!(access.origin(), Some("https://fyr.example.dk"));
        for peer in ["127.0.0.1", "10.0.0.1", "::ffff:127.0.0.1"] {
            assert!(access.is_proxy(peer.parse().unwrap()), "{peer}");
        }
        for peer in ["127.0.0.2", "10.0.0.2", "::1"] {
            assert!(!access.is_proxy(peer.parse().unwrap()), "{peer}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "fyr.example.dk",
            "http://fyr.example.dk",
            "https://",
            "https://a/b",
            "https://u@a",
        ] {
            assert_eq!(
                decide(&["--behind-proxy", "127.0.0.1", "--origin", text]),
                Err(AccessError::NotAnOrigin(text.to_owned()))
            );
        }
    }
}
