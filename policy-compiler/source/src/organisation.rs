//! `fyr.yaml`: the organisation, its stages, and the bodies that decide for it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use super::{At, Browsers};
use fyr_schemas::id::{
    BodyId, CountryCode, HostName, LanguageCode, OrganisationId, ParseIdError, StageId,
    TimeZoneName, UnitPath,
};

/// The organisation: every other file depends on it.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: the organisation (fyr.yaml)")]
pub struct OrganisationFile {
    /// The organisation's short name; devices are enrolled to it, so it never changes.
    pub organisation: At<OrganisationId>,
    /// The full name.
    pub name: String,
    /// The country, as two letters: `DK`, `SE`, `NO`.
    pub country: At<CountryCode>,
    /// The time zone of school hours and dates: `Europe/Copenhagen`.
    pub time_zone: At<TimeZoneName>,
    /// The languages of reasons, the preferred one first: `[da]`.
    pub languages: Vec<At<LanguageCode>>,
    /// How people sign in.
    pub sign_in: SignIn,
    /// Hosts that no rule may block: sign-in pages, and hosts that devices need for recovery.
    #[serde(default)]
    pub always_reachable: Vec<At<String>>,
    /// The teaching platforms by name: `[google-classroom, aula]`. A rule that
    /// closes a host they need is reported.
    #[serde(default)]
    pub classroom: Vec<At<String>>,
    /// The oldest version of each browser that is still in use: `{ chromium: 140, firefox: 128 }`.
    /// What it does not know yet is reported.
    #[serde(default)]
    pub browsers: Browsers,
    /// The stages of schooling by grade, and the staff's: `indskoling: 0-3`, `personale: staff`.
    /// If left out, the stages of the country's law apply.
    #[serde(default)]
    pub stages: BTreeMap<At<StageId>, At<Stage>>,
    /// The years after which an impact assessment must be repeated; three if left out.
    #[serde(default = "three_years")]
    #[schemars(range(min = 1, max = 20))]
    pub dpia_limit_years: u8,
    /// The bodies that decide, and the units for which they may decide.
    pub bodies: BTreeMap<At<BodyId>, Body>,
}

fn three_years() -> u8 {
    3
}

/// How people sign in.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignIn {
    /// The domains of the organisation's accounts.
    pub domains: Vec<At<HostName>>,
    /// The sign-in systems by name: `[google, unilogin]`. No rule may block a host that they need.
    #[serde(default)]
    pub providers: Vec<At<String>>,
}

/// A body that decides: a council, a committee, a director.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Body {
    /// Its full name.
    pub name: String,
    /// The unit for which it decides, and every unit below.
    pub competent_for: At<UnitPath>,
}

/// A grade of the national table: 0 is `børnehaveklasse` or `förskoleklass`, 1 to 10 the
/// compulsory school, and the upper secondary school's years count on: `gy1` is 10 in Sweden,
/// `vg1` is 11 in Norway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grade(pub u8);

/// The last grade that can be written.
const LAST_GRADE: u8 = 13;

impl FromStr for Grade {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let number = match text {
            "F" | "f" => Some(0),
            "gy1" => Some(10),
            "gy2" | "vg1" => Some(11),
            "gy3" | "vg2" => Some(12),
            "gy4" | "vg3" => Some(13),
            digits => digits.parse().ok().filter(|grade| *grade <= LAST_GRADE),
        };
        number.map(Self).ok_or_else(|| {
            ParseIdError::new(
                text,
                "a grade (0 to 13, `F`, `gy1` to `gy4`, or `vg1` to `vg3`)",
            )
        })
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A range of grades, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Grades {
    /// The first grade.
    pub first: Grade,
    /// The last grade, not below the first.
    pub last: Grade,
}

impl Grades {
    /// Whether `grade` is in the range.
    pub fn contains(self, grade: Grade) -> bool {
        (self.first..=self.last).contains(&grade)
    }
}

impl fmt::Display for Grades {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl TryFrom<String> for Grades {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        let grades = Self {
            first: first.trim().parse()?,
            last: last.trim().parse()?,
        };
        if grades.first <= grades.last {
            Ok(grades)
        } else {
            Err(ParseIdError::new(&text, GRADES))
        }
    }
}

const GRADES: &str = "a range of grades (`0-3`, `F-3`, `gy1-gy3`), the lower one first";

impl schemars::JsonSchema for Grades {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Grades".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A range of grades: `0-3`, `F-3`, `gy1-gy3`.",
            "type": ["string", "integer"],
            "pattern": "^([0-9]+|F|gy[1-4]|vg[1-3])(-([0-9]+|F|gy[1-4]|vg[1-3]))?$"
        })
    }
}

/// Who belongs to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Stage {
    /// Pupils of these grades.
    Pupils(Grades),
    /// Teachers and other employees.
    Staff,
}

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Pupils(grades) => serializer.collect_str(grades),
            Self::Staff => serializer.serialize_str("staff"),
        }
    }
}

impl TryFrom<String> for Stage {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        if text == "staff" {
            return Ok(Self::Staff);
        }
        text.try_into().map(Self::Pupils)
    }
}

impl schemars::JsonSchema for Stage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Stage".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "`staff`, or the grades of the stage: `0-3`, `F-3`, `gy1-gy3`.",
            "type": ["string", "integer"],
            "pattern": "^(staff|([0-9]+|F|gy[1-4]|vg[1-3])(-([0-9]+|F|gy[1-4]|vg[1-3]))?)$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn stage(text: &str) -> Stage {
        text.to_owned().try_into().expect(text)
    }

    #[test]
    fn a_stage_is_the_staff_or_a_range_of_grades() {
        assert_eq!(stage("staff"), Stage::Staff);
        let grades = |first, last| {
            Stage::Pupils(Grades {
                first: Grade(first),
                last: Grade(last),
            })
        };
        assert_eq!(stage("0-3"), grades(0, 3));
        assert_eq!(stage("F-3"), grades(0, 3));
        assert_eq!(stage("gy1-gy3"), grades(10, 12));
        assert_eq!(stage("7"), grades(7, 7));
    }

    #[test]
    fn a_range_that_runs_backwards_or_past_the_last_grade_is_refused() {
        for text in ["3-0", "0-14", "-3", "3-", "", "x", "gy5", "0-3-6"] {
            assert!(Stage::try_from(text.to_owned()).is_err(), "`{text}`");
        }
    }
}
