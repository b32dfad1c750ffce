//! Reads `timetable.yaml`: types its days and hours, and reports what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{self as source, At, Day, Scope, SettingValue, TimetableFile};
use fyr_schemas::timetable::{Days, Hours, Period as Runs, Weekday};
use fyr_schemas::{CaseNumber, PeriodId};
use jiff::civil::Date;

use super::week::{self, Written};
use super::{Cited, Exception, Holiday, Period, Timetable};
use crate::finding::{Diagnostic, Diagnostics, Hours as Found, Role};
use crate::parse::InFile;
use crate::source::Place;

/// Reads the periods and the holidays; `scopes` gets every scope that is written.
pub(crate) fn read(
    file: &InFile<TimetableFile>,
    mut scopes: impl FnMut(&Scope, &mut Diagnostics),
    findings: &mut Diagnostics,
) -> Timetable {
    let mut timetable = Timetable::default();
    for (name, written) in &file.document.periods {
        let given = written.scope.iter();
        let excepted = written.except.iter().map(|exception| &exception.scope);
        for scope in given.chain(excepted) {
            scopes(scope, findings);
        }
        let reader = Reader { file, findings };
        if let Some(period) = reader.period(name, written) {
            timetable.periods.insert(name.value.clone(), period);
        }
    }
    for holiday in &file.document.holidays {
        if let Some(scope) = &holiday.scope {
            scopes(scope, findings);
        }
        let mut reader = Reader { file, findings };
        if let Some(days) = reader.holiday(holiday) {
            timetable.holidays.push(Holiday {
                name: holiday.name.value.clone(),
                place: file.place(&holiday.name),
                decided: cited(file, [&holiday.decision, &file.document.decision]),
                cites_itself: holiday.decision.is_some(),
                scope: holiday.scope.clone(),
                days,
            });
        }
    }
    timetable
}

/// The case that something cites: the first that is written, its own before those it belongs to.
fn cited<const N: usize>(
    file: &InFile<TimetableFile>,
    written: [&Option<At<CaseNumber>>; N],
) -> Option<Cited> {
    let case = written.into_iter().flatten().next()?;
    Some(Cited {
        case: case.value.clone(),
        place: file.place(case),
    })
}

/// The days and hours of a period or an exception, as they are written.
struct When<'a> {
    days: Option<&'a At<SettingValue>>,
    on: &'a [At<Day>],
    hours: Option<&'a At<SettingValue>>,
}

struct Reader<'a, 'f> {
    file: &'a InFile<TimetableFile>,
    findings: &'f mut Diagnostics,
}

impl Reader<'_, '_> {
    fn period(mut self, name: &At<PeriodId>, written: &source::Period) -> Option<Period> {
        let place = self.file.place(name);
        if name.kind() == Some(PeriodId::DAY_KIND) {
            return self.refuse(
                Diagnostic::of(Found::ReservedKind {
                    period: name.value.clone(),
                })
                .at(place, Role::ReservedWord),
            );
        }
        let within = self.within(written)?;
        let when = When {
            days: written.days.as_ref(),
            on: &written.on,
            hours: written.hours.as_ref(),
        };
        let usual = self.usual(name, &when, within)?;
        let of_file = &self.file.document.decision;
        let mut exceptions = Vec::new();
        for exception in &written.except {
            let runs = self.exception(exception, &usual, within)?;
            exceptions.push(Exception {
                place: self.file.place(&exception.scope.unit),
                decided: cited(self.file, [&exception.decision, &written.decision, of_file]),
                cites_itself: exception.decision.is_some(),
                scope: exception.scope.clone(),
                runs,
            });
        }
        Some(Period {
            place,
            decided: cited(self.file, [&written.decision, of_file]),
            scope: written.scope.clone(),
            usual,
            exceptions,
        })
    }

    fn within(&mut self, written: &source::Period) -> Option<Days> {
        let [from, until] = [&written.from, &written.until];
        if let Some(bound) = from.as_ref().or(until.as_ref())
            && let Some(day) = written.on.first()
        {
            let place = self.file.place(bound);
            return self.refuse(
                Diagnostic::of(Found::BoundedSingleDays)
                    .at(place, Role::BoundsWeekdays)
                    .at(self.file.place(day), Role::SingleDays),
            );
        }
        self.stretch(from.as_ref(), until.as_ref())
    }

