//! The verdicts over sites that one engine is to give, from settings and from rules, and which
//! of them bar one another.

use std::collections::BTreeSet;
use std::fmt;

use fyr_schemas::ControlId;
use fyr_schemas::bundle::Engine;

use super::Clash;
use crate::desired::Verdict;
use crate::url_filter::UrlFilter;

/// The entries that every browser reads of one list; Firefox drops the rest without a word.
/// Chromium 156 reads 1,500, older ones and Edge 1,000.
pub(super) const LONGEST_LIST: usize = 1000;

/// One verdict.
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
    /// The entries of both lists, and whether they are open.
    written: BTreeSet<(bool, String)>,
}

/// Why an engine does not give a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) filter: UrlFilter,
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
}

impl Lists {
    /// Adds an entry in order of importance; beyond the browser's limit it is a loss.
    pub(super) fn push(&mut self, site: &Site, entry: String) {
        let list = match site.verdict {
            Verdict::Allow | Verdict::Warn => &mut self.open,
            Verdict::Block => &mut self.closed,
        };
        let known = (site.verdict.is_open(), entry);
        if !self.written.contains(&known) {
            if list.len() == LONGEST_LIST {
                return self.lose(site, LossReason::ListFull);
            }
            list.push(known.1.clone());
            self.written.insert(known);
        }
        self.entered.insert((site.control.clone(), site.verdict));
    }

    /// Records that a verdict will not be given.
    pub(super) fn lose(&mut self, site: &Site, reason: LossReason) {
        let filter = site.filter.clone();
        self.losses
            .push((site.control.clone(), Loss { filter, reason }));
    }
}

/// Leaves out what would undo another verdict: a rule cannot open what a setting closes, and
/// a setting opens nothing that a rule closes.
pub(super) fn settle(engine: Engine, sites: Vec<Site>) -> (Vec<Site>, Vec<Clash>) {
    let closed_by = |origin: Origin| {
        let closed = sites
            .iter()
            .filter(move |site| site.origin == origin && site.verdict == Verdict::Block);
        closed.cloned().collect::<Vec<_>>()
    };
    let (by_setting, by_rule) = (closed_by(Origin::Setting), closed_by(Origin::Rule));
    let mut clashes = Vec::new();
    let mut settled = Vec::new();
    for site in sites {
        let closed = match (site.verdict, site.origin) {
            (Verdict::Block, Origin::Setting | Origin::Rule) => None,
            (Verdict::Allow | Verdict::Warn, Origin::Rule) => opened(&site, &by_setting),
            (Verdict::Allow | Verdict::Warn, Origin::Setting) => opened(&site, &by_rule),
        };
        match (closed, site.origin) {
            (None, Origin::Setting | Origin::Rule) => settled.push(site),
            (Some(_), Origin::Setting) => {}
            (Some(closed), Origin::Rule) => clashes.push(Clash {
                engine,
                subject: site.filter.to_string(),
                kept: closed.control.clone(),
                dropped: site.control,
            }),
        }
    }
    (settled, clashes)
}

/// The first closed site that an open one would open, wholly or in part.
fn opened<'a>(open: &Site, closed: &'a [Site]) -> Option<&'a Site> {
    closed.iter().find(|closed| {
        open.filter.overlaps(&closed.filter)
            && open.filter.specificity() >= closed.filter.specificity()
    })
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filter = &self.filter;
        match &self.reason {
            LossReason::ListFull => write!(
                f,
                "`{filter}` does not fit: the browser reads {LONGEST_LIST} entries of a list"
            ),
            LossReason::Port => write!(f, "`{filter}`: the browser cannot tell ports apart"),
            LossReason::Query => write!(f, "`{filter}`: the browser reads no query conditions"),
            LossReason::Bar => write!(f, "`{filter}`: the browser writes `|` otherwise"),
            LossReason::Scheme => write!(f, "`{filter}`: the browser filters no such scheme"),
            LossReason::Address => write!(f, "`{filter}`: the browser filters no such address"),
            LossReason::NoWarning => write!(
                f,
                "`{filter}` opens, and the browser cannot show the guidance first"
            ),
            LossReason::WouldOpen(closed) => write!(
                f,
                "`{filter}` stays closed: the browser would open `{closed}` with it"
            ),
        }
    }
}
