//! The verdicts over sites that one engine is to give, and what became of them.

use std::collections::BTreeSet;

use fyr_schemas::ControlId;

use super::sites_control;
use crate::desired::{CategoryRule, Decided, PartsRule, SiteEntry};
use crate::gap::{Loss, LossReason};
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
            reason: LossReason::TooManyParts {
                count: parts.parts.len(),
            },
        }
    }
}
