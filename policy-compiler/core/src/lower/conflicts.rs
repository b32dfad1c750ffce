//! Leaves out what would undo another verdict: a rule cannot open what a setting closes, and a
//! setting opens nothing that a rule closes.

use fyr_schemas::ControlId;
use fyr_schemas::bundle::Engine;

use super::Clash;
use super::sites::{Entry, Origin, Whole};
use crate::url_filter::{ByHost, UrlFilter};

/// What can stand beside one another, in the same order, and each rule that is overridden.
/// What settings close is given apart, since many groups share it.
pub(super) fn without_conflicts(
    engine: Engine,
    entries: Vec<Entry>,
    by_settings: &ClosedBySettings,
) -> (Vec<Entry>, Vec<Clash>) {
    let closed = ClosedByRules::of(&entries);
    let is_everything = closed.is_everything || by_settings.is_everything;
    let admitted: Vec<bool> = entries.iter().map(|entry| closed.admits(entry)).collect();
    let (mut kept, mut clashes) = (Vec::new(), Vec::new());
    for (mut entry, is_admitted) in entries.into_iter().zip(admitted) {
        let barred = by_settings.bars(&entry, is_everything);
        let is_admitted = is_admitted && entry.without(&barred);
        let dropped = entry.control();
        clashes.extend(barred.into_iter().map(|(filter, kept)| Clash {
            engine,
            subject: filter.to_string(),
            kept,
            dropped: dropped.clone(),
        }));
        if is_admitted {
            kept.push(entry);
        }
    }
    (kept, clashes)
}

/// What settings close.
#[derive(Debug, Clone, Default)]
pub(super) struct ClosedBySettings {
    sites: ByHost<(usize, UrlFilter, ControlId)>,
    is_everything: bool,
}

impl ClosedBySettings {
    /// Of what settings want.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut closed = Self::default();
        for (number, entry) in entries.iter().enumerate() {
            if let Entry::One(site) = entry
                && site.is_closed()
            {
                closed.is_everything |= site.filter.is_wildcard();
                let closed_site = (number, site.filter.clone(), site.control.clone());
                closed.sites.file(&site.filter, closed_site);
            }
        }
        closed
    }

    /// Whether they close everything.
    pub(super) fn is_everything(&self) -> bool {
        self.is_everything
    }

    /// Whether they close a part of what a filter matches.
    pub(super) fn meet(&self, filter: &UrlFilter) -> bool {
        let mut near = self.sites.near(filter);
        near.any(|(_, closed, _)| closed.overlaps(filter))
    }

    /// What of an entry of a rule a setting keeps closed, each with the control that does. Open
    /// categories need entries only where everything around them is closed.
    pub(super) fn bars(
        &self,
        entry: &Entry,
        is_everything_closed: bool,
    ) -> Vec<(UrlFilter, ControlId)> {
        let barred = |filter: UrlFilter| {
            let (_, _, by) = opened(&filter, &self.sites, |(number, closed, _)| {
                (*number, closed)
            })?;
            Some((filter, by.clone()))
        };
        match entry {
            Entry::One(site) => {
                let is_open = !site.is_closed() && site.origin == Origin::Rule;
                let filter = is_open.then(|| site.filter.clone());
                filter.and_then(barred).into_iter().collect()
            }
            Entry::Whole(whole) if is_everything_closed && !whole.is_closed() => {
                let domains = whole.rule.domains().map(UrlFilter::of_domain);
                domains.filter_map(barred).collect()
            }
            Entry::Whole(_) => Vec::new(),
        }
    }
}

/// What rules close.
struct ClosedByRules<'e> {
    sites: ByHost<(usize, &'e UrlFilter)>,
    wholes: Vec<&'e Whole>,
    is_everything: bool,
}

impl<'e> ClosedByRules<'e> {
    fn of(entries: &'e [Entry]) -> Self {
        let mut closed = Self {
            sites: ByHost::default(),
            wholes: Vec::new(),
            is_everything: false,
        };
        for (number, entry) in entries.iter().enumerate() {
            match entry {
                Entry::One(site) if site.is_closed() && site.origin == Origin::Rule => {
                    closed.sites.file(&site.filter, (number, &site.filter));
                    closed.is_everything |= site.filter.is_wildcard();
                }
                Entry::Whole(whole) if whole.is_closed() => closed.wholes.push(whole),
                Entry::One(_) | Entry::Whole(_) => {}
            }
        }
        closed
    }

    /// Whether an entry opens nothing that a rule closes, which no setting may.
    fn admits(&self, entry: &Entry) -> bool {
        match entry {
            Entry::One(site) if !site.is_closed() && site.origin == Origin::Setting => {
                let mut wholes = self.wholes.iter();
                opened(&site.filter, &self.sites, |(number, closed)| {
                    (*number, closed)
                })
                .is_none()
                    && !wholes.any(|whole| opens_into(&site.filter, whole))
            }
            Entry::One(_) | Entry::Whole(_) => true,
        }
    }
}

/// The first closed thing that an open filter would open, wholly or in part.
fn opened<'c, T>(
    open: &UrlFilter,
    closed: &'c ByHost<T>,
    site: impl Fn(&'c T) -> (usize, &'c UrlFilter),
) -> Option<&'c T> {
    let rank = open.specificity();
    closed
        .near(open)
        .filter(|closed| {
            let (_, closed) = site(closed);
            open.overlaps(closed) && rank >= closed.specificity()
        })
        .min_by_key(|closed| site(closed).0)
}

/// Whether a filter would open a part of a closed domain.
fn opens_into(open: &UrlFilter, whole: &Whole) -> bool {
    let domain = open
        .host_name()
        .and_then(|host| whole.rule.domain_over(host));
    domain.is_some_and(|domain| open.overlaps(&UrlFilter::of_domain(domain)))
}

impl Entry {
    /// Leaves out what is barred; whether anything of it can stand.
    fn without(&mut self, barred: &[(UrlFilter, ControlId)]) -> bool {
        match self {
            Self::One(_) => barred.is_empty(),
            Self::Whole(whole) => {
                let names = barred.iter().filter_map(|(filter, _)| filter.host_name());
                whole.rule.except.extend(names.map(str::to_owned));
                true
            }
        }
    }

    /// The control that wants it.
    pub(super) fn control(&self) -> &ControlId {
        match self {
            Self::One(site) => &site.control,
            Self::Whole(whole) => &whole.control,
        }
    }
}
