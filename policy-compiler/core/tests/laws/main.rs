//! The laws of the compiler, held against random policies.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a case that cannot be set up fails"
)]

mod closure;
mod crossing;
mod days;
mod device;
mod difference;
mod enforced;
mod essential_hosts;
mod floors;
mod hours;
mod ineffective;
mod lists;
mod municipality;
mod oversize;
mod times;
mod trees;
mod undecided;

use std::collections::BTreeMap;

use fyr_policy_core::finding::Diagnostics;
use fyr_policy_core::policy::{Assumptions, Policy, Rule, organise};
use fyr_policy_core::resolve::{Resolved, resolve};
use fyr_policy_core::{Sources, check, compile, parse};
use fyr_policy_source::Strength;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use url::Url;

use crate::municipality::{address, municipality};

const DAY: Date = date(2026, 11, 23);

fn policy(sources: &Sources) -> Policy {
    let mut findings = Diagnostics::default();
    let documents = parse::parse(sources, &mut findings);
    let policy = organise(documents, DAY, &Assumptions::default(), &mut findings);
    assert!(!findings.any_error(), "{:?}", findings.into_sorted());
    policy.expect("a policy")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// For all rules below, and even where the policy has errors.
    #[test]
    fn no_group_is_weaker_than_the_highest_floor_above_it(municipality in municipality()) {
        let policy = policy(&municipality.sources());
        for resolved in resolve(&policy).groups.values() {
            let highest = policy
                .rules_for(resolved.group)
                .into_iter()
                .find(|rule| !rule.settings.is_empty() && rule.strength() != Strength::Default);
            if let Some(rule) = highest {
                holds_floor(resolved, rule)?;
            }
        }
    }

    #[test]
    fn without_a_breach_no_group_is_weaker_than_any_floor_above_it(municipality in municipality()) {
        let policy = policy(&municipality.sources());
        let resolution = resolve(&policy);
        prop_assume!(resolution.breaches.is_empty());
        for resolved in resolution.groups.values() {
            for rule in policy.rules_for(resolved.group) {
                holds_floor(resolved, rule)?;
            }
        }
    }

    #[test]
    fn a_policy_with_a_breach_yields_no_bundle_and_one_without_yields_all(
        municipality in municipality(),
    ) {
        let sources = municipality.sources();
        let policy = policy(&sources);
        let compilation = compile(&sources, DAY);
        if resolve(&policy).breaches.is_empty() && !compilation.failed() {
            prop_assert_eq!(compilation.bundles.len(), policy.groups.len());
        } else {
            prop_assert!(compilation.failed());
            prop_assert!(compilation.bundles.is_empty() && compilation.gaps.is_empty());
        }
    }

    #[test]
    fn checking_finds_what_compiling_finds(municipality in municipality()) {
        let sources = municipality.sources();
        let (checked, compiled) = (check(&sources, DAY), compile(&sources, DAY));
        prop_assert_eq!(checked.diagnostics, compiled.diagnostics);
        prop_assert_eq!(checked.dormant, compiled.dormant);
    }

    #[test]
    fn neither_the_order_of_files_nor_that_of_rules_decides(
        municipality in municipality(),
        seed in any::<prop::sample::Index>(),
    ) {
        let compiled = compile(&municipality.sources(), DAY);
        let shuffled = compile(&municipality.shuffled(seed).sources(), DAY);
        prop_assert_eq!(codes(&compiled), codes(&shuffled));
        prop_assert_eq!(compiled.bundles, shuffled.bundles);
        prop_assert_eq!(compiled.gaps, shuffled.gaps);
    }

    /// Each result that is computed once for several.
    #[test]
    fn a_group_gets_the_bundle_that_it_would_get_without_the_others(
        municipality in municipality(),
    ) {
        for (group, bundle) in compile(&municipality.sources(), DAY).bundles {
            let alone = compile(&municipality.sources_for(group.as_str()), DAY);
            prop_assert_eq!(alone.bundles.len(), 1);
            prop_assert_eq!(alone.bundles.get(&group), Some(&bundle));
        }
    }

    /// However specific a lower filter is.
    #[test]
    fn nothing_below_opens_what_is_closed_above_or_closes_what_is_locked_open(
        municipality in municipality(),
        addresses in prop::collection::vec(address(), 20),
    ) {
        let policy = policy(&municipality.sources());
        for resolved in resolve(&policy).groups.values() {
            for address in &addresses {
                let url = Url::parse(address).expect("an address");
                let top = resolved
                    .sites
                    .claims_on(&url)
                    .filter(|claim| claim.rule.unit().as_str() == "/" && claim.rule.strength() == Strength::Locked)
                    .max_by_key(|claim| (claim.says.sites.reach_at(&url, claim.says.verdict), claim.says.verdict.is_open(), claim.says.verdict));
                if let Some(top) = top {
                    let holds = resolved.sites.verdict(&url).map(|claim| claim.says.verdict);
                    prop_assert_eq!(holds, Some(top.says.verdict));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The most specific minimum of the highest unit that speaks of an address at all.
    #[test]
    fn no_address_is_more_open_than_the_highest_floor_that_speaks_of_it(
        municipality in municipality(),
        addresses in prop::collection::vec(address(), 20),
    ) {
        let policy = policy(&municipality.sources());
        for resolved in resolve(&policy).groups.values() {
            for address in &addresses {
                let url = Url::parse(address).expect("an address");
                let Some(depth) = resolved.sites.claims_on(&url).map(|claim| claim.rule.unit().depth()).min() else {
                    continue;
                };
                let floor = resolved
                    .sites
                    .claims_on(&url)
                    .filter(|claim| claim.rule.unit().depth() == depth)
                    .filter(|claim| claim.rule.strength() != Strength::Default)
                    .max_by_key(|claim| {
                        let verdict = claim.says.verdict;
                        (
                            std::cmp::Reverse(claim.rule.strength()),
                            claim.says.sites.reach_at(&url, claim.says.verdict),
                            verdict.is_open(),
                            verdict,
                        )
                    });
                let Some(floor) = floor else { continue };
                let holds = resolved.sites.verdict(&url).expect("a rule mentions it").says.verdict;
                prop_assert!(holds >= floor.says.verdict, "{} {:?} {:?}", address, holds, floor.says);
            }
        }
    }
}

fn holds_floor(resolved: &Resolved<'_>, rule: &Rule) -> Result<(), TestCaseError> {
    for statement in &rule.settings {
        let Some(floor) = statement.value_for(resolved.group) else {
            continue;
        };
        let holds = resolved.settings[statement.setting.name].holds.value;
        match rule.strength() {
            Strength::Locked => prop_assert_eq!(holds, &floor.value),
            Strength::Minimum => {
                prop_assert!(!statement.setting.is_weaker(holds, &floor.value));
            }
            Strength::Default => {}
        }
    }
    Ok(())
}

fn codes(compilation: &fyr_policy_core::Compilation) -> BTreeMap<&'static str, usize> {
    let mut codes = BTreeMap::new();
    for diagnostic in &compilation.diagnostics {
        *codes.entry(diagnostic.code().as_str()).or_default() += 1;
    }
    codes
}
