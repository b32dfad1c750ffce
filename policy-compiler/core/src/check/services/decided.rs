//! R21 and R22: whether the decision behind a status of a service is its body's to make, and where
//! it approves the service, in force.

use std::collections::BTreeSet;

use fyr_policy_source::{At, Decision, ServiceStatus};
use fyr_schemas::CaseNumber;

use crate::check::decisions::{carries_nothing, competence};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::InFile;
use crate::policy::{Assessed, CaseState, Policy, Service};
use crate::source::Place;

/// What is wrong with the decisions on a service; one that no file has is told by itself.
pub(super) fn check(policy: &Policy, service: &Service) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    // Parts that stand on the service's decision share what is wrong with it.
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
        CaseState::Void => return Some(carries_nothing(decision, place)),
        CaseState::Proposed => {
            let status = decision.document.status.word();
            format!("`{}` is a proposal: {status}", case.value)
        }
        CaseState::Coming(day) => format!("`{}` begins on {day}", case.value),
        CaseState::Ended(day) => format!("`{}` ended on {day}", case.value),
    };
    Some(not_in_force(service, decision, (place, why)))
}

fn not_in_force(
    service: &Service,
    decision: &InFile<Decision>,
    (place, why): (Place, String),
) -> Diagnostic {
    let message = format!(
        "`{}` is approved by a decision that is not in force",
        service.id()
    );
    Diagnostic::new(Code::ApprovalNotInForce, message)
        .at(place, why)
        .at(decision.place(&decision.document.status), "its status")
        .help("cite the decision that approves it, or set `status: under-review`")
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
            format!("`{}` is {} there too", service.id(), assessed.status.word()),
        );
        competence::for_unit(policy, decision, unit, concerns)
    })
}
