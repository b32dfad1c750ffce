//! Reads the days of a week and the hours of a day as people write them: `mon-fri`,
//! `08:00-15:30`.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{At, SettingValue};
use fyr_schemas::timetable::{Hours, Minute, Weekday};

use crate::finding::{Diagnostic, Diagnostics, Hours as Found, Role};
use crate::meant::did_you_mean;
use crate::source::Place;

/// Where something written stands.
pub(super) type Places<'a> = &'a dyn Fn(&At<SettingValue>) -> Place;

/// The hours as they are written: the same on every day, or by weekday.
#[derive(Debug)]
pub(super) enum Written {
    EveryDay(Vec<Hours>),
    ByDay(BTreeMap<Weekday, Vec<Hours>>),
}

/// Reads hours; what is wrong with them is a finding, and then nothing is read.
pub(super) fn read_hours(
    written: &At<SettingValue>,
    places: Places<'_>,
    key_places: &dyn Fn(&At<String>) -> Place,
    findings: &mut Diagnostics,
) -> Option<Written> {
    let SettingValue::Map(by_day) = &written.value else {
        return hours_of_a_day(written, places, findings).map(Written::EveryDay);
    };
    let mut read: BTreeMap<Weekday, Vec<Hours>> = BTreeMap::new();
    for (days, hours) in by_day {
        let place = key_places(days);
        let days = report(days_in(days, place), findings)?;
        let hours = hours_of_a_day(hours, places, findings)?;
        for day in days {
            if read.insert(day, hours.clone()).is_some() {
                findings.push(Diagnostic::of(Found::DayTwice { day }).at(place, Role::HoursTwice));
                return None;
            }
        }
    }
    Some(Written::ByDay(read))
}

/// Reads days of the week: `mon-fri`, or a list.
pub(super) fn read_days(
    written: &At<SettingValue>,
    places: Places<'_>,
    findings: &mut Diagnostics,
) -> Option<BTreeSet<Weekday>> {
    let mut days = BTreeSet::new();
    for item in items(written) {
        let place = places(item);
        let read = match &item.value {
            SettingValue::Text(text) => days_in(text, place),
            SettingValue::List(_) | SettingValue::Map(_) => Err(Box::new(
                Diagnostic::of(Found::DaysNotText).at(place, Role::NoDayOfWeek),
            )),
        };
        days.extend(report(read, findings)?);
    }
    Some(days)
}

fn hours_of_a_day(
    written: &At<SettingValue>,
    places: Places<'_>,
    findings: &mut Diagnostics,
) -> Option<Vec<Hours>> {
    let mut hours: Vec<(Hours, Place)> = Vec::new();
    for item in items(written) {
        let place = places(item);
        let read = match &item.value {
            SettingValue::Text(text) => hours_in(text, place),
            SettingValue::List(_) | SettingValue::Map(_) => Err(Box::new(
                Diagnostic::of(Found::HoursNotText).at(place, Role::FromAndUntil),
            )),
        };
        hours.push((report(read, findings)?, place));
    }
    hours.sort_by_key(|(hours, _)| *hours);
    for pair in hours.windows(2) {
        if let [(one, _), (other, place)] = pair
            && one.overlaps(*other)
        {
            findings.push(overlapping(*one, *other, *place));
            return None;
        }
    }
    Some(hours.into_iter().map(|(hours, _)| hours).collect())
}

fn items(written: &At<SettingValue>) -> &[At<SettingValue>] {
    match &written.value {
        SettingValue::List(items) => items,
        SettingValue::Text(_) | SettingValue::Map(_) => std::slice::from_ref(written),
    }
}

fn report<T>(read: Result<T, Box<Diagnostic>>, findings: &mut Diagnostics) -> Option<T> {
    read.map_err(|finding| findings.push(*finding)).ok()
}

fn days_in(text: &str, place: Place) -> Result<Vec<Weekday>, Box<Diagnostic>> {
    let day = |word: &str| {
        Weekday::ALL
            .into_iter()
            .find(|day| day.word() == word.trim())
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (Some(from), Some(until)) = (day(first), day(last)) else {
        let unknown = if day(first).is_none() { first } else { last };
        return Err(Box::new(no_days(unknown.trim(), place)));
    };
    if from > until {
        let week = |from: Weekday, until: Weekday| {
            if from == until {
                from.to_string()
            } else {
                format!("{from}-{until}")
            }
        };
        let (later, earlier) = (week(from, Weekday::Sun), week(Weekday::Mon, until));
        let finding = Diagnostic::of(Found::OverWeekend {
            days: text.to_owned(),
            split: [earlier, later],
        });
        return Err(Box::new(finding.at(place, Role::WeekBeginsOnMonday)));
    }
    let days = Weekday::ALL.into_iter();
    Ok(days.filter(|day| (from..=until).contains(day)).collect())
}

fn no_days(unknown: &str, place: Place) -> Diagnostic {
    let words = Weekday::ALL.map(Weekday::word);
    // `monday` and `tues` are days too.
    let longer = words
        .into_iter()
        .find(|word| unknown.len() > word.len() && unknown.to_lowercase().starts_with(word));
    let meant = longer.or_else(|| did_you_mean(unknown, words));
    Diagnostic::of(Found::UnknownDay {
        day: unknown.to_owned(),
        meant: meant.map(str::to_owned),
    })
    .at(place, Role::NoDayOfWeek)
}

fn hours_in(text: &str, place: Place) -> Result<Hours, Box<Diagnostic>> {
    let minute = |text: &str| text.trim().parse::<Minute>().ok();
    let Some((from, until)) = text
        .split_once('-')
        .and_then(|(from, until)| minute(from).zip(minute(until)))
    else {
        return Err(Box::new(no_hours(text, place)));
    };
    Hours::between(from, until).ok_or_else(|| Box::new(no_stretch(text, from, until, place)))
}

fn no_hours(text: &str, place: Place) -> Diagnostic {
    Diagnostic::of(Found::WrongHours {
        hours: text.to_owned(),
        meant: hours_meant(text),
    })
    .at(place, Role::FromAndUntil)
}

/// `08.00-15.00`, `08:00–15:00` and `8-15` as the hours of a day are written.
fn hours_meant(text: &str) -> Option<String> {
    let text = text.replace('.', ":").replace(['–', '—'], "-");
    let (from, until) = text.split_once('-')?;
    let minute = |text: &str| {
        let text = text.trim();
        let whole = if text.contains(':') {
            text.to_owned()
        } else {
            format!("{text}:00")
        };
        whole.parse::<Minute>().ok()
    };
    Hours::between(minute(from)?, minute(until)?).map(|hours| hours.to_string())
}

/// Hours that end before they begin, or as they do.
fn no_stretch(text: &str, from: Minute, until: Minute, place: Place) -> Diagnostic {
    if from == until {
        let hours = text.to_owned();
        return Diagnostic::of(Found::HoursEmpty { hours }).at(place, Role::NoMinute);
    }
    Diagnostic::of(Found::HoursBackwards {
        from: from.to_string(),
        until: until.to_string(),
    })
    .at(place, Role::OverMidnight)
}

fn overlapping(one: Hours, other: Hours, place: Place) -> Diagnostic {
    Diagnostic::of(Found::HoursOverlap { one, other }).at(place, Role::MinutesTwice)
}
