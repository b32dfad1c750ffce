//! What a rule says of settings, typed; and the names that a rule may speak of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fyr_policy_source::{self as source, At, Scope, SettingValue};
use fyr_schemas::bundle::Audience;
use fyr_schemas::{CategoryId, ControlId, GroupId, PeriodId, ServiceId, StageId, UnitPath};

use super::timetable::Period;
use super::{Group, Service, unknown};
use crate::catalogue::Given;
use crate::category::Category;
use crate::finding::{Diagnostic, Diagnostics, Role, Setting as Found, SettingMeant};
use crate::meant::did_you_mean;
use crate::parse::InFile;
use crate::settings::{self, Kind, Setting, Value};
use crate::source::Place;

/// One setting of a rule.
#[derive(Debug)]
pub struct SettingStatement {
    /// The setting.
    pub setting: &'static Setting,
    /// The control that reports on it.
    pub control: ControlId,
    /// Where it is named.
    pub place: Place,
    /// Its values; no two for the same people.
    pub values: Vec<ValueFor>,
}

/// A value and whom it is for.
#[derive(Debug)]
pub struct ValueFor {
    /// Whom it is for, among those the rule selects.
    pub whom: ForWhom,
    /// The value.
    pub value: Value,
    /// Where it is written.
    pub place: Place,
}

/// Whom a value is for, the widest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForWhom {
    /// All groups the rule selects.
    All,
    /// All pupils, or all staff.
    Audience(Audience),
    /// One stage.
    Stage(StageId),
}

impl SettingStatement {
    /// The value for a group that the rule selects: the narrowest one that reaches it.
    pub fn value_for(&self, group: &Group) -> Option<&ValueFor> {
        self.values
            .iter()
            .filter(|value| value.whom.reaches(group))
            .max_by(|a, b| a.whom.cmp(&b.whom))
    }
}

impl ForWhom {
    /// Whether a value for these people reaches the group.
    pub fn reaches(&self, group: &Group) -> bool {
        match self {
            Self::All => true,
            Self::Audience(audience) => *audience == group.audience,
            Self::Stage(stage) => *stage == group.stage,
        }
    }
}

/// The names that a rule may speak of; `None` where one of them could not be read.
pub(super) struct Names<'a> {
    pub(super) stages: Option<Vec<&'a StageId>>,
    pub(super) services: Option<&'a BTreeMap<ServiceId, Service>>,
    pub(super) units: Option<&'a BTreeSet<UnitPath>>,
    pub(super) groups: &'a BTreeMap<GroupId, Group>,
    pub(super) periods: Option<&'a BTreeMap<PeriodId, Period>>,
    pub(super) categories: &'a BTreeMap<CategoryId, Arc<Category>>,
    /// Whether every category there is is among them.
    pub(super) has_all_categories: bool,
}

impl<'a> Names<'a> {
    /// Reads a key of values by stage or audience.
    fn whom(&self, key: &str) -> Option<ForWhom> {
        match key {
            "pupils" => Some(ForWhom::Audience(Audience::Pupils)),
            "staff" => Some(ForWhom::Audience(Audience::Staff)),
            stage => {
                let stage = stage.parse().ok()?;
                match self.without(&stage) {
                    Some(_) => None,
                    None => Some(ForWhom::Stage(stage)),
                }
            }
        }
    }

    /// All stages where `stage` is none of them.
    pub(super) fn without(
        &self,
        stage: &StageId,
    ) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
        let stages = self.stages.as_ref()?;
        (!stages.contains(&stage)).then(|| stages.clone().into_iter().map(StageId::as_str))
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        let stages = self.stages.iter().flatten().map(|stage| stage.as_str());
        stages.chain(["pupils", "staff"])
    }
}

/// Reports the names in a selection that do not exist.
pub(super) fn report_scope<T>(
    file: &InFile<T>,
    scope: &Scope,
    names: &Names<'_>,
    findings: &mut Diagnostics,
) {
    let known = unknown::Known {
        units: names.units,
        stages: names.stages.clone(),
        groups: names.groups,
    };
    findings.extend(unknown::in_scope(file, scope, &known));
}

