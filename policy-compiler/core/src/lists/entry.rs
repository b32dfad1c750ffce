//! Reads one entry of a list: a domain, an address or a URL prefix, normalised.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use super::account::Dropped;
use crate::url_filter::{ParseFilterError, UrlFilter};

/// What an entry lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    /// A domain and every name below it; in lower case and punycode.
    Domain(Cow<'a, str>),
    /// An address.
    Address(IpAddr),
    /// The part of a site that begins so.
    Prefix(UrlFilter),
}

/// Names that lead no further than the network a device is in.
const LOCAL: [&str; 5] = ["localhost", "localdomain", "local", "internal", "home.arpa"];

/// Reads an entry. A scheme, a leading `*.` or `.`, and a closing point or `/` say nothing; a
/// list speaks of sites, however they are reached.
pub(super) fn read_entry(text: &str) -> Result<Entry<'_>, Dropped> {
    let text = without_scheme(text)?;
    let (authority, rest) = text.split_at(text.find(['/', '?']).unwrap_or(text.len()));
    let rest = match rest.strip_suffix('*') {
        Some(prefix) if prefix.starts_with('/') => prefix,
        _ => rest,
    };
    if text.contains(['#', '@']) {
        return Err(Dropped::Unreadable);
    }
    let (host, port) = split_port(authority);
    let host = read_host(without_star(host))?;
    if port.is_none() && matches!(rest, "" | "/") {
        return Ok(host.into());
    }
    let written = port.map_or_else(String::new, |port| format!(":{port}"));
    match format!("{host}{written}{rest}").parse::<UrlFilter>() {
        // A `?` with nothing behind it asks for nothing.
        Ok(filter) if port.is_none() && filter.query.is_empty() && filter.path.len() < 2 => {
            Ok(host.into())
        }
        Ok(filter) => Ok(Entry::Prefix(filter)),
        Err(ParseFilterError::StarInPath(_)) => Err(Dropped::Pattern),
        Err(_) => Err(Dropped::Unreadable),
    }
}

/// The way for nearly every line of nearly every list: `None` leaves it to [`read_entry`], which
/// says the same of what this reads.
pub(super) fn read_plain_domain(text: &str) -> Option<&str> {
    let (mut in_label, mut last_label) = (0, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            // `xn--` is to be looked into.
            b'-' if in_label == 3 => return None,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => in_label += 1,
            b'.' if (1..=63).contains(&in_label) => (in_label, last_label) = (0, at + 1),
            _ => return None,
        }
    }
    let top = text.get(last_label..)?;
    let is_whole = text.len() <= 253
        && last_label > 0
        && in_label <= 63
        && top.starts_with(|c: char| c.is_ascii_lowercase())
        && !matches!(
            top,
            "localhost" | "localdomain" | "local" | "internal" | "arpa"
        );
    is_whole.then_some(text)
}

/// Whose site an entry is about.
enum Host<'a> {
    Domain(Cow<'a, str>),
    Address(IpAddr),
}

impl<'a> From<Host<'a>> for Entry<'a> {
    fn from(host: Host<'a>) -> Self {
        match host {
            Host::Domain(name) => Self::Domain(name),
            Host::Address(address) => Self::Address(address),
        }
    }
}

impl std::fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Domain(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

fn without_scheme(text: &str) -> Result<&str, Dropped> {
    match text.split_once("://") {
        None => Ok(text),
        Some((scheme, rest))
            if ["http", "https"]
                .iter()
                .any(|web| scheme.eq_ignore_ascii_case(web)) =>
        {
            Ok(rest)
        }
        Some(_) => Err(Dropped::Unreadable),
    }
}

/// `*.x.example` and `.x.example` as lists write the names below a domain.
fn without_star(host: &str) -> &str {
    let host = host
        .strip_prefix('*')
        .filter(|rest| rest.starts_with('.'))
        .unwrap_or(host);
    host.strip_prefix('.').unwrap_or(host)
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // The colons of an address of the sixth version are its own.
        Some((host, port))
            if !port.contains(']') && (host.ends_with(']') || !host.contains(':')) =>
        {
            (host, Some(port))
        }
        _ => (authority, None),
    }
}

fn read_host(text: &str) -> Result<Host<'_>, Dropped> {
    if text.contains('*') {
        return Err(Dropped::Pattern);
    }
    match read_address(text) {
        Some(address) if is_local_address(address) => Err(Dropped::Local),
        Some(address) => Ok(Host::Address(address)),
        None => read_name(text).map(Host::Domain),
    }
}

fn read_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        return bare.unwrap_or(text).parse().ok().map(IpAddr::V6);
    }
    text.ends_with(|c: char| c.is_ascii_digit())
        .then(|| text.parse::<Ipv4Addr>().ok().map(IpAddr::V4))?
}

/// Whether an address is no public one, so that a device means its own surroundings by it.
fn is_local_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_unspecified()
                || v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_multicast()
        }
        IpAddr::V6(v6) => {
            v6.is_unspecified()
                || v6.is_loopback()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
        }
    }
}

fn read_name(text: &str) -> Result<Cow<'_, str>, Dropped> {
    let text = text.trim_end_matches('.');
    let name = if is_plain(text) {
        Cow::Borrowed(text)
    } else {
        idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL)
            .map_err(|_| Dropped::Unreadable)?
    };
    if !name.bytes().all(is_of_names) || !is_name(&name) {
        return Err(Dropped::Unreadable);
    }
    if !name.contains('.') {
        return Err(Dropped::SingleLabel);
    }
    if LOCAL.iter().any(|local| is_below(&name, local)) {
        return Err(Dropped::Local);
    }
    Ok(name)
}

/// Whether a text is made of what names are made of and needs no conversion.
fn is_plain(text: &str) -> bool {
    let converted = text.as_bytes().windows(4).any(|four| four == b"xn--");
    text.bytes().all(is_of_names) && !converted
}

fn is_of_names(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.')
}

/// Whether the labels are such as names have, and the last cannot be read as a number: browsers
/// would read an address.
fn is_name(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x");
    text.len() <= 253
        && text.split('.').all(|label| (1..=63).contains(&label.len()))
        && !last.bytes().all(|byte| byte.is_ascii_digit())
        && !hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain)
        .is_some_and(|below| below.ends_with('.'))
}
