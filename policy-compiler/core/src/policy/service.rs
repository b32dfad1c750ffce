//! A service of the catalogue: its filters, its status for a group, and what opening it opens.
//!
//! **What age and approval do.** A rule that allows `service:NAME`, or warns of it, opens it to
//! those of its groups that may use it: to a group below the minimum age it opens what `below`
//! says, and to one below the age of digital consent nothing without a guardian's approval. A
//! group is as old as its youngest pupil. Staff and helplines know no such limit, and a service
//! that no rule speaks of is touched by none of this.

use std::collections::BTreeSet;

use fyr_policy_source::{
    self as source, Approval, At, BelowAge, Scope, ServiceKind, ServiceStatus, StatusFor, Statuses,
};
use fyr_schemas::{CaseNumber, CategoryId, ServiceId, UnitPath};

use super::{Group, Policy, selects};
use crate::parse::InFile;
use crate::source::Place;
use crate::url_filter::UrlFilter;

/// A service with its filters read.
#[derive(Debug)]
pub struct Service {
    /// As it is written.
    pub source: InFile<source::Service>,
    /// The filters that make it up, with their places.
    pub sites: Vec<(UrlFilter, Place)>,
}

/// One status of a service, as it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assessed<'a> {
    /// Where its assessment stands.
    pub(crate) status: &'a At<ServiceStatus>,
    /// The case that decided it: its own, or that of the service.
    pub(crate) decision: Option<&'a At<CaseNumber>>,
    /// Whether that case was cited for this very status.
    pub(crate) is_its_own: bool,
}

/// What a rule that opens a service opens to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// All of it.
    Whole,
    /// The service without an account.
    SignedOut,
    /// The service in its own restricted form.
    Restricted,
    /// Nothing.
    Nothing(Hindrance),
}

/// What stands between a group and a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hindrance {
    /// Its pupils are below the minimum age.
    Age,
    /// A guardian's approval is missing.
    Approval,
}

impl Service {
    /// Its name in rules.
    pub fn id(&self) -> &ServiceId {
        &self.source.document.service
    }

    /// The category it belongs to.
    pub fn category(&self) -> Option<&CategoryId> {
        let category = self.source.document.category.as_ref()?;
        Some(&category.value)
    }

    /// Whether it helps children directly.
    pub fn is_helpline(&self) -> bool {
        self.source.document.kind == ServiceKind::Helpline
    }

    /// Where its assessment stands for a group: the narrowest of what is written decides.
    pub fn status_for(&self, group: &Group) -> ServiceStatus {
        let written = self.assessed_for(group);
        written.map_or(ServiceStatus::NotAssessed, |written| written.status.value)
    }

