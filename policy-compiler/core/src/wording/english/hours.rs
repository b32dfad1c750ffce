//! Words about the timetable.

use std::collections::BTreeSet;

use fyr_schemas::RuleId;

use super::{Said, phrase};
use crate::finding::{Diagnostic, Hours, Role, Shortening};

/// How hours are written.
const HOURS: &str = "write them as `08:00-15:30`; the end of the day is `24:00`";

#[expect(clippy::too_many_lines, reason = "a table: one arm for each finding")]
pub(super) fn words(found: &Hours, whole: &Diagnostic) -> Said {
    let whom = || phrase::groups(&whole.groups);
    match found {
        Hours::PeriodOver { period, rule } => Said::new(
            format!("period `{period}` never runs again"),
            match rule {
                Some(_) => "remove the period and its rules, or give it new days",
                None => "remove it, or give it new days",
            },
        ),
        Hours::PeriodUnused { period } => Said::new(
            format!("no rule is in force during period `{period}`"),
            format!("add `during: {period}` to a rule, or remove the period"),
        ),
        Hours::ExceptionsEqual { period } => Said::new(
            format!(
                "several exceptions from `{period}` of equal rank are for {}",
                whom()
            ),
            "write a lower unit or a stage in all but one of them",
        ),
        Hours::TooManyCombinations { most } => Said::new(
            format!("more than {most} combinations of periods for {}", whom()),
            "put several days and hours into one period, and remove periods that are over",
        ),
        Hours::ChangesNotIncluded { days, .. } => changes_not_included(days, &whom()),
        Hours::LessonWithoutEnd { period } => Said::new(
            format!("lesson `{period}` does not end within a year"),
            "add `until:` with the last day of the term, or `on:` with its dates",
        ),
        Hours::LessonsOverlap { .. } => Said::new(
            format!("two lessons at one time for {}", whom()),
            "correct the day or the hours of one, or narrow its `for`",
        ),
        Hours::LessonsTooLong { day, minutes, most } => Said::new(
            format!("{} of lessons on {day} for {}", duration(*minutes), whom()),
            format!(
                "shorten the lessons: at most {} of a day may go below minimums that are \
                 overridable by lessons",
                duration(*most)
            ),
        ),
        Hours::DecisionNotInForce { case, date } => Said::new(
            format!("decision `{case}` is not in force on {date}, but its hours apply"),
            "cite a decision that is in force, or remove the hours until it begins",
        ),
        Hours::Undecided { period, rules } => {
            let depend = if rules.len() == 1 {
                "depends"
            } else {
                "depend"
            };
            Said::new(
                format!(
                    "{} {depend} on period `{period}`, which cites no decision",
                    phrase::several(rules.iter().map(RuleId::as_str), "rules")
                ),
                "add `decision:` to the period, or above `periods` for all of the timetable",
            )
        }
        Hours::FloorShortened { by, .. } => floor_shortened(by, whole),
        Hours::UnknownDay { day, meant } => Said::new(
            format!("unknown day of the week `{day}`"),
            match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "write `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`".to_owned(),
            },
        ),
        Hours::DaysNotText => Said::new(
            "a list is not a day of the week",
            "write `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`",
        ),
        Hours::OverWeekend {
            days,
            split: [one, other],
        } => Said::new(
            format!("`{days}` runs over the end of the week"),
            format!("write `[{one}, {other}]`"),
        ),
        Hours::DayTwice { day } => Said::new(
            format!("the hours of `{day}` are written twice"),
            "write each day of the week once",
        ),
        Hours::WrongHours { hours, meant } => Said::new(
            format!("`{hours}` is not the hours of a day"),
            match meant {
                Some(meant) => format!("write `{meant}`"),
                None => HOURS.to_owned(),
            },
        ),
        Hours::HoursNotText => Said::new("a list is not the hours of a day", HOURS),
        Hours::HoursEmpty { hours } => Said::new(
            format!("`{hours}` ends when it begins"),
            "write when they end, or remove `hours` for the whole day",
        ),
        Hours::HoursBackwards { from, until } => Said::new(
            format!("`{from}-{until}` ends before it begins"),
            match until.as_str() {
                "00:00" => format!("write `{from}-24:00` for a night"),
                _ => format!(
                    "write `[00:00-{until}, {from}-24:00]` for a night, or did you mean \
                     `{until}-{from}`?"
                ),
            },
        ),
        Hours::HoursOverlap { one, other } => Said::new(
            format!("`{one}` and `{other}` overlap"),
            format!(
                "write them as one: `{}-{}`",
                one.from(),
                one.until().max(other.until())
            ),
        ),
        Hours::ReservedKind { period } => Said::new(
            format!("`{period}` cannot be the name of a period"),
            "write another word before `:`",
        ),
        Hours::BoundedSingleDays => Said::new(
            "single days have a first or a last day",
            "keep `on`, or write `days` with `from` and `until`",
        ),
        Hours::NoDays { period } => Said::new(
            format!("period `{period}` has no days"),
            "add `days: mon-fri`, or `on:` with a date",
        ),
        Hours::ExceptionSaysNothing => Said::new(
            "exception without days and hours",
            "add `hours`, or remove the exception",
        ),
        Hours::ExceptionWithoutHours => Said::new(
            "exception without hours",
            "add `hours`: those of the period differ from day to day",
        ),
        Hours::HolidayWithoutDays { name } => Said::new(
            format!("holiday `{name}` has no first and last day"),
            "write `from` and `until`, or `on` with a date",
        ),
        Hours::HolidayTwice { name } => Said::new(
            format!("the days of holiday `{name}` are written twice"),
            "keep `on`, or `from` and `until`",
        ),
        Hours::BothDays => Said::new(
            "days of the week and single days in one period",
            "keep one of them, and write the other in a period of its own",
        ),
        Hours::DaysTwice { field } => Said::new(
            "the days are written twice",
            format!("remove `{field}`, or write the hours without days"),
        ),
        Hours::DaysBackwards { first, last } => Said::new(
            "the last day comes before the first",
            format!("write `from: {last}` and `until: {first}`"),
        ),
        Hours::ZoneWithoutRule { zone } => Said::new(
            format!("the clocks of `{zone}` follow no rule that devices support"),
            "choose a zone whose clocks change on the same days every year, or never",
        ),
    }
}

