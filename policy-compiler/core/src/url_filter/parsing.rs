//! Reads a URL filter as an administrator writes it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::{Host, QueryCondition, QueryEnd, UrlFilter};

/// No browser takes a longer address.
const LONGEST: usize = 2048;

/// Why a text is not a URL filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseFilterError {
    /// Nothing was written.
    #[error("the filter is empty")]
    Empty,
    /// More than 2,048 characters.
    #[error("the filter is longer than {LONGEST} characters")]
    TooLong,
    /// A blank or a control character.
    #[error("a filter holds no blanks: `{0}`")]
    Blank(String),
    /// `*` with something else in the host: browsers match it with nothing.
    #[error("`*` stands for a whole host, so `{0}` matches nothing")]
    StarInHost(String),
    /// `*` in the path: browsers compare it letter by letter.
    #[error("`*` means nothing in the path `{0}`")]
    StarInPath(String),
    /// Not a host name, not an address, not `*`.
    #[error("`{0}` is not a host name")]
    Host(String),
    /// Not a scheme.
    #[error("`{0}` is not a scheme")]
    Scheme(String),
    /// Not a port.
    #[error("`{0}` is not a port from 1 to 65535")]
    Port(String),
    /// A condition without a key.
    #[error("the query `{0}` has a condition without a key")]
    Query(String),
    /// `key=` with nothing behind it: browsers match it with `key` alone, without `=`.
    #[error("`{0}=` matches no address with a value")]
    NoValue(String),
}

impl ParseFilterError {
    /// What to write instead.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::StarInHost(host) => {
                let name = host.trim_start_matches(['*', '.']);
                (!name.is_empty() && !name.contains('*'))
                    .then(|| format!("write `{name}`: it matches every name below it too"))
            }
            Self::StarInPath(path) => path
                .strip_suffix('*')
                .filter(|prefix| !prefix.contains('*'))
                .map(|prefix| {
                    format!("write `{prefix}`: a path matches everything that begins with it")
                }),
            Self::Host(_) => Some(
                "write a host such as `example.org`, `.example.org` for that name alone, or `*`"
                    .to_owned(),
            ),
            Self::NoValue(key) => Some(format!("write `{key}=*` for every value")),
            Self::Empty
            | Self::TooLong
            | Self::Blank(_)
            | Self::Scheme(_)
            | Self::Port(_)
            | Self::Query(_) => None,
        }
    }
}

impl FromStr for UrlFilter {
    type Err = ParseFilterError;

    fn from_str(text: &str) -> Result<Self, ParseFilterError> {
        if text.is_empty() {
            return Err(ParseFilterError::Empty);
        }
        if text.len() > LONGEST {
            return Err(ParseFilterError::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(ParseFilterError::Blank(text.escape_default().to_string()));
        }
        let text = text.split_once('#').map_or(text, |(before, _)| before);
        if let Some(scheme) = whole_scheme(text) {
            return Ok(Self {
                scheme: Some(parse_scheme(scheme)?),
                host: Host::Any,
                port: None,
                path: String::new(),
                query: Vec::new(),
            });
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(parse_scheme(scheme)?), rest),
            None => (None, text),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = parse_authority(authority, scheme.as_deref())?;
        if path.contains('*') {
            return Err(ParseFilterError::StarInPath(path.to_owned()));
        }
        Ok(Self {
            scheme,
            host,
            port,
            path: percent_encoded(path),
            query: parse_query(&percent_encoded(query))?,
        })
    }
}

/// `scheme:*` and `scheme://*`; a name with a point before the colon is a host.
fn whole_scheme(text: &str) -> Option<&str> {
    let scheme = text
        .strip_suffix(":*")
        .or_else(|| text.strip_suffix("://*"))?;
    (!scheme.contains(['.', '/', ':'])).then_some(scheme)
}

fn parse_scheme(text: &str) -> Result<String, ParseFilterError> {
    let is_scheme = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if is_scheme {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(ParseFilterError::Scheme(text.to_owned()))
    }
}

fn parse_authority(
    text: &str,
    scheme: Option<&str>,
) -> Result<(Host, Option<u16>), ParseFilterError> {
    if text.is_empty() && scheme == Some("file") {
        return Ok((Host::Any, None));
    }
    // User and password say nothing about where a URL leads; browsers ignore them here too.
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let colon = text
        .rfind(':')
        .filter(|at| text.rfind(']').is_none_or(|end| end < *at));
    let (host, port) = match colon {
        Some(at) => {
            let (host, port) = text.split_at(at);
            let port = port.trim_start_matches(':');
            (host, Some(parse_port(port)?))
        }
        None => (text, None),
    };
    Ok((parse_host(host)?, port))
}

fn parse_port(text: &str) -> Result<u16, ParseFilterError> {
    text.parse()
        .ok()
        .filter(|port| *port != 0 && text.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| ParseFilterError::Port(text.to_owned()))
}

fn parse_host(text: &str) -> Result<Host, ParseFilterError> {
    if text == "*" {
        return Ok(Host::Any);
    }
    if text.contains('*') {
        return Err(ParseFilterError::StarInHost(text.to_owned()));
    }
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return inner
            .parse::<Ipv6Addr>()
            .map(|address| Host::Address(IpAddr::V6(address)))
            .map_err(|_| ParseFilterError::Host(text.to_owned()));
    }
    let exact = text.strip_prefix('.');
    if let Ok(address) = exact.unwrap_or(text).parse::<Ipv4Addr>() {
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    let name =
        host_name(exact.unwrap_or(text)).ok_or_else(|| ParseFilterError::Host(text.to_owned()))?;
    Ok(match exact {
        Some(_) => Host::Exact(name),
        None => Host::WithSubdomains(name),
    })
}

/// Letters beyond ASCII as URLs carry them: browsers compare a filter with the URL's own text.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii() {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
    encoded
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16)
        .unwrap_or_default()
        .to_ascii_uppercase()
}

/// The name in lower case and punycode, without a closing point. A last label of digits would be read as an address.
fn host_name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let name = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL).ok()?;
    let is_name = (1..=253).contains(&name.len())
        && name.split('.').all(|label| (1..=63).contains(&label.len()))
        && !name
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    is_name.then(|| name.into_owned())
}

fn parse_query(text: &str) -> Result<Vec<QueryCondition>, ParseFilterError> {
    let mut conditions = text
        .split('&')
        .filter(|condition| !condition.is_empty())
        .map(|condition| parse_condition(condition, text))
        .collect::<Result<Vec<_>, _>>()?;
    conditions.sort();
    conditions.dedup();
    Ok(conditions)
}

fn parse_condition(text: &str, query: &str) -> Result<QueryCondition, ParseFilterError> {
    let (text, end) = match text.strip_suffix('*') {
        Some(text) => (text, QueryEnd::Prefix),
        None => (text, QueryEnd::Exact),
    };
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (text, None),
    };
    if key.is_empty() {
        return Err(ParseFilterError::Query(query.to_owned()));
    }
    if value.as_deref() == Some("") && end == QueryEnd::Exact {
        return Err(ParseFilterError::NoValue(key.to_owned()));
    }
    Ok(QueryCondition {
        key: key.to_owned(),
        value,
        end,
    })
}
