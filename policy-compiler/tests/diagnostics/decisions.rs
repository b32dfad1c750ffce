//! What is found about decisions and the rules that cite them.

use super::{base, check, check_on, finds, finds_in_base, rule};

#[test]
fn a_rule_without_a_decision_is_reported() {
    let text = rule("for: /skoler/oest\nstrength: default\nset:\n  youtube.level: strict\n")
        .replace("decision: SK-2025-7\n", "");
    finds("FYR0501", &[("rules/proeve.yaml", &text)]);
}

#[test]
fn a_rejected_proposal_carries_no_rules() {
    finds_in_base(
        "FYR0502",
        "decisions/cases.yaml",
        "date: 2025-05-12\nstatus: decided",
        "date: 2025-05-12\nstatus: rejected",
    );
}

#[test]
fn a_school_board_does_not_decide_for_all_schools() {
    let text = rule("for: /skoler\nstrength: default\nset:\n  safesearch.google: on\n")
        .replace("SK-2025-7", "OEST-3");
    finds("FYR0503", &[("rules/proeve.yaml", &text)]);
}

#[test]
fn an_overdue_review_is_reported() {
    finds_in_base(
        "FYR0504",
        "decisions/cases.yaml",
        "review: 2028-05-01",
        "review: 2026-05-01",
    );
}

#[test]
fn an_emergency_says_when_it_must_be_decided() {
    finds_in_base(
        "FYR0505",
        "decisions/cases.yaml",
        "status: in-force",
        "status: emergency",
    );
}

#[test]
fn an_emergency_past_its_deadline_is_reported() {
    finds_in_base(
        "FYR0506",
        "decisions/cases.yaml",
        "status: in-force",
        "status: emergency\ndecide-by: 2026-10-01",
    );
}

#[test]
fn an_emergency_that_may_wait_for_years_is_reported() {
    finds_in_base(
        "FYR0511",
        "decisions/cases.yaml",
        "date: 2025-02-03\nstatus: in-force",
        "date: 2025-02-03\nstatus: emergency\ndecide-by: 2029-10-01",
    );
}

#[test]
fn a_decision_that_says_it_is_in_force_before_its_day_is_reported() {
    let cases = base(
        "decisions/cases.yaml",
        "date: 2025-09-01\nstatus: decided",
        "date: 2025-09-01\nfrom: 2026-12-01\nstatus: in-force",
    );
    let text = rule("for: /skoler/oest\nstrength: default\nset:\n  youtube.level: strict\n")
        .replace("SK-2025-7", "OEST-3");
    finds(
        "FYR0507",
        &[
            ("decisions/cases.yaml", &cases),
            ("rules/proeve.yaml", &text),
        ],
    );
}

#[test]
fn a_decision_does_not_end_before_it_begins() {
    finds_in_base(
        "FYR0508",
        "decisions/cases.yaml",
        "date: 2025-09-01\n",
        "date: 2025-09-01\nuntil: 2025-08-01\n",
    );
}

#[test]
fn an_assessment_older_than_three_years_is_reported() {
    finds_in_base(
        "FYR0509",
        "decisions/cases.yaml",
        "owner: skolechef\n",
        "owner: skolechef\ndpia: { reference: DPIA-2023-2, version: 1, date: 2023-11-22 }\n",
    );
}

#[test]
fn what_could_not_begin_on_its_day_is_refused_before_it_comes() {
    let cases = base(
        "decisions/cases.yaml",
        "date: 2025-09-01\nstatus: decided",
        "date: 2025-09-01\nfrom: 2026-12-01\nstatus: decided",
    );
    let text = rule("for: /skoler/oest\nstrength: default\nset:\n  youtube.level: off\n")
        .replace("SK-2025-7", "OEST-3");
    let output = check(&[
        ("decisions/cases.yaml", &cases),
        ("rules/proeve.yaml", &text),
    ]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stdout).expect("text"));
}

#[test]
fn what_a_decision_holds_up_until_its_last_day_is_refused_before_it_is_over() {
    let cases = base(
        "decisions/cases.yaml",
        "date: 2025-09-01\n",
        "date: 2025-09-01\nuntil: 2026-12-24\n",
    );
    let exam = rule("for: /skoler/oest\nstrength: minimum\nsites:\n  block: ['*']\n");
    let opening = rule(
        "for: /skoler/oest\nstrength: minimum\nsites:\n  allow: [hjaelp.example, login.fyrby.example]\n",
    );
    let opening = opening
        .replace("rule: proeve", "rule: aabent")
        .replace("SK-2025-7", "OEST-3");
    let output = check(&[
        ("decisions/cases.yaml", &cases),
        ("rules/proeve.yaml", &exam),
        ("rules/aabent.yaml", &opening),
    ]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stdout).expect("text"));
}

