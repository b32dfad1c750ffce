//! R28: the bypasses of each restriction are closed for all groups that it restricts.
//!
//! The table of settings says what restricts and what leads round it. A way that a rule leaves open
//! has been decided; a way that a rule closes and a browser cannot close is a gap, and is reported
//! as one. What is found here is what no rule decides. On personal devices rules reach the account
//! alone, so there is no way to close.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Ownership;
use fyr_schemas::{GroupId, RuleId};
use jiff::civil::Date;

use crate::finding::{self, Diagnostic, Reach as Found};
use crate::resolve::{Resolution, Resolved};
use crate::settings::{self, Restriction, Role};
use crate::source::Place;
use crate::url_filter::Verdict;

/// The rules that have the same bypasses.
type Holes<'a> = BTreeMap<&'a RuleId, Reach<'a>>;

/// A bypass, by the setting that closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Bypass {
    setting: &'static str,
}

/// Whom a hole is open to, and where the rule first restricts one of them.
struct Reach<'a> {
    place: Place,
    groups: BTreeSet<&'a GroupId>,
    /// The first day on which it is, where that is still to come.
    since: Option<Date>,
}

pub(super) fn check(resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut holes: BTreeMap<Vec<Bypass>, Holes<'_>> = BTreeMap::new();
    let managed = resolution
        .at_all_times()
        .filter(|resolved| resolved.group.ownership == Ownership::Managed);
    for resolved in managed {
        for (rule, restricts) in restrictions(resolved) {
            let bypasses = unspoken(resolved, &restricts.kinds);
            if bypasses.is_empty() {
                continue;
            }
            let rules = holes.entry(bypasses).or_default();
            let reach = rules.entry(rule).or_insert_with(|| Reach {
                place: restricts.place,
                groups: BTreeSet::new(),
                since: resolved.since(),
            });
            reach.since = reach.since.min(resolved.since());
            reach.place = reach.place.min(restricts.place);
            reach.groups.insert(&resolved.group.id);
        }
    }
    holes
        .iter()
        .map(|(bypasses, rules)| finding(bypasses, rules))
        .collect()
}

/// How one rule restricts one group.
struct Restricts {
    /// Where it first does.
    place: Place,
    kinds: BTreeSet<Restriction>,
}

/// Every rule that restricts the group.
fn restrictions<'a>(resolved: &Resolved<'a>) -> BTreeMap<&'a RuleId, Restricts> {
    let by_settings =
        resolved
            .settings
            .values()
            .filter_map(|effective| match effective.setting.role {
                Role::Restricts(kind) => {
                    let holds = effective.holds;
                    let is_default =
                        effective.setting.default_value().as_ref() == Some(holds.value);
                    (!is_default).then(|| (holds.rule.id(), holds.place, kind))
                }
                Role::Bypasses { .. } | Role::Excepts(_) | Role::Neither => None,
            });
    let by_sites = resolved
        .sites
        .claims
        .iter()
        .filter(|claim| claim.says.verdict != Verdict::Allow)
        .map(|claim| (claim.rule.id(), claim.says.place, Restriction::Sites));
    let mut rules: BTreeMap<&RuleId, Restricts> = BTreeMap::new();
    for (rule, place, kind) in by_settings.chain(by_sites) {
        let restricts = rules.entry(rule).or_insert_with(|| Restricts {
            place,
            kinds: BTreeSet::new(),
        });
        restricts.place = restricts.place.min(place);
        restricts.kinds.insert(kind);
    }
    rules
}

/// The bypasses of these kinds of restriction that no rule for the group mentions, and that are
/// therefore open.
fn unspoken(resolved: &Resolved<'_>, kinds: &BTreeSet<Restriction>) -> Vec<Bypass> {
    settings::all()
        .filter(|setting| !resolved.settings.contains_key(setting.name))
        .filter_map(|setting| match setting.role {
            Role::Bypasses { opens, .. } => opens
                .iter()
                .any(|kind| kinds.contains(kind))
                .then_some(Bypass {
                    setting: setting.name,
                }),
            Role::Restricts(_) | Role::Excepts(_) | Role::Neither => None,
        })
        .collect()
}

/// One finding for all rules that leave the same bypasses open.
fn finding(bypasses: &[Bypass], rules: &Holes<'_>) -> Diagnostic {
    let restricts = rules.iter().map(|(rule, reach)| {
        let role = finding::Role::Restricts {
            rule: (*rule).clone(),
            since: reach.since,
        };
        (reach.place, role)
    });
    let settings = bypasses.iter().map(|bypass| bypass.setting.to_owned());
    Diagnostic::of(Found::BypassOpen {
        settings: settings.collect(),
    })
    .at_each(restricts)
    .concerning(rules.values().flat_map(|reach| &reach.groups).copied())
}
