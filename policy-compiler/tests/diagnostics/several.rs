//! Several findings in one run: no fault hides another, and none is reported as what it is not.

use std::collections::BTreeSet;

use super::{Code, base, check, rule};

/// The printed findings.
fn reported(files: &[(&str, &str)]) -> String {
    String::from_utf8(check(files).stdout).expect("text")
}

/// The codes of the findings, each once.
#[track_caller]
fn codes(files: &[(&str, &str)]) -> BTreeSet<&'static str> {
    let text = reported(files);
    let codes = Code::ALL.iter().map(|code| code.as_str());
    codes.filter(|code| text.contains(code)).collect()
}

const MISSPELT: &str = "for: /skoler\nstrength: default\nset:\n  youtube.levle: strict\n";

#[test]
fn every_fault_of_a_document_is_reported_at_once() {
    let text = "rulle: proeve\ndecision: SK-2025-7\nstrenght: default\nset: nothing\n\
                sites:\n  blok: [spil.example]\nwhy: Prøve.\n";
    insta::assert_snapshot!(reported(&[("rules/proeve.yaml", text)]));
}

#[test]
fn a_faulty_document_hides_neither_the_next_of_its_file_nor_another_file() {
    let file = format!("strength: lockd\n---\n{}", rule(MISSPELT));
    let units = base("units.yaml", "unit: /skoler/vest,", "unit: /skoler/vst,");
    let found = codes(&[("rules/proeve.yaml", &file), ("units.yaml", &units)]);
    let expected = ["FYR0103", "FYR0104", "FYR0203", "FYR0301"];
    assert_eq!(found, BTreeSet::from(expected));
}

#[test]
fn a_file_that_is_no_yaml_hides_no_other() {
    let broken = ("rules/broken.yaml", "rule: \"x\n");
    let found = codes(&[broken, ("rules/proeve.yaml", &rule(MISSPELT))]);
    assert_eq!(found, BTreeSet::from(["FYR0101", "FYR0301"]));
}

