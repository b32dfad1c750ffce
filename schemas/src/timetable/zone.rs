//! A time zone as the rule it follows, which fits in one line: `CET-1CEST,M3.5.0,M10.5.0/3`.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

use crate::id::ParseIdError;

/// The longest rule that is read.
const LONGEST: usize = 80;

/// A time zone, as POSIX writes the rule of one (`TZ` in POSIX.1-2024, 8.3): its offset, and the
/// days and hours at which it changes every year.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ZoneRule {
    text: String,
    zone: TimeZone,
}

impl ZoneRule {
    /// The rule as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the clock on the wall shows at a moment.
    pub fn local(&self, moment: Timestamp) -> DateTime {
        self.zone.to_datetime(moment)
    }

    /// The moments at which the clock on the wall shows this: one, none in the hour that is
    /// skipped, two in the hour that comes twice.
    pub fn moments(&self, local: DateTime) -> impl Iterator<Item = Timestamp> {
        let offsets = match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => [Some(offset), None],
            AmbiguousOffset::Gap { .. } => [None, None],
            AmbiguousOffset::Fold { before, after } => [Some(before), Some(after)],
        };
        offsets
            .into_iter()
            .flatten()
            .filter_map(move |offset| offset.to_timestamp(local).ok())
    }

    /// The moments after this one at which the clock on the wall is set forward or back.
    pub fn changes_after(&self, moment: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.zone.following(moment).map(|change| change.timestamp())
    }
}

impl FromStr for ZoneRule {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let zone = Some(text)
            .filter(|text| text.len() <= LONGEST)
            .and_then(|text| TimeZone::posix(text).ok());
        zone.map(|zone| Self {
            text: text.to_owned(),
            zone,
        })
        .ok_or_else(|| {
            ParseIdError::new(
                text,
                "the rule of a time zone (such as `CET-1CEST,M3.5.0,M10.5.0/3`)",
            )
        })
    }
}

impl TryFrom<String> for ZoneRule {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        text.parse()
    }
}

impl From<ZoneRule> for String {
    fn from(rule: ZoneRule) -> Self {
        rule.text
    }
}

impl fmt::Debug for ZoneRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZoneRule({})", self.text)
    }
}

#[cfg(feature = "json-schema")]
impl schemars::JsonSchema for ZoneRule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ZoneRule".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The rule of a time zone as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.",
            "type": "string",
            "maxLength": LONGEST
        })
    }
}