#[test]
fn a_floor_that_begins_later_is_held_against_what_stands_below_it_then() {
    let floor =
        rule("for: /skoler\nfrom: 2026-12-01\nstrength: minimum\nset:\n  camera.access: block\n");
    let below = rule("for: /skoler/oest\nstrength: default\nset:\n  camera.access: allow\n");
    let below = below.replace("rule: proeve", "rule: aaben");
    finds(
        "FYR0510",
        &[("rules/proeve.yaml", &floor), ("rules/aaben.yaml", &below)],
    );
}

#[test]
fn what_is_wrong_on_the_second_of_two_later_days_only_is_reported_for_that_day() {
    let first = rule(
        "for: /skoler\nfrom: 2026-12-01\nstrength: default\nsites:\n  block: [spil.example]\n",
    );
    let floor =
        rule("for: /skoler\nfrom: 2026-12-15\nstrength: minimum\nset:\n  camera.access: block\n");
    let below = rule("for: /skoler/oest\nstrength: default\nset:\n  camera.access: allow\n");
    let output = check(&[
        ("rules/foerst.yaml", &first.replace("proeve", "foerst")),
        ("rules/proeve.yaml", &floor),
        ("rules/aaben.yaml", &below.replace("proeve", "aaben")),
    ]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("error from 2026-12-15:"), "{text}");
    assert_eq!(text.matches(": error from ").count(), 1, "{text}");
}

/// Rules that begin one after the other on days from 2029-01-01 on, the last a floor over what a
/// school allows itself.
fn days_ahead(count: i64) -> String {
    let first = jiff::civil::date(2029, 1, 1);
    let rules = (1..=count).map(|number| {
        let day = first + jiff::Span::new().days(number - 1);
        let says = if number == count {
            "strength: minimum\nset:\n  camera.access: block\n".to_owned()
        } else {
            format!("strength: default\nsites:\n  block: [s{number}.example]\n")
        };
        let text = rule(&format!("for: /skoler\nfrom: {day}\n{says}"));
        text.replace("proeve", &format!("dag-{number}"))
    });
    rules.collect::<Vec<_>>().join("---\n")
}

#[test]
fn no_number_of_days_hides_what_goes_against_a_floor() {
    let below = rule("for: /skoler/oest\nstrength: default\nset:\n  camera.access: allow\n");
    let reported = |days: &str| {
        let files = [("rules/dage.yaml", days), ("rules/proeve.yaml", &below)];
        String::from_utf8(check(&files).stdout).expect("text")
    };
    for (count, day) in [(12, "2029-01-12"), (13, "2029-01-13"), (62, "2029-03-03")] {
        let text = reported(&days_ahead(count));
        assert!(text.contains(&format!("error from {day}:")), "{text}");
        assert!(!text.contains("FYR0512"), "{text}");
    }
    // Of more the check says so.
    let text = reported(&days_ahead(63));
    assert!(!text.contains(": error from "), "{text}");
    assert!(
        text.contains("run `fyr check --date 2029-03-04` to check the first one"),
        "{text}"
    );
}

#[test]
fn days_that_are_too_many_to_look_at_are_reported() {
    finds("FYR0512", &[("rules/dage.yaml", &days_ahead(63))]);
}

/// The class of 2024 is in grade 3 until it moves up on 1 August 2028.
#[test]
fn what_is_wrong_once_the_classes_have_moved_up_is_reported_a_hundred_days_before() {
    let floor = rule(
        "for: { unit: /skoler, stage: mellemtrin }\nstrength: minimum\nset:\n  camera.access: block\n",
    );
    let below = "rule: aaben\ndecision: OEST-3\nfor: { unit: /skoler/oest, stage: mellemtrin }\n\
                 strength: default\nset:\n  camera.access: allow\nwhy:\n  da: Prøve.\n";
    let units = base(
        "units.yaml",
        "  oest-2021: { unit: /skoler/oest, start: 2021 }\n",
        "",
    );
    let files = [
        ("units.yaml", units.as_str()),
        ("rules/proeve.yaml", floor.as_str()),
        ("rules/aaben.yaml", below),
    ];
    let on = |day| String::from_utf8(check_on(day, &files).stdout).expect("text");
    let ahead = "error from 2028-08-01:";
    let near = on("2028-04-23");
    assert!(near.contains(ahead), "{near}");
    let far = on("2028-04-22");
    assert!(!far.contains(ahead), "{far}");
}
