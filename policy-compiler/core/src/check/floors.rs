//! Breaches of floors, one finding for all places that go against one of them alike.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{Overridable, Strength};
use fyr_schemas::{CaseNumber, GroupId, RuleId};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words, in_backticks};
use crate::policy::{Policy, Rule};
use crate::resolve::{
    Breach, BreachKind, Inexpressible, MOST_REGIONS, Obstacle, QuotedClaim, Resolution, Resolved,
};
use crate::source::Place;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut alike: BTreeMap<Alike<'_>, Vec<(&Breach, &[&GroupId])>> = BTreeMap::new();
    for (breach, groups) in &resolution.breaches {
        let reported = alike.entry(Alike::of(breach)).or_default();
        reported.push((breach, groups));
    }
    let breaches = alike.values().filter_map(|alike| report(policy, alike));
    let mut inexpressible: Vec<Diagnostic> = resolution
        .at_all_times()
        .flat_map(report_inexpressible)
        .collect();
    inexpressible.sort();
    inexpressible.dedup();
    breaches.chain(inexpressible).collect()
}

/// What breaches have in common that are one finding, wherever they stand below.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Alike<'a> {
    kind: BreachKind,
    /// The floor; rules of one unit may disagree in several places.
    above: Option<Place>,
    /// The setting and its value; a verdict over sites is bounded for all of them alike.
    says: Option<(&'a str, &'a str)>,
    /// Both rules, where neither stands above the other.
    beside: Option<(&'a RuleId, &'a RuleId)>,
}

impl<'a> Alike<'a> {
    fn of(breach: &'a Breach) -> Self {
        let says = (breach.subject.as_str(), breach.below.value.as_str());
        let (says, beside) = match breach.kind {
            BreachKind::WeakerThanFloor | BreachKind::ChangesLocked => (Some(says), None),
            BreachKind::SiteBelowFloor => (None, None),
            BreachKind::SameLayer => (Some(says), Some((&breach.above.rule, &breach.below.rule))),
        };
        Self {
            kind: breach.kind,
            above: beside.is_none().then_some(breach.above.place),
            says,
            beside,
        }
    }
}

fn report(policy: &Policy, alike: &[(&Breach, &[&GroupId])]) -> Option<Diagnostic> {
    let (first, _) = alike.first()?;
    let Breach {
        kind,
        subject,
        above,
        below,
    } = first;
    let asks = what_else(policy, above, below);
    let (code, message, stands, help) = match kind {
        BreachKind::WeakerThanFloor => (
            Code::WeakerThanFloor,
            format!(
                "`{subject}: {}` is weaker than the floor above",
                below.value
            ),
            "sets the floor:",
            format!("use `{}` or a stricter value{asks}", above.value),
        ),
        BreachKind::ChangesLocked => (
            Code::LockedAbove,
            format!("`{subject}: {}` changes what is locked above", below.value),
            "locks it:",
            format!("remove the value{asks}"),
        ),
        BreachKind::SameLayer => (
            Code::SameLayer,
            format!(
                "`{}` and `{}` disagree on `{subject}`",
                above.rule, below.rule
            ),
            "says",
            format!(
                "both rules stand on the same unit, so neither outranks the other: keep \
                 `{subject}` in one of them"
            ),
        ),
        BreachKind::SiteBelowFloor => {
            let (sites, go, them) = sites_below(alike);
            (
                Code::SiteBelowFloor,
                format!("{sites} {go} against `{}` above", above.value),
                "says so for all of it",
                format!("remove the {them}{asks}"),
            )
        }
    };
    let finding = Diagnostic::new(code, message);
    let below = places_below(alike).into_iter();
    let finding = below.fold(finding, |finding, (place, text)| finding.at(place, text));
    let above: BTreeMap<Place, &QuotedClaim> = alike
        .iter()
        .map(|(breach, _)| (breach.above.place, &breach.above))
        .collect();
    let above = above.into_iter().map(|(place, said)| {
        let value = match kind {
            BreachKind::SiteBelowFloor => String::new(),
            BreachKind::WeakerThanFloor | BreachKind::ChangesLocked | BreachKind::SameLayer => {
                format!(" `{}`", said.value)
            }
        };
        (place, format!("`{}` {stands}{value}", said.rule))
    });
    let finding = above.fold(finding, |finding, (place, text)| finding.at(place, text));
    Some(finding.help(help))
}

/// What goes against a floor, in words: the verdicts, their verb, and what to remove.
fn sites_below(alike: &[(&Breach, &[&GroupId])]) -> (String, &'static str, &'static str) {
    let said: BTreeSet<&str> = alike
        .iter()
        .map(|(each, _)| each.below.value.as_str())
        .collect();
    let (go, them) = match said.len() {
        1 => ("goes", "site"),
        _ => ("go", "sites"),
    };
    (few_of(&said), go, them)
}

