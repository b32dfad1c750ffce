//! What was meant by a site that cannot be read, or that says something else than it seems to.

use std::net::{IpAddr, Ipv6Addr};

use psl::{List as PublicSuffixes, Psl as _, Type};

use crate::finding::{Diagnostic, Role, Site, SiteFault};
use crate::meant::did_you_mean;
use crate::source::Place;
use crate::url_filter::{ParseFilterError, UrlFilter};

/// The finding for a text that is a filter to a browser and was meant as something else, so that
/// what was meant would not hold.
pub(super) fn slip(site: &str, place: Place) -> Option<Diagnostic> {
    let fault = typeset(site)
        .or_else(|| several(site))
        .or_else(|| misspelt_word(site))
        .or_else(|| misspelt_scheme(site))
        .or_else(|| range(site))
        .or_else(|| bare_address(site))
        .or_else(|| path_alone(site))
        .or_else(|| stray_hyphen(site))?;
    Some(refused(site, fault, place))
}

/// The finding for a text that is no filter.
pub(super) fn unreadable(site: &str, error: &ParseFilterError, place: Place) -> Diagnostic {
    let fault = SiteFault::Filter {
        error: error.clone(),
        meant: meant(site, error),
    };
    refused(site, fault, place)
}

/// The finding for a name that is no site: one word, or an ending that strangers share. Written
/// with its closing point, a name is meant as it stands.
pub(super) fn doubtful(site: &str, filter: &UrlFilter, place: Place) -> Option<Diagnostic> {
    let name = filter.host_name()?;
    let is_meant = site.starts_with('.') || authority(site).ends_with('.') || filter.port.is_some();
    if is_meant || name == "localhost" {
        return None;
    }
    let suffix = PublicSuffixes.suffix(name.as_bytes())?;
    if suffix.typ() == Some(Type::Icann) && suffix.as_bytes() == name.as_bytes() {
        let ending = Diagnostic::of(Site::Ending {
            site: site.to_owned(),
            name: name.to_owned(),
        });
        return Some(ending.at(place, Role::AnEnding));
    }
    (!name.contains('.')).then(|| {
        Diagnostic::of(Site::OneWord {
            site: site.to_owned(),
            name: name.to_owned(),
            host: authority(site).to_owned(),
        })
        .at(place, Role::WithoutEnding)
    })
}

fn refused(site: &str, fault: SiteFault, place: Place) -> Diagnostic {
    let site = site.to_owned();
    Diagnostic::of(Site::Wrong { site, fault }).at(place, Role::WrongSite)
}

/// `“x.example”` and `x–y.example`, as programs for letters put them: YAML knows no such quotes, and
/// no name on the internet has such a hyphen, so the filter would match nothing.
fn typeset(site: &str) -> Option<SiteFault> {
    const QUOTES: &str = "“”„‟‘’‚‛«»‹›´";
    const HYPHENS: &str = "‐‑‒–—―−";

    let host = authority(site);
    let is_typeset = |letter: char| QUOTES.contains(letter) || HYPHENS.contains(letter);
    let letter = host.chars().find(|letter| is_typeset(*letter))?;
    let meant: String = site
        .chars()
        .filter(|letter| !QUOTES.contains(*letter))
        .map(|letter| {
            if HYPHENS.contains(letter) {
                '-'
            } else {
                letter
            }
        })
        .collect();
    let meant = is_site(&meant).then_some(meant);
    Some(SiteFault::Typographic { letter, meant })
}

/// Several sites in one text.
fn several(site: &str) -> Option<SiteFault> {
    let mut parts = site
        .split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';'))
        .filter(|part| !part.is_empty() && *part != "-");
    let sites: Vec<&str> = parts.clone().collect();
    let are_sites = sites.len() > 1 && parts.all(is_site) && !site.contains('?');
    let sites = sites.into_iter().map(str::to_owned);
    are_sites.then(|| SiteFault::Several {
        sites: sites.collect(),
    })
}

/// `Services:approved`.
fn misspelt_word(site: &str) -> Option<SiteFault> {
    const WORDS: [&str; 3] = ["service", "services", "category"];

    let (word, name) = site.split_once(':')?;
    let name = name.trim();
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.bytes().all(|byte| byte.is_ascii_digit());
    let meant = did_you_mean(word.trim(), WORDS).filter(|_| is_name)?;
    Some(SiteFault::MisspeltWord {
        meant: format!("{meant}:{name}"),
    })
}

