//! Gathers what is wrong by its cause: one entry however many places and controls it affects.

use std::collections::BTreeSet;

use fyr_schemas::bundle::Coverage;
use fyr_schemas::report::{ControlState, FailureReason, Place, Product};
use jiff::Timestamp;

use super::{AgentState, Cause, Facts, Policy, Problem};
use crate::contact::{Staleness, TroubleKind};
use crate::obstacle::Affected;
use crate::product::{engine, place};

/// Gathers causes, each problem once.
pub(super) struct Causes(Vec<Cause>);

impl Causes {
    /// Every cause of what is wrong, the most urgent first.
    pub(super) fn of(facts: &Facts<'_>) -> Vec<Cause> {
        let mut causes = Self(Vec::new());
        if let Some(policy) = &facts.policy {
            causes.add_places(policy, facts);
            causes.add_restarts(policy);
        }
        if facts.disk_full {
            causes.cause(Problem::Failed(FailureReason::NoSpace));
        }
        if facts.agent == AgentState::Stopped {
            causes.cause(Problem::AgentStopped);
        }
        causes.add_repository(facts);
        causes.0.sort_by_key(|cause| cause.problem);
        causes.0
    }

    fn cause(&mut self, problem: Problem) -> &mut Cause {
        let known = self.0.iter().position(|cause| cause.problem == problem);
        let index = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(Cause {
                problem,
                since: None,
                places: BTreeSet::new(),
                names: BTreeSet::new(),
                controls: Vec::new(),
            });
        }
        #[expect(clippy::indexing_slicing, reason = "found or pushed above")]
        &mut self.0[index]
    }

    fn add_places(&mut self, policy: &Policy<'_>, facts: &Facts<'_>) {
        for obstacle in &policy.observed.obstacles {
            let affects = |coverage: &Coverage| is_affected(coverage, &obstacle.affected);
            let names = match &obstacle.affected {
                Affected::Everything => BTreeSet::new(),
                Affected::Names(names) | Affected::List(_, names) => names.clone(),
            };
            self.add(
                Problem::Failed(obstacle.reason),
                obstacle.place,
                policy,
                affects,
            );
            let cause = self.cause(Problem::Failed(obstacle.reason));
            cause.names.extend(names);
        }
        for (place, found) in &policy.observed.places {
            let Some(due) = found.due else {
                continue;
            };
            let failed = due.failure.or_else(|| last_failure(policy, facts, *place));
            let problem = match (failed, found.drift) {
                (Some(reason), _) => Problem::Failed(reason),
                (None, Some(found)) => Problem::Changed(found),
                (None, None) => Problem::Unwritten,
            };
            self.add(problem, *place, policy, |_| true);
            let drift = facts.memory.drifts.iter().find(|it| it.place == *place);
            if let Some(drift) = drift {
                let cause = self.cause(problem);
                cause.since = Some(earlier(cause.since, drift.noticed));
            }
        }
    }

    /// Adds a place to a cause, with the controls that depend on the place.
    fn add(
        &mut self,
        problem: Problem,
        place: Place,
        policy: &Policy<'_>,
        affects: impl Fn(&Coverage) -> bool,
    ) {
        let cause = self.cause(problem);
        cause.places.insert(place);
        for (control, report) in policy.in_force.controls.iter().zip(policy.controls) {
            let is_in_force = match report.state {
                ControlState::InForce | ControlState::Gap | ControlState::PendingRestart => true,
                ControlState::Drifted | ControlState::Failed(_) => false,
            };
            let mut present = policy.observed.present.iter();
            let depends = present.any(|product| {
                let coverage = control.coverage.get(&engine(*product));
                coverage.is_some_and(|it| place_of(it, *product) == Some(place) && affects(it))
            });
            if depends && !is_in_force {
                if !cause.controls.contains(&control.id) {
                    cause.controls.push(control.id.clone());
                }
                cause.since = Some(earlier(cause.since, report.since));
            }
        }
    }

    fn add_restarts(&mut self, policy: &Policy<'_>) {
        let pending = policy.controls.iter();
        for report in pending.filter(|report| report.state == ControlState::PendingRestart) {
            let cause = self.cause(Problem::AwaitsRestart);
            cause.controls.push(report.control.clone());
            cause.since = Some(earlier(cause.since, report.since));
        }
        for product in &policy.observed.awaiting_restart {
            self.cause(Problem::AwaitsRestart)
                .places
                .insert(place(*product));
        }
    }

    fn add_repository(&mut self, facts: &Facts<'_>) {
        let Some((since, why)) = facts.contact.staleness(&facts.time) else {
            return;
        };
        let problem = match why {
            Staleness::Trouble(TroubleKind::OutOfReach) => Problem::Unreachable,
            Staleness::Trouble(TroubleKind::Refused(reason)) => Problem::Refused(reason),
            // The full disk is a cause of its own.
            Staleness::Trouble(TroubleKind::Unkept) if facts.disk_full => return,
            Staleness::Trouble(TroubleKind::Unkept) => Problem::Unstored,
            Staleness::Expired => Problem::Expired,
            Staleness::Unrenewed => Problem::Unrenewed,
        };
        self.cause(problem).since = Some(since);
    }
}

fn earlier(known: Option<Timestamp>, other: Timestamp) -> Timestamp {
    known.map_or(other, |known| known.min(other))
}

/// Why the agent's last attempt at a place failed: a full disk, or what it remembers of a control that
/// depends on the place.
fn last_failure(policy: &Policy<'_>, facts: &Facts<'_>, place: Place) -> Option<FailureReason> {
    if facts.disk_full {
        return Some(FailureReason::NoSpace);
    }
    let controls = policy.in_force.controls.iter();
    let depending = controls.filter(|control| {
        let mut products = policy.observed.present.iter();
        products.any(|product| {
            let coverage = control.coverage.get(&engine(*product));
            coverage.and_then(|it| place_of(it, *product)) == Some(place)
        })
    });
    let mut remembered = depending.filter_map(|control| {
        let mut controls = facts.memory.controls.iter();
        controls.find(|report| report.control == control.id)
    });
    remembered.find_map(|report| match report.state {
        ControlState::Failed(reason) => Some(reason),
        ControlState::InForce
        | ControlState::Gap
        | ControlState::PendingRestart
        | ControlState::Drifted => None,
    })
}

/// The place that a product's coverage of a control depends on.
fn place_of(coverage: &Coverage, product: Product) -> Option<Place> {
    match coverage {
        Coverage::Policy(_) => Some(place(product)),
        Coverage::Hosts(_) | Coverage::Lists(_) => Some(Place::Hosts),
        Coverage::Gap(_) | Coverage::Inherent => None,
    }
}

fn is_affected(coverage: &Coverage, affected: &Affected) -> bool {
    match coverage {
        Coverage::Policy(names) => affected.touches(names.iter().map(String::as_str)),
        Coverage::Hosts(names) => affected.touches(names.iter().map(fyr_schemas::HostName::as_str)),
        Coverage::Lists(lists) => lists.iter().any(|list| affected.touches_list(list)),
        Coverage::Gap(_) | Coverage::Inherent => false,
    }
}