fn changes_not_included(days: &[jiff::civil::Date], whom: &str) -> Said {
    let Some(first) = days.first() else {
        return Said::new(String::new(), String::new());
    };
    let more = match days.len() {
        1 => String::new(),
        several => format!(
            " and on {}",
            phrase::counted(several - 1, "more day", "more days")
        ),
    };
    Said::new(
        format!("changes on {first}{more} are not included in the bundles of {whom}"),
        format!(
            "publish the policy again before {first}; to make room, write fewer overlapping periods \
             and fewer boundary dates"
        ),
    )
}

fn duration(minutes: u16) -> String {
    match (minutes / 60, minutes % 60) {
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn floor_shortened(by: &Shortening, whole: &Diagnostic) -> Said {
    let (mut floors, mut holidays) = (BTreeSet::new(), BTreeSet::new());
    let mut highest: Option<(usize, Option<&str>)> = None;
    for mark in &whole.places {
        match &mark.role {
            Role::Shortens { name, .. } => {
                holidays.insert(name.as_str());
            }
            Role::FloorFrom {
                rule,
                unit,
                competent,
                ..
            } => {
                floors.insert(rule.as_str());
                let here = (unit.depth(), competent.as_deref());
                highest = highest.into_iter().chain([here]).min();
            }
            _ => {}
        }
    }
    let cite = match highest {
        Some((_, Some(body))) => format!("cite a decision of {body}"),
        Some((_, None)) | None => "cite a decision of a competent body".to_owned(),
    };
    let floors = phrase::several(floors, "rules");
    match by {
        Shortening::Period(name) => Said::new(
            format!("period `{name}` is decided by a body that is not competent for {floors}"),
            format!("{cite} for the period; units below may still add hours under `except`"),
        ),
        Shortening::Exception(name) => Said::new(
            format!("an exception from period `{name}` shortens the hours of {floors}"),
            format!("make the hours at least as long as without the exception, or {cite}"),
        ),
        Shortening::Holidays => {
            let shorten = if holidays.len() == 1 {
                "shortens"
            } else {
                "shorten"
            };
            Said::new(
                format!(
                    "{} {shorten} the hours of {floors}",
                    phrase::several(holidays, "holidays")
                ),
                format!("remove the days, or {cite}"),
            )
        }
    }
}
