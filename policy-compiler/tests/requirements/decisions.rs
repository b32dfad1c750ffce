//! Decisions: what each carries, on which days, and who may make it: R20 to R24.

use fyr_fixtures::Replaced as _;
use fyr_schemas::bundle::Bundle;

use crate::source::{Source, stdout};

const DAY: &str = "2026-11-23";

/// A case of the school committee; `says` holds its status and what goes with it.
fn case(number: &str, says: &str) -> String {
    format!(
        "decision: {number}\ntitle: Spil i skoletiden\nbody: skoleudvalget\ndate: 2026-03-02\n{says}\
         purpose: Ro om undervisningen\nlegal-basis: folkeskoleloven § 40\nowner: skolechef\n\
         review: 2028-03-01\n"
    )
}

/// A rule that blocks the games for all schools, by that case.
fn rule(number: &str) -> String {
    format!(
        "rule: spil\ndecision: {number}\nfor: /skoler\nstrength: minimum\nsites:\n  \
         block: [spil.example]\nwhy:\n  da: Spil hører ikke til i timen.\n"
    )
}

fn small_with(number: &str, says: &str) -> Source {
    Source::small()
        .with("decisions/spil.yaml", &case(number, says))
        .with("rules/spil.yaml", &rule(number))
}

/// Whether the games are blocked for a class by what a bundle says first.
fn is_blocked(bundle: &Bundle) -> bool {
    bundle
        .controls
        .iter()
        .any(|control| control.id.as_str() == "sites.block.spil")
}

#[track_caller]
fn blocked_on(source: &Source, day: &str) -> bool {
    is_blocked(&source.bundle("oest-2024", day))
}

#[test]
fn r20_case_numbers_are_accepted_as_the_papers_write_them() {
    for number in [
        "STK-2019-120",
        "85.10.09-G01-33-21",
        "190417 §62",
        "motion 38/2021",
    ] {
        let source = small_with(number, "status: in-force\n");
        assert_eq!(source.check(DAY), "nothing to report\n", "{number}");
        let bundle = source.bundle("oest-2024", DAY);
        let noted = bundle.decisions.keys().any(|case| case.as_str() == number);
        assert!(noted, "{number} is not in the bundle");
    }
}

#[test]
fn r20_a_rule_without_a_decision_is_reported() {
    let source = Source::small().with("rules/spil.yaml", &rule("x").replaced("decision: x\n", ""));
    assert_eq!(source.codes(DAY), ["FYR0501"]);
}

#[test]
fn r20_an_explanation_tells_what_the_decision_says() {
    let source = small_with("190417 §62", "status: in-force\n");
    insta::assert_snapshot!(source.explain(DAY, "oest-2024", ["--url", "spil.example"]));
}

#[test]
fn r21_a_board_does_not_decide_for_another_administration() {
    let source = Source::example("malmo").with(
        "rules/gymnasiet.yaml",
        "rule: plats-i-gymnasiet\ndecision: GRF-2025-417\nfor: { unit: /gymnasium, who: pupils }\n\
         strength: default\nset:\n  location.access: block\nwhy:\n  sv: Som i grundskolan.\n",
    );
    assert_eq!(source.codes(DAY), ["FYR0503"]);
    insta::assert_snapshot!(source.check(DAY));
}

#[test]
fn r21_nor_does_a_board_end_what_a_wider_one_decided() {
    let replacement = case(
        "SK-9",
        "from: 2027-01-01\nstatus: decided\nreplaces: BY-2025-1\n",
    );
    let source = Source::small().with("decisions/spil.yaml", &replacement);
    // And from then on nothing would close the bypasses.
    assert_eq!(source.codes(DAY), ["FYR0503", "FYR0603"]);
    let roles = source.roles(DAY);
    assert!(
        roles.iter().any(|role| role["since"] == "2027-01-01"),
        "{roles:?}"
    );
}

#[test]
fn r22_a_proposal_waits_and_is_reported_in_one_line() {
    for status in ["draft", "hearing"] {
        let source = small_with("SK-9", &format!("status: {status}\n"));
        assert_eq!(
            source.check(DAY),
            "nothing to report\nrules not in force on this day: 1 proposed (`spil`)\n"
        );
        assert!(!blocked_on(&source, DAY), "{status}");
    }
}

