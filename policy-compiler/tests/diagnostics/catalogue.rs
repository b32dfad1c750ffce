//! What is found about groups and their stages, and about the catalogue of services.

use super::{base, finds, finds_in_base};

#[test]
fn a_class_that_has_left_school_is_reported_and_keeps_its_last_stage() {
    finds_in_base("FYR1001", "units.yaml", "start: 2018", "start: 2014");
}

#[test]
fn a_class_that_is_far_from_beginning_is_reported() {
    finds_in_base("FYR1002", "units.yaml", "start: 2018", "start: 2028");
}

/// A service of the catalogue that says this besides.
fn service(says: &str) -> String {
    format!("service: tegn\nname: Tegn\nsites: [tegn.example]\n{says}")
}

fn finds_in_service(code: &str, says: &str) {
    finds(code, &[("services/tegn.yaml", &service(says))]);
}

/// What an approved service says that handles no personal data.
const ASSESSED: &str = "status: approved\npurpose: Tegning\nlegal-basis: folkeskoleloven § 40\n\
    decision: SK-2025-7\nsecurity-validation: { reference: SV-1, date: 2025-06-01 }\n";

#[test]
fn an_approved_service_says_what_its_assessment_found() {
    finds_in_service(
        "FYR1003",
        "status: approved\npurpose: Tegning\npersonal-data: [navn]\nreview: 2027-01-01\n",
    );
}

#[test]
fn an_approved_service_past_its_review_is_reported() {
    finds_in_service("FYR1004", &format!("{ASSESSED}review: 2026-11-22\n"));
}

#[test]
fn a_service_has_one_status_for_a_group() {
    finds_in_service(
        "FYR1005",
        "status:\n  - { for: { unit: /skoler, who: pupils }, status: denied }\n  \
         - { for: { unit: /skoler, ownership: managed }, status: under-review }\n",
    );
}

#[test]
fn an_approval_for_an_unknown_group_is_named_with_the_nearest() {
    let units = base(
        "units.yaml",
        "groups:",
        "approved:\n  tegn: [vest-2081]\ngroups:",
    );
    finds(
        "FYR1006",
        &[
            ("units.yaml", &units),
            ("services/tegn.yaml", &service("approval: guardian\n")),
        ],
    );
}

#[test]
fn a_helpline_needs_no_approval() {
    finds_in_base(
        "FYR1007",
        "services/help.yaml",
        "kind: helpline\n",
        "kind: helpline\napproval: guardian\n",
    );
}

#[test]
fn an_approval_that_nothing_asks_for_is_reported() {
    let units = base(
        "units.yaml",
        "groups:",
        "approved:\n  tegn: [vest-2018]\ngroups:",
    );
    finds(
        "FYR1008",
        &[("units.yaml", &units), ("services/tegn.yaml", &service(""))],
    );
}

#[test]
fn a_service_that_is_open_below_its_age_is_reported_with_the_rule_that_opens_it() {
    finds(
        "FYR1009",
        &[
            (
                "services/tegn.yaml",
                &service("minimum-age: { age: 13, below: block }\n"),
            ),
            (
                "rules/tegn.yaml",
                "rule: tegn\ndecision: SK-2025-7\nfor: /skoler\nstrength: default\n\
                 sites: { allow: [tegn.example] }\nwhy: { da: Tegning. }\n",
            ),
        ],
    );
}

#[test]
fn a_service_that_a_proposal_approves_is_reported() {
    let cases = base(
        "decisions/cases.yaml",
        "date: 2025-09-01\nstatus: decided",
        "date: 2025-09-01\nstatus: hearing",
    );
    let text = format!("{ASSESSED}review: 2028-01-01\n").replace("SK-2025-7", "OEST-3");
    finds(
        "FYR1010",
        &[
            ("decisions/cases.yaml", &cases),
            ("services/tegn.yaml", &service(&text)),
        ],
    );
}

#[test]
fn a_denied_service_that_a_rule_opens_is_reported_with_both_places() {
    finds(
        "FYR1011",
        &[
            (
                "services/tegn.yaml",
                &service("status:\n  - { for: /skoler/oest, status: denied }\n"),
            ),
            (
                "rules/tegn.yaml",
                "rule: tegn\ndecision: SK-2025-7\nfor: /skoler\nstrength: default\n\
                 sites: { allow: [service:tegn] }\nwhy: { da: Tegning. }\n",
            ),
        ],
    );
}
