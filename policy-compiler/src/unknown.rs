//! Errors about names that the policy does not have, with what was probably meant.

use std::fmt::Display;

use fyr_policy_core::meant::Meant;
use fyr_policy_core::{Language, wording};

/// `unknown group `a`; did you mean `b`?`.
pub(crate) fn with_help(error: &impl Display, meant: Option<&Meant>) -> String {
    match meant {
        Some(meant) => format!("{error}; {}", wording::meant(meant, Language::English)),
        None => error.to_string(),
    }
}
