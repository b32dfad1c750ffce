//! `units.yaml`: the tree of units, and the groups of devices that stand in it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::At;
use crate::id::{GroupId, StageId, UnitPath};

/// The tree and its groups.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: units and groups (units.yaml)")]
pub struct UnitsFile {
    /// Every unit by its path; `/` is the organisation itself and need not be named.
    pub units: BTreeMap<At<UnitPath>, Unit>,
    /// Every group of devices.
    pub groups: BTreeMap<At<GroupId>, Group>,
}

/// A place in the tree: an administration, a school, a class.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unit {
    /// Its name in full.
    pub name: String,
}

/// A stable pool of devices: a class, a trolley, a staff room.
///
/// It names either the year its pupils began (`start`) or a fixed stage.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Group {
    /// The unit it belongs to.
    pub unit: At<UnitPath>,
    /// The year its pupils began in grade 0; the stage follows from it and the date.
    #[schemars(range(min = 2000, max = 2100))]
    pub start: Option<At<u16>>,
    /// A stage that does not change: the staff's, or that of a trolley.
    pub stage: Option<At<StageId>>,
    /// Whose devices they are.
    #[serde(default)]
    pub ownership: Ownership,
}

/// Whose devices a group's are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// The organisation's, and run by it.
    #[default]
    Managed,
    /// Brought from home: rules reach the account only, never the device.
    Brought,
}
