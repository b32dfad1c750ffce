//! Reads a URL filter as an administrator writes it.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use url::Url;

use super::reading::{ENCODED_IN_PATHS, ENCODED_IN_QUERIES, encoded};
use super::scheme::{self, Reach};
use super::{Host, QueryCondition, QueryEnd, UrlFilter, address_text};

/// No browser takes a longer address.
pub(crate) const LONGEST: usize = 2048;

/// Why a text is not a URL filter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error, serde::Serialize)]
#[error("not a URL filter")]
#[serde(rename_all = "kebab-case")]
pub enum ParseFilterError {
    /// Nothing was written.
    Empty,
    /// More than 2,048 characters.
    TooLong,
    /// A blank or a control character.
    Blank(String),
    /// `*` with something else in the host: browsers match it with nothing.
    StarInHost(String),
    /// `*` in the path: browsers compare it letter by letter.
    StarInPath(String),
    /// Not a host name, not an address, not `*`.
    Host(String),
    /// An address spelt otherwise than in URLs: browsers compare it letter by letter.
    Spelling {
        /// What was written.
        written: String,
        /// How URLs spell it.
        canonical: String,
    },
    /// Not a scheme.
    Scheme(String),
    /// More than the scheme, where browsers read no more.
    Whole(String),
    /// A scheme that browsers never look up in their lists.
    NotLookedUp(String),
    /// More than a plain path about files, or a path that browsers read otherwise than they write it.
    File(String),
    /// Not a port.
    Port(String),
    /// A condition without a key.
    Query(String),
    /// `key=` with nothing behind it: browsers match it with `key` alone, without `=`.
    NoValue(String),
    /// A key with two values: of an allow, browsers read the first alone.
    Repeated(String),
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
                scheme: Some(looked_up(parse_scheme(scheme)?)?),
                host: Host::Any,
                port: None,
                path: String::new(),
                query: Vec::new(),
            });
        }
        if let Some(scheme) = opaque_scheme(text) {
            return Err(indistinguishable(scheme));
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
        let filter = Self {
            scheme,
            host,
            port,
            path: encoded(path, ENCODED_IN_PATHS).into_owned(),
            query: parse_query(&encoded(query, ENCODED_IN_QUERIES))?,
        };
        if filter.scheme.as_deref() == Some("file") && !filter.is_plain_file() {
            return Err(ParseFilterError::File(text.to_owned()));
        }
        Ok(filter)
    }
}

impl UrlFilter {
    /// Whether a filter about files is what browsers read it as: they resolve its path, decode
    /// it, and drop everything else.
    fn is_plain_file(&self) -> bool {
        let is_path = self.host == Host::Any && self.port.is_none() && self.query.is_empty();
        let resolved = Url::parse(&format!("file://{}", self.path));
        is_path
            && !self.path.contains("//")
            && !self.path.contains('%')
            && resolved.is_ok_and(|url| url.path() == self.path)
    }
}

/// `scheme:*` and `scheme://*`; a name with a point before the colon is a host.
fn whole_scheme(text: &str) -> Option<&str> {
    let scheme = text
        .strip_suffix(":*")
        .or_else(|| text.strip_suffix("://*"))?;
    (!scheme.contains(['.', '/', ':', '?'])).then_some(scheme)
}

/// The scheme of a text such as `data:text/html`, of whose URLs browsers read no host. In
/// `localhost:8080`, and where there is a point, the first part is a host.
fn opaque_scheme(text: &str) -> Option<String> {
    let (before, after) = text.split_once(':')?;
    let port = after.split(['/', '?']).next().unwrap_or_default();
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let scheme = parse_scheme(before).ok().filter(|_| !is_port)?;
    match scheme::reach(&scheme) {
        Reach::Host | Reach::Path => None,
        Reach::Whole | Reach::Nothing => Some(scheme),
    }
}

fn indistinguishable(scheme: String) -> ParseFilterError {
    match scheme::reach(&scheme) {
        Reach::Nothing => ParseFilterError::NotLookedUp(scheme),
        Reach::Host | Reach::Path | Reach::Whole => ParseFilterError::Whole(scheme),
    }
}

/// The scheme, where browsers look its URLs up.
fn looked_up(scheme: String) -> Result<String, ParseFilterError> {
    match scheme::reach(&scheme) {
        Reach::Host | Reach::Path | Reach::Whole => Ok(scheme),
        Reach::Nothing => Err(ParseFilterError::NotLookedUp(scheme)),
    }
}

fn parse_scheme(text: &str) -> Result<String, ParseFilterError> {
    let is_scheme = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
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
    let written = exact.unwrap_or(text);
    if let Ok(url::Host::Ipv4(address)) = url::Host::parse(written) {
        let (address, canonical) = (IpAddr::V4(address), address_text(IpAddr::V4(address)));
        return if written == canonical {
            Ok(Host::Address(address))
        } else {
            let written = text.to_owned();
            Err(ParseFilterError::Spelling { written, canonical })
        };
    }
    let name = host_name(written).ok_or_else(|| ParseFilterError::Host(text.to_owned()))?;
    Ok(match exact {
        Some(_) => Host::Exact(name),
        None => Host::WithSubdomains(name),
    })
}

/// The name in lower case and punycode, without a closing point. What URLs would read as an
/// address, or write otherwise, is no name.
fn host_name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let name = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL).ok()?;
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let is_name = (1..=253).contains(&name.len())
        && name.split('.').all(is_label)
        && matches!(url::Host::parse(&name), Ok(url::Host::Domain(_)));
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
    match conditions.array_windows().find(|[one, two]| one.bars(two)) {
        Some([one, _]) => Err(ParseFilterError::Repeated(one.key.clone())),
        None => Ok(conditions),
    }
}

impl QueryCondition {
    /// Whether both want a certain value of one key.
    fn bars(&self, other: &Self) -> bool {
        let is_certain = |condition: &Self| {
            condition.value.is_some()
                && (condition.end == QueryEnd::Exact || condition.value.as_deref() != Some(""))
        };
        self.key == other.key && is_certain(self) && is_certain(other)
    }
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