#[test]
fn a_decision_that_cannot_be_read_is_not_reported_as_unknown() {
    for (old, new) in [
        (
            "status: decided\npurpose: YouTube",
            "status: decded\npurpose: YouTube",
        ),
        ("decision: SK-2025-7", "decison: SK-2025-7"),
    ] {
        let cases = base("decisions/cases.yaml", old, new);
        let found = codes(&[("decisions/cases.yaml", &cases)]);
        assert!(!found.contains("FYR0202"), "{found:?}");
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

#[test]
fn a_decision_in_a_misspelt_directory_is_not_reported_as_unknown() {
    let decision = "decision: SK-2025-8\n";
    let text = rule("for: /skoler\nstrength: default\nset:\n  youtube.level: strict\n")
        .replace("SK-2025-7", "SK-2025-8");
    let found = codes(&[
        ("decision/next.yaml", decision),
        ("rules/proeve.yaml", &text),
    ]);
    assert_eq!(found, BTreeSet::from(["FYR0107"]));
}

#[test]
fn a_decision_among_rules_is_reported_as_that_alone() {
    let decision = "decision: SK-2025-8\ntitle: Spil\nbody: byraadet\ndate: 2026-01-01\n";
    let text = rule("for: /skoler\nstrength: default\nset:\n  youtube.level: strict\n")
        .replace("SK-2025-7", "SK-2025-8");
    let found = codes(&[("rules/next.yaml", decision), ("rules/proeve.yaml", &text)]);
    assert_eq!(found, BTreeSet::from(["FYR0107"]));
}

#[test]
fn without_the_organisation_its_stages_and_bodies_are_not_reported_as_unknown() {
    let fyr = base("fyr.yaml", "country: DK", "countri: DK");
    let found = codes(&[("fyr.yaml", &fyr), ("rules/proeve.yaml", &rule(MISSPELT))]);
    assert_eq!(found, BTreeSet::from(["FYR0102", "FYR0301"]));
}

#[test]
fn without_the_units_no_rule_is_reported_as_for_no_group() {
    let units = base("units.yaml", "groups:", "gruops:");
    let found = codes(&[
        ("units.yaml", &units),
        ("rules/proeve.yaml", &rule(MISSPELT)),
    ]);
    assert_eq!(found, BTreeSet::from(["FYR0102", "FYR0301"]));
}

#[test]
fn without_a_service_it_is_not_reported_as_unknown() {
    let service = base("services/help.yaml", "kind: helpline", "kind: helplin");
    let found = codes(&[("services/help.yaml", &service)]);
    assert_eq!(found, BTreeSet::from(["FYR0104"]));
}

#[test]
fn a_misspelt_way_round_is_not_reported_as_open_too() {
    let floor = base("rules/floor.yaml", "escape.guest:", "escape.gest:");
    let found = codes(&[("rules/floor.yaml", &floor)]);
    assert_eq!(found, BTreeSet::from(["FYR0301"]));
}

#[test]
fn a_rule_of_an_unknown_unit_is_reported_once() {
    let says = "for: /skolr\nstrength: default\nset:\n  youtube.level: strict\n";
    let found = codes(&[("rules/proeve.yaml", &rule(says))]);
    assert_eq!(found, BTreeSet::from(["FYR0203"]));
}

#[test]
fn a_weakened_floor_is_reported_beside_a_misspelt_setting() {
    let below = "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nset:\n  \
                 youtube.level: { mellemtrin: off }\nwhy:\n  da: Prøve.\n";
    let found = codes(&[
        ("rules/oest.yaml", below),
        ("rules/proeve.yaml", &rule(MISSPELT)),
    ]);
    assert_eq!(found, BTreeSet::from(["FYR0301", "FYR0401"]));
}

#[test]
fn every_field_that_a_decision_lacks_is_reported_in_one_run() {
    let case = "decision: SK-2026-1\nbody: skoleudvalget\ndate: 2026-03-01\nstatus: decided\n\
                purpose: Ro i timen\nowner: skolechefen\n";
    insta::assert_snapshot!(
        "lacks_title_and_grounds",
        reported(&[("decisions/ny.yaml", case)])
    );
    let titled = format!("{case}title: Ro\n");
    insta::assert_snapshot!("lacks_grounds", reported(&[("decisions/ny.yaml", &titled)]));
}

#[test]
fn the_same_mistake_in_two_schools_is_one_finding_with_both_places() {
    let block = "for: /skoler\nstrength: minimum\nsites:\n  block: [spil.example]\n";
    let allow = |school: &str| {
        let says =
            format!("for: /skoler/{school}\nstrength: default\nsites:\n  allow: [spil.example]\n");
        rule(&says).replace("rule: proeve", &format!("rule: {school}"))
    };
    let files = [
        ("rules/proeve.yaml", rule(block)),
        ("rules/oest.yaml", allow("oest")),
        ("rules/vest.yaml", allow("vest")),
    ];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    insta::assert_snapshot!("below_one_floor_twice", reported(&files));
}

#[test]
fn an_unknown_name_is_one_finding_wherever_it_is_used() {
    let uses = |name: &str| {
        rule("for: /skoler/nord\nstrength: default\nset:\n  youtube.level: strict\n")
            .replace("rule: proeve", &format!("rule: {name}"))
            .replace("SK-2025-7", "SK-2026-11")
    };
    let timetable = "periods:\n  fritid: { days: sat, for: /skoler/nord }\n";
    insta::assert_snapshot!(reported(&[
        ("rules/en.yaml", &uses("en")),
        ("rules/to.yaml", &uses("to")),
        ("timetable.yaml", timetable),
    ]));
}

#[test]
fn a_unit_that_many_stand_below_is_missed_once() {
    let schools =
        (1..=20).map(|number| format!("  /by/skole-{number}: {{ name: Skole {number} }}\n"));
    let units: Vec<String> = std::iter::once("units:\n".to_owned())
        .chain(schools)
        .collect();
    let units = units.concat();
    insta::assert_snapshot!(reported(&[("units.yaml", &units)]));
}

#[test]
fn a_directory_under_another_name_is_one_finding_and_what_it_holds_is_not_missed() {
    let one =
        rule("for: /skoler\nstrength: default\nduring: skoletid\nset:\n  camera.access: block\n");
    let timetable = "periods:\n  skoletid: { days: mon-fri }\n";
    insta::assert_snapshot!(reported(&[
        ("regler/en.yaml", &one),
        ("regler/to.yaml", &one),
        ("timetable.yaml", timetable),
    ]));
}

#[test]
fn a_file_that_must_hold_something_and_is_empty_is_not_to_be_deleted() {
    let found = [("fyr.yaml", ""), ("units.yaml", "# later\n")].map(|file| reported(&[file]));
    insta::assert_snapshot!(found.concat());
}

#[test]
fn a_renamed_file_of_a_list_is_one_finding() {
    let list =
        "category: spil\ntitle: { da: Spil }\nsource: os\nlicence: CC0-1.0\nfiles: [spil.txt]\n";
    let block = rule("for: /skoler\nstrength: default\nsites:\n  block: [category:spil]\n");
    let found = codes(&[
        ("lists/lists.yaml", list),
        ("lists/spil-2.txt", "a.example\n"),
        ("rules/proeve.yaml", &block),
    ]);
    assert_eq!(found, BTreeSet::from(["FYR0821"]));
}

#[test]
fn two_rules_that_disagree_for_several_stages_are_one_finding() {
    let says = "for: /skoler\nstrength: default\nset:\n  youtube.level: off\n";
    let floor = base(
        "rules/floor.yaml",
        "{ pupils: moderate, personale: off }",
        "{ indskoling: strict, mellemtrin: moderate, udskoling: moderate, personale: off }",
    );
    insta::assert_snapshot!(reported(&[
        ("rules/floor.yaml", &floor),
        ("rules/proeve.yaml", &rule(says)),
    ]));
}

#[test]
fn the_classes_that_leave_in_one_summer_are_one_finding() {
    let units = base(
        "units.yaml",
        "  /skoler/vest: { name: Vestskolen }",
        "  /skoler/vest: { name: Vestskolen, grades: 0-9, groups: [2013, 2014, 2029] }\n  \
         /skoler/nord: { name: Nordskolen, grades: 0-6, groups: [2017] }",
    );
    insta::assert_snapshot!(reported(&[("units.yaml", &units)]));
}

#[test]
fn a_class_that_writes_the_year_it_came_to_an_upper_school_gets_the_year_to_write() {
    let units = base(
        "units.yaml",
        "  /skoler/vest: { name: Vestskolen }",
        "  /skoler/vest: { name: Vestskolen, grades: 7-9, groups: [2026] }",
    );
    insta::assert_snapshot!(reported(&[("units.yaml", &units)]));
}

#[test]
fn a_group_of_personal_devices_is_one_finding_however_many_rules_reach_it() {
    let units = base(
        "units.yaml",
        "start: 2018",
        "start: 2018, ownership: personal",
    );
    let mut rules = Vec::new();
    for number in 1..=12 {
        let says =
            format!("for: /skoler\nstrength: default\nsites:\n  block: [a{number}.example]\n");
        let text = rule(&says).replace("rule: proeve", &format!("rule: proeve-{number}"));
        rules.push((format!("rules/proeve-{number}.yaml"), text));
    }
    let mut files: Vec<(&str, &str)> = vec![("units.yaml", &units)];
    files.extend(
        rules
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str())),
    );
    let found = reported(&files);
    assert_eq!(found.matches("FYR0604").count(), 1, "{found}");
    assert!(found.contains("these are personal devices"), "{found}");
}

#[test]
fn a_review_before_its_decision_is_a_slip_and_not_overdue() {
    let cases = base(
        "decisions/cases.yaml",
        "review: 2028-05-01",
        "review: 2024-05-01",
    );
    let found = codes(&[("decisions/cases.yaml", &cases)]);
    assert_eq!(found, BTreeSet::from(["FYR0508"]));
}