#[test]
fn r22_what_is_decided_holds() {
    for status in ["decided", "in-force"] {
        let source = small_with("SK-9", &format!("status: {status}\n"));
        assert_eq!(source.check(DAY), "nothing to report\n", "{status}");
        assert!(blocked_on(&source, DAY), "{status}");
    }
}

#[test]
fn r22_a_rejected_proposal_stays_on_record_and_never_compiles() {
    let on_record =
        Source::small().with("decisions/spil.yaml", &case("SK-9", "status: rejected\n"));
    assert_eq!(on_record.check(DAY), "nothing to report\n");
    let cited = small_with("SK-9", "status: rejected\n");
    assert_eq!(cited.codes(DAY), ["FYR0502"]);
    insta::assert_snapshot!(cited.check(DAY));
}

#[test]
fn r22_a_repealed_decision_held_until_its_last_day() {
    let source = small_with("SK-9", "status: repealed\nuntil: 2026-10-31\n");
    assert!(blocked_on(&source, "2026-10-31"));
    assert_eq!(source.codes("2026-11-01"), ["FYR0502"]);
}

#[test]
fn r22_a_decision_holds_from_its_first_day_to_its_last_automatically() {
    let days = "status: decided\nfrom: 2026-08-01\nuntil: 2027-07-31\n";
    let source = small_with("SK-9", days);
    assert!(!blocked_on(&source, "2026-07-31"));
    assert!(blocked_on(&source, "2026-08-01"));
    assert!(blocked_on(&source, "2027-07-31"));
    assert!(!blocked_on(&source, "2027-08-01"));
    assert_eq!(
        source.check("2026-07-31"),
        "nothing to report\n\
         rules not in force on this day: 1 begins on 2026-08-01 (`spil`)\n"
    );
    assert_eq!(
        source.check("2025-07-31"),
        "nothing to report\nrules not in force on this day: 1 begins on 2026-08-01 (`spil`)\n"
    );
    assert_eq!(
        source.check("2027-08-01"),
        "nothing to report\nrules not in force on this day: 1 ended (`spil`)\n"
    );
}

#[test]
fn r22_a_decision_ends_the_one_that_it_replaces_on_its_own_first_day() {
    let next = case(
        "SK-10",
        "from: 2027-01-01\nstatus: decided\nreplaces: SK-9\n",
    );
    let source = small_with("SK-9", "status: in-force\n").with("decisions/next.yaml", &next);
    assert!(blocked_on(&source, "2026-12-31"));
    assert!(!blocked_on(&source, "2027-01-01"));
}

#[test]
fn r22_what_was_repealed_once_it_had_begun_has_ended_what_it_replaced() {
    let next = |says: &str| {
        let next = case("SK-10", &format!("{says}replaces: SK-9\n"));
        small_with("SK-9", "status: in-force\n").with("decisions/next.yaml", &next)
    };
    for says in [
        "from: 2026-09-01\nstatus: repealed\n",
        "from: 2026-09-01\nstatus: repealed\nuntil: 2026-10-31\n",
    ] {
        let source = next(says);
        assert!(blocked_on(&source, "2026-08-31"), "{says}");
        assert!(!blocked_on(&source, "2026-09-01"), "{says}");
        assert!(!blocked_on(&source, "2026-11-01"), "{says}");
    }
    // Repealed for a day to come: it begins, and ends the other, all the same.
    let source = next("from: 2027-01-01\nstatus: repealed\nuntil: 2027-03-31\n");
    let bundle = source.bundle("oest-2024", DAY);
    assert!(blocked_at(&bundle, "2026-12-31T22:59:59Z"));
    assert!(!blocked_at(&bundle, "2027-01-01T12:00:00Z"));
}

/// Whether the games are blocked at a moment, on a device that has this bundle and nothing else.
#[track_caller]
fn blocked_at(bundle: &Bundle, moment: &str) -> bool {
    is_blocked(&bundle.in_force(moment.parse().expect("a moment")))
}

