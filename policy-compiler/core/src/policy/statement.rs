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
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, in_backticks};
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
            Err(error) => findings.push(
                Diagnostic::new(Code::WrongSetting, format!("`{}`: {error}", setting.name))
                    .at(place, "this value")
                    .help(error.help().unwrap_or_else(|| takes(setting))),
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

fn takes(setting: &Setting) -> String {
    let accepted = match setting.kind {
        Kind::Levels(_) | Kind::Choice(_) => in_backticks(&setting.accepts()),
        Kind::Number(_) | Kind::Names(_) | Kind::Policy(_) => setting.accepts().join(", "),
    };
    format!("`{}` takes {accepted}", setting.name)
}

fn unknown_setting(place: Place, name: &str) -> Diagnostic {
    let finding = |label| {
        Diagnostic::new(Code::UnknownSetting, format!("unknown setting `{name}`")).at(place, label)
    };
    if let Some(reason) = settings::why_not(name) {
        return finding("this policy exists and cannot be set").help(reason);
    }
    let help = of_family(name).or_else(|| {
        let known = settings::all().map(|setting| setting.name);
        let meant = did_you_mean(name, known).or_else(|| settings::nearest(name));
        let meant = meant.map(|meant| format!("did you mean `{meant}`?"));
        meant.or_else(|| begun(name))
    });
    finding("no setting has this name").help(help.unwrap_or_else(|| {
        "settings are named `family.setting`, such as `youtube.level`; \
         `docs/reference/settings.md` lists them"
            .to_owned()
    }))
}

/// The settings of a family, for a reader who wrote its name only: `camera`, `safe-search`; or
/// those of the name without its family: `incognito`.
fn of_family(name: &str) -> Option<String> {
    let written = name.replace('-', "");
    let family: Vec<&str> = settings::all()
        .filter(|setting| {
            let of_family = setting.name.split_once('.').map(|(_, of_family)| of_family);
            setting.family().replace('-', "") == written || of_family == Some(name)
        })
        .map(|setting| setting.name)
        .collect();
    let one_of = if family.len() == 1 { "" } else { "one of " };
    (!family.is_empty()).then(|| format!("write {one_of}{}", in_backticks(&family)))
}

/// The policies of a browser that begin as it is written: `chromium.IncognitoMode`.
fn begun(name: &str) -> Option<String> {
    let (_, begun) = name.split_once('.')?;
    let meant: Vec<&str> = settings::beginning_with(name).collect();
    (begun.len() > 3 && !meant.is_empty()).then(|| format!("write one of {}", in_backticks(&meant)))
}
