//! R11: whether the catalogue says of every approved service what was assessed, and is up to date.

mod decided;
pub(super) mod joined;
mod narrowed;

use std::collections::BTreeSet;

use fyr_policy_source::{StatusFor, Statuses};
use fyr_schemas::ServiceId;

use super::assessments;
use super::decisions::unknown;
use crate::finding::{Diagnostic, Role, Service as Found};
use crate::parse::DocumentKind;
use crate::policy::{Group, Known, Policy, Service, narrowness, selects, unknown_in_scope};

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    policy
        .services
        .iter()
        .flat_map(|(id, service)| {
            let mut findings = Vec::new();
            findings.extend(limited_helpline(service));
            findings.extend(unknown_parts(policy, service));
            findings.extend(two_statuses(policy, service));
            findings.extend(unknown_decisions(policy, service));
            findings.extend(decided::check(policy, service));
            findings.extend(narrowed::check(policy, service));
            if service.is_approved_somewhere() {
                findings.extend(incomplete(id, service));
                findings.extend(overdue(policy, id, service));
                findings.extend(old_assessment(policy, service));
            }
            findings
        })
        .collect()
}

fn unknown_decisions(policy: &Policy, service: &Service) -> Vec<Diagnostic> {
    let written = &service.source.document;
    let parts = match &written.status {
        Statuses::Parts(parts) => parts.as_slice(),
        Statuses::Unwritten | Statuses::AllGroups(_) => &[],
    };
    let of_parts = parts.iter().filter_map(|part| part.decision.as_ref());
    let cited = written.decision.iter().chain(of_parts);
    cited
        .filter(|case| !policy.decisions.contains_key(&case.value))
        .filter_map(|case| unknown(policy, case, service.source.place(case)))
        .collect()
}

/// What an approved service says of itself: no more than its assessment has to answer.
fn incomplete(id: &ServiceId, service: &Service) -> Option<Diagnostic> {
    let written = &service.source.document;
    let approvals = service.approvals();
    let is_decided = approvals.iter().all(|approval| approval.decision.is_some());
    let handles_personal_data = !written.personal_data.is_empty();
    let fields = [
        (
            "security-validation",
            true,
            written.security_validation.is_some(),
        ),
        ("purpose", true, written.purpose.is_some()),
        ("legal-basis", true, written.legal_basis.is_some()),
        ("decision", true, is_decided),
        ("review", true, written.review.is_some()),
        (
            "processor-agreement",
            handles_personal_data,
            written.processor_agreement.is_some(),
        ),
        ("dpia", handles_personal_data, written.dpia.is_some()),
        (
            "transfer-outside-eu",
            handles_personal_data,
            written.transfer_outside_eu.is_some(),
        ),
    ];
    let missing: Vec<String> = fields
        .into_iter()
        .filter(|(_, is_needed, is_given)| *is_needed && !*is_given)
        .map(|(field, _, _)| field.to_owned())
        .collect();
    (!missing.is_empty()).then(|| {
        let place = service.source.place(&written.service);
        let service = id.clone();
        Diagnostic::of(Found::Incomplete { service, missing }).at(place, Role::ServiceEntry)
    })
}

fn overdue(policy: &Policy, id: &ServiceId, service: &Service) -> Option<Diagnostic> {
    let review = service.source.document.review.as_ref()?;
    (review.value.0 < policy.date).then(|| {
        let place = service.source.place(review);
        let service = id.clone();
        Diagnostic::of(Found::ReviewOverdue { service }).at(place, Role::ReviewDue)
    })
}

fn old_assessment(policy: &Policy, service: &Service) -> Option<Diagnostic> {
    let dpia = service.source.document.dpia.as_ref()?;
    assessments::outdated(policy, dpia, service.source.file)
}

/// A helpline is open to every child.
fn limited_helpline(service: &Service) -> Option<Diagnostic> {
    let written = &service.source.document;
    let place = match (&written.minimum_age, &written.approval) {
        (Some(limit), _) => service.source.place(&limit.age),
        (None, Some(approval)) => service.source.place(approval),
        (None, None) => return None,
    };
    service.is_helpline().then(|| {
        let service = service.id().clone();
        Diagnostic::of(Found::HelplineLimited { service }).at(place, Role::HelplineLimit)
    })
}

/// Units and stages that a status is for and that do not exist.
fn unknown_parts(policy: &Policy, service: &Service) -> Vec<Diagnostic> {
    let Statuses::Parts(parts) = &service.source.document.status else {
        return Vec::new();
    };
    let known = Known {
        units: (policy.unread.has_all(&[DocumentKind::Units])).then_some(&policy.units),
        stages: policy
            .stages
            .as_ref()
            .map(|stages| stages.names().collect()),
        groups: &policy.groups,
    };
    let scopes = parts.iter().map(|part| &part.scope);
    scopes
        .flat_map(|scope| unknown_in_scope(&service.source, scope, &known))
        .collect()
}

/// Two statuses that are equally narrow, for one group.
fn two_statuses(policy: &Policy, service: &Service) -> Vec<Diagnostic> {
    let Statuses::Parts(parts) = &service.source.document.status else {
        return Vec::new();
    };
    let clashing: BTreeSet<(usize, usize)> = policy
        .groups
        .values()
        .filter_map(|group| clash(parts, group))
        .collect();
    clashing
        .into_iter()
        .filter_map(|(one, other)| Some((parts.get(one)?, parts.get(other)?)))
        .map(|(one, other)| report_clash(service, one, other))
        .collect()
}

/// The numbers of the two narrowest statuses for a group, where neither outranks the other.
fn clash(parts: &[StatusFor], group: &Group) -> Option<(usize, usize)> {
    let mut reaching: Vec<(usize, &StatusFor)> = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| selects(&part.scope, group))
        .collect();
    reaching.sort_by_key(|(_, part)| std::cmp::Reverse(narrowness(&part.scope)));
    let (first, narrowest) = *reaching.first()?;
    reaching
        .iter()
        .skip(1)
        .take_while(|(_, part)| narrowness(&part.scope) == narrowness(&narrowest.scope))
        .find(|(_, part)| part.status.value != narrowest.status.value)
        .map(|(other, _)| (first, *other))
}

fn report_clash(service: &Service, one: &StatusFor, other: &StatusFor) -> Diagnostic {
    let (one, other) = if one.status.span <= other.status.span {
        (one, other)
    } else {
        (other, one)
    };
    let of_part = |part: &StatusFor| {
        let status = part.status.value;
        (
            service.source.place(&part.status),
            Role::StatusIs { status },
        )
    };
    Diagnostic::of(Found::StatusTwice {
        service: service.id().clone(),
        status: one.status.value,
        other: other.status.value,
    })
    .at_each([of_part(one), of_part(other)])
}