    /// What is written of it for a group, where anything is.
    pub(crate) fn assessed_for(&self, group: &Group) -> Option<Assessed<'_>> {
        self.assessed_among(group, |_| true)
    }

    /// The same, had only these parts been written.
    pub(crate) fn assessed_among(
        &self,
        group: &Group,
        is_considered: impl Fn(&StatusFor) -> bool,
    ) -> Option<Assessed<'_>> {
        match &self.source.document.status {
            Statuses::Unwritten => None,
            Statuses::AllGroups(status) => Some(self.for_all(status)),
            // Of two that are equally narrow, which is a finding, the worse.
            Statuses::Parts(parts) => parts
                .iter()
                .filter(|part| selects(&part.scope, group) && is_considered(part))
                .max_by_key(|part| (narrowness(&part.scope), part.status.value))
                .map(|part| self.for_part(part)),
        }
    }

    /// Every status of it that is written.
    pub(crate) fn assessments(&self) -> Vec<Assessed<'_>> {
        match &self.source.document.status {
            Statuses::Unwritten => Vec::new(),
            Statuses::AllGroups(status) => vec![self.for_all(status)],
            Statuses::Parts(parts) => parts.iter().map(|part| self.for_part(part)).collect(),
        }
    }

    /// Every approval of it that is written.
    pub(crate) fn approvals(&self) -> Vec<Assessed<'_>> {
        let written = self.assessments().into_iter();
        written
            .filter(|written| written.status.value == ServiceStatus::Approved)
            .collect()
    }

    fn for_all<'a>(&'a self, status: &'a At<ServiceStatus>) -> Assessed<'a> {
        let decision = self.source.document.decision.as_ref();
        Assessed {
            status,
            decision,
            is_its_own: true,
        }
    }

    fn for_part<'a>(&'a self, part: &'a StatusFor) -> Assessed<'a> {
        let of_service = self.source.document.decision.as_ref();
        Assessed {
            status: &part.status,
            decision: part.decision.as_ref().or(of_service),
            is_its_own: part.decision.is_some(),
        }
    }

    /// Whether any part of the organisation has approved it.
    pub fn is_approved_somewhere(&self) -> bool {
        !self.approvals().is_empty()
    }

    /// What may stand between a group and it.
    pub(super) fn hindrances(&self) -> Vec<Hindrance> {
        if self.is_helpline() {
            return Vec::new();
        }
        let service = &self.source.document;
        let limit = service.minimum_age.as_ref();
        let by_age = limit.is_some_and(|limit| limit.below.value == BelowAge::Block);
        let age = by_age.then_some(Hindrance::Age);
        let approval = service.approval.as_ref().map(|_| Hindrance::Approval);
        age.into_iter().chain(approval).collect()
    }

    /// What a rule that opens it opens to a group, on a day with this age of digital consent.
    pub fn opens_to(&self, group: &Group, age_of_consent: u8) -> Opens {
        let service = &self.source.document;
        let Some(youngest) = group.youngest.filter(|_| !self.is_helpline()) else {
            return Opens::Whole;
        };
        let limit = service.minimum_age.as_ref();
        let below = limit.filter(|limit| youngest < limit.age.value);
        let needs_approval = match service.approval.as_deref() {
            Some(Approval::Guardian) => {
                youngest < age_of_consent && !group.approved.contains(&service.service.value)
            }
            None => false,
        };
        match below.map(|limit| limit.below.value) {
            Some(BelowAge::Block) => Opens::Nothing(Hindrance::Age),
            _ if needs_approval => Opens::Nothing(Hindrance::Approval),
            Some(BelowAge::SignedOut) => Opens::SignedOut,
            Some(BelowAge::Restricted) => Opens::Restricted,
            None => Opens::Whole,
        }
    }
}

impl Policy {
    /// The units of the groups for whom a status of a service is the one that holds.
    pub(crate) fn units_with(
        &self,
        service: &Service,
        assessed: Assessed<'_>,
    ) -> BTreeSet<&UnitPath> {
        let groups = self.groups.values();
        groups
            .filter(|group| {
                let holds = service.assessed_for(group);
                holds.is_some_and(|holds| holds.status.span == assessed.status.span)
            })
            .map(|group| &group.unit)
            .collect()
    }

    /// The units for which a case approves any service.
    pub(crate) fn units_approved_by(&self, case: &CaseNumber) -> BTreeSet<&UnitPath> {
        let approvals = self.services.values().flat_map(|service| {
            let approvals = service.approvals().into_iter();
            approvals.map(move |approval| (service, approval))
        });
        approvals
            .filter(|(_, approval)| approval.decision.is_some_and(|cited| cited.value == *case))
            .flat_map(|(service, approval)| self.units_with(service, approval))
            .collect()
    }
}

/// How narrow a selection is: the deeper unit first, then the one with more conditions.
pub(crate) fn narrowness(scope: &Scope) -> (usize, usize) {
    let conditions = [
        scope.who.is_some(),
        !scope.stage.is_empty(),
        scope.ownership.is_some(),
    ];
    let count = conditions.into_iter().filter(|condition| *condition);
    (scope.unit.depth(), count.count())
}
