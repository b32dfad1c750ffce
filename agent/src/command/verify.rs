//! `fyr-agent verify`: believes nothing that it has not just verified.

use std::process::ExitCode;

use fyr_agent_core::in_force::InForce;
use fyr_agent_core::obstacle::Obstacle;
use fyr_agent_files::assess::Assessed;
use fyr_agent_files::plan::PlanWords;
use fyr_schemas::report::FailureReason;
use fyr_trust::VerifyError;

use crate::look::{Look, LookError};
use crate::root::Root;

/// Why what is stored cannot be believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BeliefError {
    /// Nothing can be printed.
    #[error(transparent)]
    Look(#[from] LookError),
    /// The stored policy is not what was signed.
    #[error("the stored policy cannot be believed; `fyr-agent once` fetches it anew")]
    Policy(#[from] VerifyError),
}

/// Verifies the stored policy from its signatures up, and that the device holds it.
pub(crate) fn verify(root: &Root) -> Result<ExitCode, BeliefError> {
    let look = Look::take(root)?;
    let (bundle, Assessed { rest, .. }) = look.policy?;
    super::say(format_args!(
        "revision {} for group `{}` of `{}` is verified (SHA-256 {})\n",
        bundle.revision(),
        bundle.group,
        bundle.organisation,
        bundle.digest(),
    ));
    let is_missing = |o: &Obstacle| o.reason == FailureReason::ListMissing;
    if !rest.obstacles.iter().any(is_missing) {
        for (category, list) in &InForce::at(&bundle, look.time.now).bundle().closed {
            super::say(format_args!(
                "the list `{category}` with {} names is verified (SHA-256 {})\n",
                list.names, list.digest
            ));
        }
    }
    if rest.is_empty() {
        super::say("the files on this device agree with it\n");
    }
    super::say(PlanWords {
        plan: &rest,
        lead: "would",
    });
    Ok(ExitCode::from(u8::from(!rest.is_empty())))
}
