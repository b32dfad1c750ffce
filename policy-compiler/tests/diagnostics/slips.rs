//! Common slips: each is answered with what to write.

use super::{base, check, check_snapshot, finds, rule};

/// The findings of a rule, without the excerpts of the file.
fn reported(files: &[(&str, &str)]) -> String {
    let text = String::from_utf8(check(files).stdout).expect("text");
    let text = text.replace("\n        ", " ");
    let is_reported = |line: &&str| {
        line.contains(" FYR") || line.contains("╰── ") || line.starts_with("  help: ")
    };
    text.lines()
        .filter(is_reported)
        .flat_map(|line| [line, "\n"])
        .collect()
}

const SAYS: &str = "strength: default\nset:\n  youtube.level: strict\n";

#[test]
fn whom_a_rule_is_for_is_reported_as_it_is_written() {
    let whom = [
        "for: skoler\n",
        "for: /skoler/vest-2018\n",
        "for: { unit: /skoler, stage: staff }\n",
        "for: { unit: /skoler, stage: elever }\n",
        "for: { unit: /skoler, stage: melemtrin }\n",
        "for: { unit: /skoler, who: elever }\n",
        "for: /skoler\nwho: pupils\n",
    ];
    let reported =
        whom.map(|whom| reported(&[("rules/proeve.yaml", &rule(&format!("{whom}{SAYS}")))]));
    insta::assert_snapshot!(reported.concat());
}

#[test]
fn a_value_of_another_shape_is_reported_in_the_right_one() {
    let rules = [
        "for: /skoler\nstrength: default\nsites:\n  block: a.example\n",
        "for: /skoler\nstrength: default\nblock: [a.example]\n",
        "for: /skoler\nstrength: default\nfrom: 1.8.2027\nset: { youtube.level: strict }\n",
    ];
    let mut table: String = rules
        .map(|says| reported(&[("rules/proeve.yaml", &rule(says))]))
        .concat();
    let why = rule(&format!("for: /skoler\n{SAYS}")).replace("why:\n  da: Prøve.", "why: fordi");
    table += &reported(&[("rules/proeve.yaml", &why)]);
    let name = rule(&format!("for: /skoler\n{SAYS}")).replace("rule: proeve", "rule: Min prøve");
    table += &reported(&[("rules/proeve.yaml", &name)]);
    let country = base("fyr.yaml", "country: DK", "country: dk");
    table += &reported(&[("fyr.yaml", &country)]);
    insta::assert_snapshot!(table);
}

#[test]
fn a_day_and_a_name_as_people_write_them_are_reported_as_the_language_does() {
    let days = [
        "1/8 2027",
        "1 augusti 2027",
        "1. okt. 2027",
        "2027-02-30",
        "2027-13-01",
    ];
    let days = days.map(|day| {
        let rule = rule(&format!("for: /skoler\nfrom: {day}\n{SAYS}"));
        reported(&[("rules/proeve.yaml", &rule)])
    });
    let units = base("units.yaml", "/skoler/vest", "/skoler/väst");
    let units = reported(&[("units.yaml", &units)]);
    insta::assert_snapshot!([days.concat(), units].concat());
}

#[test]
fn classes_that_are_called_alike_in_two_schools_get_advice_how_to_name_one() {
    let units = "units:
  /skoler: { name: Skolerne }
  /skoler/oest: { name: Østskolen }
  /skoler/oest/b: { name: B, groups: [2021] }
  /skoler/vest: { name: Vestskolen }
  /skoler/vest/b: { name: B, groups: [2021] }
";
    insta::assert_snapshot!(reported(&[("units.yaml", units)]));
}

#[test]
fn a_family_of_settings_is_reported_in_full() {
    let names = [
        "camera",
        "youtube",
        "safe-search",
        "chromium.IncognitoMode",
        "uhu",
    ];
    let reported = names.map(|name| {
        let says = format!("for: /skoler\nstrength: default\nset:\n  {name}: off\n");
        reported(&[("rules/proeve.yaml", &rule(&says))])
    });
    insta::assert_snapshot!(reported.concat());
}

#[test]
fn the_whole_organisation_has_no_name_to_give_a_group() {
    let units = base(
        "units.yaml",
        "  /skoler/vest: { name: Vestskolen }",
        "  /skoler/vest: { name: Vestskolen }\n  /: { name: Fyrby, groups: [2024] }",
    );
    check_snapshot("a_group_of_the_root", &[("units.yaml", &units)]);
}

#[test]
fn a_file_that_is_not_read_is_reported_and_notes_and_backups_are_not() {
    finds(
        "FYR0114",
        &[
            ("rules/oest.yaml.txt", "rule: oest\n"),
            ("rules/proeve.md", "# Why\n"),
            ("rules/youtube.yaml~", "rule: youtube\n"),
            ("decisions/sag.docx", "?"),
        ],
    );
}

#[test]
fn a_site_as_programs_for_letters_set_it_is_reported_as_the_keyboard_writes_it() {
    let reported = [
        "“spil.example”",
        "spil–paradis.example",
        "»spil.example«/kort",
    ]
    .map(|site| {
        let says = format!("for: /skoler\nstrength: default\nsites:\n  block: [{site}]\n");
        reported(&[("rules/proeve.yaml", &rule(&says))])
    });
    insta::assert_snapshot!(reported.concat());
}

