//! Why something holds for a group: the verdict or value, the rule that won, its decision,
//! everything it overrode, and where it is enforced.

mod overview;
mod service;
mod time;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{At, Ownership, Strength};
use fyr_schemas::bundle::{Coverage, Engine, GapReason};
use fyr_schemas::{CategoryId, GroupId, LanguageCode, PeriodId, RuleId, StageId, UnitPath};
use jiff::civil::Date;
use url::Url;

pub use self::overview::{EffectiveSites, EffectiveValue, Overview, overview};
pub use self::service::ServiceNote;
pub use self::time::{AtTime, Otherwise, When};
use crate::compile::{desired, sound};
use crate::finding::Diagnostic;
use crate::gap::Cause;
use crate::judge::{Decider, Judge};
use crate::lower::{self, FlatLists, Placement};
use crate::meant::Meant;
pub use crate::policy::Ground;
use crate::policy::{Assumptions, Policy, Rule, UnknownGroup};
use crate::resolve::{EffectiveSetting, Resolution, Resolved, SiteClaim, resolve};
use crate::settings::{self, Setting};
use crate::source::{Place, Sources};
use crate::url_filter::{Verdict, asked};

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An address.
    Url(Url),
    /// A setting, by its name.
    Setting(String),
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explanation {
    /// The group it is for.
    pub group: GroupId,
    /// Where the group stands in the tree.
    pub unit: UnitPath,
    /// The stage on the day.
    pub stage: StageId,
    /// The day.
    pub date: Date,
    /// The moment, where one was asked about; else no period runs.
    pub at: Option<AtTime>,
    /// The periods of the timetable that something depends on for the group.
    pub depends_on: BTreeSet<PeriodId>,
    /// The address or the setting.
    pub subject: String,
    /// The value or verdict that holds.
    pub holds: String,
    /// For an address: the services of the catalogue that it belongs to.
    pub services: Vec<ServiceNote>,
    /// What decided it; absent where no rule speaks of it and the browser's default holds.
    pub because: Option<Reason>,
    /// For an address: the settings that act on its host besides.
    pub also: Vec<Reason>,
    /// What was said and does not hold, from the top of the tree down.
    pub overrode: Vec<Reason>,
    /// Where it is enforced.
    pub enforced: BTreeMap<Engine, Coverage>,
    /// What else holds at other times.
    pub otherwise: Vec<Otherwise>,
}

/// What one rule says, and on what ground.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reason {
    /// The rule.
    pub rule: RuleId,
    /// What it says, in the words of the source.
    pub says: String,
    /// The member of its category that the address belongs to.
    pub listed: Option<String>,
    /// Where it says so: `rules/sider.yaml:24:7`.
    pub place: String,
    /// Its unit.
    pub unit: UnitPath,
    /// What lower levels may do about it: `locked`, `minimum` or `default`.
    pub strength: &'static str,
    /// The reason in words, by language.
    pub why: BTreeMap<LanguageCode, String>,
    /// What people read before a site that the rule warns of, by language.
    pub guidance: BTreeMap<LanguageCode, String>,
    /// The decision it cites.
    pub decision: Option<Ground>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The policy has errors, so it says nothing.
    #[error("the policy has errors: fix them, then repeat the command")]
    Faulty(Vec<Diagnostic>),
    /// No group has this name.
    #[error(transparent)]
    UnknownGroup(#[from] UnknownGroup),
    /// No setting has this name.
    #[error("unknown setting `{setting}`")]
    UnknownSetting {
        /// The name given.
        setting: String,
        /// What was probably meant.
        meant: Meant,
    },
}

impl ExplainError {
    /// What was probably meant by a name that does not exist.
    pub fn meant(&self) -> Option<&Meant> {
        match self {
            Self::UnknownGroup(UnknownGroup { meant, .. }) | Self::UnknownSetting { meant, .. } => {
                Some(meant)
            }
            Self::Faulty(_) => None,
        }
    }
}

