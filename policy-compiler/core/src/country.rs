//! What a country's law settles for every school in it: the stages, the school year, and the age
//! of digital consent. Each row names its sources.

use fyr_policy_source::{Grade, Grades, Stage};
use fyr_schemas::CountryCode;
use jiff::civil::{Date, date};

/// One country.
#[derive(Debug)]
pub struct Country {
    /// As ISO 3166 writes it.
    pub(crate) code: &'static str,
    /// The stages of its schools, and the staff.
    pub(crate) stages: &'static [(&'static str, Stage)],
    /// The month and day on which a school year begins, and every class moves up.
    pub(crate) school_year: (i8, i8),
    /// The grade in which school begins.
    pub(crate) first_grade: Grade,
    /// The age that a child turns in the calendar year in which it begins school.
    pub(crate) begins_at_age: u8,
    /// The age of digital consent (GDPR, article 8), with the first day of each, latest last.
    consent: &'static [(Date, u8)],
}

/// The age of digital consent where a country's law sets none: GDPR, article 8(1).
const CONSENT_OF_THE_REGULATION: u8 = 16;

/// The first day of the General Data Protection Regulation.
const REGULATION: Date = date(2018, 5, 25);

const fn pupils(first: u8, last: u8) -> Stage {
    Stage::Pupils(Grades {
        first: Grade(first),
        last: Grade(last),
    })
}

/// Denmark. Børnehaveklassen is grade 0 and begins on 1 August of the year a child turns 6
/// (folkeskoleloven § 34). The three stages are those of the Ministry of Education. Consent:
/// databeskyttelsesloven § 6, stk. 2; 13 became 15 on 1 January 2024 (L 79 of 2023–24).
const DENMARK: Country = Country {
    code: "DK",
    stages: &[
        ("indskoling", pupils(0, 3)),
        ("mellemtrin", pupils(4, 6)),
        ("udskoling", pupils(7, 10)),
        ("personale", Stage::Staff),
    ],
    school_year: (8, 1),
    first_grade: Grade(0),
    begins_at_age: 6,
    consent: &[(REGULATION, 13), (date(2024, 1, 1), 15)],
};

/// Sweden. Förskoleklass is grade 0 and begins with the autumn term of the year a child turns 6
/// (skollagen 7 kap. 10 §); lågstadiet, mellanstadiet and högstadiet are those of skollagen
/// 10 kap. 3 §, and the school year begins in August (skolförordningen 3 kap. 2 §). Consent:
/// lagen (2018:218) med kompletterande bestämmelser till EU:s dataskyddsförordning 2 kap. 4 §.
const SWEDEN: Country = Country {
    code: "SE",
    stages: &[
        ("lagstadiet", pupils(0, 3)),
        ("mellanstadiet", pupils(4, 6)),
        ("hogstadiet", pupils(7, 9)),
        ("gymnasiet", pupils(10, 12)),
        ("personal", Stage::Staff),
    ],
    school_year: (8, 1),
    first_grade: Grade(0),
    begins_at_age: 6,
    consent: &[(REGULATION, 13)],
};

/// Norway. School begins with grade 1 in the year a child turns 6; barnetrinnet is grades 1 to 7
/// and ungdomstrinnet 8 to 10, and the school year runs from 1 August (opplæringslova with its
/// regulations). Consent: personopplysningsloven § 5, from 20 July 2018; a rise to 15 was
/// proposed in 2025.
const NORWAY: Country = Country {
    code: "NO",
    stages: &[
        ("barnetrinnet", pupils(1, 7)),
        ("ungdomstrinnet", pupils(8, 10)),
        ("videregaende", pupils(11, 13)),
        ("ansatte", Stage::Staff),
    ],
    school_year: (8, 1),
    first_grade: Grade(1),
    begins_at_age: 6,
    consent: &[(date(2018, 7, 20), 13)],
};

/// Finland. Pre-primary education (esiopetus) is grade 0, in the year a child turns 6; the school
/// year begins on 1 August (perusopetuslaki 9 and 23 §). Consent: tietosuojalaki (1050/2018) 5 §,
/// from 1 January 2019.
const FINLAND: Country = Country {
    code: "FI",
    stages: &[
        ("alakoulu", pupils(0, 6)),
        ("ylakoulu", pupils(7, 9)),
        ("toinen-aste", pupils(10, 12)),
        ("henkilosto", Stage::Staff),
    ],
    school_year: (8, 1),
    first_grade: Grade(0),
    begins_at_age: 6,
    consent: &[(date(2019, 1, 1), 13)],
};

/// A country without a table: it names its stages itself.
const ELSEWHERE: Country = Country {
    code: "",
    stages: &[],
    school_year: (8, 1),
    first_grade: Grade(0),
    begins_at_age: 6,
    consent: &[],
};

impl Country {
    /// Every country whose table is written.
    pub(crate) const ALL: [&'static Self; 4] = [&DENMARK, &SWEDEN, &NORWAY, &FINLAND];

    /// The country of a code.
    pub fn of(code: &CountryCode) -> &'static Self {
        Self::ALL
            .into_iter()
            .find(|country| country.code == code.as_str())
            .unwrap_or(&ELSEWHERE)
    }

    /// The first day after another on which a school year begins.
    pub(crate) fn next_school_year(&self, today: Date) -> Option<Date> {
        let (month, day) = self.school_year;
        let years = [today.year(), today.year().saturating_add(1)];
        let mut days = years
            .into_iter()
            .filter_map(|year| Date::new(year, month, day).ok());
        days.find(|begins| today < *begins)
    }

    /// The age from which a child can consent to an online service, on a day.
    pub fn age_of_consent(&self, day: Date) -> u8 {
        self.consent
            .iter()
            .rev()
            .find(|(first_day, _)| *first_day <= day)
            .map_or(CONSENT_OF_THE_REGULATION, |(_, age)| *age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn consent(country: &str, day: Date, age: u8) {
        let code = country.parse().expect("a country");
        assert_eq!(
            Country::of(&code).age_of_consent(day),
            age,
            "{country} {day}"
        );
    }

    #[test]
    fn the_age_of_digital_consent_is_the_countrys_own_on_the_day() {
        consent("DK", date(2023, 12, 31), 13);
        consent("DK", date(2024, 1, 1), 15);
        consent("SE", date(2026, 11, 23), 13);
        consent("NO", date(2026, 11, 23), 13);
        consent("FI", date(2026, 11, 23), 13);
        consent("FI", date(2018, 12, 31), 16);
        consent("DE", date(2026, 11, 23), 16);
    }

    #[test]
    fn every_grade_of_a_country_belongs_to_one_stage_without_a_hole() {
        for country in Country::ALL {
            let mut next = country.first_grade.0;
            for (name, stage) in country.stages {
                name.parse::<fyr_schemas::StageId>().expect(name);
                if let Stage::Pupils(grades) = stage {
                    assert_eq!(grades.first.0, next, "{name}");
                    next = grades.last.0 + 1;
                }
            }
            assert!(next > country.first_grade.0);
        }
    }
}
