//! R24: data protection impact assessments that are older than the organisation lets them be.

use fyr_schemas::policy::Dpia;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::policy::Policy;
use crate::source::FileId;

/// An assessment past its limit, for whoever answers for it to renew.
pub(super) fn outdated(
    policy: &Policy,
    dpia: &Dpia,
    file: FileId,
    owner: &str,
) -> Option<Diagnostic> {
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
        .help(format!("ask `{owner}` for the next version"))
    })
}
