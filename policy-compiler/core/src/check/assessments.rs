//! R24: data protection impact assessments that are older than the organisation lets them be.

use fyr_policy_source::Dpia;

use crate::finding::{Decision, Diagnostic, Role};
use crate::policy::Policy;
use crate::source::FileId;

/// An assessment past its limit.
pub(super) fn outdated(policy: &Policy, dpia: &Dpia, file: FileId) -> Option<Diagnostic> {
    let due = policy.assessment_due(dpia)?;
    (due < policy.date).then(|| {
        Diagnostic::of(Decision::AssessmentOld {
            reference: dpia.reference.clone(),
            version: dpia.version,
            years: policy.organisation.document.dpia_limit_years,
        })
        .at(file.place(&dpia.date), Role::AssessmentDue { due })
    })
}
