//! Which stage a group is in on a day: the school year, the grade, and the table of stages.

use std::collections::BTreeMap;

use fyr_schemas::StageId;
use fyr_schemas::bundle::Audience;
use fyr_schemas::policy::{At, Grade, Stage};
use jiff::civil::Date;

/// The month in which a school year begins, in Denmark and Sweden alike.
const FIRST_MONTH: i8 = 8;

/// The year in which the school year of `date` began.
pub(crate) fn school_year(date: Date) -> i16 {
    if date.month() >= FIRST_MONTH {
        date.year()
    } else {
        date.year() - 1
    }
}

/// The grade on `date` of the pupils who began grade 0 in `start`; `None` long before.
///
/// Devices are made ready in the year before the pupils begin, so they count as beginners then.
pub(crate) fn grade(start: u16, date: Date) -> Option<Grade> {
    match i32::from(school_year(date)) - i32::from(start) {
        -1 => Some(Grade(0)),
        years => u8::try_from(years).ok().map(Grade),
    }
}

/// The stage whose grades hold `grade`.
pub(crate) fn stage_of(
    grade: Grade,
    stages: &BTreeMap<At<StageId>, At<Stage>>,
) -> Option<(StageId, Stage)> {
    stages
        .iter()
        .find(|(_, stage)| match stage.value {
            Stage::Pupils(grades) => grades.contains(grade),
            Stage::Staff => false,
        })
        .map(|(name, stage)| (name.value.clone(), stage.value))
}

/// Who belongs to a stage.
pub(crate) fn audience(stage: Stage) -> Audience {
    match stage {
        Stage::Pupils(_) => Audience::Pupils,
        Stage::Staff => Audience::Staff,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_class_moves_up_on_the_first_of_august() {
        assert_eq!(grade(2023, date(2026, 7, 31)), Some(Grade(2)));
        assert_eq!(grade(2023, date(2026, 8, 1)), Some(Grade(3)));
    }

    #[test]
    fn a_class_has_devices_in_the_year_before_it_begins() {
        assert_eq!(grade(2027, date(2026, 7, 31)), None);
        assert_eq!(grade(2027, date(2026, 8, 1)), Some(Grade(0)));
        assert_eq!(grade(2027, date(2027, 8, 1)), Some(Grade(0)));
    }
}
