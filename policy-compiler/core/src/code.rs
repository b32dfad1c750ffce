//! The table of everything the compiler can find: stable codes with their severities. What a code means
//! is written per language below `wording/`.

use std::fmt;
use std::str::FromStr;

/// Whether a finding keeps the policy from compiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// No bundle is made.
    Error,
    /// The policy compiles; a person should review it.
    Warning,
}

/// Declares the codes, and from the same rows their numbers and severities.
macro_rules! codes {
    ($($number:literal $name:ident $severity:ident)*) => {
        /// What kind of finding a diagnostic is. A code is never given another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`FYR", $number, "`")] $name,)*
        }

        impl Code {
            /// Every code, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code: `FYR0101`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("FYR", $number),)*
                }
            }

            /// Whether it keeps the policy from compiling.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    "0101" NotYaml Error
    "0102" UnknownField Error
    "0103" MissingField Error
    "0104" WrongValue Error
    "0105" TooMuch Error
    "0106" DuplicateField Error
    "0107" MisplacedFile Error
    "0108" MissingFile Error
    "0109" EmptyFile Warning
    "0110" NotText Error
    "0111" TurnsReading Error
    "0112" MixedAlphabets Warning
    "0113" LookAlike Warning
    "0114" UnreadFile Warning

    "0201" DuplicateName Error
    "0202" UnknownDecision Error
    "0203" UnknownUnit Error
    "0204" UnknownStage Error
    "0205" UnknownService Error
    "0206" UnknownBody Error
    "0207" NoStage Error
    "0208" OverlappingStages Error
    "0209" SelectsNoGroup Warning
    "0210" SaysNothing Error
    "0211" NoReason Warning
    "0212" UnnamedGroup Error
    "0213" NoGuidance Error
    "0214" GuidanceUnread Warning

    "0301" UnknownSetting Error
    "0302" WrongSetting Error
    "0303" WrongSite Error
    "0304" InexpressibleSites Error
    "0305" Clash Error
    "0306" DoubtfulSite Warning
    "0307" UndoesSetting Error
    "0308" ForTheOrganisation Error

    "0401" WeakerThanFloor Error
    "0402" LockedAbove Error
    "0403" SameLayer Error
    "0404" SiteBelowFloor Error

    "0501" NoDecision Warning
    "0502" NotDecided Error
    "0503" NotCompetent Error
    "0504" ReviewOverdue Warning
    "0505" NoDeadline Error
    "0506" DeadlinePassed Warning
    "0507" NotYetInForce Warning
    "0508" DaysBackwards Error
    "0509" AssessmentOld Warning
    "0510" ErrorAhead Warning
    "0511" FarDeadline Warning
    "0512" DaysNotLookedAt Warning

    "0601" HelplineBlocked Error
    "0602" RecoveryBlocked Error
    "0603" EscapeOpen Warning
    "0604" PersonalDevice Error
    "0605" TooNewForBrowser Warning
    "0606" SignInBlocked Error
    "0607" ClassroomBlocked Warning
    "0608" UnknownPlatform Error
    "0609" IdentityBelowAge Warning
    "0610" AccountUnreached Warning

    "0701" NeverHolds Warning
    "0702" Repeats Warning

    "0820" UnknownCategory Error
    "0821" MissingListFile Error
    "0822" ListChanged Error
    "0823" EmptyCategory Error
    "0824" UnnamedListFile Warning
    "0825" MuchDropped Warning

    "0901" UnknownPeriod Error
    "0902" WrongHours Error
    "0903" WrongDays Error
    "0904" WrongPeriod Error
    "0905" PeriodOver Warning
    "0906" PeriodUnused Warning
    "0907" OverlappingLessons Warning
    "0908" NoTime Warning
    "0909" UnknownTimeZone Error
    "0910" OtherHoursTwice Error
    "0911" TooManyCombinations Error
    "0912" NothingToOverride Error
    "0913" DaysNotIncluded Warning
    "0914" HoursTaken Error
    "0915" HoursUndecided Warning
    "0916" HoursNotInForce Warning
    "0917" LessonWithoutEnd Error
    "0918" LessonsTooLong Error

    "1001" HasLeft Warning
    "1002" NotBegun Warning
    "1003" ServiceIncomplete Warning
    "1004" ServiceOverdue Warning
    "1005" StatusTwice Error
    "1006" UnknownGroup Error
    "1007" HelplineLimited Error
    "1008" ApprovalUnasked Warning
    "1009" LimitNotMet Warning
    "1010" ApprovalNotInForce Warning
    "1011" DeniedOpened Warning
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a diagnostic code; they look like `FYR0401`")]
pub struct UnknownCode {
    text: String,
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownCode {
                text: text.chars().take(80).collect(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(Code::ALL.is_sorted_by(|a, b| a.as_str() < b.as_str()));
    }
}
