//! Reads the files of one category into what it lists, each thing once.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::account::{Account, Dropped, Placement};
use super::domains::DomainSet;
use super::entry::{Entry, read_entry, read_plain_domain};
use super::subsume::Names;
use super::syntax::{Line, read_line};
use crate::url_filter::{Host, UrlFilter};

/// The most names that room is made for before they are met.
const MOST_EXPECTED: usize = 1_000_000;

/// What a category lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The domains.
    pub domains: Arc<DomainSet>,
    /// The addresses.
    pub addresses: BTreeSet<IpAddr>,
    /// Parts of sites that are on none of the domains and addresses, sorted.
    pub prefixes: Vec<UrlFilter>,
    /// What was dropped.
    pub account: Account,
}

/// Reads the files of a category, in which what comes first counts and what says the same
/// again is dropped. Never fails: what cannot be read is dropped with its reason.
pub fn read<'a>(files: impl IntoIterator<Item = &'a [u8]>) -> List {
    let texts: Vec<Cow<'_, str>> = files.into_iter().map(String::from_utf8_lossy).collect();
    let mut reading = Reading::default();
    for (file, text) in texts.iter().enumerate() {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        // Nearly every line of nearly every list is a name.
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        reading.names.reserve(lines.min(MOST_EXPECTED));
        for (before, line) in text.split('\n').enumerate() {
            let line_number = before + 1;
            reading.line(
                line,
                Placement {
                    file,
                    line: line_number,
                },
            );
        }
    }
    reading.finish()
}

#[derive(Debug, Default)]
struct Reading<'a> {
    names: Names<'a>,
    addresses: BTreeSet<IpAddr>,
    prefixes: Vec<(UrlFilter, Placement)>,
    account: Account,
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: &'a str, place: Placement) {
        if let Some(name) = read_plain_domain(line.trim_ascii_end()) {
            self.account.entries += 1;
            return self.names.push(Cow::Borrowed(name), place);
        }
        if line.contains(char::REPLACEMENT_CHARACTER) {
            return self.drop(Dropped::NotText, place);
        }
        match read_line(line) {
            Line::Nothing => {}
            Line::Site(site) => self.site(site, place),
            Line::Hosts(names) => {
                for name in names.split_whitespace() {
                    self.site(name, place);
                }
            }
            Line::Dropped(reason) => self.drop(reason, place),
        }
    }

    fn drop(&mut self, reason: Dropped, place: Placement) {
        self.account.entries += 1;
        self.account.drop(reason, place);
    }

    fn site(&mut self, site: &'a str, place: Placement) {
        match read_entry(site) {
            Err(reason) => return self.drop(reason, place),
            Ok(Entry::Domain(name)) => self.names.push(name, place),
            Ok(Entry::Address(address)) => {
                if !self.addresses.insert(address) {
                    return self.drop(Dropped::Duplicate, place);
                }
            }
            Ok(Entry::Prefix(filter)) => self.prefixes.push((filter, place)),
        }
        self.account.entries += 1;
    }

    fn finish(self) -> List {
        let Self {
            names,
            addresses,
            mut prefixes,
            mut account,
        } = self;
        let domains = names.subsume(&mut account);
        prefixes.sort();
        let mut kept: Vec<UrlFilter> = Vec::new();
        for (prefix, place) in prefixes {
            let around = kept.last().filter(|last| last.contains(&prefix));
            if around == Some(&prefix) {
                account.drop(Dropped::Duplicate, place);
            } else if around.is_some() || is_listed(&prefix, &domains, &addresses) {
                account.drop(Dropped::Covered, place);
            } else {
                kept.push(prefix);
            }
        }
        List {
            domains: Arc::new(domains),
            addresses,
            prefixes: kept,
            account,
        }
    }
}

/// Whether the whole site of a prefix is listed.
fn is_listed(prefix: &UrlFilter, domains: &DomainSet, addresses: &BTreeSet<IpAddr>) -> bool {
    match &prefix.host {
        Host::WithSubdomains(name) | Host::Exact(name) => domains.covering(name).is_some(),
        Host::Address(address) => addresses.contains(address),
        Host::Any => false,
    }
}
