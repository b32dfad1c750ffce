//! Days of floors that lie beyond those that devices are told of: nothing else would tell of them.

use std::collections::BTreeSet;

use fyr_schemas::policy::{At, Day, Strength};
use fyr_schemas::timetable::Days;
use fyr_schemas::{GroupId, RuleId};
use jiff::ToSpan;
use jiff::civil::Date;

use super::{Change, Crowds, Held, Risk, Sides, Subject};
use crate::policy::{Policy, Rule};
use crate::spell::Spell;

pub(super) fn changes(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let (old, new) = (sides.old.policy, sides.new.policy);
    let Some(reach) = new.date.checked_add(1.year()).ok() else {
        return Vec::new();
    };
    let names: BTreeSet<&RuleId> = old.rules.keys().chain(new.rules.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let (was, is) = (floor(old, name), floor(new, name));
            let risk = risk(was.as_ref(), is.as_ref(), reach)?;
            let rule = new.rules.get(name).or_else(|| old.rules.get(name))?;
            Some(change(
                (rule, risk),
                was.as_ref(),
                is.as_ref(),
                sides,
                crowds,
            ))
        })
        .collect()
}

/// A floor with its days: those of its own that its case has too.
struct Floor<'a> {
    rule: &'a Rule,
    days: Days,
}

fn floor<'a>(policy: &'a Policy, name: &RuleId) -> Option<Floor<'a>> {
    let rule = policy.rules.get(name)?;
    (rule.strength() != Strength::Default).then(|| Floor {
        rule,
        days: days_of(policy, rule),
    })
}

fn days_of(policy: &Policy, rule: &Rule) -> Days {
    let written = &rule.source.document;
    let day = |day: &Option<At<Day>>| day.as_ref().map(|day| day.value.0);
    let own = Days {
        from: day(&written.from),
        until: day(&written.until),
    };
    let case = rule.decision();
    let decision = case.and_then(|case| policy.decisions.get(case));
    own.overlap(Days {
        from: decision.map(|decision| decision.document.first_day().value.0),
        until: case.and_then(|case| policy.last_day(case)),
    })
}

/// How grave it is that a floor holds on other days than before, behind the last day that devices are
/// told of; `None` where they are the same, or where the days up to that one show it already.
fn risk(was: Option<&Floor<'_>>, is: Option<&Floor<'_>>, reach: Date) -> Option<Risk> {
    let holds_then =
        |floor: Option<&Floor<'_>>| floor.is_some_and(|floor| floor.days.contains(reach));
    if holds_then(was) != holds_then(is) {
        return None;
    }
    let behind = |floor: Option<&Floor<'_>>| {
        let from = Days {
            from: reach.tomorrow().ok(),
            until: None,
        };
        let days = floor.map(|floor| floor.days.overlap(from));
        days.filter(|days| !days.is_empty())
    };
    let (was, is) = (behind(was), behind(is));
    let lies_within = |one: Option<Days>, other: Option<Days>| match (one, other) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(one), Some(other)) => one.overlap(other) == one,
    };
    match (lies_within(was, is), lies_within(is, was)) {
        (true, true) => None,
        (true, false) => Some(Risk::Tighter),
        (false, _) => Some(Risk::Weaker),
    }
}

fn change(
    (rule, risk): (&Rule, Risk),
    was: Option<&Floor<'_>>,
    is: Option<&Floor<'_>>,
    sides: &Sides<'_>,
    crowds: &Crowds<'_>,
) -> Change {
    let groups = sides.new.policy.groups.values();
    let groups = groups.filter(|group| rule.selects(group));
    let groups: Vec<GroupId> = groups.map(|group| group.id.clone()).collect();
    let always = Spell::default();
    Change {
        risk,
        subject: Subject::Rule(rule.id().clone()),
        before: held(was),
        after: held(is),
        whom: crowds.in_words(&groups, &always),
        during: always.during,
        days: always.days,
        groups,
    }
}

fn held(floor: Option<&Floor<'_>>) -> Held {
    let value = floor.map_or_else(
        || "holds on no day".to_owned(),
        |floor| match (floor.days.from, floor.days.until) {
            (Some(from), Some(until)) => format!("holds from {from} until {until}"),
            (None, Some(until)) => format!("holds until {until}"),
            (Some(from), None) => format!("holds from {from} on"),
            (None, None) => "holds for good".to_owned(),
        },
    );
    let rule = floor.map(|floor| floor.rule);
    Held {
        value,
        rule: rule.map(|rule| rule.id().clone()),
        strength: rule.map(|rule| rule.firmness().words()),
        decision: rule.and_then(Rule::decision).cloned(),
    }
}
