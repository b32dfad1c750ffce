//! What holds over a site, and how serious it is that something else takes its place.

use std::cmp::Ordering;

use super::bounds::{self, Bound};
use super::{Content, Effective, Risk, Steps, Subject};
use crate::policy::SiteSet;
use crate::resolve::{SiteClaim, Sites};
use crate::url_filter::Verdict;

/// What changes, how grave it is, and what held and will.
pub(super) type News = (Risk, Subject, Steps);

/// What holds, with the rule that decides it.
pub(super) fn held(claim: Option<SiteClaim<'_>>) -> Effective {
    match claim {
        None => Effective::by_no_rule(Content::Written(Verdict::Allow.word().to_owned())),
        Some(claim) => Effective::by(claim.rule, claim.says.verdict.word().to_owned()),
    }
}

/// How grave it is that a verdict takes the place of another. The same one may be held more firmly or
/// less.
pub(super) fn risk(
    (before, after): (Option<SiteClaim<'_>>, Option<SiteClaim<'_>>),
    floor: Option<&(Risk, Steps)>,
) -> Risk {
    let verdict =
        |claim: Option<SiteClaim<'_>>| claim.map_or(Verdict::Allow, |claim| claim.says.verdict);
    match verdict(after).cmp(&verdict(before)) {
        Ordering::Less => Risk::Weaker,
        Ordering::Greater => Risk::Tighter,
        Ordering::Equal => floor.map_or(Risk::Ground, |(risk, _)| *risk),
    }
}

/// What becomes of the floors over some sites.
pub(super) fn floor(
    (old, before): (&Sites<'_>, &SiteSet),
    (new, after): (&Sites<'_>, &SiteSet),
) -> Option<(Risk, Steps)> {
    let (old, new) = (old.bounds_over(before), new.bounds_over(after));
    let compare = |one: &Verdict, other: &Verdict| Some(one.cmp(other));
    bounds::change(&restricting(&old), &restricting(&new), compare)
}

/// A promise that a site stays open is no restriction, so only what closes it or warns of it can be
/// loosened.
fn restricting<'v>(bounds: &'v [SiteClaim<'_>]) -> Vec<Bound<'v, Verdict>> {
    let bounds = bounds.iter();
    bounds
        .filter(|claim| claim.says.verdict != Verdict::Allow)
        .map(|claim| Bound {
            rule: claim.rule,
            value: claim.says.verdict,
            held: held(Some(*claim)),
        })
        .collect()
}
