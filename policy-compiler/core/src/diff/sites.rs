//! Sites whose verdict, floor or ground changes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::members::Members;
use super::{Change, Crowds, Gathered, Held, Risk, Sides, Subject};
use crate::desired::Verdict;
use crate::policy::{Firmness, SiteSet};
use crate::resolve::{Resolved, SiteVoice};

pub(super) fn changes(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let (mut gathered, mut members) = (Gathered::default(), Members::default());
    for time in sides.times() {
        let (old, new) = (time.old, time.new);
        for (risk, subject, held) in members.changes(&old.sites, &new.sites) {
            gathered.add((*risk, subject.clone()), held.clone(), time.when());
        }
        for (name, before, after) in verdicts(old, new) {
            let held = (held(before), held(after));
            let subject = Subject::Site(name);
            gathered.add((risk(before, after), subject), held, time.when());
        }
    }
    gathered.into_changes(crowds)
}

/// How grave all that changes of sites is where the one holds instead of the other.
pub(super) fn risk_between(before: &Resolved<'_>, after: &Resolved<'_>) -> Risk {
    let risks = verdicts(before, after).into_iter();
    let risks = risks.map(|(_, before, after)| risk(before, after));
    risks.max().unwrap_or(Risk::Ground)
}

/// Everything that one of the two names, and what decides over it in each.
fn verdicts<'a>(
    old: &Resolved<'a>,
    new: &Resolved<'a>,
) -> Vec<(String, Option<SiteVoice<'a>>, Option<SiteVoice<'a>>)> {
    let (of_old, mut of_new) = (named(old), named(new));
    let mut all: Vec<(String, Option<&SiteSet>, Option<&SiteSet>)> = Vec::new();
    for (name, in_old) in of_old {
        let in_new = of_new.remove(&name);
        all.push((name, Some(in_old), in_new));
    }
    all.extend(
        of_new
            .into_iter()
            .map(|(name, in_new)| (name, None, Some(in_new))),
    );
    all.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    let all = all.into_iter();
    all.map(|(name, in_old, in_new)| {
        // Each side means its own list, as far as it speaks of it.
        let before = in_old
            .or(in_new)
            .and_then(|sites| old.sites.verdict_over(sites));
        let after = in_new
            .or(in_old)
            .and_then(|sites| new.sites.verdict_over(sites));
        (name, before, after)
    })
    .collect()
}

/// Everything that the rules of a group name, in the words of the source.
fn named<'a>(resolved: &Resolved<'a>) -> BTreeMap<String, &'a SiteSet> {
    let sets = resolved.sites.voices.iter().map(|voice| &voice.says.sites);
    sets.map(|sites| (sites.to_string(), sites)).collect()
}

pub(super) fn held(voice: Option<SiteVoice<'_>>) -> Held {
    match voice {
        None => Held {
            value: Verdict::Allow.word().to_owned(),
            rule: None,
            strength: None,
            decision: None,
        },
        Some(voice) => Held {
            value: voice.says.verdict.word().to_owned(),
            rule: Some(voice.rule.id().clone()),
            strength: Some(voice.rule.firmness().words()),
            decision: voice.rule.decision().cloned(),
        },
    }
}

pub(super) fn risk(before: Option<SiteVoice<'_>>, after: Option<SiteVoice<'_>>) -> Risk {
    let verdict =
        |voice: Option<SiteVoice<'_>>| voice.map_or(Verdict::Allow, |voice| voice.says.verdict);
    match verdict(after).cmp(&verdict(before)) {
        Ordering::Less => Risk::Weaker,
        Ordering::Greater => Risk::Tighter,
        Ordering::Equal => firmness(before, after),
    }
}

/// The same verdict may be held more firmly or less. A promise that a site stays open is no
/// restriction, so only one that is closed or warned of can be loosened.
fn firmness(before: Option<SiteVoice<'_>>, after: Option<SiteVoice<'_>>) -> Risk {
    let restricts = after.is_some_and(|voice| voice.says.verdict != Verdict::Allow);
    let firmness =
        |voice: Option<SiteVoice<'_>>| voice.map_or(Firmness::LEAST, |voice| voice.rule.firmness());
    match firmness(after).cmp(&firmness(before)) {
        Ordering::Less if restricts => Risk::Tighter,
        Ordering::Greater if restricts => Risk::Weaker,
        Ordering::Less | Ordering::Equal | Ordering::Greater => Risk::Ground,
    }
}