/// Explains what holds for a group at a time.
pub fn explain(
    sources: &Sources,
    when: When,
    group: &str,
    subject: &Subject,
) -> Result<Explanation, ExplainError> {
    let date = when.day();
    let policy = sound(sources, date, &Assumptions::default()).map_err(ExplainError::Faulty)?;
    let resolution = resolve(&policy);
    let base = asked_about(&policy, &resolution, group)?;
    let (resolved, at) = time::at((&policy, &resolution), base, when);
    let lists = FlatLists::default();
    let explain_subject = |resolved| {
        let narrator = Narrator {
            policy: &policy,
            sources,
            resolved,
            lists: &lists,
        };
        narrator.explain_subject(subject)
    };
    let explanation = explain_subject(resolved)?;
    let group = (&base.group.id, policy.date);
    let otherwise = time::otherwise(&resolution, group, &explanation.holds, |resolved| {
        explain_subject(resolved).map(|other: Explanation| other.holds)
    })?;
    Ok(Explanation {
        at,
        depends_on: time::periods(&resolution, &base.group.id),
        otherwise,
        ..explanation
    })
}

/// What holds for the group of a name while no period runs.
fn asked_about<'r, 'a>(
    policy: &Policy,
    resolution: &'r Resolution<'a>,
    group: &str,
) -> Result<&'r Resolved<'a>, ExplainError> {
    let mut groups = resolution.groups.iter();
    let found = groups.find(|(id, _)| id.as_str() == group);
    found
        .map(|(_, resolved)| resolved)
        .ok_or_else(|| policy.no_group(group).into())
}

/// Explains one group of one policy.
struct Narrator<'n, 'a> {
    policy: &'n Policy,
    sources: &'n Sources,
    resolved: &'n Resolved<'a>,
    lists: &'n FlatLists<'a>,
}

impl Narrator<'_, '_> {
    fn explain_subject(&self, subject: &Subject) -> Result<Explanation, ExplainError> {
        match subject {
            Subject::Url(url) => Ok(self.url(url)),
            Subject::Setting(name) => match settings::find(name) {
                Some(setting) => Ok(self.setting(setting)),
                None => Err(ExplainError::UnknownSetting {
                    setting: name.clone(),
                    meant: Meant::among(name, settings::all().map(|setting| setting.name)),
                }),
            },
        }
    }

    fn setting(&self, setting: &'static Setting) -> Explanation {
        let Some(effective) = self.resolved.settings.get(setting.name) else {
            return self.explanation(setting.name.to_owned(), setting.default.to_owned());
        };
        Explanation {
            because: Some(self.by_setting(effective)),
            overrode: effective
                .overridden
                .iter()
                .map(|claim| self.reason(claim.rule, claim.value.to_string(), claim.place))
                .collect(),
            enforced: self.coverage(setting.name),
            ..self.explanation(setting.name.to_owned(), effective.holds.value.to_string())
        }
    }

    fn url(&self, url: &Url) -> Explanation {
        let services = ServiceNote::of(self.policy, self.resolved.group, url);
        let judge = Judge::new(self.policy, self.resolved, self.lists);
        let Some(decider) = judge.decide(url) else {
            return Explanation {
                services,
                also: self.acting_on(url, None),
                ..self.explanation(url.to_string(), Verdict::Allow.word().to_owned())
            };
        };
        let (verdict, because, enforced) = match &decider {
            Decider::Rule(claim) => {
                let enforced = self.coverage_at(url, &judge, claim);
                (claim.says.verdict, self.by_site(claim, url), enforced)
            }
            Decider::Setting(effective, verdict) => {
                let enforced = self.coverage(effective.setting.name);
                (*verdict, self.by_setting(effective), enforced)
            }
        };
        let overrode = self
            .resolved
            .sites
            .claims_on(url)
            .filter(|claim| !matches!(&decider, Decider::Rule(won) if won.says.place == claim.says.place))
            .map(|claim| self.by_site(&claim, url))
            .collect();
        let deciding = match &decider {
            Decider::Setting(effective, _) => Some(effective.setting.name),
            Decider::Rule(_) => None,
        };
        Explanation {
            services,
            because: Some(because),
            also: self.acting_on(url, deciding),
            overrode,
            enforced,
            ..self.explanation(url.to_string(), verdict.word().to_owned())
        }
    }

    /// The settings that act on the host of an address, except the one that decides over it.
    fn acting_on(&self, url: &Url, deciding: Option<&str>) -> Vec<Reason> {
        self.resolved
            .settings
            .values()
            .filter(|effective| deciding != Some(effective.setting.name))
            .filter(|effective| lower::acts_on(effective.setting, effective.holds.value, url))
            .map(|effective| self.by_setting(effective))
            .collect()
    }

