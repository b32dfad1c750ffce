//! The days on which rules begin and are over.

use fyr_policy_source::{At, Day};
use fyr_schemas::RuleId;
use jiff::civil::Date;

use super::{Authority, Policy};

/// A day on which a rule begins, or the first on which it is over; those of floors of high units
/// come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BoundaryDate {
    /// What others have to respect of the rule.
    pub(crate) authority: Authority,
    depth: usize,
    /// The day.
    pub(crate) day: Date,
    /// Whether the rule begins.
    pub(crate) begins: bool,
    /// The rule.
    pub(crate) rule: RuleId,
}

impl Policy {
    /// Every day on which a rule begins or is over, by its own date or by its case.
    pub(crate) fn boundary_dates(&self) -> impl Iterator<Item = BoundaryDate> {
        let day = |day: &Option<At<Day>>| day.as_ref().map(|day| day.value.0);
        self.rules.values().flat_map(move |rule| {
            let (written, case) = (&rule.source.document, rule.decision());
            let decision = case.and_then(|case| self.decisions.get(case));
            let first_days = [
                day(&written.from),
                decision.map(|decision| decision.document.first_day().value.0),
            ];
            let last_days = [
                day(&written.until),
                case.and_then(|case| self.last_day(case)),
            ];
            let begins = first_days.into_iter().flatten().map(|day| (day, true));
            let behind = last_days.into_iter().flatten();
            let behind = behind.filter_map(|last| last.tomorrow().ok());
            let days = begins.chain(behind.map(|day| (day, false)));
            days.map(|(day, begins)| BoundaryDate {
                authority: rule.authority(),
                depth: rule.unit().depth(),
                day,
                begins,
                rule: rule.id().clone(),
            })
        })
    }
}
