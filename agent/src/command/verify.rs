//! `fyr-agent verify`: believes nothing that it has not just verified.

use std::process::ExitCode;

use crate::look::Look;
use crate::root::Root;

/// Verifies the stored policy from its signatures up, and that the device holds it.
pub(crate) fn verify(root: &Root) -> anyhow::Result<ExitCode> {
    let look = Look::take(root)?;
    let (bundle, assessment) = look.policy?;
    println!(
        "revision {} for group `{}` of `{}` is verified (SHA-256 {})",
        bundle.revision(),
        bundle.group,
        bundle.organisation,
        bundle.digest()
    );
    print!("{}", assessment.rest);
    Ok(ExitCode::from(u8::from(!assessment.rest.is_empty())))
}