    fn explanation(&self, subject: String, holds: String) -> Explanation {
        let group = self.resolved.group;
        Explanation {
            group: group.id.clone(),
            unit: group.unit.clone(),
            stage: group.stage.clone(),
            date: self.policy.date,
            at: None,
            depends_on: BTreeSet::new(),
            subject,
            holds,
            services: Vec::new(),
            because: None,
            also: Vec::new(),
            overrode: Vec::new(),
            enforced: BTreeMap::new(),
            otherwise: Vec::new(),
        }
    }

    fn by_setting(&self, effective: &EffectiveSetting<'_>) -> Reason {
        let claim = effective.holds;
        let says = format!("{}: {}", effective.setting.name, claim.value);
        self.reason(claim.rule, says, claim.place)
    }

    /// What a voice says of an address; of a category, the member that the address belongs to.
    fn by_site(&self, claim: &SiteClaim<'_>, url: &Url) -> Reason {
        let category = claim.says.sites.category();
        let member = category.and_then(|category| category.member_at(url, claim.says.verdict));
        Reason {
            listed: member.map(|member| member.to_filter().to_string()),
            ..self.reason(claim.rule, claim.to_string(), claim.says.place)
        }
    }

    fn reason(&self, rule: &Rule, says: String, place: Place) -> Reason {
        let written = &rule.source.document;
        Reason {
            rule: rule.id().clone(),
            says,
            listed: None,
            place: self.sources.position(place).to_string(),
            unit: rule.unit().clone(),
            strength: Strength::word(rule.strength()),
            why: by_language(&written.why),
            guidance: by_language(&written.guidance),
            decision: rule
                .decision()
                .and_then(|case| Ground::of(self.policy, case)),
        }
    }

    /// Where the verdict of a voice is enforced over an address: that in the browsers' lists
    /// which decides over it.
    fn coverage_at(
        &self,
        url: &Url,
        judge: &Judge<'_>,
        claim: &SiteClaim<'_>,
    ) -> BTreeMap<Engine, Coverage> {
        if self.resolved.group.ownership == Ownership::Personal {
            return BTreeMap::new();
        }
        let engines = lower::placements(&desired(self.policy, self.resolved, self.lists));
        // Where browsers need no entry, what the voice says must hold without.
        let said = || {
            let verdict = claim.says.verdict;
            let site = |asked: Cow<'_, Url>| claim.says.sites.site_at(&asked, verdict);
            Some((verdict, asked(url).find_map(site)?))
        };
        let Some((verdict, filter)) = judge.deciding_entry(url).or_else(said) else {
            return BTreeMap::new();
        };
        let coverage = engines.iter().map(|engine| {
            let coverage = match engine.of(verdict, &filter) {
                Placement::Browser { list } => Coverage::Policy(vec![list.to_owned()]),
                Placement::Device { category } => self.by_name(url, category),
                Placement::Inherent => Coverage::Inherent,
                Placement::Nowhere(reason) => {
                    let first = engine.loss(&filter, reason);
                    partly(Cause::Lost { first, more: 0 })
                }
            };
            (engine.engine(), coverage)
        });
        coverage.collect()
    }

    /// How a category whose names the device closes is closed at an address: all that lies below
    /// the names, except `www.`, stays open.
    fn by_name(&self, url: &Url, id: CategoryId) -> Coverage {
        let category = self.policy.categories.get(&id);
        match category.and_then(|category| category.above(url)) {
            None => Coverage::Lists(vec![id]),
            Some(domain) => partly(Cause::BelowName {
                domain: domain.to_owned(),
            }),
        }
    }

    /// How a control of the group's bundle is enforced. Personal devices get no bundle, and what
    /// rules over their accounts has no target.
    fn coverage(&self, control: &str) -> BTreeMap<Engine, Coverage> {
        if self.resolved.group.ownership == Ownership::Personal {
            let unreached = |engine| (engine, Coverage::Gap(lower::unreached()));
            return Engine::ALL.map(unreached).into();
        }
        let lowered = lower::lower(&desired(self.policy, self.resolved, self.lists));
        lowered
            .bundle
            .controls
            .into_iter()
            .find(|each| each.id.as_str() == control)
            .map(|each| each.coverage)
            .unwrap_or_default()
    }
}

fn partly(cause: Cause) -> Coverage {
    Coverage::Gap(lower::gap(GapReason::Partial, &[cause]))
}

fn by_language(written: &BTreeMap<At<LanguageCode>, String>) -> BTreeMap<LanguageCode, String> {
    written
        .iter()
        .map(|(language, text)| (language.value.clone(), text.clone()))
        .collect()
}
