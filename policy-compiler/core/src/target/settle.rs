//! Leaves out what would undo another verdict: a rule cannot open what a setting closes, and a
//! setting opens nothing that a rule closes.

use fyr_schemas::ControlId;
use fyr_schemas::bundle::Engine;

use super::Clash;
use super::sites::{Entry, Origin, Site, Whole};
use crate::desired::Verdict;
use crate::url_filter::{ByHost, UrlFilter};

/// What can stand beside one another, in the same order, and each rule that cannot have its way.
pub(super) fn settle(engine: Engine, entries: Vec<Entry>) -> (Vec<Entry>, Vec<Clash>) {
    let closed = Closed::of(&entries);
    let judged: Vec<Judged> = entries.iter().map(|entry| closed.judge(entry)).collect();
    let (mut settled, mut clashes) = (Vec::new(), Vec::new());
    for (entry, judged) in entries.into_iter().zip(judged) {
        let dropped = entry.control().clone();
        clashes.extend(judged.barred.into_iter().map(|(filter, kept)| Clash {
            engine,
            subject: filter.to_string(),
            kept,
            dropped: dropped.clone(),
        }));
        settled.extend(judged.stays);
    }
    (settled, clashes)
}

/// What becomes of an entry.
struct Judged {
    /// What of it can stand.
    stays: Option<Entry>,
    /// What of it a rule cannot open, each with the control that closes it.
    barred: Vec<(UrlFilter, ControlId)>,
}

/// Everything that is closed.
struct Closed<'e> {
    by_settings: ByHost<(usize, &'e Site)>,
    by_rules: ByHost<(usize, &'e Site)>,
    wholes: Vec<&'e Whole>,
    /// Whether open categories need entries: everything around them is closed.
    is_everything: bool,
}

impl<'e> Closed<'e> {
    fn of(entries: &'e [Entry]) -> Self {
        let mut closed = Self {
            by_settings: ByHost::default(),
            by_rules: ByHost::default(),
            wholes: Vec::new(),
            is_everything: false,
        };
        for (number, entry) in entries.iter().enumerate() {
            match entry {
                Entry::One(site) if site.is_closed() => {
                    let sites = match site.origin {
                        Origin::Setting => &mut closed.by_settings,
                        Origin::Rule => &mut closed.by_rules,
                    };
                    sites.file(&site.filter, (number, site));
                    closed.is_everything |= site.filter.is_wildcard();
                }
                Entry::Whole(whole) if whole.is_closed() => closed.wholes.push(whole),
                Entry::One(_) | Entry::Whole(_) => {}
            }
        }
        closed
    }

    fn judge(&self, entry: &Entry) -> Judged {
        match entry {
            Entry::One(site) => self.judge_one(site),
            Entry::Whole(whole) => self.judge_whole(whole),
        }
    }

    fn judge_one(&self, site: &Site) -> Judged {
        let stands = |barred: Vec<_>, is_barred: bool| Judged {
            stays: (!is_barred).then(|| Entry::One(site.clone())),
            barred,
        };
        match (site.verdict, site.origin) {
            (Verdict::Block, Origin::Setting | Origin::Rule) => stands(Vec::new(), false),
            (Verdict::Allow | Verdict::Warn, Origin::Rule) => {
                let by = opened(&site.filter, &self.by_settings);
                let barred = by.map(|by| (site.filter.clone(), by.control.clone()));
                stands(Vec::from_iter(barred.clone()), barred.is_some())
            }
            (Verdict::Allow | Verdict::Warn, Origin::Setting) => {
                let is_barred = opened(&site.filter, &self.by_rules).is_some()
                    || self
                        .wholes
                        .iter()
                        .any(|whole| opens_into(&site.filter, whole));
                stands(Vec::new(), is_barred)
            }
        }
    }

    /// Of a category, the domains that a setting closes.
    fn judge_whole(&self, whole: &Whole) -> Judged {
        let mut barred = Vec::new();
        let mut stays = whole.clone();
        if self.is_everything && !whole.is_closed() {
            for domain in whole.rule.domains() {
                let filter = UrlFilter::of_domain(domain);
                if let Some(by) = opened(&filter, &self.by_settings) {
                    stays.rule.except.insert(domain.to_owned());
                    barred.push((filter, by.control.clone()));
                }
            }
        }
        Judged {
            stays: Some(Entry::Whole(stays)),
            barred,
        }
    }
}

/// The first closed site that an open filter would open, wholly or in part.
fn opened<'e>(open: &UrlFilter, closed: &ByHost<(usize, &'e Site)>) -> Option<&'e Site> {
    let rank = open.specificity();
    closed
        .near(open)
        .filter(|(_, closed)| open.overlaps(&closed.filter) && rank >= closed.filter.specificity())
        .min_by_key(|(number, _)| number)
        .map(|(_, closed)| *closed)
}

/// Whether a filter would open a part of a closed domain.
fn opens_into(open: &UrlFilter, whole: &Whole) -> bool {
    let domain = open
        .host_name()
        .and_then(|host| whole.rule.domain_over(host));
    domain.is_some_and(|domain| open.overlaps(&UrlFilter::of_domain(domain)))
}

impl Entry {
    /// The control that wants it.
    fn control(&self) -> &ControlId {
        match self {
            Self::One(site) => &site.control,
            Self::Whole(whole) => &whole.control,
        }
    }
}
