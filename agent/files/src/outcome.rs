//! What came of one action.

use fyr_schemas::report::FailureReason;

use crate::action::Action;

/// One action that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub action: Action,
    /// Whether it was done, and why not.
    pub result: Result<(), FailureReason>,
}
