//! How the state of a control is written into the database: `in-force`, `failed no-space`.

use serde::{Deserialize, Serialize};

use fyr_schemas::report::ControlState;

/// The state as the schema of reports has it.
#[derive(Serialize, Deserialize)]
struct Written<'a> {
    is: &'a str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// The state as text.
pub(super) fn write(state: ControlState) -> String {
    let json = serde_json::to_string(&state).unwrap_or_default();
    let written: Option<Written<'_>> = serde_json::from_str(&json).ok();
    match written {
        Some(Written {
            is,
            reason: Some(reason),
        }) => format!("{is} {reason}"),
        Some(Written { is, reason: None }) => is.to_owned(),
        None => String::new(),
    }
}

/// Reads what [`write`] wrote.
pub(super) fn read(text: &str) -> Option<ControlState> {
    let (is, reason) = match text.split_once(' ') {
        Some((is, reason)) => (is, Some(reason)),
        None => (text, None),
    };
    serde_json::from_value(serde_json::to_value(Written { is, reason }).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use fyr_schemas::report::FailureReason;

    use super::*;

    #[test]
    fn every_state_is_read_as_it_was_written() {
        for (state, text) in [
            (ControlState::InForce, "in-force"),
            (ControlState::Gap, "gap"),
            (ControlState::PendingRestart, "pending-restart"),
            (ControlState::Drifted, "drifted"),
            (
                ControlState::Failed(FailureReason::NoSpace),
                "failed no-space",
            ),
        ] {
            assert_eq!(write(state), text);
            assert_eq!(read(text), Some(state));
        }
        assert_eq!(read("other"), None);
        assert_eq!(read(""), None);
    }
}
