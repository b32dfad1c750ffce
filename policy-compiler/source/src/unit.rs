//! `units.yaml`: the tree of units, and the groups of devices that stand in it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{At, Grades};
use fyr_schemas::id::{GroupId, ParseIdError, ServiceId, StageId, UnitPath};

/// The tree and its groups.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: units and groups (units.yaml)")]
pub struct UnitsFile {
    /// Every unit by its path; `/` is the organisation itself and need not be named.
    pub units: BTreeMap<At<UnitPath>, Unit>,
    /// The groups of devices that are not named after their unit: a trolley, devices from home.
    #[serde(default)]
    pub groups: BTreeMap<At<GroupId>, Group>,
    /// For each service that needs a guardian's approval, the groups that have it for every pupil.
    /// Only the outcome is written here; who approved what is kept elsewhere.
    #[serde(default)]
    pub approved: BTreeMap<At<ServiceId>, Vec<At<GroupId>>>,
}

impl UnitsFile {
    /// Every group, those that stand with their unit first. A group whose unit gives no name
    /// that a group could have comes as what was written.
    pub fn all_groups(&self) -> impl Iterator<Item = Result<(At<GroupId>, Group), &At<Pool>>> {
        let of_units = self.units.iter().flat_map(|(path, unit)| {
            unit.groups
                .iter()
                .map(|pool| Group::of_unit(path, pool).ok_or(pool))
        });
        let named = self
            .groups
            .iter()
            .map(|(id, group)| Ok((id.clone(), group.clone())));
        of_units.chain(named)
    }
}

/// A place in the tree: an administration, a school, a class.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unit {
    /// Its full name.
    pub name: String,
    /// The grades that it and the units below it teach: `F-9`. Where they are left out, those of
    /// the unit above, and in the end all that the stages hold.
    pub grades: Option<At<Grades>>,
    /// Its groups: a class by the year it began, a pool by its stage. Each is named after the
    /// unit, so `[2024, personale]` at `/skoler/skovlunde` are `skovlunde-2024` and
    /// `skovlunde-personale`.
    #[serde(default)]
    pub groups: Vec<At<Pool>>,
}

/// A group as its unit lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Pool {
    /// The class that began school in this year.
    Start(u16),
    /// The devices of one stage.
    Stage(StageId),
}

impl TryFrom<String> for Pool {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(year) if is_year => Ok(Self::Start(year)),
            Ok(_) | Err(_) => text.parse().map(Self::Stage).map_err(|_| {
                ParseIdError::new(&text, "a year such as `2024`, or the name of a stage")
            }),
        }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(year) => year.fmt(f),
            Self::Stage(stage) => stage.fmt(f),
        }
    }
}

impl schemars::JsonSchema for Pool {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pool".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The year in which a class began school, for an upper secondary school too, or the name of a stage.",
            "type": ["string", "integer"]
        })
    }
}

/// A stable pool of devices: a class, a trolley, a staff room.
///
/// It names either the year its pupils began (`start`) or a fixed stage.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Group {
    /// The unit it belongs to.
    pub unit: At<UnitPath>,
    /// The year its pupils began school (in grade 0, in Norway in grade 1), and not the one in which
    /// they came to an upper secondary school; the stage follows from it and the date.
    #[schemars(range(min = 2000, max = 2100))]
    pub start: Option<At<u16>>,
    /// A stage that does not change: the staff's, or that of a trolley.
    pub stage: Option<At<StageId>>,
    /// The owner of the devices.
    #[serde(default)]
    pub ownership: Ownership,
}

impl Group {
    /// The group that stands with `unit` as `pool`; `None` where the name would be none.
    fn of_unit(unit: &At<UnitPath>, pool: &At<Pool>) -> Option<(At<GroupId>, Self)> {
        let (_, last) = unit.as_str().rsplit_once('/')?;
        let name = format!("{last}-{}", pool.value).parse().ok()?;
        let (start, stage) = match &pool.value {
            Pool::Start(year) => (Some(pool.with(*year)), None),
            Pool::Stage(stage) => (None, Some(pool.with(stage.clone()))),
        };
        let group = Self {
            unit: pool.with(unit.value.clone()),
            start,
            stage,
            ownership: Ownership::Managed,
        };
        Some((pool.with(name), group))
    }
}

/// Whose devices a group's are.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// The organisation's, and run by it.
    #[default]
    Managed,
    /// A personal device (BYOD): rules apply to the account only, never to the device.
    Personal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_a_unit_is_a_class_by_its_year_or_a_pool_by_its_stage() {
        let pool = |text: &str| Pool::try_from(text.to_owned());
        assert_eq!(pool("2024"), Ok(Pool::Start(2024)));
        let personale = "personale".parse().expect("a stage");
        assert_eq!(pool("personale"), Ok(Pool::Stage(personale)));
        for text in ["", "/", "Personale", "2024/25"] {
            assert!(pool(text).is_err(), "`{text}`");
        }
    }

    #[test]
    fn a_group_of_a_unit_is_named_after_it() {
        let text = "units:\n  /skoler/nord: { name: Nord, groups: [2024, personale] }\n\
                    groups:\n  vogn: { unit: /skoler/nord, stage: personale }\n";
        let file: UnitsFile = serde_saphyr::from_str(text).expect("units");
        let names: Vec<String> = file
            .all_groups()
            .map(|group| group.expect("a name").0.to_string())
            .collect();
        assert_eq!(names, ["nord-2024", "nord-personale", "vogn"]);
    }
}
