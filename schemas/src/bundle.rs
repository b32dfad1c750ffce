//! The bundle: everything one group's devices enforce, as the compiler lowered it.
//!
//! A bundle leaves no meaningful choice to the device. It carries no revision and no time,
//! so that the same policy is the same bytes; both come from the TUF metadata that lists it.

mod variant;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::variant::{Instead, Variant};
use crate::id::{
    CaseNumber, CategoryId, ControlId, Digest, GroupId, HostName, OrganisationId, RuleId, StageId,
    UnitPath,
};
use crate::timetable::Timetable;

/// The format this crate reads and writes.
pub const FORMAT: u32 = 1;

/// The most bytes that the lists of one bundle have together. Devices take no more.
pub const LONGEST_LISTS: u64 = 64 << 20;

/// The name of the TUF target that holds a group's bundle.
pub fn target_name(group: &GroupId) -> String {
    format!("bundles/{group}.json")
}

/// What one group's devices enforce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`FORMAT`]; a device refuses another number.
    pub format: u32,
    /// Whose policy this is.
    pub organisation: OrganisationId,
    /// The group it is for; a device of another group refuses it.
    pub group: GroupId,
    /// Where the group stands in the tree.
    pub unit: UnitPath,
    /// The full name of that unit, for people; absent where the policy gives it none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_name: Option<String>,
    /// Who uses the devices.
    pub audience: Audience,
    /// The stage on the day of compilation.
    pub stage: StageId,
    /// What is to be true, one entry per reportable statement, sorted by id.
    pub controls: Vec<Control>,
    /// The decisions that [`controls`](Self::controls) cite: who decided what, for the people who ask.
    pub decisions: BTreeMap<CaseNumber, DecisionNote>,
    /// Browser policy for the Chromium family: name → value, as its policy files write it.
    pub chromium: BTreeMap<String, Value>,
    /// Browser policy for Firefox: the members of `policies` in `policies.json`.
    pub firefox: BTreeMap<String, Value>,
    /// Names that resolve to one address on the whole device.
    pub hosts: BTreeMap<HostName, IpAddr>,
    /// Lists of names that do not resolve on the whole device, by category. Bundles share them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub closed: BTreeMap<CategoryId, ClosedList>,
    /// When other things hold than the members above say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timetable: Option<Timetable>,
    /// What holds then: one for each combination of periods that changes something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
}

/// A list of names that is stored once for all the bundles that close it.
///
/// Its text is UTF-8: one [`HostName`] a line, sorted by its bytes, each line ended by `\n`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClosedList {
    /// SHA-256 of the text.
    pub digest: Digest,
    /// The length of the text in bytes.
    pub length: u64,
    /// The names in the text.
    pub names: u32,
    /// Names in the text that stay open for this group: something else was decided over them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except: BTreeSet<HostName>,
}

/// The name of the TUF target that holds the text of a category's list.
pub fn list_target_name(category: &CategoryId) -> String {
    format!("lists/{category}.txt")
}

/// Who uses a group's devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Pupils of any stage.
    Pupils,
    /// Teachers and other employees.
    Staff,
}

/// One enforceable, reportable statement, with the decision behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its name: the setting's, or `sites.block.RULE`, `sites.warn.RULE` and `sites.allow.RULE`
    /// for one rule's sites.
    pub id: ControlId,
    /// The value in the words of the source: `strict`, `on`, `12 sites`.
    pub value: String,
    /// The rule that won.
    pub rule: RuleId,
    /// The case that decided it; absent where no decision is cited.
    pub decision: Option<CaseNumber>,
    /// How each browser engine is made to obey. Every [`Engine`] has an entry.
    pub coverage: BTreeMap<Engine, Coverage>,
}

/// What a device, a dashboard and a person may know about a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DecisionNote {
    /// Its title, in the language of the case.
    pub title: String,
    /// The body that decided, by its name in full.
    pub body: String,
    /// When it was decided.
    pub date: Date,
    /// Set for an emergency measure: the day by which the decision must follow.
    pub decide_by: Option<Date>,
    /// When it must be looked at again.
    pub review: Option<Date>,
}

/// A family of browsers that reads the same policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Chromium, Chrome, Edge, Brave.
    Chromium,
    /// Firefox and Firefox ESR.
    Firefox,
}

impl Engine {
    /// Every engine, in the order documents list them.
    pub const ALL: [Self; 2] = [Self::Chromium, Self::Firefox];
}

/// How a control is enforced in one engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Coverage {
    /// By these members of [`Bundle::chromium`] or [`Bundle::firefox`].
    Policy(Vec<String>),
    /// By these names in [`Bundle::hosts`].
    Hosts(Vec<HostName>),
    /// By these lists in [`Bundle::closed`], beside any members of the browser's own lists.
    Lists(Vec<CategoryId>),
    /// Not at all: reported, never silent.
    Gap(Gap),
    /// The browser already does this without a policy.
    Inherent,
}

/// Why an engine cannot enforce a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// A stable reason.
    pub reason: GapReason,
    /// The reason in words, for the compiled result and the dashboard.
    pub detail: String,
}

/// The stable reasons of a [`Gap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum GapReason {
    /// The engine has no policy for it and no published address stands in.
    NoMechanism,
    /// The engine can express part of it.
    Partial,
    /// No target of this version enforces it.
    NoTarget,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
        })
    }
}
