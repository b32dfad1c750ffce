//! R24: data protection impact assessments that are older than the organisation lets them be.

use fyr_policy_source::Dpia;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::policy::Policy;
use crate::source::FileId;

/// An assessment past its limit.
pub(super) fn outdated(policy: &Policy, dpia: &Dpia, file: FileId) -> Option<Diagnostic> {
    let limit = policy.organisation.document.dpia_limit_years;
    let due = policy.assessment_due(dpia)?;
    (due < policy.date).then(|| {
        Diagnostic::new(
            Code::AssessmentOld,
            format!(
                "`{}`, version {}, is older than {limit} years",
                dpia.reference, dpia.version
            ),
        )
        .at(
            file.place(&dpia.date),
            format!("was to be made anew by {due}"),
        )
        .help("assess it again, and write down the next version with its date")
    })
}
