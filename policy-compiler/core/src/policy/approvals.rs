//! R06: guardians' approval, as an outcome for a whole group and nothing else.

use std::collections::BTreeMap;

use fyr_policy_source::{At, UnitsFile};
use fyr_schemas::{GroupId, ServiceId};

use super::{Group, Service, unknown};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, help_for_unknown};
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
    Diagnostic::new(
        Code::UnknownGroup,
        format!("unknown group `{}`", group.value),
    )
    .at(file.place(group), "`units.yaml` has no such group")
    .help(help_for_unknown(group.as_str(), known))
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
        Diagnostic::new(
            Code::ApprovalUnasked,
            format!("`{}` needs no approval", service.value),
        )
        .at(place, "approved here")
        .at(
            known.source.place(&written.service),
            "has no `approval: guardian`",
        )
        .help("remove it, or add `approval: guardian` to the service")
    })
}
