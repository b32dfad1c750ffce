//! Findings as one JSON object.

use std::collections::BTreeSet;

use fyr_policy_core::finding::{Finding as Data, Mark, Role};
use fyr_policy_core::{Diagnostic, DormantRule, Label, Language, Position, Severity, source, word};
use fyr_schemas::GroupId;

use super::Findings;

/// What `fyr check --json` prints.
#[derive(serde::Serialize)]
pub(super) struct Document<'a> {
    findings: Vec<Finding<'a>>,
    /// How many were found besides.
    omitted: usize,
    /// Rules that do not hold on the day, and are no finding.
    #[serde(rename = "not-in-force")]
    not_in_force: &'a [DormantRule],
}

#[derive(serde::Serialize)]
struct Finding<'a> {
    code: &'static str,
    severity: Severity,
    message: String,
    help: String,
    places: Vec<Place<'a>>,
    /// The facts, as fields.
    data: &'a Data,
    /// The groups that it concerns.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    groups: &'a BTreeSet<GroupId>,
}

#[derive(serde::Serialize)]
struct Place<'a> {
    #[serde(flatten)]
    position: Position<'a>,
    /// Behind the last character that it is about.
    end: End,
    text: String,
    /// Why the finding shows there.
    why: &'a Role,
}

#[derive(serde::Serialize)]
struct End {
    line: usize,
    column: usize,
}

pub(super) fn document<'a>(findings: &Findings<'a>, dormant: &'a [DormantRule]) -> Document<'a> {
    Document {
        findings: findings
            .shown()
            .map(|each| finding(each, findings))
            .collect(),
        omitted: findings.omitted(),
        not_in_force: dormant,
    }
}

fn finding<'a>(finding: &'a Diagnostic, findings: &Findings<'a>) -> Finding<'a> {
    let words = word(finding, Language::English);
    let places = finding.places.iter().zip(words.labels);
    let places = places.map(|(Mark { role, .. }, Label { place, text })| {
        let (start, span) = (place, place.span.end());
        let end = findings.sources.position(source::Place { span, ..start });
        Place {
            position: findings.sources.position(start),
            end: End {
                line: end.line,
                column: end.column,
            },
            text,
            why: role,
        }
    });
    Finding {
        code: finding.code().as_str(),
        severity: finding.severity(),
        places: places.collect(),
        message: words.message,
        help: words.help,
        data: &finding.finding,
        groups: &finding.groups,
    }
}
