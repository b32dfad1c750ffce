//! What a change does later, or to the ground on which things hold: R21, R22 and R25.

use fyr_fixtures::Replaced as _;
use serde_json::Value;

use crate::source::{Source, stderr, stdout};

const DAY: &str = "2026-11-23";

/// What changes between two policies, as data.
pub(crate) fn compared(old: &Source, new: &Source) -> Value {
    let path = new.path().to_str().expect("a path in Unicode");
    let output = old.fyr("diff", &[path, "--date", DAY, "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).expect("JSON")
}

/// What `fyr diff` prints of two policies, without how the columns are aligned.
pub(crate) fn reported(old: &Source, new: &Source) -> String {
    let path = new.path().to_str().expect("a path in Unicode");
    let output = old.fyr("diff", &[path, "--date", DAY]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = stdout(&output);
    let lines = lines.lines().map(|line| {
        let cells = line.split("  ").map(str::trim);
        let cells: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
        cells.join(" | ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

const TIMETABLE: &str = "decision: SK-2025-7
periods:
  skoletid: { days: mon-fri, hours: 08:00-15:00, for: /skoler }
  lesson:film: { days: tue, hours: 10:00-10:40, for: /skoler/oest, until: 2027-06-22 }
holidays:
  - { name: Jul, for: /skoler, from: 2026-12-21, until: 2027-01-03 }
";

const RULES: &str = "rule: ro
decision: SK-2025-7
for: { unit: /skoler, who: pupils }
during: skoletid
strength: minimum
overridable: lessons
sites:
  block: [spil.example]
why:
  da: Ro.
---
rule: film
decision: OEST-3
for: { unit: /skoler/oest, who: pupils }
during: lesson:film
strength: default
sites:
  allow: [spil.example]
why:
  da: Film.
";

/// The small policy with a floor in school hours that is open to a lesson.
pub(crate) fn timed() -> Source {
    Source::small()
        .with("timetable.yaml", TIMETABLE)
        .with("rules/tider.yaml", RULES)
}

#[test]
fn r25_time_that_is_taken_from_a_floor_or_given_to_a_lesson_is_weaker() {
    for (old, new, risk) in [
        (
            "hours: 08:00-15:00",
            "hours: 08:00-14:30",
            "weaker | skoletid",
        ),
        (
            "hours: 08:00-15:00",
            "hours: 07:30-15:30",
            "tighter | skoletid",
        ),
        (
            "hours: 08:00-15:00",
            "hours: 07:30-14:30",
            "weaker | skoletid",
        ),
        ("days: mon-fri", "days: mon-thu", "weaker | skoletid"),
        (
            "until: 2027-01-03",
            "until: 2027-01-06",
            "weaker | holidays",
        ),
        ("from: 2026-12-21", "from: 2026-12-23", "tighter | holidays"),
        (
            "hours: 10:00-10:40",
            "hours: 10:00-12:00",
            "weaker | lesson:film",
        ),
        (
            "hours: 10:00-10:40",
            "hours: 10:00-10:20",
            "tighter | lesson:film",
        ),
    ] {
        let changed = timed().with_edit("timetable.yaml", old, new);
        let reported = reported(&timed(), &changed);
        assert!(reported.contains(&format!("\n{risk}")), "{new}: {reported}");
    }
    let far = "holidays:\n  - { name: Langt, for: /skoler, from: 2029-03-05, until: 2029-03-09 }\n";
    let changed = timed().with_edit("timetable.yaml", "holidays:\n", far);
    assert!(reported(&timed(), &changed).contains("\nweaker | holidays"));
}

#[test]
fn r25_a_floor_that_ends_beyond_the_days_of_a_bundle_is_weaker() {
    let floor = "rule: gulv\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nsites:\n  \
                 block: [gulv.example]\nwhy:\n  da: Ro.\n";
    let always = || Source::small().with("rules/gulv.yaml", floor);
    let until = |day: &str| {
        let ends = floor.replaced("strength:", &format!("until: {day}\nstrength:"));
        Source::small().with("rules/gulv.yaml", &ends)
    };
    let opens = "\nweaker | gulv.example | block → allow | all groups in /skoler, from 2028-07-01";
    insta::assert_snapshot!(reported(&always(), &until("2028-06-30")));
    let later = reported(&until("2028-06-30"), &always());
    let closed =
        "\ntighter | gulv.example | allow → block | all groups in /skoler, from 2028-07-01";
    assert!(later.contains(closed), "{later}");
    let sooner = reported(&until("2028-06-30"), &until("2028-02-01"));
    assert!(
        sooner.contains("block → allow | all groups in /skoler, from 2028-02-02"),
        "{sooner}"
    );
    // Under another name it is no other floor.
    let renamed = Source::small().with(
        "rules/gulv.yaml",
        &floor
            .replaced("rule: gulv", "rule: bund")
            .replaced("strength:", "until: 2028-06-30\nstrength:"),
    );
    let renamed = reported(&always(), &renamed);
    assert!(renamed.contains(opens), "{renamed}");
    // So is the end of a decision.
    let case = |source: Source| {
        source.with_edit(
            "decisions/cases.yaml",
            "review: 2028-05-01",
            "review: 2028-05-01\nuntil: 2028-06-30",
        )
    };
    let ended = reported(&always(), &case(always()));
    assert!(ended.contains(opens), "{ended}");
}

#[test]
fn r25_no_number_of_other_days_hides_the_end_of_a_floor() {
    let floor = |until: &str| {
        format!(
            "rule: gulv\ndecision: SK-2025-7\nfor: /skoler\n{until}strength: minimum\nsites:\n  \
             block: [gulv.example]\nwhy:\n  da: Ro.\n"
        )
    };
    let others: Vec<String> = (1..=9)
        .map(|day| {
            format!(
                "---\nrule: andet-{day}\ndecision: OEST-3\nfrom: 2028-01-0{day}\nfor: /skoler/oest\n\
                 strength: minimum\nsites:\n  block: [side-{day}.example]\nwhy:\n  da: Ro.\n"
            )
        })
        .collect();
    let with = |until: &str, others: &str| {
        Source::small().with("rules/gulv.yaml", &format!("{}{others}", floor(until)))
    };
    let (others, until) = (others.concat(), "until: 2028-02-01\n");
    // Whether both policies have them, or they come with the change.
    for old in [with("", &others), with("", "")] {
        let reported = reported(&old, &with(until, &others));
        let opens =
            "weaker | gulv.example | block → allow | all groups in /skoler, from 2028-02-02";
        assert!(reported.contains(opens), "{reported}");
    }
}

#[test]
fn r25_a_floor_that_begins_beyond_a_year_is_held_against_what_it_was() {
    let floor = |unit: &str, site: &str| {
        let floor = format!(
            "rule: gulv\ndecision: SK-2025-7\nfrom: 2028-06-30\nfor: {unit}\nstrength: minimum\nsites:\n  \
             block: [{site}]\nwhy:\n  da: Ro.\n"
        );
        Source::small().with("rules/gulv.yaml", &floor)
    };
    let old = floor("/skoler", "gulv.example");
    let other = reported(&old, &floor("/skoler", "andet.example"));
    assert!(
        other.contains("\nweaker | gulv.example | block → allow"),
        "{other}"
    );
    let fewer = reported(&old, &floor("/skoler/oest", "gulv.example"));
    assert!(
        fewer.contains(
            "\nweaker | gulv.example | block → allow | pupils in /skoler/vest, from 2028-06-30"
        ),
        "{fewer}"
    );
}

#[test]
fn r25_what_one_class_loses_today_hides_nothing_that_another_loses_later() {
    let floor = |units: &[&str]| {
        let rules = units.iter().enumerate().map(|(number, scope)| {
            format!(
                "rule: gulv-{number}\ndecision: SK-2025-7\nfor: {scope}\nstrength: minimum\nsites:\n  \
                 block: [gulv.example]\nwhy:\n  da: Ro.\n"
            )
        });
        rules.collect::<Vec<_>>().join("---\n")
    };
    let oest = "{ unit: /skoler/oest, stage: mellemtrin }";
    let old = Source::small().with("rules/gulv.yaml", &floor(&[oest, "/skoler/vest"]));
    let narrower = "mellemtrin: 4-5\n  mellem: 6-6\n";
    let new = Source::small()
        .with_edit("fyr.yaml", "mellemtrin: 4-6\n", narrower)
        .with("rules/gulv.yaml", &floor(&[oest]));
    let reported = reported(&old, &new);
    assert!(
        reported.contains("\nweaker | gulv.example | block → allow | pupils in /skoler/vest"),
        "{reported}"
    );
    assert!(
        reported.contains("mellem in /skoler/oest, from 2027-08-01"),
        "{reported}"
    );
}

#[test]
fn r25_a_class_that_leaves_a_floor_when_the_school_year_turns_is_reported_with_the_day() {
    // In spring 2021 began the class that is in grade 5 now, and in grade 6 from August on.
    let floor = |stage: &str| {
        format!(
            "rule: gulv\ndecision: SK-2025-7\nfor: {{ unit: /skoler/oest, stage: {stage} }}\n\
             strength: minimum\nsites:\n  block: [gulv.example]\nwhy:\n  da: Ro.\n"
        )
    };
    let stages = |source: Source| {
        let narrower = "mellemtrin: 4-5\n  mellem: 6-6\n";
        source.with_edit("fyr.yaml", "mellemtrin: 4-6\n", narrower)
    };
    let old = Source::small().with("rules/gulv.yaml", &floor("mellemtrin"));
    let new = stages(Source::small()).with("rules/gulv.yaml", &floor("mellemtrin"));
    insta::assert_snapshot!(reported(&old, &new));
}

#[test]
fn r21_a_decision_that_is_rewritten_in_place_is_reported_field_by_field() {
    let rewritten = Source::small()
        .with_edit(
            "decisions/cases.yaml",
            "legal-basis: folkeskoleloven § 40",
            "legal-basis: folkeskoleloven § 18",
        )
        .with_edit(
            "decisions/cases.yaml",
            "body: skoleudvalget",
            "body: byraadet",
        )
        .with_edit(
            "decisions/cases.yaml",
            "review: 2028-05-01",
            "review: 2031-05-01",
        );
    insta::assert_snapshot!(reported(&Source::small(), &rewritten));
}

#[test]
fn r21_who_may_decide_for_something_else_than_before_is_reported() {
    let wider = Source::small().with_edit(
        "fyr.yaml",
        "bestyrelsen-oest: { name: Skolebestyrelsen på Øst, competent-for: /skoler/oest }",
        "bestyrelsen-oest: { name: Skolebestyrelsen på Øst, competent-for: /skoler }\n  \
         direktoeren: { name: Direktøren, competent-for: / }",
    );
    insta::assert_snapshot!(reported(&Source::small(), &wider));
}

#[test]
fn r25_the_case_of_a_floor_that_is_gone_is_named_and_its_exceptions_are_no_change_of_their_own() {
    let camera = "rule: kamera\ndecision: SK-2025-7\nfor: { unit: /skoler, who: pupils }\n\
                  strength: minimum\nset:\n  camera.access: block\n  \
                  camera.sites: ['https://meet.example']\nwhy:\n  da: Prøve.\n";
    let old = Source::small().with("rules/kamera.yaml", camera);
    insta::assert_snapshot!(reported(&old, &Source::small()));
}