    /// The days between two.
    fn stretch(&mut self, from: Option<&At<Day>>, until: Option<&At<Day>>) -> Option<Days> {
        if let Some((first, last)) = from.zip(until)
            && last.value < first.value
        {
            let finding = backwards(self.file, first, last);
            return self.refuse(finding);
        }
        Some(Days {
            from: from.map(|day| day.value.0),
            until: until.map(|day| day.value.0),
        })
    }

    fn usual(&mut self, name: &At<PeriodId>, when: &When<'_>, within: Days) -> Option<Runs> {
        self.not_both(when)?;
        let hours = self.hours(when.hours)?;
        match (when.days, when.on, hours) {
            (Some(days), _, Written::EveryDay(hours)) => {
                let days = self.days(days)?;
                Some(weekly(days, &hours, within))
            }
            (None, [], Written::ByDay(hours)) => Some(Runs::Weekly { hours, within }),
            (None, on @ [_, ..], Written::EveryDay(hours)) => Some(Runs::On {
                days: dates(on),
                hours,
            }),
            (None, [], Written::EveryDay(_)) => {
                let period = name.value.clone();
                let finding = Diagnostic::of(Found::NoDays { period });
                self.refuse(finding.at(self.file.place(name), Role::NeverRunsWithout))
            }
            (Some(days), _, Written::ByDay(_)) => self.days_twice(self.file.place(days), "days"),
            (None, [day, ..], Written::ByDay(_)) => self.days_twice(self.file.place(day), "on"),
        }
    }

    /// What an exception leaves out is as in its period.
    fn exception(
        &mut self,
        written: &source::Exception,
        usual: &Runs,
        within: Days,
    ) -> Option<Runs> {
        let when = When {
            days: written.days.as_ref(),
            on: &written.on,
            hours: written.hours.as_ref(),
        };
        self.not_both(&when)?;
        let hours = match when.hours {
            None => None,
            Some(_) => Some(self.hours(when.hours)?),
        };
        let hours_or_usual = |hours: Option<Vec<Hours>>| hours.or_else(|| uniform(usual));
        match (when.days, when.on, hours) {
            (None, [], None) => {
                let place = self.file.place(&written.scope.unit);
                let finding = Diagnostic::of(Found::ExceptionSaysNothing);
                self.refuse(finding.at(place, Role::SameAsPeriod))
            }
            (None, [], Some(Written::ByDay(hours))) => Some(Runs::Weekly { hours, within }),
            (None, [], Some(Written::EveryDay(hours))) => Some(with_hours(usual, &hours)),
            (Some(days), _, Some(Written::ByDay(_))) => {
                self.days_twice(self.file.place(days), "days")
            }
            (None, [day, ..], Some(Written::ByDay(_))) => {
                self.days_twice(self.file.place(day), "on")
            }
            (Some(days), _, hours) => {
                let place = self.file.place(days);
                let read = self.days(days)?;
                match hours_or_usual(hours.and_then(every_day)) {
                    Some(hours) => Some(weekly(read, &hours, within)),
                    None => self.no_one_hours(place),
                }
            }
            (None, on @ [day, ..], hours) => match hours_or_usual(hours.and_then(every_day)) {
                Some(hours) => Some(Runs::On {
                    days: dates(on),
                    hours,
                }),
                None => self.no_one_hours(self.file.place(day)),
            },
        }
    }

