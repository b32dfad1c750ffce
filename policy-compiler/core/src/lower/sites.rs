//! The verdicts over sites that one engine is to give, and what became of them.

use std::collections::BTreeSet;
use std::fmt;

use fyr_schemas::ControlId;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::sites_control;
use crate::desired::{CategoryRule, Decided, PartsRule, SiteEntry};
use crate::url_filter::{UrlFilter, Verdict};

/// What an open filter needs so that a browser opens what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// An entry: without it something would be closed.
    Entry,
    /// Nothing, and it is shown all the same where there is room: a rule promises it.
    Promise,
    /// Nothing.
    Nothing,
}

/// The entries that every browser reads of one list; Firefox drops the rest without a word.
/// Chromium 156 reads 1,500, older ones and Edge 1,000.
pub(super) const LONGEST_LIST: usize = 1000;

/// What an engine is to be given.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    /// One filter.
    One(Site),
    /// The domains of a category, all of them or none.
    Whole(Whole),
}

/// One verdict over what one filter matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) verdict: Verdict,
    pub(super) filter: UrlFilter,
    /// The control that wants it.
    pub(super) control: ControlId,
    pub(super) origin: Origin,
}

/// Who wants a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A setting, to put itself in force.
    Setting,
    /// A rule about sites.
    Rule,
}

/// One verdict over the domains of a category.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Whole {
    pub(super) rule: CategoryRule,
    /// The control that wants it.
    pub(super) control: ControlId,
}

/// What became of an engine's verdicts.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    /// Entries that stay open, as the engine writes them.
    pub(super) open: Vec<String>,
    /// Entries that are closed, as the engine writes them.
    pub(super) closed: Vec<String>,
    /// The controls that have an entry, and whether it is open or closed.
    pub(super) entered: BTreeSet<(ControlId, Verdict)>,
    /// Verdicts that the engine will not give.
    pub(super) losses: Vec<(ControlId, Loss)>,
    /// Closed categories that the lists have no room for.
    pub(super) left: Vec<Whole>,
}

/// Why an engine does not give a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loss {
    /// The sites, in the words of the source.
    pub(super) what: String,
    pub(super) reason: LossReason,
}

/// Why an engine does not give a verdict over a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossReason {
    /// The browser's list is full.
    ListFull,
    /// The browser does not support a port.
    Port,
    /// The browser does not support a query condition.
    Query,
    /// The browser writes a `|` in addresses otherwise.
    Bar,
    /// The browser reads the escapes of addresses and merges their slashes before it compares.
    Escaped,
    /// The browser filters no such scheme.
    Scheme,
    /// The browser has no means for such an address.
    Address,
    /// Keeping it open would open this, which is closed.
    WouldOpen(UrlFilter),
    /// The browser opens it without the guidance.
    NoWarning,
    /// No hosts file holds such a name.
    NoHostName,
    /// They are so many prefixes and addresses, more than any browser's list holds.
    TooManyParts(usize),
    /// The oldest browser in use does not know the list; what it would need, in words.
    Unread(String),
}

impl Entry {
    /// What a rule says.
    pub(super) fn of_rule(decided: &Decided<SiteEntry>) -> Self {
        let control = sites_control(decided.value.verdict(), &decided.rule);
        match &decided.value {
            SiteEntry::Filter(rule) => Self::One(Site {
                verdict: rule.verdict,
                filter: rule.filter.clone(),
                control,
                origin: Origin::Rule,
            }),
            SiteEntry::Category(rule) => Self::Whole(Whole {
                rule: rule.clone(),
                control,
            }),
        }
    }
}

impl Site {
    pub(super) fn is_closed(&self) -> bool {
        !self.verdict.is_open()
    }
}

impl Whole {
    pub(super) fn is_closed(&self) -> bool {
        !self.rule.verdict.is_open()
    }

    /// What it says of one domain.
    pub(super) fn site(&self, domain: &str) -> Site {
        Site {
            verdict: self.rule.verdict,
            filter: UrlFilter::of_domain(domain),
            control: self.control.clone(),
            origin: Origin::Rule,
        }
    }