#[test]
fn what_looks_like_a_space_or_like_nothing_is_reported_by_its_name() {
    let texts = [
        "set:\n\u{a0}\u{a0}youtube.level: strict\n",
        "set:\n  youtube.level: st\u{ad}rict\n",
        "set:\n  youtube.level: strict\u{200e}\n",
    ];
    let mut table: String = texts
        .map(|text| {
            let says = format!("for: /skoler\nstrength: default\n{text}");
            reported(&[("rules/proeve.yaml", &rule(&says))])
        })
        .concat();
    let utf_16 = rule("for: /skoler\n").replace("", "\0");
    table += &reported(&[("rules/proeve.yaml", &utf_16)]);
    insta::assert_snapshot!(table);
}

#[test]
fn a_case_number_is_taken_for_another_only_where_it_is_a_slip_away() {
    let reported = ["SK-2025-8", "SK-2052-7", "SK-2024-11"].map(|case| {
        let text = rule(&format!("for: /skoler\n{SAYS}")).replace("SK-2025-7", case);
        reported(&[("rules/proeve.yaml", &text)])
    });
    insta::assert_snapshot!(reported.concat());
}

#[test]
fn a_line_or_a_bracket_out_of_place_is_reported_where_it_is_and_alone() {
    const SET: &str = "for: /skoler\nstrength: default\nset:\n  youtube.level: strict\n";
    const SITES: &str = "for: /skoler\nstrength: default\nsites:\n  block:\n";
    let slips = [
        format!("{SET}   camera.access: block\n"),
        SET.replace("  youtube", "   youtube") + "  camera.access: block\n",
        SET.replace("set:", " set:"),
        SET.replace("  youtube", "youtube"),
        SET.replace("strength: ", "strength:"),
        SET.replace("/skoler", "{ unit: /skoler, who: pupils"),
        SET.replace("strict", "{ pupils: strict, personale: off"),
        format!("{SITES}    - a.example\n  - b.example\n"),
        format!("{SITES}  - a.example\n   - b.example\n"),
        SITES.replace("block:\n", "block: [a.example, b.example\n"),
        SITES.replace("block:\n", "block: a.example, b.example]\n"),
        format!("{SET}---\n-----\n"),
        format!("{SET}guidance: {{ da: 'Det er børnenes' valg' }}\n"),
    ];
    let mut table: String = slips
        .map(|says| reported(&[("rules/proeve.yaml", &rule(&says))]))
        .concat();
    table += &reported(&[("rules/proeve.yaml", &format!(" {}", rule(SET)))]);
    let units = base(
        "units.yaml",
        "name: Vestskolen }",
        "name: Vestskolen, groups: 2024, 2025 }",
    );
    table += &reported(&[("units.yaml", &units)]);
    let body = base("decisions/cases.yaml", "body: byraadet", "body: Byrådet");
    table += &reported(&[("decisions/cases.yaml", &body)]);
    insta::assert_snapshot!(table);
}

#[test]
fn a_document_that_is_laid_out_in_an_unusual_way_is_read() {
    let says = "for: {\n  unit: /skoler,\n    stage: [mellemtrin,\nindskoling] # begge\n  }\n\
                strength:\n  default\nset: { youtube.level:\n  strict }\nsites:\n  block:\n  - \"a.example\"\n\
                \n  - 'b.example'\n# slut\n";
    let why = "why:\n   da: >\n     Fordi [det\n        er: besluttet.\n";
    let text = rule(says).replace("why:\n  da: Prøve.\n", why);
    let output = check(&[("rules/proeve.yaml", &text)]);
    let reported = String::from_utf8(output.stdout).expect("text");
    assert!(!reported.contains("FYR01"), "{reported}");
    // A fault elsewhere in it is reported as what it is.
    let faulty = text.replace("strength:\n  default", "strength:\n  defalt");
    let reported =
        String::from_utf8(check(&[("rules/proeve.yaml", &faulty)]).stdout).expect("text");
    assert!(reported.contains("did you mean `default`?"), "{reported}");
    let folded = text
        .replace(why, "why:\n  da: Prøve.\n")
        .replace("  default", "  defalt");
    let reported =
        String::from_utf8(check(&[("rules/proeve.yaml", &folded)]).stdout).expect("text");
    assert!(reported.contains("did you mean `default`?"), "{reported}");
}

#[test]
fn a_mapping_or_a_list_where_another_belongs_is_reported_as_it_is_written() {
    const SET: &str = "for: /skoler\nstrength: default\nset:\n  youtube.level: strict\n";
    let slips = [
        SET.replace("/skoler", "{ unit: /skoler who: pupils }"),
        SET.replace("/skoler", "[/skoler/oest, /skoler/vest]"),
        SET.replace("strict", "{ pupils strict }"),
        SET.replace("strict", "{ pupils:strict, staff: off }"),
        SET.replace("  youtube", "  - youtube"),
    ];
    let reported = slips.map(|says| reported(&[("rules/proeve.yaml", &rule(&says))]));
    insta::assert_snapshot!(reported.concat());
}

#[test]
fn a_site_that_is_nearly_one_is_reported_as_one() {
    let reported = ["'2001:db8::1'", "'spil,dk'", "/spil.*/", "/kort"].map(|site| {
        let says = format!("for: /skoler\nstrength: default\nsites:\n  block: [{site}]\n");
        reported(&[("rules/proeve.yaml", &rule(&says))])
    });
    insta::assert_snapshot!(reported.concat());
}

#[test]
fn a_second_class_of_a_year_gets_its_place() {
    let units = base(
        "units.yaml",
        "  /skoler/vest: { name: Vestskolen }",
        "  /skoler/vest: { name: Vestskolen, groups: [2026a] }",
    );
    let text = String::from_utf8(check(&[("units.yaml", &units)]).stdout).expect("text");
    assert!(text.contains("write other names under"), "{text}");
    assert!(text.contains("`start: 2026`"), "{text}");
}
