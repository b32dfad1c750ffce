//! Checks a policy without compiling it: finds all that compiling it would find.

use jiff::civil::Date;

use super::findings::find;
use super::{DormantRule, coming, dormant};
use crate::finding::{Diagnostic, Diagnostics};
use crate::parse::{Documents, parse};
use crate::policy::{Assumptions, Policy};
use crate::source::Sources;

/// What is to be said of a policy directory on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Every rule that does not hold on the day.
    pub dormant: Vec<DormantRule>,
    /// Everything that was found, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether an error keeps the policy from compiling.
    pub fn failed(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Checks the policy of a day. What it finds is what [`compile()`](super::compile()) finds.
pub fn check(sources: &Sources, date: Date) -> Checked {
    let (mut findings, assumptions) = (Diagnostics::default(), Assumptions::default());
    let documents = parse(sources, &mut findings);
    let policy = find(documents.clone(), date, &assumptions, &mut findings);
    if let Some(policy) = policy.as_ref().filter(|_| !findings.any_error()) {
        findings.extend(coming::check(&documents, policy, &assumptions));
    }
    Checked {
        dormant: policy.as_ref().map(dormant).unwrap_or_default(),
        diagnostics: findings.into_sorted(),
    }
}

/// The documents of a policy directory, with what reading them found.
#[derive(Clone)]
pub(crate) struct Parsed {
    pub(crate) documents: Documents,
    findings: Diagnostics,
}

impl Parsed {
    pub(crate) fn of(sources: &Sources) -> Self {
        let mut findings = Diagnostics::default();
        let documents = parse(sources, &mut findings);
        Self {
            documents,
            findings,
        }
    }
}

/// The policy of a day, where nothing keeps it from compiling; else what was found.
pub(crate) fn sound(
    sources: &Sources,
    date: Date,
    assumptions: &Assumptions,
) -> Result<Policy, Vec<Diagnostic>> {
    sound_of(Parsed::of(sources), date, assumptions)
}

/// The same, of documents that were read.
pub(crate) fn sound_of(
    parsed: Parsed,
    date: Date,
    assumptions: &Assumptions,
) -> Result<Policy, Vec<Diagnostic>> {
    let Parsed {
        documents,
        mut findings,
    } = parsed;
    match find(documents, date, assumptions, &mut findings) {
        Some(policy) if !findings.any_error() => Ok(policy),
        Some(_) | None => Err(findings.into_sorted()),
    }
}
