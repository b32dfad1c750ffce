//! A service of the catalogue: its filters, its status for a group, and what opening it opens.
//!
//! **What age and approval do.** A rule that allows `service:NAME`, or warns of it, opens it to
//! those of its groups that may use it: to a group below the minimum age it opens what `below`
//! says, and to one below the age of digital consent nothing without a guardian's approval. A
//! group is as old as its youngest pupil. Staff and helplines know no such limit, and a service
//! that no rule speaks of is touched by none of this.

use fyr_schemas::policy::{
    self as source, Approval, At, BelowAge, Scope, ServiceKind, ServiceStatus, Statuses,
};

use fyr_schemas::{CategoryId, ServiceId};

use super::{Group, selects};
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
        let written = self.written_status_for(group);
        written.map_or(ServiceStatus::NotAssessed, |status| status.value)
    }

    /// The status that is written for a group, where one is.
    pub(crate) fn written_status_for(&self, group: &Group) -> Option<&At<ServiceStatus>> {
        match &self.source.document.status {
            Statuses::Unwritten => None,
            Statuses::Everybody(status) => Some(status),
            // Of two that are equally narrow, which is a finding, the worse.
            Statuses::Parts(parts) => parts
                .iter()
                .filter(|part| selects(&part.scope, group))
                .max_by_key(|part| (narrowness(&part.scope), part.status.value))
                .map(|part| &part.status),
        }
    }

    /// Whether any part of the organisation has approved it.
    pub fn is_approved_somewhere(&self) -> bool {
        match &self.source.document.status {
            Statuses::Unwritten => false,
            Statuses::Everybody(status) => status.value == ServiceStatus::Approved,
            Statuses::Parts(parts) => parts
                .iter()
                .any(|part| part.status.value == ServiceStatus::Approved),
        }
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
