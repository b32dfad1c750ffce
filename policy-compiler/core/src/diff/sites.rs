//! Sites whose verdict, floor or ground changes.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

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
        let (of_old, of_new) = (named(old), named(new));
        let names: BTreeSet<&String> = of_old.keys().chain(of_new.keys()).collect();
        for name in names {
            // Each side means its own list, as far as it speaks of it.
            let (in_old, in_new) = (of_old.get(name), of_new.get(name));
            let before = in_old.or(in_new);
            let before = before.and_then(|sites| old.sites.verdict_over(sites));
            let after = in_new.or(in_old);
            let after = after.and_then(|sites| new.sites.verdict_over(sites));
            let held = (held(before), held(after));
            let subject = Subject::Site(name.clone());
            gathered.add((risk(before, after), subject), held, time.when());
        }
    }
    gathered.into_changes(crowds)
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