    /// What it says of each.
    pub(super) fn sites(&self) -> impl Iterator<Item = Site> {
        self.rule.domains().map(|domain| self.site(domain))
    }
}

impl Lists {
    /// Records that a verdict over one filter will not be given.
    pub(super) fn lose(&mut self, site: &Site, reason: LossReason) {
        let what = site.filter.to_string();
        self.losses
            .push((site.control.clone(), Loss { what, reason }));
    }

    /// Records that the verdict over a category will not be given.
    pub(super) fn lose_whole(&mut self, whole: &Whole, reason: LossReason) {
        let loss = Loss::of_whole(whole, reason);
        self.losses.push((whole.control.clone(), loss));
    }
}

impl Loss {
    /// The verdict over a category.
    pub(super) fn of_whole(whole: &Whole, reason: LossReason) -> Self {
        Self {
            what: format!("category:{}", whole.rule.category.id),
            reason,
        }
    }

    /// A name of a closed category that no target can close.
    pub(super) fn no_host_name(name: &str) -> Self {
        Self {
            what: name.to_owned(),
            reason: LossReason::NoHostName,
        }
    }

    /// Prefixes and addresses of a category that no browser is given.
    pub(super) fn too_many_parts(parts: &PartsRule) -> Self {
        Self {
            what: format!("category:{}", parts.category.id),
            reason: LossReason::TooManyParts(parts.parts.len()),
        }
    }
}

impl LossReason {
    /// The word of reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::ListFull => "list-full",
            Self::Port => "port",
            Self::Query => "query",
            Self::Bar => "bar",
            Self::Escaped => "escaped",
            Self::Scheme => "scheme",
            Self::Address => "address",
            Self::WouldOpen(_) => "would-open",
            Self::NoWarning => "no-warning",
            Self::NoHostName => "no-host-name",
            Self::TooManyParts(_) => "too-many-parts",
            Self::Unread(_) => "unread",
        }
    }
}

/// What it is of the browser or the device, for any site.
impl fmt::Display for LossReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ListFull => write!(f, "the browser reads {LONGEST_LIST} entries of a list"),
            Self::Port => f.write_str("the browser cannot tell ports apart"),
            Self::Query => f.write_str("the browser reads no query conditions"),
            Self::Bar => f.write_str("the browser writes `|` otherwise"),
            Self::Escaped => f.write_str(
                "the browser reads escapes and merges slashes before it compares, and never meets this",
            ),
            Self::Scheme => f.write_str("the browser filters no such scheme"),
            Self::Address => f.write_str("the browser filters no such address"),
            Self::WouldOpen(closed) => write!(f, "the browser would open `{closed}` with it"),
            Self::NoWarning => f.write_str("the browser cannot show the guidance first"),
            Self::NoHostName => f.write_str("no hosts file holds such a name"),
            Self::TooManyParts(_) => write!(
                f,
                "the browser reads {LONGEST_LIST} entries of a list, and no name tells them apart"
            ),
            Self::Unread(needs) => f.write_str(needs),
        }
    }
}

impl Serialize for LossReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reported = serializer.serialize_struct("LossReason", 2)?;
        reported.serialize_field("reason", self.word())?;
        reported.serialize_field("because", &self.to_string())?;
        reported.end()
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, reason } = self;
        match reason {
            LossReason::ListFull => write!(f, "`{what}` does not fit: {reason}"),
            LossReason::NoWarning => write!(f, "`{what}` opens, and {reason}"),
            LossReason::NoHostName => {
                write!(
                    f,
                    "`{what}` does not fit into the browser's list, and {reason}"
                )
            }
            LossReason::TooManyParts(count) => write!(
                f,
                "`{what}`: {count} of its URL prefixes and addresses do not fit: {reason}"
            ),
            LossReason::WouldOpen(_) => write!(f, "`{what}` stays closed: {reason}"),
            LossReason::Port
            | LossReason::Query
            | LossReason::Bar
            | LossReason::Escaped
            | LossReason::Scheme
            | LossReason::Address
            | LossReason::Unread(_) => write!(f, "`{what}`: {reason}"),
        }
    }
}
