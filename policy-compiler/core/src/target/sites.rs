//! The verdicts over sites that one engine is to give, and what became of them.

use std::collections::BTreeSet;
use std::fmt;

use fyr_schemas::ControlId;

use super::sites_control;
use crate::desired::{CategoryRule, Decided, PartsRule, SiteEntry, Verdict};
use crate::url_filter::UrlFilter;

/// The entries that every browser reads of one list; Firefox drops the rest without a word.
/// Chromium 156 reads 1,500, older ones and Edge 1,000.
pub(super) const LONGEST_LIST: usize = 1000;

/// What an engine is to be told.
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
#[derive(Debug, Default)]
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
pub(super) struct Loss {
    /// The sites, in the words of the source.
    pub(super) what: String,
    pub(super) reason: LossReason,
}

/// The reasons of a [`Loss`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LossReason {
    /// The browser's list is full.
    ListFull,
    /// The browser has no means for a port.
    Port,
    /// The browser has no means for a query condition.
    Query,
    /// The browser writes a `|` in addresses otherwise.
    Bar,
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
        let what = format!("category:{}", whole.rule.category.id);
        self.losses
            .push((whole.control.clone(), Loss { what, reason }));
    }
}

impl Loss {
    /// A name of a closed category that no target can close.
    pub(super) fn no_host_name(name: &str) -> Self {
        Self {
            what: name.to_owned(),
            reason: LossReason::NoHostName,
        }
    }

    /// Prefixes and addresses of a category that no browser is told of.
    pub(super) fn too_many_parts(parts: &PartsRule) -> Self {
        Self {
            what: format!("category:{}", parts.category.id),
            reason: LossReason::TooManyParts(parts.parts.len()),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = &self.what;
        match &self.reason {
            LossReason::ListFull => write!(
                f,
                "`{what}` does not fit: the browser reads {LONGEST_LIST} entries of a list"
            ),
            LossReason::Port => write!(f, "`{what}`: the browser cannot tell ports apart"),
            LossReason::Query => write!(f, "`{what}`: the browser reads no query conditions"),
            LossReason::Bar => write!(f, "`{what}`: the browser writes `|` otherwise"),
            LossReason::Scheme => write!(f, "`{what}`: the browser filters no such scheme"),
            LossReason::Address => write!(f, "`{what}`: the browser filters no such address"),
            LossReason::NoWarning => write!(
                f,
                "`{what}` opens, and the browser cannot show the guidance first"
            ),
            LossReason::NoHostName => write!(
                f,
                "`{what}` does not fit into the browser's list, and no hosts file holds such a name"
            ),
            LossReason::TooManyParts(count) => write!(
                f,
                "`{what}`: {count} of its URL prefixes and addresses do not fit: the browser reads \
                 {LONGEST_LIST} entries of a list, and no name tells them apart"
            ),
            LossReason::WouldOpen(closed) => write!(
                f,
                "`{what}` stays closed: the browser would open `{closed}` with it"
            ),
        }
    }
}