#[test]
fn r22_a_device_begins_and_ends_with_a_decision_at_midnight_automatically() {
    let days = "status: decided\nfrom: 2027-01-01\nuntil: 2027-06-30\n";
    let bundle = small_with("SK-9", days).bundle("oest-2024", DAY);
    // In Denmark, the year begins an hour before it does in London; so does July, by two.
    for (moment, is_blocked) in [
        ("2026-12-31T22:59:59Z", false),
        ("2026-12-31T23:00:00Z", true),
        ("2027-06-30T21:59:59Z", true),
        ("2027-06-30T22:00:00Z", false),
    ] {
        assert_eq!(blocked_at(&bundle, moment), is_blocked, "{moment}");
    }
    let turn: jiff::Timestamp = "2026-12-31T23:00:00Z".parse().expect("a moment");
    let before = turn - jiff::SignedDuration::from_hours(24 * 30);
    assert_eq!(bundle.next_change(before), Some(turn));
}

#[test]
fn r22_a_device_ends_automatically_with_a_decision_that_is_replaced() {
    let next = case(
        "SK-10",
        "from: 2027-01-01\nstatus: decided\nreplaces: SK-9\n",
    );
    let source = small_with("SK-9", "status: in-force\n").with("decisions/next.yaml", &next);
    let bundle = source.bundle("oest-2024", DAY);
    assert!(blocked_at(&bundle, "2026-12-31T22:59:59Z"));
    assert!(!blocked_at(&bundle, "2026-12-31T23:00:00Z"));
    // What is repealed before its first day replaces nothing.
    let repealed = next.replaced("status: decided", "status: repealed");
    let source = source.with("decisions/next.yaml", &repealed);
    let bundle = source.bundle("oest-2024", DAY);
    assert!(blocked_at(&bundle, "2027-01-01T12:00:00Z"));
}

#[test]
fn r22_a_rule_holds_on_the_days_that_it_and_its_decision_have_in_common() {
    let days = "status: decided\nfrom: 2026-12-01\nuntil: 2027-03-31\n";
    let source = small_with("SK-9", days).with_edit(
        "rules/spil.yaml",
        "strength:",
        "from: 2026-11-01\nuntil: 2027-01-31\nstrength:",
    );
    let bundle = source.bundle("oest-2024", DAY);
    for (moment, is_blocked) in [
        ("2026-11-30T12:00:00Z", false),
        ("2026-12-01T12:00:00Z", true),
        ("2027-01-31T12:00:00Z", true),
        ("2027-02-01T12:00:00Z", false),
    ] {
        assert_eq!(blocked_at(&bundle, moment), is_blocked, "{moment}");
    }
}

#[test]
fn r22_a_proposal_begins_on_no_day_unless_it_is_assumed() {
    let source = small_with("SK-9", "status: hearing\nfrom: 2027-01-01\n");
    let bundle = source.bundle("oest-2024", DAY);
    assert!(!blocked_at(&bundle, "2027-01-02T12:00:00Z"));
    let path = source.path().to_str().expect("a path in Unicode");
    let reported = source.fyr("diff", &["--what-if", "SK-9", "--date", DAY]);
    assert!(
        stdout(&reported).contains("allow → block  all groups in /skoler\n"),
        "{path}: {}",
        stdout(&reported)
    );
}

#[test]
fn r22_a_decision_more_than_a_year_ahead_is_not_given_to_devices_yet() {
    let source = small_with("SK-9", "status: decided\nfrom: 2027-11-24\n");
    assert_eq!(source.bundle("oest-2024", DAY).timetable, None);
    let bundle = source.bundle("oest-2024", "2026-11-24");
    assert!(blocked_at(&bundle, "2027-11-24T12:00:00Z"));
}

#[test]
fn r22_the_explanation_of_a_day_says_what_begins_and_ends_automatically() {
    let days = "status: decided\nfrom: 2027-01-01\nuntil: 2027-06-30\n";
    let source = small_with("SK-9", days);
    let reported = |day: &str| source.explain(day, "oest-2024", ["--url", "spil.example"]);
    let before = reported(DAY);
    assert!(before.contains("spil.example/: allow"), "{before}");
    let days = "at times  block from 2027-01-01 until 2027-06-30\n";
    assert!(before.ends_with(days), "{before}");
    let after = reported("2027-01-01");
    assert!(
        after.ends_with("at times  allow from 2027-07-01\n"),
        "{after}"
    );
}

