//! A device with the future dates enforces on each of them what a policy of that day says.

use std::collections::BTreeMap;

use fyr_policy_core::finding::Diagnostics;
use fyr_policy_core::policy::{Assumptions, organise};
use fyr_policy_core::resolve::{Resolution, Resolved, resolve};
use fyr_policy_core::{Sources, parse};
use fyr_schemas::GroupId;
use jiff::civil::{Date, DateTime, date};
use proptest::prelude::*;
use url::Url;

use crate::DAY;
use crate::trees::{ADDRESSES, tree};

/// A day between any two on which rules and decisions of drawn trees begin or end, and such days:
/// Tuesdays among them, on which there is a lesson.
const DAYS: [Date; 8] = [
    DAY,
    date(2026, 12, 31),
    date(2027, 1, 1),
    date(2027, 1, 19),
    date(2027, 2, 1),
    date(2027, 3, 2),
    date(2027, 4, 13),
    date(2027, 5, 4),
];

/// What holds for a group at a moment: its settings with their rules, and what is open.
type Held = (
    BTreeMap<&'static str, (String, String)>,
    Vec<Option<String>>,
);

fn held(resolved: &Resolved<'_>) -> Held {
    let settings = resolved.settings.iter().map(|(name, effective)| {
        let (rule, value) = (effective.holds.rule.id(), effective.holds.value);
        (*name, (rule.to_string(), value.to_string()))
    });
    let verdicts = ADDRESSES.map(|address| {
        let url = Url::parse(&format!("https://{address}")).expect("an address");
        let verdict = resolved.sites.verdict(&url);
        verdict.map(|claim| format!("{} {}", claim.rule.id(), claim.says.verdict.word()))
    });
    (settings.collect(), verdicts.to_vec())
}

/// What a device of a group has at a moment, by the clock on the wall.
fn at<'r, 'a>(
    resolution: &'r Resolution<'a>,
    group: &GroupId,
    moment: DateTime,
) -> &'r Resolved<'a> {
    let timed = resolution.timed.get(group);
    let variant = timed.and_then(|timed| {
        let running = timed.timetable.running_at(moment);
        timed
            .variants
            .iter()
            .find(|variant| variant.during == running)
    });
    variant.unwrap_or_else(|| &resolution.groups[group])
}

fn policy_of(sources: &Sources, day: Date) -> fyr_policy_core::policy::Policy {
    let mut findings = Diagnostics::default();
    let documents = parse::parse(sources, &mut findings);
    organise(documents, day, &Assumptions::default(), &mut findings).expect("a policy")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_day_in_the_bundle_is_the_day_that_comes(tree in tree()) {
        let sources = tree.sources();
        let ahead = policy_of(&sources, DAY);
        let reported = resolve(&ahead);
        for day in DAYS {
            let policy = policy_of(&sources, day);
            let comes = resolve(&policy);
            for hour in [4, 10] {
                let moment = day.at(hour, 10, 0, 0);
                for group in policy.groups.keys() {
                    let (reported, comes) = (at(&reported, group, moment), at(&comes, group, moment));
                    prop_assert_eq!(held(reported), held(comes), "{} at {}", group, moment);
                }
            }
        }
    }
}
