//! The checks of a whole policy: what is well written and may still not hold.

mod ages;
mod assessments;
mod closed;
mod closing;
mod decisions;
mod denied;
mod escapes;
mod exceptions;
mod floors;
mod guidance;
mod hours;
mod identity;
mod ineffective;
mod lookalikes;
mod once;
mod opened;
mod personal_devices;
mod platforms;
mod reachable;
mod rules;
mod services;
mod timetable;
mod undecided;
mod undoing;

use std::collections::BTreeSet;

use fyr_schemas::{GroupId, RuleId};

use crate::finding::{Diagnostic, Diagnostics, Role};
use crate::lower::FlatLists;
use crate::parse::DocumentKind;
use crate::policy::Policy;
use crate::resolve::Resolution;

/// What goes against a floor, and nothing else.
pub(crate) fn floors_alone<'r>(
    policy: &Policy,
    resolution: &'r Resolution<'r>,
    lists: &FlatLists<'r>,
) -> Vec<Diagnostic> {
    floors::check(policy, resolution, lists)
}

/// The role of what a rule says for groups.
fn says_for(rule: &RuleId, value: String, groups: &BTreeSet<&GroupId>) -> Role {
    Role::SaysFor {
        rule: rule.clone(),
        values: BTreeSet::from([value]),
        groups: groups.iter().copied().cloned().collect(),
    }
}

/// Runs every check whose answer cannot stand in what could not be read.
pub(crate) fn check<'r>(
    policy: &Policy,
    resolution: &'r Resolution<'r>,
    lists: &FlatLists<'r>,
    findings: &mut Diagnostics,
) {
    findings.extend(rules::check(policy));
    findings.extend(guidance::check(policy));
    findings.extend(lookalikes::check(policy));
    findings.extend(decisions::check(policy));
    findings.extend(floors::check(policy, resolution, lists));
    findings.extend(undoing::check(policy, resolution));
    findings.extend(exceptions::check(resolution));
    findings.extend(undecided::check(resolution));
    findings.extend(services::check(policy));
    findings.extend(services::joined::check(policy, resolution));
    findings.extend(personal_devices::check(policy));
    findings.extend(timetable::check(policy, resolution));
    findings.extend(hours::check(policy));
    // What is open in the end depends on every rule and on every service.
    if policy
        .unread
        .has_all(&[DocumentKind::Rule, DocumentKind::Service])
    {
        findings.extend(reachable::check(policy, resolution));
        findings.extend(platforms::check(policy, resolution));
        findings.extend(identity::check(policy, resolution));
        findings.extend(escapes::check(resolution));
        findings.extend(ineffective::check(policy, resolution));
    }
    // The catalogue is held against groups as they are written.
    if policy.unread.has_all(&[
        DocumentKind::Rule,
        DocumentKind::Service,
        DocumentKind::Units,
    ]) {
        findings.extend(ages::check(policy, resolution));
        findings.extend(denied::check(policy, resolution));
    }
}