#[test]
fn r22_a_decision_that_begins_later_is_in_the_difference_with_its_days() {
    let (old, days) = (Source::small(), "status: decided\nfrom: 2027-01-01\n");
    let new = small_with("SK-9", days);
    let ends = small_with("SK-9", &format!("{days}until: 2027-06-30\n"));
    let path = |source: &Source| {
        source
            .path()
            .to_str()
            .expect("a path in Unicode")
            .to_owned()
    };
    let reported =
        |old: &Source, new: &Source| stdout(&old.fyr("diff", &[&path(new), "--date", DAY]));
    insta::assert_snapshot!(reported(&old, &new));
    insta::assert_snapshot!(reported(&new, &ends));
}

#[test]
fn r22_devices_get_the_next_days_if_there_are_too_many() {
    let mut source = Source::small();
    for number in 0..70_i64 {
        let day = jiff::civil::date(2026, 12, 1) + jiff::Span::new().days(number);
        let (name, case_number) = (format!("spil-{number}"), format!("SK-{}", 100 + number));
        let days = format!("from: {day}\nstatus: decided\n");
        source = source
            .with(
                &format!("decisions/{name}.yaml"),
                &case(&case_number, &days),
            )
            .with(
                &format!("rules/{name}.yaml"),
                &rule(&case_number).replaced_all("spil", &name),
            );
    }
    assert_eq!(source.codes(DAY), ["FYR0913"]);
    let bundle = source.bundle("oest-2024", DAY);
    let first = |bundle: &Bundle| {
        bundle
            .variants
            .first()
            .map(|variant| variant.during.clone())
    };
    assert_eq!(bundle.variants.len(), 63);
    assert_eq!(first(&bundle).map(|during| during.len()), Some(1));
}

#[test]
fn r23_an_emergency_is_in_force_at_once_and_shows_as_awaiting_its_decision() {
    let emergency = "status: emergency\ndecide-by: 2026-12-07\n";
    let source = small_with("SK-9", emergency).with_edit(
        "decisions/spil.yaml",
        "date: 2026-03-02",
        "date: 2026-11-20",
    );
    assert_eq!(source.check(DAY), "nothing to report\n");
    let bundle = source.bundle("oest-2024", DAY);
    assert!(is_blocked(&bundle));
    let note = bundle
        .decisions
        .values()
        .find(|note| note.title == "Spil i skoletiden")
        .expect("the note of the emergency");
    assert_eq!(note.decide_by, Some("2026-12-07".parse().expect("a day")));
    let reported = source.explain(DAY, "oest-2024", ["--url", "spil.example"]);
    assert!(
        reported.contains("Skoleudvalget must decide by 2026-12-07"),
        "{reported}"
    );
}

#[test]
fn r23_an_emergency_past_its_deadline_still_holds_and_is_reported() {
    let source = small_with("SK-9", "status: emergency\ndecide-by: 2026-11-22\n");
    assert_eq!(source.codes(DAY), ["FYR0506"]);
    assert!(blocked_on(&source, DAY));
}

#[test]
fn r23_an_emergency_that_was_decided_keeps_the_day_it_began() {
    let source = small_with("SK-9", "from: 2026-02-20\nstatus: in-force\n");
    assert!(blocked_on(&source, "2026-02-20"), "before it was decided");
}

#[test]
fn r24_an_assessment_older_than_its_limit_is_reported() {
    let dpia =
        "status: in-force\ndpia: { reference: DPIA-2019-07, version: 2, date: 2023-11-24 }\n";
    let source = small_with("SK-9", dpia);
    assert_eq!(source.codes("2026-11-24"), [""; 0]);
    assert_eq!(source.codes("2026-11-25"), ["FYR0509"]);
    let longer = source.with_edit("fyr.yaml", "languages:", "dpia-limit-years: 4\nlanguages:");
    assert_eq!(longer.codes("2026-11-25"), [""; 0]);
}

#[test]
fn r24_an_assessment_has_a_date_and_a_version() {
    let dpia = "status: in-force\ndpia: { reference: DPIA-2019-07, date: 2025-11-24 }\n";
    let source = small_with("SK-9", dpia);
    assert_eq!(source.codes(DAY), ["FYR0103"]);
    assert!(!source.fyr("check", &[]).status.success());
    assert!(stdout(&source.fyr("check", &[])).contains("`version`"));
}
