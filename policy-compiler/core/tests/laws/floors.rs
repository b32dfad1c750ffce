//! For random trees, no group is ever weaker than a floor above it: held against a model that
//! reads what was drawn and nothing of the compiler's.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use fyr_policy_core::resolve::{Resolved, resolve};
use fyr_schemas::{PeriodId, RuleId};
use proptest::prelude::*;
use url::Url;

use crate::trees::{ADDRESSES, DrawnRule, SETTINGS, Site, Strength, Time, Tree, Verdict, tree};
use crate::{DAY, policy};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn for_random_trees_no_group_is_weaker_than_any_floor_above_it(tree in tree()) {
        let policy = policy(&tree.sources());
        for resolved in resolve(&policy).at_all_times() {
            let place = Position::of(&tree, resolved);
            for (setting, ordered) in SETTINGS.iter().enumerate() {
                let holds = resolved.settings.get(ordered.name);
                for floor in place.floors_of(setting) {
                    let rule = &tree.rules[number(holds.expect("a floor speaks").holds.rule.id())];
                    let value = place.value(rule, setting).expect("it speaks of the setting");
                    prop_assert!(
                        goes_below(rule, floor.0) || floor.admits(setting, value),
                        "{:?} over {:?} for {} during {:?}",
                        rule, floor, resolved.group.id, resolved.during
                    );
                }
            }
        }
    }

    #[test]
    fn for_random_trees_no_address_is_more_open_than_any_floor_above_it(tree in tree()) {
        let policy = policy(&tree.sources());
        for resolved in resolve(&policy).at_all_times() {
            let place = Position::of(&tree, resolved);
            for address in ADDRESSES {
                let url = Url::parse(&format!("https://{address}")).expect("an address");
                for floor in place.floors_over(address) {
                    let holds = resolved.sites.verdict(&url).expect("a floor speaks");
                    let rule = &tree.rules[number(holds.rule.id())];
                    let verdict = Verdict::of(holds.says.verdict.word());
                    prop_assert!(
                        goes_below(rule, floor.rule) || floor.admits(verdict),
                        "{address}: {verdict:?} of {:?} over {:?} for {} during {:?}",
                        rule, floor, resolved.group.id, resolved.during
                    );
                }
            }
        }
    }
}

fn number(rule: &RuleId) -> usize {
    let number = rule.as_str().strip_prefix("regel-").expect("a drawn rule");
    number.parse().expect("its number")
}

/// The one way past a floor: a lesson, where the floor leaves itself open to lessons.
fn goes_below(rule: &DrawnRule, floor: &DrawnRule) -> bool {
    rule.time == Time::Lesson && floor.is_overridable()
}

/// A group at a time: the rules that hold for it then.
struct Position<'a> {
    tree: &'a Tree,
    group: usize,
    rules: Vec<&'a DrawnRule>,
}

/// A rule that bounds a setting, with its value.
#[derive(Debug, Clone, Copy)]
struct Bound<'a>(&'a DrawnRule, usize);

impl Bound<'_> {
    fn admits(&self, setting: usize, value: usize) -> bool {
        match self.0.strength {
            Strength::Locked => value == self.1,
            Strength::Minimum => SETTINGS[setting].keeps(value, self.1),
            Strength::Default => true,
        }
    }
}

/// What a rule says of an address.
#[derive(Debug, Clone, Copy)]
struct Says<'a> {
    rule: &'a DrawnRule,
    site: Site,
    verdict: Verdict,
    /// It opens the service, and closes it to those who are too young.
    is_hindered: bool,
}

impl Says<'_> {
    fn admits(&self, verdict: Verdict) -> bool {
        match self.rule.strength {
            Strength::Locked => verdict == self.verdict,
            Strength::Minimum => verdict >= self.verdict,
            Strength::Default => true,
        }
    }
}

impl<'a> Position<'a> {
    fn of(tree: &'a Tree, resolved: &Resolved<'_>) -> Self {
        let id = resolved.group.id.as_str();
        let group = id.strip_prefix("gruppe-").expect("a drawn group");
        let group = group.parse().expect("its number");
        let running: BTreeSet<&str> = resolved.during.iter().map(PeriodId::as_str).collect();
        // The day of the policy, or the last of those that have come.
        let come = running.iter().filter_map(|name| name.strip_prefix("from:"));
        let day = come.max().map_or_else(|| DAY.to_string(), str::to_owned);
        let mut rules: Vec<&DrawnRule> = tree
            .rules
            .iter()
            .filter(|rule| tree.selects(rule, group) && rule.time.holds_while(&running))
            .filter(|rule| rule.days.contains(&day))
            .collect();
        rules.sort_by_key(|rule| (tree.depth(rule.unit), rule.time));
        Self { tree, group, rules }
    }

