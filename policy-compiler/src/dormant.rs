//! The rules that do not hold on a day, in one line: a bundle has nothing of them, so on the day they
//! begin the policy must be published anew.

use fyr_policy_core::{DormantRule, Standing};

/// `rules not in force on this day: 2 proposed; 1 begins on 2027-01-04: publish then`; `None` where
/// every rule holds, or is a finding.
pub(crate) fn line(rules: &[DormantRule]) -> Option<String> {
    let (mut proposed, mut ended, mut coming) = (0, 0, Vec::new());
    for rule in rules {
        match rule.standing {
            Standing::Proposed => proposed += 1,
            Standing::Coming(day) => coming.push(day),
            Standing::Ended(_) => ended += 1,
            Standing::InForce | Standing::Void => {}
        }
    }
    let begin = coming.iter().min().map(|first| match coming.len() {
        1 => format!("1 begins on {first}: publish then"),
        count => format!("{count} still to begin, the first on {first}: publish then"),
    });
    let counted = |count: usize, kind: &str| (count > 0).then(|| format!("{count} {kind}"));
    let parts = [
        counted(proposed, "proposed"),
        counted(ended, "ended"),
        begin,
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("rules not in force on this day: {}", parts.join("; ")))
}
