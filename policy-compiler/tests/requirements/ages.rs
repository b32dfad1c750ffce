//! Stages by grade and country, and what follows from a pupil's age: R02, R05 to R07.

use crate::source::{Source, stdout};

const DAY: &str = "2026-11-23";

#[track_caller]
fn stage(source: &Source, group: &str, day: &str) -> String {
    source.bundle(group, day).stage.to_string()
}

/// The small policy as an organisation of this country, which leaves its stages to the country.
fn in_country(country: &str, staff: &str) -> Source {
    let stages =
        "stages:\n  indskoling: 0-3\n  mellemtrin: 4-6\n  udskoling: 7-10\n  personale: staff\n";
    Source::small()
        .with_edit("fyr.yaml", stages, "")
        .with_edit("fyr.yaml", "country: DK", &format!("country: {country}"))
        .with_edit("units.yaml", "stage: personale", &format!("stage: {staff}"))
        .with_edit("rules/floor.yaml", "personale: off", "staff: off")
}

#[test]
fn r02_a_class_gets_its_new_stage_on_the_first_of_august_without_a_rule_being_edited() {
    let source = Source::small();
    assert_eq!(stage(&source, "oest-2024", "2028-07-31"), "indskoling");
    assert_eq!(stage(&source, "oest-2024", "2028-08-01"), "mellemtrin");
}

#[test]
fn r02_the_table_of_stages_is_the_administrators() {
    let source = Source::small()
        .with_edit("fyr.yaml", "indskoling: 0-3", "indskoling: 0-2")
        .with_edit("fyr.yaml", "mellemtrin: 4-6", "mellemtrin: 3-6");
    assert_eq!(stage(&source, "oest-2024", "2027-07-31"), "indskoling");
    assert_eq!(stage(&source, "oest-2024", "2027-08-01"), "mellemtrin");
}

#[test]
fn r02_a_country_has_its_own_table_where_none_is_written() {
    for (country, staff, of_2024, of_2018) in [
        ("DK", "personale", "indskoling", "udskoling"),
        ("SE", "personal", "lagstadiet", "hogstadiet"),
        ("NO", "ansatte", "barnetrinnet", "ungdomstrinnet"),
        ("FI", "henkilosto", "alakoulu", "ylakoulu"),
    ] {
        let source = in_country(country, staff);
        assert_eq!(source.check(DAY), "nothing to report\n", "{country}");
        assert_eq!(stage(&source, "oest-2024", DAY), of_2024);
        assert_eq!(stage(&source, "vest-2018", DAY), of_2018);
        assert_eq!(stage(&source, "oest-personale", DAY), staff);
    }
}

#[test]
fn r02_another_country_writes_its_own_table() {
    let source = in_country("DE", "personale");
    assert_eq!(source.codes(DAY), ["FYR0103"]);
    let told = stdout(&source.fyr("check", &["--date", DAY]));
    assert!(told.contains("`stages` is missing"), "{told}");
}

#[test]
fn r02_a_class_that_has_left_keeps_its_stage_and_blocks_nobodys_publication() {
    let source = Source::small();
    assert_eq!(source.codes("2029-07-31"), ["FYR0504"]);
    assert_eq!(source.codes("2029-08-01"), ["FYR0504", "FYR1001"]);
    assert_eq!(stage(&source, "vest-2018", "2029-08-01"), "udskoling");
}

#[test]
fn r02_a_school_that_teaches_fewer_grades_keeps_a_class_from_the_next_schools_stage() {
    let malmo = Source::example("malmo");
    let has_left = |day: &str| malmo.check(day).contains("`limhamn-2019` has left school");
    assert_eq!(stage(&malmo, "limhamn-2019", "2029-07-31"), "hogstadiet");
    assert!(!has_left("2029-07-31"));
    assert_eq!(stage(&malmo, "limhamn-2019", "2029-08-01"), "hogstadiet");
    assert!(has_left("2029-08-01"));
}
