//! What changes once every class has moved up, and does not change today: a class may leave a
//! floor, or come under it, on the day on which the next school year begins.

use std::collections::BTreeSet;

use fyr_schemas::timetable::Days;
use jiff::civil::Date;

use super::{Change, Comparison, Crowds, Held, Side, Sides, Subject, settings, sites};
use crate::compile::read;
use crate::diagnostic::Diagnostics;
use crate::policy::{Assumptions, Policy, Told};
use crate::source::Sources;
use crate::spell::Spell;

/// The changes of that day which are none of those that were `told`.
pub(super) fn changes(
    [old, new]: [&Sources; 2],
    comparison: &Comparison,
    today: &Policy,
    told: &[Change],
) -> Vec<Change> {
    let Some(turn) = today.country().next_school_year(today.date) else {
        return Vec::new();
    };
    let on_that_day = |sources, assumptions: &Assumptions| {
        let alone = Assumptions {
            told: Told::DayAlone,
            ..assumptions.clone()
        };
        // Whatever is wrong on that day is for a check to tell.
        read(sources, turn, &alone, &mut Diagnostics::default())
    };
    let (Some(old), Some(new)) = (
        on_that_day(old, &Assumptions::default()),
        on_that_day(new, &comparison.what_if),
    ) else {
        return Vec::new();
    };
    let sides = Sides::new(Side::new(&old), Side::new(&new));
    let crowds = Crowds::new(&new);
    let mut changes = settings::changes(&sides, &crowds);
    changes.extend(sites::changes(&sides, &crowds));
    let known: BTreeSet<What<'_>> = told.iter().map(what).collect();
    let news = changes.iter();
    let news = news.filter(|change| !known.contains(&what(change)));
    news.map(|change| from_then_on(change, (turn, &crowds)))
        .collect()
}

/// What changes, for whomever. A class that moves into a stage finds there what was told of the stage.
type What<'c> = (&'c Subject, &'c Held, &'c Held);

fn what(change: &Change) -> What<'_> {
    (&change.subject, &change.before, &change.after)
}

/// A change from a day on.
fn from_then_on(change: &Change, (turn, crowds): (Date, &Crowds<'_>)) -> Change {
    let days = Days {
        from: Some(turn),
        until: None,
    };
    let during = change.during.clone();
    Change {
        whom: crowds.in_words(&change.groups, &Spell { days, during }),
        days,
        ..change.clone()
    }
}
