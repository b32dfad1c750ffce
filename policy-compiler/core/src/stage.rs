//! Which stage a class is in on a day, and how old its youngest pupil is: the school year, the
//! grade, and the table of stages.
//!
//! **The age of a class** is that of its youngest pupil: one born on the last day of the calendar
//! year whose children begin school together. No pupil of the ordinary age is younger, so a limit
//! that holds for the class holds for every pupil in it; a child who began school a year early
//! is the exception, and is not known here.

use std::collections::BTreeMap;

use fyr_policy_source::{At, Grade, Grades, OrganisationFile, Stage};
use fyr_schemas::StageId;
use fyr_schemas::bundle::Audience;
use jiff::civil::Date;

use crate::country::Country;

/// The stages of an organisation, by name.
#[derive(Debug)]
pub(crate) struct Stages(BTreeMap<StageId, Stage>);

impl Stages {
    /// The stages that `fyr.yaml` writes, or else its country's own; `None` where neither is.
    pub(crate) fn of(organisation: &OrganisationFile) -> Option<Self> {
        let written = organisation.stages.iter();
        let mut stages: BTreeMap<StageId, Stage> = written
            .map(|(name, stage): (&At<StageId>, &At<Stage>)| (name.value.clone(), stage.value))
            .collect();
        if stages.is_empty() {
            let table = Country::of(&organisation.country).stages.iter();
            // A test reads every name of the tables.
            stages.extend(table.filter_map(|(name, stage)| Some((name.parse().ok()?, *stage))));
        }
        (!stages.is_empty()).then_some(Self(stages))
    }

    /// Every name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &StageId> {
        self.0.keys()
    }

    /// Who belongs to a stage.
    pub(crate) fn get(&self, name: &StageId) -> Option<Stage> {
        self.0.get(name).copied()
    }

    /// The stage that holds a grade.
    pub(crate) fn holding(&self, grade: Grade) -> Option<&StageId> {
        let mut stages = self.0.iter();
        stages.find_map(|(name, stage)| grades(*stage)?.contains(grade).then_some(name))
    }

    /// From the first grade that a stage holds to the last; `None` where none holds pupils.
    pub(crate) fn grades(&self) -> Option<Grades> {
        let held = || self.0.values().filter_map(|stage| grades(*stage));
        Some(Grades {
            first: held().map(|grades| grades.first).min()?,
            last: held().map(|grades| grades.last).max()?,
        })
    }
}

/// The grades of a stage of pupils.
pub(crate) fn grades(stage: Stage) -> Option<Grades> {
    match stage {
        Stage::Pupils(grades) => Some(grades),
        Stage::Staff => None,
    }
}

/// Who belongs to a stage.
pub(crate) fn audience(stage: Stage) -> Audience {
    match stage {
        Stage::Pupils(_) => Audience::Pupils,
        Stage::Staff => Audience::Staff,
    }
}

/// A day at the schools of a country.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SchoolDay {
    pub(crate) country: &'static Country,
    pub(crate) date: Date,
}

/// Where a class is on its way through a range of grades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schooling {
    /// More than a year before it begins.
    Before,
    /// In this grade. Devices are made ready in the year before the class begins, so its pupils
    /// count as beginners then.
    In(Grade),
    /// Beyond the last grade.
    After,
}

impl SchoolDay {
    /// Where the class that began school in `start` is on its way through `grades`.
    pub(crate) fn schooling(self, start: u16, grades: Grades) -> Schooling {
        let grade = self.grade(start);
        let (first, last) = (i32::from(grades.first.0), i32::from(grades.last.0));
        if grade < first - 1 {
            Schooling::Before
        } else if grade > last {
            Schooling::After
        } else {
            let grade = u8::try_from(grade).map_or(grades.first, Grade);
            Schooling::In(grade.max(grades.first))
        }
    }

    /// The age of the youngest pupil of the class that began school in `start`.
    pub(crate) fn youngest(self, start: u16) -> u8 {
        let turns =
            i32::from(self.date.year()) - i32::from(start) + i32::from(self.country.begins_at_age);
        // The one who is born on the last day of the year turns that age on it.
        let is_last_day = (self.date.month(), self.date.day()) == (12, 31);
        let age = if is_last_day { turns } else { turns - 1 };
        u8::try_from(age.max(0)).unwrap_or(u8::MAX)
    }

    /// The year in which a class that is in `grade` today began school.
    pub(crate) fn start_of(self, grade: Grade) -> u16 {
        let years = i32::from(grade.0) - i32::from(self.country.first_grade.0);
        u16::try_from(i32::from(self.school_year()) - years).unwrap_or(0)
    }

    /// The grade of a class by counting alone: below the first before it begins.
    fn grade(self, start: u16) -> i32 {
        i32::from(self.school_year()) - i32::from(start) + i32::from(self.country.first_grade.0)
    }

    /// The year in which the school year of the day began.
    fn school_year(self) -> i16 {
        let has_begun = (self.date.month(), self.date.day()) >= self.country.school_year;
        self.date.year() - i16::from(!has_begun)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn day(country: &str, date: Date) -> SchoolDay {
        let country = Country::of(&country.parse().expect("a country"));
        SchoolDay { country, date }
    }

    const FOLKESKOLEN: Grades = Grades {
        first: Grade(0),
        last: Grade(10),
    };

    #[track_caller]
    fn is_in(country: &str, date: Date, start: u16, schooling: Schooling) {
        let found = day(country, date).schooling(start, FOLKESKOLEN);
        assert_eq!(found, schooling, "{country} {date} {start}");
    }

    #[test]
    fn a_class_moves_up_on_the_first_of_august() {
        is_in("DK", date(2026, 7, 31), 2023, Schooling::In(Grade(2)));
        is_in("DK", date(2026, 8, 1), 2023, Schooling::In(Grade(3)));
        is_in("NO", date(2026, 8, 1), 2023, Schooling::In(Grade(4)));
    }

    #[test]
    fn a_class_has_devices_in_the_year_before_it_begins() {
        is_in("DK", date(2026, 7, 31), 2027, Schooling::Before);
        is_in("DK", date(2026, 8, 1), 2027, Schooling::In(Grade(0)));
        is_in("DK", date(2027, 8, 1), 2027, Schooling::In(Grade(0)));
    }

    #[test]
    fn a_class_leaves_school_after_its_last_grade() {
        is_in("DK", date(2027, 7, 31), 2016, Schooling::In(Grade(10)));
        is_in("DK", date(2027, 8, 1), 2016, Schooling::After);
    }

    #[test]
    fn the_youngest_of_a_class_is_born_on_the_last_day_of_its_year() {
        // Those who began in 2019 were born in 2013.
        assert_eq!(day("SE", date(2019, 8, 1)).youngest(2019), 5);
        assert_eq!(day("SE", date(2026, 12, 30)).youngest(2019), 12);
        assert_eq!(day("SE", date(2026, 12, 31)).youngest(2019), 13);
        assert_eq!(day("SE", date(2027, 12, 30)).youngest(2019), 13);
        assert_eq!(day("SE", date(2010, 1, 1)).youngest(2019), 0);
    }

    #[test]
    fn a_grade_tells_the_year_a_class_began() {
        assert_eq!(day("DK", date(2026, 11, 23)).start_of(Grade(4)), 2022);
        assert_eq!(day("NO", date(2027, 2, 1)).start_of(Grade(4)), 2023);
    }
}
