//! R21 and R22: whether the decision that approves a service is in force, and its body's to make.

use std::collections::BTreeSet;

use fyr_schemas::UnitPath;
use fyr_schemas::policy::{Decision, ServiceStatus, Statuses};

use crate::check::decisions::{carries_nothing, competence};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::InFile;
use crate::policy::{Policy, Service, Standing};
use crate::source::Place;

/// What is wrong with the decision of a service that is approved somewhere; one that no file has
/// is told by itself.
pub(super) fn check(policy: &Policy, service: &Service) -> Vec<Diagnostic> {
    let cited = service.source.document.decision.as_ref();
    let Some((case, decision)) = cited.and_then(|case| {
        let decision = policy.decisions.get(&case.value)?;
        Some((case, decision))
    }) else {
        return Vec::new();
    };
    let place = service.source.place(case);
    let lapsed = |why: String| vec![not_in_force(service, decision, (place, why))];
    match policy.standing(&case.value) {
        None => Vec::new(),
        Some(Standing::Void) => vec![carries_nothing(decision, place)],
        Some(Standing::InForce) => beyond(policy, service, decision),
        Some(Standing::Proposed) => {
            let status = decision.document.status.word();
            lapsed(format!("`{}` is a proposal: {status}", case.value))
        }
        Some(Standing::Coming(day)) => lapsed(format!("`{}` begins on {day}", case.value)),
        Some(Standing::Ended(day)) => lapsed(format!("`{}` ended on {day}", case.value)),
    }
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

/// The units for whose groups the service is approved, and that its body may not decide for.
fn beyond(policy: &Policy, service: &Service, decision: &InFile<Decision>) -> Vec<Diagnostic> {
    let groups = policy.groups.values();
    let units: BTreeSet<&UnitPath> = groups
        .filter(|group| service.status_for(group) == ServiceStatus::Approved)
        .map(|group| &group.unit)
        .collect();
    let beyond = units.into_iter().find_map(|unit| {
        let concerns = (
            approved_at(service),
            format!("`{}` is approved there too", service.id()),
        );
        competence::for_unit(policy, decision, unit, concerns)
    });
    beyond.into_iter().collect()
}

/// Where the service says that it is approved.
fn approved_at(service: &Service) -> Place {
    let written = &service.source.document;
    let place = match &written.status {
        Statuses::Everybody(status) => Some(service.source.place(status)),
        Statuses::Parts(parts) => parts
            .iter()
            .find(|part| part.status.value == ServiceStatus::Approved)
            .map(|part| service.source.place(&part.status)),
        Statuses::Unwritten => None,
    };
    place.unwrap_or_else(|| service.source.place(&written.service))
}
