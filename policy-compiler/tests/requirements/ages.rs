//! Stages by grade and country, and what follows from a pupil's age: R02, R05 to R07.

use fyr_fixtures::Replaced as _;
use serde_json::json;

use crate::source::Source;

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
    assert_eq!(source.found(DAY)[0]["data"]["finding"], "no-stages");
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
    let has_left = |day: &str| malmo.check(day).contains("`limhamn-2019`");
    assert_eq!(stage(&malmo, "limhamn-2019", "2029-07-31"), "hogstadiet");
    assert!(!has_left("2029-07-31"));
    assert_eq!(stage(&malmo, "limhamn-2019", "2029-08-01"), "hogstadiet");
    assert!(has_left("2029-08-01"));
}

/// The service Film, which says this besides, and a rule that opens it at the schools.
fn with_film(says: &str) -> Source {
    let film = format!("service: film\nname: Film\nsites: [film.example]\n{says}");
    Source::small()
        .with("services/film.yaml", &film)
        .with("rules/film.yaml", FILM)
}

const FILM: &str = "rule: film
decision: SK-2025-7
for: /skoler
strength: minimum
sites:
  allow: [service:film]
why:
  da: Film i undervisningen.
";

#[track_caller]
fn verdict(source: &Source, group: &str, day: &str) -> String {
    let reported = source.explain(day, group, ["--url", "film.example"]);
    let verdict = reported
        .lines()
        .next()
        .and_then(|line| line.rsplit(' ').next());
    verdict.expect("a verdict").to_owned()
}

#[test]
fn r05_below_its_minimum_age_a_service_is_blocked_by_the_rule_that_opens_it() {
    let source = with_film("minimum-age: { age: 13, below: block }\n");
    assert_eq!(source.check(DAY), "nothing to report\n");
    assert_eq!(verdict(&source, "oest-2021", DAY), "block");
    assert_eq!(verdict(&source, "vest-2018", DAY), "allow");
    assert_eq!(verdict(&source, "oest-personale", DAY), "allow");
    let is_closed = |group| {
        let chromium = source.bundle(group, DAY).chromium;
        let closed = chromium["URLBlocklist"].as_array().expect("a list").clone();
        closed.contains(&json!("film.example"))
    };
    assert!(is_closed("oest-2021") && !is_closed("vest-2018"));
    insta::assert_snapshot!(source.explain(DAY, "oest-2021", ["--url", "film.example"]));
}

#[test]
fn r05_no_school_opens_to_its_youngest_what_is_too_old_for_them() {
    let source = with_film("minimum-age: { age: 13, below: block }\n").with(
        "rules/oest.yaml",
        "rule: film-paa-oest\ndecision: SK-2025-7\nfor: /skoler/oest\nstrength: default\n\
         sites: { allow: [film.example/let] }\nwhy: { da: Let film. }\n",
    );
    assert_eq!(source.codes(DAY), ["FYR0404"]);
}

/// A rule for the schools' pupils.
fn pupils(name: &str, says: &str) -> String {
    format!(
        "rule: {name}\ndecision: SK-2025-7\nfor: {{ unit: /skoler, who: pupils }}\n\
         strength: default\n{says}\nwhy: {{ da: Derfor. }}\n"
    )
}

#[test]
fn r05_a_service_that_opens_below_its_age_for_a_time_is_reported() {
    let opens = pupils(
        "aabn",
        "during: skoletid\nsites: { allow: [film.example, youtube.com] }",
    );
    let video = "---\nservice: youtube\nname: YouTube\nsites: [youtube.com]\n\
                 minimum-age: { age: 13, below: signed-out }\n";
    let limit = format!("minimum-age: {{ age: 13, below: block }}\n{video}");
    let closed = pupils("luk", "sites: { block: [film.example, youtube.com] }");
    let source = with_film(&limit).with("rules/film.yaml", &closed);
    assert_eq!(source.check(DAY), "nothing to report\n");
    let hours = "periods:\n  skoletid: { days: mon-fri, hours: 08:00-14:00 }\n";
    let source = source
        .with("timetable.yaml", hours)
        .with("rules/aabn.yaml", &opens);
    assert_eq!(source.codes(DAY), ["FYR0609", "FYR1009"]);
}