/// Every place below with what is said there.
fn places_below(alike: &[(&Breach, &[&GroupId])]) -> BTreeMap<Place, String> {
    let mut by_place: BTreeMap<Place, Vec<(&QuotedClaim, &[&GroupId])>> = BTreeMap::new();
    for (breach, groups) in alike {
        let below = by_place.entry(breach.below.place).or_default();
        below.push((&breach.below, groups));
    }
    let texts = by_place.into_iter().filter_map(|(place, said)| {
        let (first, _) = said.first()?;
        let values: BTreeSet<&str> = said.iter().map(|(said, _)| said.value.as_str()).collect();
        let groups: BTreeSet<&GroupId> = said
            .iter()
            .flat_map(|(_, groups)| *groups)
            .copied()
            .collect();
        let groups: Vec<&GroupId> = groups.into_iter().collect();
        let (values, whom) = (few_of(&values), groups_in_words(&groups));
        Some((place, format!("`{}` says {values} for {whom}", first.rule)))
    });
    texts.collect()
}

/// `allow a.example`, `allow b.example` and 7 more.
fn few_of(said: &BTreeSet<&str>) -> String {
    const FEW: usize = 3;

    let named: Vec<&str> = said.iter().copied().take(FEW).collect();
    match said.len().saturating_sub(FEW) {
        0 => in_backticks(&named),
        others => format!("{} and {others} more", in_backticks(&named)),
    }
}

/// What else those may do who wrote what stands below.
fn what_else(policy: &Policy, above: &QuotedClaim, below: &QuotedClaim) -> String {
    let floor = policy.rules.get(&above.rule);
    let is_lesson = policy.rules.get(&below.rule).is_some_and(Rule::is_lesson);
    let owner = match floor.and_then(|rule| decided(policy, rule)) {
        Some((case, body)) => format!("only {body} can change what it decided in {case}"),
        None => format!("only those who wrote `{}` can change it", above.rule),
    };
    match floor.map(|rule| (rule.strength(), rule.overridable())) {
        Some((Strength::Minimum, Some(Overridable::Lessons))) => {
            format!(
                ", or give it as a lesson, which ends by itself: `during: lesson:NAME`; {owner}"
            )
        }
        Some((Strength::Minimum, None)) if is_lesson => {
            format!("; {owner}, or let lessons go below it: `overridable: lessons`")
        }
        Some((Strength::Minimum, None)) => {
            format!("; {owner}, or open it for lessons: `overridable: lessons`")
        }
        Some((Strength::Locked | Strength::Default, _)) | None => format!("; {owner}"),
    }
}

fn decided<'a>(policy: &'a Policy, rule: &'a Rule) -> Option<(&'a CaseNumber, &'a str)> {
    let case = rule.decision()?;
    Some((case, policy.body_of(case)?))
}

fn report_inexpressible(resolved: &Resolved<'_>) -> Vec<Diagnostic> {
    let inexpressible = &resolved.sites.flat.inexpressible;
    inexpressible.iter().map(report_obstacle).collect()
}

fn report_obstacle(each: &Inexpressible) -> Diagnostic {
    let finding = |message| Diagnostic::new(Code::InexpressibleSites, message);
    let cannot = format!("no browser can be told the verdict over `{}`", each.sites);
    match &each.obstacle {
        Obstacle::Instead(instead) => finding(cannot)
            .at(each.decides, "this is what was decided")
            .at(*instead, "and a browser would follow this instead")
            .help("remove one of the two, or ask those who wrote the other to"),
        Obstacle::TooMany => finding(cannot)
            .at(each.decides, "this is what was decided")
            .help(
                "the rules of one group come to too many single sites: list them in a file \
                 below `lists/`, and let the rule speak of their `category:NAME`",
            ),
        Obstacle::TooManyApart => finding(cannot)
            .at(each.decides, "this is what was decided")
            .help(format!(
                "more than {MOST_REGIONS} sites of categories are decided otherwise than their \
                 category, and each is a single site to a browser: give the categories that overlap \
                 one verdict, or take their common sites out of the files of one of them",
            )),
        Obstacle::Crossing { rules, other } => {
            let rules: Vec<&str> = rules.iter().map(RuleId::as_str).collect();
            finding(format!(
                "sites of {} cross in more than {MOST_REGIONS} places, of which `{}` is one, and no \
                 browser can be told them all",
                in_backticks(&rules),
                each.sites
            ))
            .at(each.decides, "this decides where the two cross")
            .at(*other, "and this crosses it")
            .help(
                "leave out the query conditions of one of the two, and of the sites written like \
                 it: say it of the host or the path alone",
            )
        }
    }
}
