//! Everything that there is to find in the policy of one day.

use fyr_policy_source::Ownership;
use jiff::civil::Date;

use super::essential_hosts;
use super::lowering::Lowerings;
use super::lowering_findings::{TooNew, report_clash};
use crate::finding::Diagnostics;
use crate::lower::FlatLists;
use crate::parse::Documents;
use crate::policy::{Assumptions, Policy, organise};
use crate::resolve::{Resolution, resolve};

/// Finds what there is to find in the policy of one day, beyond what reading its documents found,
/// and gives the policy; `None` without `fyr.yaml`.
pub(super) fn find(
    documents: Documents,
    date: Date,
    assumptions: &Assumptions,
    findings: &mut Diagnostics,
) -> Option<Policy> {
    let policy = organise(documents, date, assumptions, findings)?;
    let resolution = resolve(&policy);
    let lists = FlatLists::default();
    crate::check::check(&policy, &resolution, &lists, findings);
    if !findings.any_error() {
        object(&policy, &resolution, &lists, findings);
    }
    drop(lists);
    drop(resolution);
    Some(policy)
}

/// Reports what lowering would find.
fn object<'r>(
    policy: &Policy,
    resolution: &'r Resolution<'r>,
    lists: &FlatLists<'r>,
    findings: &mut Diagnostics,
) {
    let (mut lowerings, mut unknown) = (Lowerings::of(policy, lists), TooNew::default());
    let managed = resolution
        .at_all_times()
        .filter(|resolved| resolved.group.ownership == Ownership::Managed);
    for resolved in managed {
        let (clashes, too_new) = lowerings.objections(resolved);
        findings.extend(clashes.iter().map(|clash| report_clash(clash, resolved)));
        unknown.note(too_new, resolved);
    }
    findings.extend(unknown.report(policy));
    findings.extend(essential_hosts::check(policy, resolution, &mut lowerings));
}
