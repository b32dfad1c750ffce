//! The rules that are not in force on a day, in one line.

use std::collections::BTreeMap;

use fyr_policy_core::phrase::in_backticks;
use fyr_policy_core::{Dormancy, DormantRule};

/// Of how many rules of a kind each is named.
const RULES_NAMED: usize = 3;

/// ``rules not in force on this day: 1 proposed (`quiz`), 4 begin, the first on 2027-01-01``; `None` where every rule holds, or is a finding.
pub(crate) fn dormant(rules: &[DormantRule]) -> Option<String> {
    let mut of_kind: BTreeMap<Kind, Vec<&DormantRule>> = BTreeMap::new();
    for rule in rules {
        of_kind
            .entry(Kind::of(rule.because))
            .or_default()
            .push(rule);
    }
    let parts: Vec<String> = of_kind
        .iter()
        .map(|(kind, rules)| kind.in_words(rules))
        .collect();
    (!parts.is_empty()).then(|| format!("rules not in force on this day: {}", parts.join(", ")))
}

/// Why rules are not in force, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Proposed,
    Begins,
    BeginsLater,
    Ended,
}

impl Kind {
    fn of(because: Dormancy) -> Self {
        match because {
            Dormancy::Proposed => Self::Proposed,
            Dormancy::Begins(_) => Self::Begins,
            Dormancy::BeginsLater(_) => Self::BeginsLater,
            Dormancy::Ended => Self::Ended,
        }
    }

    fn in_words(self, rules: &[&DormantRule]) -> String {
        let (one, several) = match self {
            Self::Proposed => ("proposed", "proposed"),
            Self::Begins | Self::BeginsLater => ("begins", "begin"),
            Self::Ended => ("ended", "ended"),
        };
        let first = rules.iter().filter_map(|rule| rule.because.day()).min();
        let (does, on) = match (rules.len(), first) {
            (1, Some(day)) => (one, format!(" on {day}")),
            (1, None) => (one, String::new()),
            (_, Some(day)) => (several, format!(", the first on {day}")),
            (_, None) => (several, String::new()),
        };
        let names: Vec<&str> = rules.iter().map(|rule| rule.rule.as_str()).collect();
        let names = if names.len() <= RULES_NAMED {
            format!(" ({})", in_backticks(&names))
        } else {
            String::new()
        };
        format!("{} {does}{on}{names}", rules.len())
    }
}