    fn value(&self, rule: &DrawnRule, setting: usize) -> Option<usize> {
        let mut said = rule.settings.iter();
        let (_, pupils, staff) = said.find(|(spoken_of, ..)| *spoken_of == setting)?;
        Some(if self.tree.is_staff(self.group) {
            *staff
        } else {
            *pupils
        })
    }

    /// The floors of a setting from the top down; one that breaks a floor above is none. Nothing
    /// where rules of one layer disagree, which no policy may.
    fn floors_of(&self, setting: usize) -> Vec<Bound<'a>> {
        let mut floors: Vec<Bound<'a>> = Vec::new();
        let layer = |rule: &DrawnRule| (self.tree.depth(rule.unit), rule.time);
        for equals in self.rules.chunk_by(|a, b| layer(a) == layer(b)) {
            let speaking = equals.iter().filter_map(|rule| {
                let value = self.value(rule, setting)?;
                Some(Bound(rule, value))
            });
            let kept: Vec<Bound<'a>> = speaking
                .filter(|bound| {
                    let mut above = floors.iter();
                    above
                        .all(|floor| goes_below(bound.0, floor.0) || floor.admits(setting, bound.1))
                })
                .collect();
            let binding = kept
                .iter()
                .filter(|bound| bound.0.strength != Strength::Default);
            for (one, other) in binding
                .clone()
                .flat_map(|one| kept.iter().map(move |other| (one, other)))
            {
                if !one.admits(setting, other.1)
                    || (other.0.strength != Strength::Default && one.1 != other.1)
                {
                    return Vec::new();
                }
            }
            floors.extend(binding);
        }
        floors
    }

    /// The floors over an address from the top down, each the most specific of its layer and
    /// strength. Nothing where equals disagree.
    fn floors_over(&self, address: &str) -> Vec<Says<'a>> {
        let mut says: Vec<Says<'a>> = self
            .rules
            .iter()
            .flat_map(|rule| rule.sites.iter().map(move |site| (*rule, *site)))
            .filter(|(_, (_, site))| site.speaks_of(address))
            .map(|(rule, (verdict, site))| self.says(rule, verdict, site))
            .collect();
        let rank = |says: &Says<'_>| {
            let rule = says.rule;
            (self.tree.depth(rule.unit), rule.time, rule.strength)
        };
        says.sort_by_key(rank);
        let mut floors: Vec<Says<'a>> = Vec::new();
        for equals in says.chunk_by(|a, b| rank(a) == rank(b)) {
            let Some(most_specific) = deciding(equals) else {
                return Vec::new();
            };
            let mut above = floors.iter();
            if above.all(|floor| {
                goes_below(most_specific.rule, floor.rule) || floor.admits(most_specific.verdict)
            }) && most_specific.rule.strength != Strength::Default
            {
                floors.push(most_specific);
            }
        }
        floors
    }

    fn says(&self, rule: &'a DrawnRule, verdict: Verdict, site: Site) -> Says<'a> {
        let is_hindered =
            site.is_service && verdict != Verdict::Block && self.tree.is_too_young(self.group);
        Says {
            rule,
            site,
            verdict: if is_hindered { Verdict::Block } else { verdict },
            is_hindered,
        }
    }
}

/// What decides among rules of one rank; `None` where they disagree.
fn deciding<'a>(equals: &[Says<'a>]) -> Option<Says<'a>> {
    let specificity = |says: &Says<'_>| (says.site.host.len(), says.site.path.len());
    let mut sorted = equals.to_vec();
    sorted.sort_by_key(|says| Reverse((specificity(says), says.is_hindered)));
    let first = *sorted.first()?;
    sorted
        .iter()
        .take_while(|says| specificity(says) == specificity(&first))
        .all(|says| {
            let is_one_rule = std::ptr::eq(says.rule, first.rule);
            says.verdict == first.verdict || (is_one_rule && first.is_hindered)
        })
        .then_some(first)
}