#[test]
fn r05_opening_a_part_of_what_is_too_old_is_reported_with_the_part() {
    let with_part = |part: &str| {
        with_film("minimum-age: { age: 13, below: block }\n").with(
            "rules/film.yaml",
            &[
                pupils("luk", "sites: { block: [film.example] }"),
                pupils("del", &format!("sites: {{ allow: [{part}] }}")),
            ]
            .join("---\n"),
        )
    };
    insta::assert_snapshot!(with_part("film.example/alt").check(DAY));
    assert_eq!(with_part("www.film.example").codes(DAY), ["FYR1009"]);
    // What the catalogue speaks of on its own has limits of its own.
    let junior = "service: junior\nname: Film Junior\nsites: [junior.film.example]\n";
    let with_junior = with_part("service:junior").with("services/junior.yaml", junior);
    assert_eq!(with_junior.check(DAY), "nothing to report\n");
    let too_old = format!("{junior}minimum-age: {{ age: 10, below: block }}\n");
    let with_junior = with_part("junior.film.example").with("services/junior.yaml", &too_old);
    let found = with_junior.found(DAY);
    let ages = found
        .iter()
        .map(|finding| &finding["data"]["limit"]["age"]["age"]);
    assert!(
        !found.is_empty() && ages.clone().all(|age| age == 10),
        "{found:?}"
    );
}

#[test]
fn r05_a_site_that_two_services_share_is_closed_to_whom_one_of_them_is_closed() {
    let film = "minimum-age: { age: 13, below: block }\n---\n\
                service: arkiv\nname: Arkivet\nsites: [film.example]\n";
    for allowed in [
        "[service:film, service:arkiv]",
        "[service:arkiv, service:film]",
    ] {
        let source = with_film(film).with_edit("rules/film.yaml", "[service:film]", allowed);
        assert_eq!(source.check(DAY), "nothing to report\n");
        assert_eq!(verdict(&source, "oest-2021", DAY), "block");
        assert_eq!(verdict(&source, "vest-2018", DAY), "allow");
    }
}

#[test]
fn r06_a_block_is_needed_where_another_closes_only_until_a_guardian_approves() {
    let source = with_film("approval: guardian\ncategory: film\n");
    let closes = pupils("luk", "sites: { block: [category:film] }")
        .replaced("default", "minimum")
        .replaced("SK-2025-7", "OEST-3")
        .replaced("unit: /skoler", "unit: /skoler/oest");
    let source = source.with("rules/luk.yaml", &closes);
    assert_eq!(source.check(DAY), "nothing to report\n");
}

#[test]
fn r05_signed_out_needs_the_account_closed_and_restricted_the_restricted_form() {
    let youtube = |below: &str| {
        with_film("").with(
            "services/film.yaml",
            &format!(
                "service: film\nname: YouTube\nsites: [youtube.com]\n\
                 minimum-age: {{ age: 13, below: {below} }}\n"
            ),
        )
    };
    assert_eq!(youtube("signed-out").codes(DAY), ["FYR0609"]);
    let closed = "youtube.level: { pupils: moderate, personale: off }\n  \
                  youtube.identity: { pupils: closed }";
    let level = "youtube.level: { pupils: moderate, personale: off }";
    let signed_out = youtube("signed-out").with_edit("rules/floor.yaml", level, closed);
    assert_eq!(signed_out.check(DAY), "nothing to report\n");
    let restricted = youtube("restricted").with_edit("rules/floor.yaml", level, closed);
    assert_eq!(restricted.check(DAY), "nothing to report\n");
    let in_full = restricted.with_edit("rules/floor.yaml", "pupils: moderate", "pupils: off");
    assert_eq!(in_full.codes(DAY), ["FYR1009"]);
}

