//! What no lower unit may loosen: floors that are lost or gained, though the same may hold.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Content, Effective, Risk, Steps};
use crate::policy::Rule;

/// A value that a rule bounds others with.
pub(super) struct Bound<'r, V> {
    pub(super) rule: &'r Rule,
    pub(super) value: V,
    pub(super) held: Effective,
}

/// What became of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// One as strict, as firm and from as high binds.
    Kept,
    /// One as firm and from as high has another value, neither stricter nor weaker.
    Changed,
    /// Nothing of the kind binds any more.
    Lost,
}

/// The gravest that becomes of the bounds of one side on the other; `strictness` says which of two
/// values is the stricter, as [`Setting::strictness`] does. `None` where all are kept and none is new.
///
/// [`Setting::strictness`]: crate::settings::Setting::strictness
pub(super) fn change<V>(
    old: &[Bound<'_, V>],
    new: &[Bound<'_, V>],
    strictness: impl Fn(&V, &V) -> Option<Ordering>,
) -> Option<(Risk, Steps)> {
    let gravest = |bounds: &[Bound<'_, V>], others: &[Bound<'_, V>]| {
        let fates = bounds.iter().map(|bound| fate(bound, others, &strictness));
        // Of those alike the first: it stands highest.
        let fates = fates.enumerate().rev();
        let (at, fate) = fates.max_by_key(|(_, fate)| *fate)?;
        let bound = bounds.get(at).filter(|_| fate > Fate::Kept)?;
        Some((fate, bound.held.clone()))
    };
    let strongest = |bounds: &[Bound<'_, V>]| {
        let firmest = bounds.iter().min_by_key(|bound| bound.rule.firmness());
        firmest.map_or_else(
            || Effective::by_no_rule(Content::Nothing),
            |bound| bound.held.clone(),
        )
    };
    let lost = gravest(old, new).map(|(fate, held)| {
        let risk = match fate {
            Fate::Kept | Fate::Changed => Risk::Different,
            Fate::Lost => Risk::Weaker,
        };
        (risk, (held, strongest(new)))
    });
    let gained = || {
        let (_, held) = gravest(new, old)?;
        Some((Risk::Tighter, (strongest(old), held)))
    };
    let helds = |bounds: &[Bound<'_, V>]| -> BTreeSet<Effective> {
        bounds.iter().map(|bound| bound.held.clone()).collect()
    };
    let on_another_ground = || {
        let steps = (strongest(old), strongest(new));
        (helds(old) != helds(new)).then_some((Risk::Ground, steps))
    };
    lost.or_else(gained).or_else(on_another_ground)
}

fn fate<V>(
    bound: &Bound<'_, V>,
    others: &[Bound<'_, V>],
    strictness: impl Fn(&V, &V) -> Option<Ordering>,
) -> Fate {
    let (rule, value) = (bound.rule, &bound.value);
    let as_firm = others.iter().filter(|other| {
        other.rule.firmness() <= rule.firmness() && other.rule.unit().contains(rule.unit())
    });
    let fates = as_firm.map(|other| match strictness(&other.value, value) {
        Some(Ordering::Less) => Fate::Lost,
        Some(Ordering::Equal | Ordering::Greater) => Fate::Kept,
        None => Fate::Changed,
    });
    fates.min().unwrap_or(Fate::Lost)
}