    fn holiday(&mut self, written: &source::Holiday) -> Option<Vec<Days>> {
        let [from, until] = [&written.from, &written.until];
        let name = self.file.place(&written.name);
        let refused = |found: Found| Diagnostic::of(found).at(name, Role::Holiday);
        let id = written.name.value.clone();
        match (written.on.first(), from, until) {
            (Some(_), None, None) => {
                let one = |day: Date| Days {
                    from: Some(day),
                    until: Some(day),
                };
                Some(dates(&written.on).into_iter().map(one).collect())
            }
            (None, Some(first), Some(last)) => {
                let days = self.stretch(Some(first), Some(last))?;
                Some(vec![days])
            }
            (None, ..) => self.refuse(refused(Found::HolidayWithoutDays { name: id })),
            (Some(_), ..) => self.refuse(refused(Found::HolidayTwice { name: id })),
        }
    }

    fn not_both(&mut self, when: &When<'_>) -> Option<()> {
        let (Some(days), Some(day)) = (when.days, when.on.first()) else {
            return Some(());
        };
        let finding = Diagnostic::of(Found::BothDays)
            .at(self.file.place(days), Role::EveryWeek)
            .at(self.file.place(day), Role::SingleDays);
        self.refuse(finding)
    }

    fn days_twice<T>(&mut self, place: Place, field: &str) -> Option<T> {
        self.refuse(
            Diagnostic::of(Found::DaysTwice {
                field: field.to_owned(),
            })
            .at(place, Role::HoursNameDays),
        )
    }

    fn no_one_hours<T>(&mut self, place: Place) -> Option<T> {
        let finding = Diagnostic::of(Found::ExceptionWithoutHours);
        self.refuse(finding.at(place, Role::HoursDiffer))
    }

    fn hours(&mut self, written: Option<&At<SettingValue>>) -> Option<Written> {
        let Some(written) = written else {
            return Some(Written::EveryDay(Hours::WHOLE_DAY.to_vec()));
        };
        let places = |written: &At<SettingValue>| self.file.place(written);
        let keys = |written: &At<String>| self.file.place(written);
        week::read_hours(written, &places, &keys, self.findings)
    }

    fn days(&mut self, written: &At<SettingValue>) -> Option<BTreeSet<Weekday>> {
        let places = |written: &At<SettingValue>| self.file.place(written);
        week::read_days(written, &places, self.findings)
    }

    fn refuse<T>(&mut self, finding: Diagnostic) -> Option<T> {
        self.findings.push(finding);
        None
    }
}

/// The finding for a last day before the first one.
pub(in crate::policy) fn backwards<T>(
    file: &InFile<T>,
    first: &At<Day>,
    last: &At<Day>,
) -> Diagnostic {
    Diagnostic::of(Found::DaysBackwards {
        first: first.value.0,
        last: last.value.0,
    })
    .at(file.place(last), Role::BeforeFirstDay)
    .at(file.place(first), Role::FirstDay)
}

fn dates(written: &[At<Day>]) -> BTreeSet<Date> {
    written.iter().map(|day| day.value.0).collect()
}

fn every_day(hours: Written) -> Option<Vec<Hours>> {
    match hours {
        Written::EveryDay(hours) => Some(hours),
        Written::ByDay(_) => None,
    }
}

fn weekly(days: BTreeSet<Weekday>, hours: &[Hours], within: Days) -> Runs {
    let hours = days.into_iter().map(|day| (day, hours.to_vec())).collect();
    Runs::Weekly { hours, within }
}

/// The same days with other hours.
fn with_hours(usual: &Runs, hours: &[Hours]) -> Runs {
    match usual {
        Runs::Weekly {
            hours: by_day,
            within,
        } => weekly(by_day.keys().copied().collect(), hours, *within),
        Runs::On { days, .. } => Runs::On {
            days: days.clone(),
            hours: hours.to_vec(),
        },
        Runs::Throughout(days) => Runs::Throughout(*days),
    }
}

/// The hours of a period that has the same on all its days.
fn uniform(usual: &Runs) -> Option<Vec<Hours>> {
    match usual {
        Runs::Weekly { hours, .. } => {
            let by_day: &BTreeMap<_, _> = hours;
            let first = by_day.values().next()?;
            by_day
                .values()
                .all(|hours| hours == first)
                .then(|| first.clone())
        }
        Runs::On { hours, .. } => Some(hours.clone()),
        Runs::Throughout(_) => Some(Hours::WHOLE_DAY.to_vec()),
    }
}
