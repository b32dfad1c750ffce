//! R06: guardians' approval, as an outcome for a whole group and nothing else.

use std::collections::BTreeMap;

use fyr_policy_source::{At, UnitsFile};
use fyr_schemas::{GroupId, ServiceId};

use super::{Group, Service, unknown};
use crate::finding::{Diagnostic, Diagnostics, Group as Found, Name, Role};
use crate::meant::Meant;
use crate::parse::InFile;

/// Notes in each group what is approved for it; `services` is `None` where one of them could
/// not be read.
pub(super) fn note_approvals(
    file: &InFile<UnitsFile>,
    services: Option<&BTreeMap<ServiceId, Service>>,
    groups: &mut BTreeMap<GroupId, Group>,
    findings: &mut Diagnostics,
) {
    for (service, approved_for) in &file.document.approved {
        if let Some(services) = services {
            findings.extend(pointless(file, service, services));
        }
        for group in approved_for {
            match groups.get_mut(&group.value) {
                Some(known) => {
                    known.approved.insert(service.value.clone());
                }
                None => findings.push(unknown_group(file, group, groups)),
            }
        }
    }
}

fn unknown_group(
    file: &InFile<UnitsFile>,
    group: &At<GroupId>,
    groups: &BTreeMap<GroupId, Group>,
) -> Diagnostic {
    let known = groups.keys().map(GroupId::as_str);
    Diagnostic::of(Name::UnknownGroup {
        group: group.value.clone(),
        meant: Meant::among(group.as_str(), known),
    })
    .at(file.place(group), Role::NotInUnits)
}

/// An approval of a service that does not exist, or that asks for none.
fn pointless(
    file: &InFile<UnitsFile>,
    service: &At<ServiceId>,
    services: &BTreeMap<ServiceId, Service>,
) -> Option<Diagnostic> {
    let place = file.place(service);
    let Some(known) = services.get(&service.value) else {
        return Some(unknown::service(place, service.as_str(), services.keys()));
    };
    let written = &known.source.document;
    written.approval.is_none().then(|| {
        Diagnostic::of(Found::ApprovalNotNeeded {
            service: service.value.clone(),
        })
        .at(place, Role::ApprovedHere)
        .at(known.source.place(&written.service), Role::NoApprovalAsked)
    })
}
