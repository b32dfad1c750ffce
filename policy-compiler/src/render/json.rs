//! Findings as one JSON object.

use fyr_policy_core::{Diagnostic, DormantRule, Position, Severity, source};

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
    message: &'a str,
    help: Option<&'a str>,
    places: Vec<Place<'a>>,
}

#[derive(serde::Serialize)]
struct Place<'a> {
    #[serde(flatten)]
    position: Position<'a>,
    /// Behind the last character that it is about.
    end: End,
    text: &'a str,
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
    let places = finding.labels.iter().map(|label| {
        let (start, span) = (label.place, label.place.span.end());
        let end = findings.sources.position(source::Place { span, ..start });
        Place {
            position: findings.sources.position(start),
            end: End {
                line: end.line,
                column: end.column,
            },
            text: &label.text,
        }
    });
    Finding {
        code: finding.code.as_str(),
        severity: finding.code.severity(),
        message: &finding.message,
        help: finding.help.as_deref(),
        places: places.collect(),
    }
}
