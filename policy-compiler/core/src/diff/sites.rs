//! Sites whose verdict, floor or ground changes.

use std::collections::BTreeMap;

use super::members::{self, Members};
use super::site_risk::{News, floor, held, risk};
use super::{Change, Crowds, Gathered, Risk, Sides, Steps, Subject};
use crate::policy::SiteSet;
use crate::resolve::{Resolved, Sites};

pub(super) fn changes(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let (mut gathered, mut members) = (Gathered::default(), Members::default());
    // Groups share what is said of sites.
    let mut known: BTreeMap<[*const Sites<'_>; 2], Vec<News>> = BTreeMap::new();
    for time in sides.times() {
        let (old, new) = (&*time.old.sites, &*time.new.sites);
        let both = [old, new].map(std::ptr::from_ref);
        let news = known.entry(both).or_insert_with(|| {
            let mut news = members.changes(old, new);
            news.extend(named(old, new).iter().flat_map(|each| each.news(old, new)));
            let of_overlaps = members::of_overlaps(old, new, &news);
            news.extend(of_overlaps);
            news
        });
        for (risk, subject, held) in news {
            gathered.add((*risk, subject.clone()), held.clone(), time.when());
        }
    }
    gathered.into_changes(crowds)
}

/// How grave all that changes of sites is where the one holds instead of the other.
pub(super) fn risk_between(before: &Resolved<'_>, after: &Resolved<'_>) -> Risk {
    let (old, new) = (&*before.sites, &*after.sites);
    let named = named(old, new).into_iter();
    let risks = named.map(|each| {
        let (verdict, floor) = each.risks(old, new);
        verdict.max(floor.map_or(Risk::Ground, |(risk, _)| risk))
    });
    let of_overlaps = members::of_overlaps(old, new, &[]).into_iter();
    let all = risks.chain(of_overlaps.map(|(risk, ..)| risk));
    all.max().unwrap_or(Risk::Ground)
}

/// Something that one of two policies names. Each side means its own list, as far as it speaks of it.
struct Named<'s> {
    name: String,
    before: &'s SiteSet,
    after: &'s SiteSet,
}

/// Everything that one of the two names, in the words of the source.
fn named<'s>(old: &'s Sites<'_>, new: &'s Sites<'_>) -> Vec<Named<'s>> {
    let mut all: BTreeMap<String, [Option<&SiteSet>; 2]> = BTreeMap::new();
    for (side, sites) in [old, new].into_iter().enumerate() {
        for claim in &sites.claims {
            let named = &claim.says.sites;
            let on_both = all.entry(named.to_string()).or_default();
            if let Some(on_side) = on_both.get_mut(side) {
                *on_side = Some(named);
            }
        }
    }
    let all = all.into_iter();
    all.filter_map(|(name, [in_old, in_new])| {
        Some(Named {
            name,
            before: in_old.or(in_new)?,
            after: in_new.or(in_old)?,
        })
    })
    .collect()
}

impl Named<'_> {
    /// What changes of it: what holds, and what no lower unit may loosen where that is graver.
    fn news(&self, old: &Sites<'_>, new: &Sites<'_>) -> Vec<News> {
        let held = (
            held(old.verdict_over(self.before)),
            held(new.verdict_over(self.after)),
        );
        let (risk, floor) = self.risks(old, new);
        let reported = if held.0 == held.1 {
            Risk::Nothing
        } else {
            risk
        };
        let floor = floor.filter(|(risk, _)| reported < *risk);
        let floor = floor.map(|(risk, held)| (risk, Subject::Floor(self.name.clone()), held));
        let holds = (risk, Subject::Site(self.name.clone()), held);
        [holds].into_iter().chain(floor).collect()
    }

    /// How grave what changes of its verdict is, and what becomes of its floors.
    fn risks(&self, old: &Sites<'_>, new: &Sites<'_>) -> (Risk, Option<(Risk, Steps)>) {
        let floor = floor((old, self.before), (new, self.after));
        let verdicts = (old.verdict_over(self.before), new.verdict_over(self.after));
        (risk(verdicts, floor.as_ref()), floor)
    }
}
