//! Sites in Firefox: match patterns, among which an exception always wins.
//!
//! Firefox compares in lower case, and addresses as a server would resolve them ([`as_compared`]);
//! it ranks nothing. A filter that a pattern cannot express, and an exception that would open
//! something more specific, are left out and reported; for what is left, Firefox gives the verdicts
//! of [`verdict`](crate::url_filter::verdict) on pages of the web as it compares them, in lower case
//! (`tests/system/oracle.rs`).

mod compared;

pub use self::compared::as_compared;
use self::compared::is_ever_compared;
use super::sites::Need;
use crate::gap::LossReason;
use crate::url_filter::{ByHost, Host, UrlFilter};

/// What an open filter needs beside everything that is closed: an exception, where something
/// that ranks below it would close a part of it that nothing above it closes anyway. Refused where
/// something that ranks above it closes part of it, or would in another case of letters.
pub(super) fn need(open: &UrlFilter, closed: &ByHost<UrlFilter>) -> Result<Need, LossReason> {
    let (rank, lower) = (open.specificity(), open.in_lower_case());
    let near = || {
        let near = closed.near(open);
        near.filter(|closed| closed.in_lower_case().overlaps(&lower))
    };
    let is_closed_anyway = |part: &UrlFilter| {
        let mut around = closed.around(part);
        around.any(|above| above.specificity() > rank && above.in_lower_case().contains(part))
    };
    let would_close = |closed: &UrlFilter| {
        let part = lower.intersection(&closed.in_lower_case());
        closed.specificity() <= rank && part.is_none_or(|part| !is_closed_anyway(&part))
    };
    if !near().any(would_close) {
        return Ok(Need::Nothing);
    }
    let bars = |closed: &&UrlFilter| {
        let above = closed.specificity();
        above > rank || (above == rank && !closed.overlaps(open))
    };
    match near().find(bars) {
        None => Ok(Need::Entry),
        Some(closed) => Err(LossReason::WouldOpen {
            closed: closed.clone(),
        }),
    }
}

/// The match pattern that selects what a filter selects.
pub(super) fn match_pattern(filter: &UrlFilter) -> Result<String, LossReason> {
    if filter.is_wildcard() {
        return Ok("<all_urls>".to_owned());
    }
    if filter.port.is_some() {
        return Err(LossReason::Port);
    }
    if !filter.query.is_empty() {
        return Err(LossReason::Query);
    }
    // Chromium encodes this letter in addresses, and Firefox does not.
    if filter.path.contains("%7C") {
        return Err(LossReason::Bar);
    }
    if !is_ever_compared(&filter.path) {
        return Err(LossReason::Escaped);
    }
    let scheme = match filter.scheme.as_deref() {
        None => "*",
        Some(scheme @ ("http" | "https" | "ws" | "wss" | "ftp" | "file")) => scheme,
        Some(_) => return Err(LossReason::Scheme),
    };
    let host = match &filter.host {
        Host::Any if scheme == "file" => String::new(),
        Host::Any => "*".to_owned(),
        Host::Exact(host) => host.clone(),
        Host::WithSubdomains(host) => format!("*.{host}"),
        Host::Address(std::net::IpAddr::V4(address)) => address.to_string(),
        Host::Address(std::net::IpAddr::V6(_)) => return Err(LossReason::Address),
    };
    let path = if filter.path.is_empty() {
        "/"
    } else {
        &filter.path
    };
    Ok(format!("{scheme}://{host}{path}*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filter: &str, expected: Result<&str, LossReason>) {
        let filter: UrlFilter = filter.parse().expect(filter);
        assert_eq!(match_pattern(&filter), expected.map(str::to_owned));
    }

    #[test]
    fn a_filter_becomes_the_pattern_that_selects_the_same() {
        check("*", Ok("<all_urls>"));
        check("example.com", Ok("*://*.example.com/*"));
        check(".example.com", Ok("*://example.com/*"));
        check("https://example.com/a", Ok("https://*.example.com/a*"));
        check("192.0.2.1", Ok("*://192.0.2.1/*"));
        check("*/path", Ok("*://*/path*"));
        check("file:///home", Ok("file:///home*"));
    }

    #[test]
    fn what_a_pattern_cannot_say_is_a_loss() {
        check("example.com:8443", Err(LossReason::Port));
        check("example.com/s?q=x", Err(LossReason::Query));
        check("example.com/a|b", Err(LossReason::Bar));
        check("example.com/a%62", Err(LossReason::Escaped));
        check("example.com/a//b", Err(LossReason::Escaped));
        check("javascript://*", Err(LossReason::Scheme));
        check("[2001:db8::1]", Err(LossReason::Address));
    }
}
