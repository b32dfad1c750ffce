//! Rules that cite no decision and loosen what a decision says: whoever may decide nothing there
//! would have decided it. What is decided as a floor they do not loosen from above either, or from
//! beside it.

use std::collections::BTreeSet;

use fyr_policy_source::Strength;
use fyr_schemas::{CaseNumber, GroupId, RuleId};

use super::closing::Closing;
use super::once::OncePerSites;
use super::says_for;
use crate::finding::{Diagnostic, Floor, PerGroup, Role};
use crate::policy::Rule;
use crate::resolve::{EffectiveSetting, Resolution, Resolved, SettingClaim, SiteClaim, Sites};
use crate::source::Place;
use crate::url_filter::Verdict;

pub(super) fn check(resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut loosened = PerGroup::default();
    let mut known = OncePerSites::default();
    for resolved in resolution.at_all_times() {
        for found in in_group(resolved, &mut known) {
            loosened.note(found, &resolved.group.id);
        }
    }
    loosened.into_findings(Loosened::finding)
}

/// What a decision says, and the rule without one that says less.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Loosened<'a> {
    by: (Place, &'a RuleId, String),
    decided: (Place, &'a RuleId, String),
    case: &'a CaseNumber,
}

impl Loosened<'_> {
    fn finding(self, groups: &BTreeSet<&GroupId>) -> Diagnostic {
        let ((here, rule, says), (there, above, said)) = (self.by, self.decided);
        let decided = Role::Says {
            rule: above.clone(),
            value: said,
        };
        Diagnostic::of(Floor::UndecidedLoosening {
            rule: rule.clone(),
            case: self.case.clone(),
        })
        .at(here, says_for(rule, says, groups))
        .at(there, decided)
    }
}

fn in_group<'a>(
    resolved: &Resolved<'a>,
    known: &mut OncePerSites<'a, Vec<Loosened<'a>>>,
) -> Vec<Loosened<'a>> {
    let settings = resolved.settings.values().filter_map(of_setting);
    let sites = known.answer(&resolved.sites, of_sites);
    settings.chain(sites.iter().cloned()).collect()
}

/// Whether a rule without a decision may not loosen what a decided one says: it bounds all rules
/// without a decision, wherever they are, or it stands above.
fn holds_against(decided: &Rule, undecided: &Rule) -> bool {
    decided.strength() != Strength::Default || decided.layer() < undecided.layer()
}

fn of_setting<'a>(effective: &EffectiveSetting<'a>) -> Option<Loosened<'a>> {
    let is_decided = |claim: &SettingClaim<'_>| claim.rule.decision().is_some();
    let mut undecided = effective.claims();
    undecided.retain(|claim| !is_decided(claim));
    if undecided.is_empty() {
        return None;
    }
    let decided = effective.among(is_decided)?;
    let is_weaker = |value| effective.setting.is_weaker(value, decided.value);
    // Who weakens may hold itself, or keep what was decided from being heard.
    let mut weaker = undecided
        .into_iter()
        .filter(|claim| is_weaker(claim.value) && holds_against(decided.rule, claim.rule));
    let by = is_weaker(effective.holds.value).then(|| weaker.next_back())??;
    let said = |claim: SettingClaim<'a>| {
        let text = format!("{}: {}", effective.setting.name, claim.value);
        (claim.place, claim.rule.id(), text)
    };
    Some(Loosened {
        by: said(by),
        decided: said(decided),
        case: decided.rule.decision()?,
    })
}

/// Wherever what opens without a decision meets what was decided to be closed: inside it, around it
/// or across it.
fn of_sites<'a>(sites: &Sites<'a>) -> Vec<Loosened<'a>> {
    let claims = sites.claims.iter();
    let (decided, undecided): (Vec<_>, Vec<_>) =
        claims.partition(|claim| claim.rule.decision().is_some());
    let opening = undecided.into_iter();
    let mut opening = opening
        .filter(|claim: &&SiteClaim<'_>| claim.says.verdict != Verdict::Block)
        .peekable();
    if opening.peek().is_none() {
        return Vec::new();
    }
    let closing = Closing::of(&decided);
    opening
        .flat_map(|claim| {
            let met = closing.near(&claim.says.sites);
            met.filter_map(|closed| of_pair(sites, claim, closed))
        })
        .collect()
}

/// Where the one keeps open what would be closed had none but decisions been heard: it decides
/// itself, or it keeps what closes from being heard.
fn of_pair<'a>(
    sites: &Sites<'a>,
    opens: &SiteClaim<'a>,
    closes: &SiteClaim<'a>,
) -> Option<Loosened<'a>> {
    (opens.says.verdict < closes.says.verdict).then_some(())?;
    let mut common = opens.says.sites.common(&closes.says.sites);
    common.find_map(|region| {
        let holds = sites.verdict_over_filter(&region)?;
        let decided = sites.verdict_among_over(&region, |claim| claim.rule.decision().is_some())?;
        let is_loosened = holds.says.verdict < decided.says.verdict
            && opens.says.verdict < decided.says.verdict
            && holds_against(decided.rule, opens.rule);
        let by_this = || {
            let without = sites.verdict_over_without(&region, opens.says.place);
            let closes = without.is_some_and(|claim| claim.says.verdict > holds.says.verdict);
            holds.says.place == opens.says.place || closes
        };
        (is_loosened && by_this())
            .then(|| between(opens, &decided))
            .flatten()
    })
}

fn between<'a>(opens: &SiteClaim<'a>, decided: &SiteClaim<'a>) -> Option<Loosened<'a>> {
    let said = |claim: &SiteClaim<'a>| (claim.says.place, claim.rule.id(), claim.to_string());
    Some(Loosened {
        by: said(opens),
        decided: said(decided),
        case: decided.rule.decision()?,
    })
}
