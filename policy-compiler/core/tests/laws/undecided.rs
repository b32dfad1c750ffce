//! For random trees, a rule without a decision takes nothing from a floor that was decided, from
//! wherever it speaks, and is not reported: held against the same tree without such rules.

use std::collections::BTreeSet;

use fyr_policy_core::finding::Floor;
use fyr_policy_core::policy::Rule;
use fyr_policy_core::resolve::{Resolved, resolve};
use fyr_policy_core::{Finding, check};
use fyr_policy_source::Strength;
use fyr_schemas::PeriodId;
use proptest::prelude::*;
use url::Url;

use crate::trees::{ADDRESSES, DrawnRule, SETTINGS, Tree, tree};
use crate::{DAY, policy};

/// A tree of few rules, some of which cite no decision.
fn partly_decided() -> impl Strategy<Value = Tree> {
    let is_decided = any::<[bool; 5]>();
    (tree(), is_decided).prop_map(|(mut tree, is_decided)| {
        let rules = tree.rules.into_iter().zip(is_decided);
        tree.rules = rules
            .map(|(rule, is_decided)| if is_decided { rule } else { rule.undecided() })
            .collect();
        tree
    })
}

/// The same without the rules that cite no decision.
fn decided_alone(tree: &Tree) -> Tree {
    let mut alone = tree.clone();
    alone.rules.retain(DrawnRule::is_decided);
    alone
}

fn is_floor(rule: &Rule) -> bool {
    rule.strength() != Strength::Default
}

/// What holds for a group now, and in each time to come.
fn at<'a, 'r>(
    resolved: &'r [&'r Resolved<'a>],
    group: &str,
    during: &BTreeSet<PeriodId>,
) -> Option<&'r Resolved<'a>> {
    let mut resolved = resolved.iter().copied();
    resolved.find(|each| each.group.id.as_str() == group && each.during == *during)
}

/// Whether something is weaker than what the decided floors require without other rules; not
/// where they disagree among themselves, which no policy may.
fn loosens(tree: &Tree) -> bool {
    let (whole, alone) = (tree.sources(), decided_alone(tree).sources());
    let (whole, alone) = (policy(&whole), policy(&alone));
    let (whole, alone) = (resolve(&whole), resolve(&alone));
    if !alone.breaches.is_empty() {
        return false;
    }
    let alone: Vec<&Resolved<'_>> = alone.at_all_times().collect();
    whole.at_all_times().any(|resolved| {
        let Some(alone) = at(&alone, resolved.group.id.as_str(), &resolved.during) else {
            return false;
        };
        let is_weaker = SETTINGS.iter().any(|setting| {
            let (Some(holds), Some(decided)) = (
                resolved.settings.get(setting.name),
                alone.settings.get(setting.name),
            ) else {
                return false;
            };
            is_floor(decided.holds.rule)
                && holds
                    .setting
                    .is_weaker(holds.holds.value, decided.holds.value)
        });
        let is_open = ADDRESSES.iter().any(|address| {
            let url = Url::parse(&format!("https://{address}")).expect("an address");
            let (Some(holds), Some(decided)) =
                (resolved.sites.verdict(&url), alone.sites.verdict(&url))
            else {
                return false;
            };
            is_floor(decided.rule) && holds.says.verdict < decided.says.verdict
        });
        is_weaker || is_open
    })
}

proptest! {
    // Most trees loosen nothing.
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_global_rejects: 10_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_has_no_decision_loosens_no_decided_floor_unseen(tree in partly_decided()) {
        prop_assume!(loosens(&tree));
        let reported = check(&tree.sources(), DAY);
        let mut findings = reported.diagnostics.iter();
        prop_assert!(
            findings.any(|finding| matches!(
                &finding.finding,
                Finding::Floor(Floor::UndecidedLoosening { .. } | Floor::UndecidedException { .. })
            )),
            "{:#?}", reported.diagnostics
        );
    }
}
