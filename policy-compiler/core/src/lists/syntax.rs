//! What one line of a list says, in whichever syntax: plain, hosts or adblock.

use std::net::IpAddr;

use super::account::Dropped;

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Nothing: it is empty, a comment or a heading.
    Nothing,
    /// A domain, an address or a URL prefix, as it is written.
    Site(&'a str),
    /// The names of a hosts line, with blanks between them.
    Hosts(&'a str),
    /// Something that is no part of a category.
    Dropped(Dropped),
}

/// The marks between the sites of a cosmetic rule and what it hides there.
const COSMETIC: [&str; 6] = ["##", "#@#", "#?#", "#$#", "#%#", "$$"];

/// The options of an adblock rule that leave it a rule about visits.
const ABOUT_VISITS: [&str; 4] = ["all", "doc", "document", "important"];

/// Reads a line; blanks around it say nothing.
pub(super) fn read_line(line: &str) -> Line<'_> {
    let line = line.trim();
    let Some(first) = line.chars().next() else {
        return Line::Nothing;
    };
    match first {
        '#' if is_cosmetic(line) => Line::Dropped(Dropped::Cosmetic),
        '#' | '!' => Line::Nothing,
        '[' if line.ends_with(']') && !line.contains(':') => Line::Nothing,
        '@' if line.starts_with("@@") => Line::Dropped(Dropped::Exception),
        '/' => Line::Dropped(Dropped::Pattern),
        '|' => read_rule(line),
        _ if hides_on_sites(line) => Line::Dropped(Dropped::Cosmetic),
        _ => read_words(line),
    }
}

/// Whether a line that begins as a comment does hides something everywhere: `##.banner`.
fn is_cosmetic(line: &str) -> bool {
    let Some(hidden) = COSMETIC.iter().find_map(|mark| line.strip_prefix(mark)) else {
        return false;
    };
    let hidden = hidden.strip_prefix('#').unwrap_or(hidden);
    hidden.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '[' | '*' | '+'))
}

/// Whether a line hides something on the sites it begins with: `x.example##.banner`.
fn hides_on_sites(line: &str) -> bool {
    let mut before = COSMETIC
        .iter()
        .filter_map(|mark| Some(line.split_once(mark)?.0));
    before.any(|sites| !sites.contains(char::is_whitespace))
}

/// A plain line, or one of a hosts file.
fn read_words(line: &str) -> Line<'_> {
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.split('#').next().unwrap_or_default().trim();
    if rest.is_empty() {
        return Line::Site(first);
    }
    let address = first.split('%').next().unwrap_or_default();
    match address.parse::<IpAddr>() {
        Ok(address) if leads_nowhere(address) => Line::Hosts(rest),
        Ok(_) => Line::Dropped(Dropped::Redirect),
        Err(_) => Line::Dropped(Dropped::Unreadable),
    }
}

/// Whether a name with this address is closed, rather than led elsewhere.
fn leads_nowhere(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_loopback() || v4.is_broadcast(),
        IpAddr::V6(v6) => {
            v6.is_unspecified()
                || v6.is_loopback()
                || v6.is_multicast()
                || v6.is_unicast_link_local()
        }
    }
}

/// A rule of an adblock list that begins with `|`.
fn read_rule(line: &str) -> Line<'_> {
    let Some(rule) = line.strip_prefix("||") else {
        return Line::Dropped(Dropped::Pattern);
    };
    let (site, options) = rule.rsplit_once('$').unwrap_or((rule, ""));
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "badfilter" => return Line::Dropped(Dropped::Exception),
            option if ABOUT_VISITS.contains(&option) => {}
            _ => return Line::Dropped(Dropped::SomeRequests),
        }
    }
    // Behind a host `^` says that the host ends there, which goes without saying here; behind a
    // path it makes the rule narrower than a prefix.
    let whole = site.strip_suffix('^').filter(|host| !host.contains('/'));
    let site = whole.unwrap_or(site);
    if site.contains(['^', '|']) {
        return Line::Dropped(Dropped::Pattern);
    }
    Line::Site(site)
}