/// Types the settings of a rule.
pub(super) fn type_settings(
    rule: &InFile<source::Rule>,
    names: &Names<'_>,
    findings: &mut Diagnostics,
) -> Vec<SettingStatement> {
    let mut statements = Vec::new();
    for (name, value) in &rule.document.set {
        let place = rule.place(name);
        match settings::find(name).zip(name.parse().ok()) {
            Some((setting, control)) => statements.push(SettingStatement {
                setting,
                control,
                place,
                values: type_values(rule, setting, value, names, findings),
            }),
            None => findings.push(unknown_setting(place, name)),
        }
    }
    statements
}

fn type_values(
    rule: &InFile<source::Rule>,
    setting: &'static Setting,
    value: &At<SettingValue>,
    names: &Names<'_>,
    findings: &mut Diagnostics,
) -> Vec<ValueFor> {
    let mut values = Vec::new();
    let mut add = |whom, value: &At<SettingValue>, findings: &mut Diagnostics| {
        let place = rule.place(value);
        match setting.parse(&given(value)) {
            Ok(value) => values.push(ValueFor { whom, value, place }),
            Err(_) => findings.push(
                Diagnostic::of(Found::WrongValue {
                    setting: setting.name.to_owned(),
                    value: given(value),
                })
                .at(place, Role::WrongValue),
            ),
        }
    };
    match &value.value {
        SettingValue::Map(members) if !is_own_table(setting, members.keys(), names) => {
            for (key, value) in members {
                match names.whom(key) {
                    Some(whom) => add(whom, value, findings),
                    None => findings.push(unknown::stage(rule.place(key), key, names.keys())),
                }
            }
        }
        SettingValue::Map(_) | SettingValue::Text(_) | SettingValue::List(_) => {
            add(ForWhom::All, value, findings);
        }
    }
    values
}

/// Whether a mapping is the value of a browser's own policy, rather than values by stage.
fn is_own_table<'a>(
    setting: &Setting,
    mut keys: impl Iterator<Item = &'a At<String>>,
    names: &Names<'_>,
) -> bool {
    matches!(setting.kind, Kind::Policy(_)) && keys.any(|key| names.whom(key).is_none())
}

fn given(value: &SettingValue) -> Given {
    match value {
        SettingValue::Text(text) => Given::Scalar(text.clone()),
        SettingValue::List(items) => Given::List(items.iter().map(|item| given(item)).collect()),
        SettingValue::Map(members) => Given::Table(
            members
                .iter()
                .map(|(name, member)| (name.value.clone(), given(member)))
                .collect(),
        ),
    }
}

fn unknown_setting(place: Place, name: &str) -> Diagnostic {
    let written = name.to_owned();
    if settings::why_not(name).is_some() {
        return Diagnostic::of(Found::NotSettable { name: written }).at(place, Role::NotSettable);
    }
    let near = || {
        let known = settings::all().map(|setting| setting.name);
        let meant = did_you_mean(name, known).or_else(|| settings::nearest(name));
        meant.map(|meant| SettingMeant::Near(meant.to_owned()))
    };
    let meant = of_family(name).or_else(near).or_else(|| begun(name));
    Diagnostic::of(Found::Unknown {
        name: written,
        meant: meant.unwrap_or(SettingMeant::Unclear),
    })
    .at(place, Role::NoSuchSetting)
}

/// The settings of a family whose name was written alone: `camera`, `safe-search`; or those of the
/// name without its family: `incognito`.
fn of_family(name: &str) -> Option<SettingMeant> {
    let written = name.replace('-', "");
    let family: Vec<String> = settings::all()
        .filter(|setting| {
            let of_family = setting.name.split_once('.').map(|(_, of_family)| of_family);
            setting.family().replace('-', "") == written || of_family == Some(name)
        })
        .map(|setting| setting.name.to_owned())
        .collect();
    (!family.is_empty()).then_some(SettingMeant::OneOf(family))
}

/// The policies of a browser that begin as it is written: `chromium.IncognitoMode`.
fn begun(name: &str) -> Option<SettingMeant> {
    let (_, begun) = name.split_once('.')?;
    let meant: Vec<String> = settings::beginning_with(name).map(str::to_owned).collect();
    (begun.len() > 3 && !meant.is_empty()).then_some(SettingMeant::OneOf(meant))
}
