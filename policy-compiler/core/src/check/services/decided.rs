//! R21 and R22: whether the decision behind a status of a service is its body's to make, and where
//! it approves the service, in force.

use std::collections::BTreeSet;

use fyr_policy_source::{At, Decision, ServiceStatus};
use fyr_schemas::CaseNumber;

use crate::check::decisions::{competence, not_decided};
use crate::finding::{Diagnostic, NotInForce, Role, Service as Found};
use crate::parse::InFile;
use crate::policy::{Assessed, CaseState, Policy, Service};

/// What is wrong with the decisions on a service; one that no file has is a finding of its own.
pub(super) fn check(policy: &Policy, service: &Service) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    // Parts that cite the service's decision share what is wrong with it.
    let mut looked_at = BTreeSet::new();
    for assessed in service.assessments() {
        let Some((case, decision)) = assessed
            .decision
            .and_then(|case| Some((case, policy.decisions.get(&case.value)?)))
        else {
            continue;
        };
        let is_approval = assessed.status.value == ServiceStatus::Approved;
        match policy.state(&case.value) {
            Some(CaseState::InForce) if is_approval || assessed.is_its_own => {
                findings.extend(beyond(policy, service, assessed, decision));
            }
            Some(state) if is_approval && looked_at.insert(case.span) => {
                findings.extend(lapsed(service, case, decision, state));
            }
            Some(_) | None => {}
        }
    }
    findings
}

/// What is wrong with a decision by where it stands.
fn lapsed(
    service: &Service,
    case: &At<CaseNumber>,
    decision: &InFile<Decision>,
    state: CaseState,
) -> Option<Diagnostic> {
    let place = service.source.place(case);
    let why = match state {
        CaseState::InForce => return None,
        CaseState::Void => return Some(not_decided(decision, place)),
        CaseState::Proposed => NotInForce::Proposed(decision.document.status.value),
        CaseState::Coming(day) => NotInForce::Begins(day),
        CaseState::Ended(day) => NotInForce::Ended(day),
    };
    let status = decision.place(&decision.document.status);
    let finding = Diagnostic::of(Found::ApprovalNotInForce {
        service: service.id().clone(),
        case: case.value.clone(),
    });
    Some(
        finding
            .at(place, Role::CitesNotInForce { why })
            .at(status, Role::StatusOfDecision),
    )
}

/// The first unit for whose groups a status is what holds, and that its body may not decide for.
fn beyond(
    policy: &Policy,
    service: &Service,
    assessed: Assessed<'_>,
    decision: &InFile<Decision>,
) -> Option<Diagnostic> {
    let mut units = policy.units_with(service, assessed).into_iter();
    units.find_map(|unit| {
        let concerns = (
            service.source.place(assessed.status),
            Role::ServiceStatusFor {
                service: service.id().clone(),
                status: assessed.status.value,
            },
        );
        competence::for_unit(policy, decision, unit, concerns)
    })
}
