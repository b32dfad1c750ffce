//! R13: what is due for review, by the day it is due, and every single
//! block with its age.

use std::collections::BTreeSet;

use fyr_policy_source::Dpia;
use fyr_schemas::{CaseNumber, RuleId, UnitPath};
use jiff::civil::Date;
use serde::Serialize;

use crate::compile::read;
use crate::finding::{Diagnostic, Diagnostics};
use crate::policy::{Assumptions, CaseState, Policy, Rule};
use crate::source::{Place, Sources};

/// What waits for review on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Review {
    /// The day.
    pub date: Date,
    /// What is due, the longest overdue first, then by the day that comes.
    pub due: Vec<Due>,
    /// Every rule that blocks single sites, the oldest first.
    pub single_blocks: Vec<SingleBlock>,
}

/// Something that needs a review.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Due {
    /// The day by which.
    pub by: Date,
    /// What is to be done.
    pub task: Task,
    /// What it is about: the case number or the name of the service.
    pub subject: String,
    /// Its title.
    pub title: String,
    /// Who answers for it: the owner, or the body that must decide.
    pub who: Option<String>,
    /// Where it is written: `decisions/youtube.yaml:12:9`.
    pub place: String,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Decide what went into force as an emergency.
    Decide,
    /// Look at a decision again.
    ReviewDecision,
    /// Renew a decision before it ends, or let it end.
    Renew,
    /// Assess the impact on data protection anew.
    Assess,
    /// Validate the security of an approved service.
    Validate,
    /// Look at an approved service again.
    ReviewService,
}

/// A rule that blocks single hosts or services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SingleBlock {
    /// The first day it held; absent where it cites no decision.
    pub since: Option<Date>,
    /// For how many days it has held.
    pub days: i32,
    /// The rule.
    pub rule: RuleId,
    /// The unit it is for.
    pub unit: UnitPath,
    /// What it blocks, as it is written.
    pub sites: Vec<String>,
    /// The case it cites.
    pub decision: Option<CaseNumber>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The day it is to be looked at again, or to be decided by.
    pub review: Option<Date>,
    /// Where it is written.
    pub place: String,
}

/// Lists what waits for review on a day; the findings where the policy cannot be read.
pub fn review(sources: &Sources, date: Date) -> Result<Review, Vec<Diagnostic>> {
    let mut findings = Diagnostics::default();
    let policy = read(sources, date, &Assumptions::default(), &mut findings);
    let Some(policy) = policy.filter(|_| !findings.any_error()) else {
        return Err(findings.into_sorted());
    };
    let reviewer = Reviewer {
        policy: &policy,
        sources,
    };
    Ok(Review {
        date,
        due: reviewer.due().into_iter().collect(),
        single_blocks: reviewer.single_blocks().into_iter().collect(),
    })
}

struct Reviewer<'a> {
    policy: &'a Policy,
    sources: &'a Sources,
}

impl Reviewer<'_> {
    fn due(&self) -> BTreeSet<Due> {
        let mut due = BTreeSet::new();
        self.add_decisions(&mut due);
        self.add_services(&mut due);
        due
    }

    /// Decisions that hold, and what is due of each.
    fn add_decisions(&self, due: &mut BTreeSet<Due>) {
        let policy = self.policy;
        let in_force = policy
            .decisions
            .iter()
            .filter(|(case, _)| policy.state(case) == Some(CaseState::InForce));
        for (case, decision) in in_force {
            let written = &decision.document;
            let one = |task, by: Date, who: &str, place| Due {
                by,
                task,
                subject: case.to_string(),
                title: written.title.clone(),
                who: Some(who.to_owned()),
                place: self.position(place),
            };
            let awaited = written.awaited_by().map(|day| {
                let body = policy.body_of(case).unwrap_or(&written.owner);
                one(Task::Decide, day.value.0, body, decision.place(day))
            });
            let review = written.review.as_ref().map(|day| {
                let place = decision.place(day);
                one(Task::ReviewDecision, day.value.0, &written.owner, place)
            });
            let end = written.until.as_ref().map(|day| {
                let place = decision.place(day);
                one(Task::Renew, day.value.0, &written.owner, place)
            });
            let assessment = self.assessment(written.dpia.as_ref()).map(|(by, dpia)| {
                let place = decision.place(&dpia.date);
                one(Task::Assess, by, &written.owner, place)
            });
            due.extend([awaited, review, end, assessment].into_iter().flatten());
        }
    }

    /// Services that are approved, and what is due of each.
    fn add_services(&self, due: &mut BTreeSet<Due>) {
        let policy = self.policy;
        let approved = policy
            .services
            .iter()
            .filter(|(_, service)| service.is_approved_somewhere());
        for (id, service) in approved {
            let (file, written) = (&service.source, &service.source.document);
            let approvals = service.approvals();
            let of_part = approvals.iter().find_map(|approval| approval.decision);
            let owner = written
                .decision
                .as_ref()
                .or(of_part)
                .and_then(|case| policy.decisions.get(&case.value))
                .map(|decision| decision.document.owner.clone());
            let one = |task, by: Date, place| Due {
                by,
                task,
                subject: id.to_string(),
                title: written.name.clone(),
                who: owner.clone(),
                place: self.position(place),
            };
            let review = written
                .review
                .as_ref()
                .map(|day| one(Task::ReviewService, day.value.0, file.place(day)));
            let is_validated = written.security_validation.is_some();
            let validation = (!is_validated)
                .then(|| one(Task::Validate, policy.date, file.place(&written.service)));
            let assessment = self
                .assessment(written.dpia.as_ref())
                .map(|(by, dpia)| one(Task::Assess, by, file.place(&dpia.date)));
            due.extend([review, validation, assessment].into_iter().flatten());
        }
    }

    fn assessment<'d>(&self, dpia: Option<&'d Dpia>) -> Option<(Date, &'d Dpia)> {
        let dpia = dpia?;
        Some((self.policy.assessment_due(dpia)?, dpia))
    }

    fn single_blocks(&self) -> BTreeSet<SingleBlock> {
        let rules = self.policy.rules.values();
        let begun = rules.filter(|rule| rule.time_scope.first_day().is_none());
        begun.filter_map(|rule| self.single_block(rule)).collect()
    }

    fn single_block(&self, rule: &Rule) -> Option<SingleBlock> {
        let blocked = &rule.source.document.sites.block;
        let single: Vec<_> = blocked.iter().filter(|site| is_single(site)).collect();
        let first = single.first()?;
        let decision = rule
            .decision()
            .and_then(|case| self.policy.decisions.get(case))
            .map(|decision| &decision.document);
        let since = decision.map(|decision| decision.first_day().value.0);
        Some(SingleBlock {
            since,
            days: since.map_or(0, |since| (self.policy.date - since).get_days()),
            rule: rule.id().clone(),
            unit: rule.unit().clone(),
            sites: single.iter().map(|site| site.value.clone()).collect(),
            decision: rule.decision().cloned(),
            owner: decision.map(|decision| decision.owner.clone()),
            review: decision
                .and_then(|decision| decision.awaited_by().or(decision.review.as_ref()))
                .map(|day| day.value.0),
            place: self.position(rule.source.place(first)),
        })
    }

    fn position(&self, place: Place) -> String {
        self.sources.position(place).to_string()
    }
}

/// Whether a site is one single site: no category, and not everything.
fn is_single(site: &str) -> bool {
    !site.starts_with("category:") && site != "*"
}