/// The bytes of a group's bundle.
#[track_caller]
fn bytes(source: &Source, group: &str) -> String {
    let path = source.compiled(DAY).join(format!("bundles/{group}.json"));
    std::fs::read_to_string(path).expect("the bundle")
}

#[test]
fn r06_a_service_opens_with_a_guardians_approval_and_the_bundle_carries_the_outcome_alone() {
    let asks = with_film("approval: guardian\n");
    assert_eq!(asks.check(DAY), "nothing to report\n");
    assert_eq!(verdict(&asks, "oest-2024", DAY), "block");
    let closed = bytes(&asks, "oest-2024");
    // Who approved it, and for whom, may stand beside the approval and goes no further.
    let approved = "approved:\n  film: [oest-2024]  # Ida Holms mor, 14. august\ngroups:";
    let source = asks.with_edit("units.yaml", "groups:", approved);
    assert_eq!(source.check(DAY), "nothing to report\n");
    assert_eq!(verdict(&source, "oest-2024", DAY), "allow");
    assert_eq!(verdict(&source, "oest-2021", DAY), "block");
    let (open, not_approved) = (bytes(&source, "oest-2024"), bytes(&source, "oest-2021"));

    // To a device it is the same whether a guardian approved or no approval was needed.
    let unasked = with_film("");
    assert_eq!(verdict(&unasked, "oest-2024", DAY), "allow");
    assert_eq!(open, bytes(&unasked, "oest-2024"));
    assert_ne!(not_approved, bytes(&unasked, "oest-2021"));
    // And whether a guardian did not, or the pupils are too young.
    let too_young = with_film("minimum-age: { age: 18, below: block }\n");
    assert_eq!(closed, bytes(&too_young, "oest-2024"));
    assert_eq!(not_approved, bytes(&too_young, "oest-2021"));
    for file in walkdir::WalkDir::new(source.compiled(DAY)) {
        let path = file.expect("a file").into_path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for word in ["Ida", "mor,", "guardian", "approv"] {
            assert!(!text.contains(word), "`{word}` in {}", path.display());
        }
    }
}

#[test]
fn r06_a_service_that_no_rule_opens_is_reported_where_its_approval_is_missing() {
    let source = with_film("approval: guardian\n").with_edit(
        "rules/film.yaml",
        "service:film",
        "filmarkiv.example",
    );
    insta::assert_snapshot!(source.check(DAY));
}

#[test]
fn r07_the_age_of_consent_is_the_countrys_on_the_day() {
    let long_decided = |source: Source| {
        source.with_edit(
            "decisions/cases.yaml",
            "date: 2025-05-12",
            "date: 2020-05-12",
        )
    };
    let denmark = long_decided(with_film("approval: guardian\n"));
    // The class of 2018 is 13 at the end of 2025, and 15 at the end of 2027.
    for (day, meets) in [("2026-11-23", "block"), ("2028-01-01", "allow")] {
        assert_eq!(verdict(&denmark, "vest-2018", day), meets, "{day}");
    }
    let sweden = in_country("SE", "personal")
        .with(
            "services/film.yaml",
            "service: film\nname: Film\nsites: [film.example]\napproval: guardian\n",
        )
        .with("rules/film.yaml", FILM);
    let sweden = long_decided(sweden);
    for (day, meets) in [("2024-11-23", "block"), ("2026-11-23", "allow")] {
        assert_eq!(verdict(&sweden, "vest-2018", day), meets, "{day}");
    }
    // Denmark's own age was 13 until the end of 2023.
    let older = denmark.with_edit("units.yaml", "start: 2018", "start: 2015");
    for (day, meets) in [("2023-12-31", "allow"), ("2024-01-01", "block")] {
        assert_eq!(verdict(&older, "vest-2018", day), meets, "{day}");
    }
}

#[test]
fn r07_a_helpline_needs_no_approval() {
    let source = with_film("kind: helpline\napproval: guardian\n");
    assert_eq!(source.codes(DAY), ["FYR1007"]);
    let source = with_film("kind: helpline\n");
    assert_eq!(verdict(&source, "oest-2024", DAY), "allow");
}
