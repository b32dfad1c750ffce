//! What a rule says, typed: settings with their values, sites with their verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fyr_schemas::bundle::Audience;
use fyr_schemas::policy::{self as source, At, SettingValue};
use fyr_schemas::{CategoryId, ControlId, PeriodId, ServiceId, StageId, UnitPath};

use super::timetable::Period;
use super::{Category, Group, Service, SiteSet};
use crate::code::Code;
use crate::desired::Verdict;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, help_for_unknown, in_backticks};
use crate::parse::InFile;
use crate::settings::{self, Given, Kind, Setting, Value};
use crate::source::Place;
use crate::url_filter::UrlFilter;

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
    /// Everybody the rule selects.
    Everybody,
    /// All pupils, or all staff.
    Audience(Audience),
    /// One stage.
    Stage(StageId),
}

/// One site of a rule, or one category.
#[derive(Debug)]
pub struct SiteStatement {
    /// Open or closed.
    pub verdict: Verdict,
    /// Which URLs.
    pub sites: SiteSet,
    /// Where the rule says it.
    pub place: Place,
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
            Self::Everybody => true,
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
                    None => findings.push(unknown_stage(rule.place(key), key, names.keys())),
                }
            }
        }
        SettingValue::Map(_) | SettingValue::Text(_) | SettingValue::List(_) => {
            add(ForWhom::Everybody, value, findings);
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
    let known = settings::all().map(|setting| setting.name);
    match did_you_mean(name, known).or_else(|| settings::nearest(name)) {
        Some(meant) => finding("no setting has this name").help(format!("did you mean `{meant}`?")),
        None => finding("no setting has this name").help(
            "settings are named `family.setting`, such as `youtube.level`; \
             the schema written by `fyr schema` lists them",
        ),
    }
}

/// The finding for a stage or audience that does not exist.
pub(crate) fn unknown_stage<'a>(
    place: Place,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::new(Code::UnknownStage, format!("unknown stage `{name}`"))
        .at(place, "`fyr.yaml` has no stage of this name")
        .help(help_for_unknown(name, known))
}

/// Reads the sites of a rule; a service stands for all of its sites.
pub(super) fn read_sites(
    rule: &InFile<source::Rule>,
    names: &Names<'_>,
    findings: &mut Diagnostics,
) -> Vec<SiteStatement> {
    let sites = &rule.document.sites;
    let allowed = sites.allow.iter().map(|site| (Verdict::Allow, site));
    let warned = sites.warn.iter().map(|site| (Verdict::Warn, site));
    let blocked = sites.block.iter().map(|site| (Verdict::Block, site));
    let mut statements = Vec::new();
    for (verdict, site) in allowed.chain(warned).chain(blocked) {
        let place = rule.place(site);
        let sets = sets_of(site, place, names, findings);
        statements.extend(sets.into_iter().map(|sites| SiteStatement {
            verdict,
            sites,
            place,
        }));
    }
    statements
}

fn sets_of(
    site: &str,
    place: Place,
    names: &Names<'_>,
    findings: &mut Diagnostics,
) -> Vec<SiteSet> {
    if let Some(category) = site.strip_prefix("category:") {
        let category = category_of(category, place, names, findings);
        return category.into_iter().map(SiteSet::Category).collect();
    }
    let filters = match site.strip_prefix("service:") {
        Some(service) => filters_of(service, place, names, findings),
        None => read_filter(site, place, findings).into_iter().collect(),
    };
    filters.into_iter().map(SiteSet::Filter).collect()
}

fn category_of(
    category: &str,
    place: Place,
    names: &Names<'_>,
    findings: &mut Diagnostics,
) -> Option<Arc<Category>> {
    let known = category.parse::<CategoryId>().ok();
    let known = known.and_then(|id| names.categories.get(&id)).cloned();
    if known.is_none() && names.has_all_categories {
        let categories = names.categories.keys().map(CategoryId::as_str);
        findings.push(
            Diagnostic::new(
                Code::UnknownCategory,
                format!("unknown category `{category}`"),
            )
            .at(place, "`lists/lists.yaml` has no such category")
            .help(help_for_unknown(category, categories)),
        );
    }
    known
}

fn filters_of(
    service: &str,
    place: Place,
    names: &Names<'_>,
    findings: &mut Diagnostics,
) -> Vec<UrlFilter> {
    let Some(services) = names.services else {
        return Vec::new();
    };
    let known = service.parse::<ServiceId>().ok();
    let Some(known) = known.and_then(|id| services.get(&id)) else {
        let services = services.keys().map(ServiceId::as_str);
        findings.push(
            Diagnostic::new(Code::UnknownService, format!("unknown service `{service}`"))
                .at(place, "no file under `services/` has it")
                .help(help_for_unknown(service, services)),
        );
        return Vec::new();
    };
    known
        .sites
        .iter()
        .map(|(filter, _)| filter.clone())
        .collect()
}

/// Reads one URL filter.
pub(super) fn read_filter(
    site: &str,
    place: Place,
    findings: &mut Diagnostics,
) -> Option<UrlFilter> {
    match site.parse::<UrlFilter>() {
        Ok(filter) => Some(filter),
        Err(error) => {
            findings.push(
                Diagnostic::new(Code::WrongSite, error.to_string())
                    .at(place, "this site")
                    .help("write a host such as `x.example`, or a host and path: `x.example/path`"),
            );
            None
        }
    }
}