/// `http//x.example`, `https:/x.example`, `htps://x.example`.
fn misspelt_scheme(site: &str) -> Option<SiteFault> {
    let (before, after) = site.split_at(site.find([':', '/'])?);
    let rest = after.trim_start_matches([':', '/']);
    let scheme = did_you_mean(before, ["http", "https"])?;
    let is_right = scheme.eq_ignore_ascii_case(before) && after.starts_with("://");
    let is_separator = after.starts_with("//") || after.starts_with(':');
    if is_right || !is_separator || !is_site(rest) {
        return None;
    }
    let rest = rest.to_owned();
    Some(if after.starts_with(':') {
        let scheme = scheme.to_owned();
        SiteFault::UnknownScheme { scheme, rest }
    } else {
        let scheme = before.to_owned();
        SiteFault::NoColon { scheme, rest }
    })
}

/// `10.0.0.0/8`.
fn range(site: &str) -> Option<SiteFault> {
    let (written, length) = site.split_once('/')?;
    let bare = written
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(written);
    let address: IpAddr = bare.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    length.parse::<u8>().ok().filter(|bits| *bits <= most)?;
    let address = match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    let length = length.to_owned();
    Some(SiteFault::AddressRange { length, address })
}

/// `2001:db8::1`, of which browsers would read the last part as a port.
fn bare_address(site: &str) -> Option<SiteFault> {
    let address: Ipv6Addr = site.parse().ok()?;
    Some(SiteFault::NoBrackets {
        address: address.to_string(),
    })
}

/// `/path`, and what is meant as a pattern: `/x.*example/`.
fn path_alone(site: &str) -> Option<SiteFault> {
    (site.starts_with('/') && site.len() > 1).then_some(SiteFault::NoHost)
}

/// `-x.example`.
fn stray_hyphen(site: &str) -> Option<SiteFault> {
    let host = authority(site);
    let trimmed: Vec<&str> = host
        .split('.')
        .map(|label| label.trim_matches('-'))
        .collect();
    let trimmed = trimmed.join(".");
    let meant = site.replacen(host, &trimmed, 1);
    let host = host.to_owned();
    (trimmed != host && is_site(&meant)).then_some(SiteFault::StrayHyphen { host, meant })
}

/// Whose site a text is about, as far as it says so.
fn authority(site: &str) -> &str {
    let rest = site.split_once("://").map_or(site, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The nearest text that is a site.
fn meant(site: &str, error: &ParseFilterError) -> Option<String> {
    let text: String = site.split_whitespace().collect();
    let text = text.replace('\\', "/");
    let text = match error {
        ParseFilterError::Port(port) => text.replacen(&format!(":{port}"), "", 1),
        ParseFilterError::Query(_) => text.split('?').next().unwrap_or_default().to_owned(),
        ParseFilterError::StarInHost(_) | ParseFilterError::StarInPath(_) => without_stars(&text),
        ParseFilterError::Host(_) => text.replace("..", ".").replace(',', "."),
        ParseFilterError::NoValue(key) => with_any_value(&text, key),
        ParseFilterError::Empty
        | ParseFilterError::TooLong
        | ParseFilterError::Blank(_)
        | ParseFilterError::Spelling { .. }
        | ParseFilterError::Scheme(_)
        | ParseFilterError::Whole(_)
        | ParseFilterError::NotLookedUp(_)
        | ParseFilterError::File(_)
        | ParseFilterError::Repeated(_) => text,
    };
    (text != site && is_site(&text)).then_some(text)
}

/// `x.example?q=` with `q=*` in its query.
fn with_any_value(text: &str, key: &str) -> String {
    let (before, query) = text.split_once('?').unwrap_or((text, ""));
    let bare = format!("{key}=");
    let conditions = query.split('&').map(|condition| {
        if condition == bare {
            format!("{bare}*")
        } else {
            condition.to_owned()
        }
    });
    let conditions: Vec<String> = conditions.collect();
    format!("{before}?{}", conditions.join("&"))
}

/// `*.x.example`, `x.example/*` and `x.example/a*b` as far as a filter can say them: what follows
/// is meant without being said.
fn without_stars(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    let rest = rest.trim_start_matches(['*', '.']);
    let rest = rest.split('*').next().unwrap_or_default();
    format!("{scheme}{}", rest.strip_suffix('/').unwrap_or(rest))
}

/// Whether a text is a filter of some site of the internet.
fn is_site(text: &str) -> bool {
    let filter = text.parse::<UrlFilter>();
    filter.is_ok_and(|filter| match filter.host_name() {
        Some(name) => name.contains('.'),
        None => !filter.is_of_any_host(),
    })
}
