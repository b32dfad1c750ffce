//! Findings as one JSON object.

use fyr_policy_core::{Diagnostic, Position, Severity};

use super::Findings;

/// What `fyr check --json` prints.
#[derive(serde::Serialize)]
pub(super) struct Document<'a> {
    findings: Vec<Finding<'a>>,
    /// How many were found besides.
    omitted: usize,
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
    text: &'a str,
}

pub(super) fn document<'a>(findings: &Findings<'a>) -> Document<'a> {
    Document {
        findings: findings
            .shown()
            .map(|each| finding(each, findings))
            .collect(),
        omitted: findings.omitted(),
    }
}

fn finding<'a>(finding: &'a Diagnostic, findings: &Findings<'a>) -> Finding<'a> {
    let places = finding.labels.iter().map(|label| Place {
        position: findings.sources.position(label.place),
        text: &label.text,
    });
    Finding {
        code: finding.code.as_str(),
        severity: finding.code.severity(),
        message: &finding.message,
        help: finding.help.as_deref(),
        places: places.collect(),
    }
}
