//! Helplines, and what people and devices need to be helped, that the browsers' lists leave out: what
//! a full list does not open is blocked.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::policy::Ownership;

use super::lowering::{Lowerings, wish};
use crate::finding::{self, Diagnostic, Reach, Role};
use crate::policy::{Lifeline, Lifelines, Need, Policy};
use crate::resolve::{Resolution, SiteVoice};
use crate::target::{LossReason, Where};

/// Finds every lifeline that rules open and a browser closes, since its list has no room for it.
pub(super) fn check<'p, 'r>(
    policy: &'p Policy,
    resolution: &'r Resolution<'r>,
    lowerings: &mut Lowerings<'p, 'r>,
) -> Vec<Diagnostic> {
    let lifelines = Lifelines::of(policy);
    let (mut seen, mut found) = (BTreeSet::new(), BTreeMap::new());
    let managed = resolution
        .at_all_times()
        .filter(|resolved| resolved.group.ownership == Ownership::Managed);
    for resolved in managed {
        if !seen.insert(wish(resolved)) {
            continue;
        }
        let Some(engines) = lowerings.whereabouts_if_full(resolved) else {
            continue;
        };
        for lifeline in lifelines.iter() {
            let Some(voice) = resolved.sites.verdict_over_filter(&lifeline.filter) else {
                continue;
            };
            let verdict = voice.says.verdict;
            let is_cut = verdict.is_open()
                && engines.iter().any(|engine| {
                    let place = engine.of(verdict, &lifeline.filter);
                    place == Where::Nowhere(LossReason::ListFull)
                });
            if is_cut {
                let at = (lifeline.place, voice.says.place, &lifeline.filter);
                found.entry(at).or_insert_with(|| tell(lifeline, &voice));
            }
        }
    }
    found.into_values().collect()
}

fn tell(lifeline: &Lifeline<'_>, voice: &SiteVoice<'_>) -> Diagnostic {
    let Lifeline {
        need,
        filter,
        place,
    } = lifeline;
    let (need, name) = match need {
        Need::Helpline(name) => (finding::Need::Helpline, Some(*name)),
        Need::Recovery => (finding::Need::Recovery, None),
        Need::SignIn(name) => (finding::Need::SignIn, Some(*name)),
    };
    let (rule, site) = (voice.rule.id().clone(), filter.to_string());
    let name = name.map(str::to_owned);
    let essential = Role::Essential {
        need,
        name: name.clone(),
        site: site.clone(),
    };
    Diagnostic::of(Reach::ListFull {
        need,
        name,
        site,
        rule: rule.clone(),
    })
    .at(voice.says.place, Role::OpensBeyondLimit { rule })
    .at(*place, essential)
}
