//! The members of a bundle that the server reads. The others, by far the longer part, are skipped.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::{Audience, ClosedList, FORMAT};
use fyr_schemas::{CategoryId, PeriodId, StageId};
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// What a bundle says of its group. Members that groups share stay as they are written, so that
/// each text is parsed once.
#[derive(Deserialize)]
pub(super) struct Described<'a> {
    /// Refused unless it is the one that devices read.
    #[serde(rename = "format", deserialize_with = "known_format")]
    _format: (),
    #[serde(default)]
    pub(super) unit_name: Option<Box<str>>,
    pub(super) audience: Audience,
    pub(super) stage: StageId,
    #[serde(borrow)]
    pub(super) controls: &'a RawValue,
    #[serde(borrow)]
    pub(super) decisions: &'a RawValue,
    #[serde(default)]
    closed: BTreeMap<CategoryId, ClosedList>,
    #[serde(default)]
    timetable: Option<DescribedTimetable>,
    #[serde(borrow, default)]
    pub(super) variants: Vec<DescribedVariant<'a>>,
}

/// What the timetable of a bundle says: the names of its periods.
#[derive(Deserialize)]
#[expect(
    clippy::zero_sized_map_values,
    reason = "an object is written there, from which no set is read"
)]
struct DescribedTimetable {
    periods: BTreeMap<PeriodId, IgnoredAny>,
}

/// What a variant of a bundle says.
#[derive(Deserialize)]
pub(super) struct DescribedVariant<'a> {
    pub(super) during: BTreeSet<PeriodId>,
    #[serde(borrow, default)]
    pub(super) controls: Option<&'a RawValue>,
    #[serde(default)]
    closed: BTreeMap<CategoryId, Option<ClosedList>>,
}

/// What a control of a variant says.
#[derive(Deserialize)]
pub(super) struct DescribedControl {
    pub(super) value: String,
}

impl Described<'_> {
    /// The periods of its timetable; none where it has no timetable.
    pub(super) fn periods(&self) -> Option<BTreeSet<PeriodId>> {
        let timetable = self.timetable.as_ref()?;
        Some(timetable.periods.keys().cloned().collect())
    }

    /// Every list that the bundle closes at some time.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&CategoryId, &ClosedList)> {
        let variants = self.variants.iter().flat_map(|variant| &variant.closed);
        let theirs = variants.filter_map(|(category, closed)| Some((category, closed.as_ref()?)));
        self.closed.iter().chain(theirs)
    }
}

fn known_format<'de, D: Deserializer<'de>>(format: D) -> Result<(), D::Error> {
    let format = u32::deserialize(format)?;
    if format == FORMAT {
        Ok(())
    } else {
        Err(D::Error::custom(format!(
            "its format is {format}, this version reads {FORMAT}"
        )))
    }
}
