//! Every finding of the compiler, provoked once in a policy that is otherwise sound, and its
//! message as an administrator reads it.

#![expect(clippy::expect_used, reason = "a case that cannot be set up fails")]

#[path = "diagnostics/catalogue.rs"]
mod catalogue;
#[path = "diagnostics/decisions.rs"]
mod decisions;
#[path = "diagnostics/hours.rs"]
mod hours;
#[path = "diagnostics/lists.rs"]
mod lists;
#[path = "diagnostics/personal_devices.rs"]
mod personal_devices;
#[path = "diagnostics/several.rs"]
mod several;
#[path = "diagnostics/sites.rs"]
mod sites;
#[path = "diagnostics/slips.rs"]
mod slips;
#[path = "diagnostics/timetable.rs"]
mod timetable;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use fyr_policy_core::Code;

/// The day that every case is checked for.
const DAY: &str = "2026-11-23";

/// Checks the sound policy of `tests/policy` with some of its files written anew.
fn check(files: &[(&str, &str)]) -> Output {
    check_on(DAY, files)
}

/// The same on another day.
fn check_on(day: &str, files: &[(&str, &str)]) -> Output {
    let policy = tempfile::tempdir().expect("a temporary directory");
    copy(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy")),
        policy.path(),
    );
    for (path, text) in files {
        let path = policy.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    Command::new(env!("CARGO_BIN_EXE_fyr"))
        .arg("check")
        .arg(policy.path())
        .args(["--date", day])
        .output()
        .expect("fyr runs")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The findings as printed are those of the snapshot that has the code's name, and no other
/// code is among them.
#[track_caller]
fn finds(code: &str, files: &[(&str, &str)]) {
    let output = check(files);
    let text = String::from_utf8(output.stdout).expect("text");
    let found: BTreeSet<&str> = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .filter(|code| text.contains(code))
        .collect();
    assert_eq!(found, BTreeSet::from([code]), "{text}");
    let findings = text
        .lines()
        .filter(|line| line.contains(&format!(" {code}: ")));
    let helps = text.lines().filter(|line| line.starts_with("  help: "));
    assert_eq!(
        helps.count(),
        findings.count(),
        "each says what to do: {text}"
    );
    let is_error = code.parse::<Code>().expect(code).severity() == fyr_policy_core::Severity::Error;
    assert_eq!(output.status.code(), Some(i32::from(is_error)), "{text}");
    insta::assert_snapshot!(code, text);
}

/// The findings as printed are those of the snapshot, and they keep the policy from compiling.
#[track_caller]
fn check_snapshot(name: &str, files: &[(&str, &str)]) {
    let output = check(files);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(name, String::from_utf8(output.stdout).expect("text"));
}

/// A rule of the school board that says this.
fn rule(says: &str) -> String {
    format!("rule: proeve\ndecision: SK-2025-7\n{says}why:\n  da: Prøve.\n")
}

/// The file of the base policy with one text put for another.
fn base(path: &str, old: &str, new: &str) -> String {
    let whole = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy")).join(path);
    let text = fs::read_to_string(whole).expect(path);
    assert!(text.contains(old), "`{old}` is not in {path}");
    text.replace(old, new)
}

fn finds_in_rule(code: &str, says: &str) {
    finds(code, &[("rules/proeve.yaml", &rule(says))]);
}

fn finds_in_base(code: &str, path: &str, old: &str, new: &str) {
    finds(code, &[(path, &base(path, old, new))]);
}

#[test]
fn the_sound_policy_has_nothing_to_report() {
    let output = check(&[]);
    assert_eq!(
        String::from_utf8(output.stdout).expect("text"),
        "nothing to report\n"
    );
    assert!(output.status.success());
}

#[test]
fn every_code_has_its_case() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    for code in Code::ALL {
        let case = cases.join(format!("diagnostics__{code}.snap"));
        assert!(case.is_file(), "no case provokes {code}");
    }
}

#[test]
fn an_open_quote_is_not_yaml() {
    finds(
        "FYR0101",
        &[("rules/proeve.yaml", "rule: proeve\nfor: \"/skoler\n")],
    );
}

#[test]
fn a_misspelt_field_is_named_with_the_one_that_was_meant() {
    finds_in_rule("FYR0102", "for: /skoler\nstrenght: default\n");
}

#[test]
fn a_rule_says_how_strong_it_is() {
    let text = "rule: proeve\nfor: /skoler\nset:\n  youtube.level: strict\nwhy:\n  da: Prøve.\n";
    finds("FYR0103", &[("rules/proeve.yaml", text)]);
}

#[test]
fn a_decision_names_its_legal_basis_and_its_review() {
    let text = base(
        "decisions/cases.yaml",
        "legal-basis: folkeskoleloven § 40\nowner: skolechef\nreview: 2028-05-01\n",
        "owner: skolechef\n",
    );
    let output = check(&[("decisions/cases.yaml", &text)]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(
        "a_decision_without_grounds",
        String::from_utf8(output.stdout).expect("text")
    );
}

#[test]
fn a_strength_is_one_of_three_words() {
    finds_in_rule("FYR0104", "for: /skoler\nstrength: lockd\n");
}

#[test]
fn an_alias_is_refused() {
    finds_in_rule(
        "FYR0105",
        "for: /skoler\nstrength: default\nset:\n  youtube.level: &level strict\n  safesearch.google: *level\n",
    );
}

#[test]
fn a_setting_is_given_once() {
    finds_in_rule(
        "FYR0106",
        "for: /skoler\nstrength: default\nset:\n  youtube.level: strict\n  youtube.level: off\n",
    );
}

#[test]
fn a_file_in_a_misspelt_directory_is_reported_as_not_read() {
    finds("FYR0107", &[("rule/proeve.yaml", "rule: proeve\n")]);
}

#[test]
fn a_policy_without_units_says_which_file_is_missing() {
    let policy = tempfile::tempdir().expect("a temporary directory");
    let fyr = base("fyr.yaml", "", "");
    fs::write(policy.path().join("fyr.yaml"), fyr).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_fyr"))
        .args(["check", "--date", DAY])
        .arg(policy.path())
        .output()
        .expect("fyr runs");
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("FYR0108", String::from_utf8(output.stdout).expect("text"));
}

#[test]
fn an_empty_file_is_reported() {
    finds("FYR0109", &[("rules/proeve.yaml", "# later\n")]);
}

#[test]
fn an_invisible_character_is_refused() {
    let says = "for: /skoler\nstrength: default\nset:\n  youtube.level: strict\u{200b}\n";
    finds("FYR0110", &[("rules/proeve.yaml", &rule(says))]);
}

#[test]
fn a_mark_that_turns_the_order_of_reading_round_is_refused() {
    let says =
        "for: /skoler\nstrength: default # \u{202e}lockeD\u{202c}\nset:\n  youtube.level: strict\n";
    finds("FYR0111", &[("rules/proeve.yaml", &rule(says))]);
}

#[test]
fn a_letter_of_another_alphabet_is_reported_with_its_name() {
    let says = "for: /skoler\nstrength: default\nsites:\n  block: [spil-p\u{430}radis.example]\n";
    finds("FYR0112", &[("rules/proeve.yaml", &rule(says))]);
}

#[test]
fn a_name_that_looks_like_that_of_the_organisation_is_reported() {
    let says = "for: /skoler\nstrength: default\nsites:\n  allow: [chat.hjae1p.example]\n";
    finds("FYR0113", &[("rules/proeve.yaml", &rule(says))]);
}

#[test]
fn a_rule_name_is_used_once() {
    let says = "for: /skoler\nstrength: default\nset:\n  youtube.level: strict\n";
    let text = rule(says).replace("rule: proeve", "rule: youtube");
    finds("FYR0201", &[("rules/proeve.yaml", &text)]);
}

#[test]
fn an_unknown_decision_is_named_with_the_nearest() {
    let says = "for: /skoler\nstrength: default\nset:\n  youtube.level: strict\n";
    let text = rule(says).replace("SK-2025-7", "SK-2025-8");
    finds("FYR0202", &[("rules/proeve.yaml", &text)]);
}

#[test]
fn an_unknown_unit_is_named_with_the_nearest() {
    finds_in_base(
        "FYR0203",
        "units.yaml",
        "unit: /skoler/vest,",
        "unit: /skoler/vst,",
    );
}

#[test]
fn an_unknown_stage_is_named_with_the_nearest() {
    finds_in_rule(
        "FYR0204",
        "for: /skoler\nstrength: default\nset:\n  youtube.level: { melemtrin: strict }\n",
    );
}

#[test]
fn an_unknown_service_is_named_with_the_nearest() {
    finds_in_rule(
        "FYR0205",
        "for: /skoler\nstrength: default\nsites:\n  allow: [service:hjaelpelinien]\n",
    );
}

#[test]
fn an_unknown_body_is_named_with_the_nearest() {
    finds_in_base(
        "FYR0206",
        "decisions/cases.yaml",
        "body: byraadet",
        "body: byradet",
    );
}

#[test]
fn a_group_says_when_it_began_or_its_stage() {
    finds_in_base(
        "FYR0207",
        "units.yaml",
        "vest-2018: { unit: /skoler/vest, start: 2018 }",
        "vest-2018: { unit: /skoler/vest }",
    );
}

#[test]
fn a_grade_belongs_to_one_stage() {
    finds_in_base("FYR0208", "fyr.yaml", "mellemtrin: 4-6", "mellemtrin: 3-6");
}

#[test]
fn a_rule_for_no_group_is_reported() {
    finds_in_rule(
        "FYR0209",
        "for: { unit: /skoler/vest, who: staff }\nstrength: default\nset:\n  youtube.level: strict\n",
    );
}

#[test]
fn a_rule_that_says_nothing_is_refused() {
    finds_in_rule("FYR0210", "for: /skoler\nstrength: default\n");
}

#[test]
fn a_rule_says_why_in_the_language_of_the_organisation() {
    let says = "for: /skoler\nstrength: default\nset:\n  safesearch.google: on\n";
    let text = rule(says).replace("da: Prøve", "en: Trial");
    finds("FYR0211", &[("rules/proeve.yaml", &text)]);
}

#[test]
fn a_misspelt_setting_is_named_with_the_one_that_was_meant() {
    finds_in_rule(
        "FYR0301",
        "for: /skoler\nstrength: default\nset:\n  youtube.levle: strict\n",
    );
}

#[test]
fn a_misspelt_value_is_named_with_the_one_that_was_meant() {
    finds_in_rule(
        "FYR0302",
        "for: /skoler\nstrength: default\nset:\n  youtube.level: strikt\n",
    );
}

#[test]
fn a_site_that_a_browser_would_never_match_is_refused() {
    finds_in_rule(
        "FYR0303",
        "for: /skoler\nstrength: default\nsites:\n  block: ['*.spil.example']\n",
    );
}

#[test]
fn a_verdict_that_no_flat_list_can_give_is_refused() {
    let above =
        rule("for: /skoler\nstrength: minimum\nsites:\n  block: ['https://spil.example']\n");
    let below = "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nsites:\n  allow: [spil.example]\nwhy:\n  da: Prøve.\n";
    finds(
        "FYR0304",
        &[("rules/proeve.yaml", &above), ("rules/oest.yaml", below)],
    );
}

#[test]
fn more_sites_than_any_list_holds_are_referred_to_a_category() {
    let sites: Vec<String> = (0..20_001)
        .map(|number| format!("s{number}.example"))
        .collect();
    let block = format!(
        "for: /skoler\nstrength: default\nsites:\n  block: [{}]\n",
        sites.join(", ")
    );
    check_snapshot("too_many_sites", &[("rules/proeve.yaml", &rule(&block))]);
}

#[test]
fn two_settings_that_want_one_policy_to_differ_are_refused() {
    finds_in_rule(
        "FYR0305",
        "for: /skoler\nstrength: default\nset:\n  privacy.telemetry: block\n  \
         chromium.MetricsReportingEnabled: true\n",
    );
}

#[test]
fn a_browsers_own_policy_does_not_undo_what_is_decided_above() {
    finds_in_rule(
        "FYR0307",
        "for: /skoler\nstrength: default\nset:\n  chromium.IncognitoModeAvailability: 2\n  \
         chromium.ExtensionInstallForcelist: [cjpalhdlnbpafiamejdnhcphjbkeiagm]\n",
    );
}

#[test]
fn what_starts_programs_is_for_the_organisation() {
    finds_in_rule(
        "FYR0308",
        "for: /skoler\nstrength: default\nset:\n  \
         chromium.AlternativeBrowserPath: /usr/bin/xterm\n",
    );
}

#[test]
fn a_school_does_not_loosen_what_the_board_has_set() {
    let below = "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nset:\n  youtube.level: { mellemtrin: off }\nwhy:\n  da: Prøve.\n";
    finds("FYR0401", &[("rules/oest.yaml", below)]);
}

#[test]
fn no_unit_changes_what_is_locked() {
    finds_in_rule(
        "FYR0402",
        "for: /skoler\nstrength: default\nset:\n  escape.incognito: open\n",
    );
}

#[test]
fn two_rules_of_one_unit_do_not_disagree() {
    finds_in_rule(
        "FYR0403",
        "for: /skoler\nstrength: minimum\nset:\n  youtube.level: { mellemtrin: strict }\n",
    );
}

#[test]
fn a_school_does_not_open_what_the_board_has_closed() {
    let above = rule("for: /skoler\nstrength: minimum\nsites:\n  block: [spil.example]\n");
    let below = "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nsites:\n  allow: [skak.spil.example/brikker]\nwhy:\n  da: Prøve.\n";
    finds(
        "FYR0404",
        &[("rules/proeve.yaml", &above), ("rules/oest.yaml", below)],
    );
}

#[test]
fn a_helpline_is_never_blocked_not_even_in_part() {
    finds_in_rule(
        "FYR0601",
        "for: /skoler\nstrength: minimum\nsites:\n  block: [hjaelp.example/chat]\n",
    );
}

#[test]
fn what_a_device_recovers_from_is_never_blocked() {
    finds_in_rule(
        "FYR0602",
        "for: /skoler\nstrength: minimum\nsites:\n  block: [fyrby.example]\n",
    );
}

#[test]
fn nor_by_a_setting_that_closes_sites() {
    let fyr = base("fyr.yaml", "login.fyrby.example", "translate.goog");
    let output = check(&[("fyr.yaml", &fyr)]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("FYR0602"), "{text}");
    assert!(text.contains("escape.page-viewers"), "{text}");
}

#[test]
fn a_restriction_that_can_be_walked_around_is_reported() {
    finds_in_base(
        "FYR0603",
        "rules/floor.yaml",
        "  escape.guest: closed\n  escape.profiles: closed\n",
        "",
    );
}

#[test]
fn a_policy_that_the_oldest_browser_does_not_know_is_reported() {
    finds_in_base(
        "FYR0605",
        "fyr.yaml",
        "always-reachable",
        "browsers: { chromium: 120, firefox: 60.7 }\nalways-reachable",
    );
}

#[test]
fn a_group_that_its_unit_gives_no_name_is_reported() {
    let long = "a".repeat(60);
    finds_in_base(
        "FYR0212",
        "units.yaml",
        "  /skoler/vest: { name: Vestskolen }",
        &format!(
            "  /skoler/vest: {{ name: Vestskolen }}\n  /skoler/{long}: {{ name: Lang, groups: [2024] }}"
        ),
    );
}

#[test]
fn a_warning_without_guidance_is_reported() {
    finds_in_rule(
        "FYR0213",
        "for: /skoler\nstrength: default\nsites:\n  warn: [sprogmodel.example]\n",
    );
}

#[test]
fn guidance_without_a_warning_is_reported() {
    finds_in_rule(
        "FYR0214",
        "for: /skoler\nstrength: default\nsites:\n  allow: [sprogmodel.example]\nguidance:\n  da: Tænk dig om.\n",
    );
}

#[test]
fn sign_in_stays_reachable() {
    let fyr = base(
        "fyr.yaml",
        "domains: [fyrby.example]",
        "domains: [fyrby.example]\n  providers: [google, unilogin]",
    );
    let says = "for: { unit: /skoler, who: pupils }\nstrength: minimum\nsites:\n  block: ['*']\n  allow: [accounts.google.com, hjaelp.example, login.fyrby.example]\n";
    finds(
        "FYR0606",
        &[("fyr.yaml", &fyr), ("rules/proeve.yaml", &rule(says))],
    );
}

#[test]
fn a_classroom_that_is_closed_is_reported() {
    let fyr = base(
        "fyr.yaml",
        "always-reachable",
        "classroom: [google-classroom, aula]\nalways-reachable",
    );
    let says = "for: { unit: /skoler/oest, who: pupils }\nstrength: minimum\nsites:\n  block: [docs.google.com, aula.dk, drive.google.com/drive/shared-with-me]\n";
    finds(
        "FYR0607",
        &[("fyr.yaml", &fyr), ("rules/proeve.yaml", &rule(says))],
    );
}

#[test]
fn an_unknown_sign_in_is_named_with_the_nearest() {
    finds_in_base(
        "FYR0608",
        "fyr.yaml",
        "domains: [fyrby.example]",
        "domains: [fyrby.example]\n  providers: [uni-login]",
    );
}

#[test]
fn those_who_are_too_young_for_a_service_do_not_appear_there() {
    let youtube = "service: youtube\nname: YouTube\nsites: [youtube.com]\nminimum-age: { age: 13, below: signed-out }\n";
    let says = "for: { unit: /skoler/oest, stage: mellemtrin }\nstrength: default\nset:\n  youtube.identity: open\n";
    finds(
        "FYR0609",
        &[
            ("services/youtube.yaml", youtube),
            ("rules/proeve.yaml", &rule(says)),
        ],
    );
}

#[test]
fn a_value_that_never_holds_is_reported() {
    let above = rule(
        "for: { unit: /skoler, who: pupils }\nstrength: default\nset:\n  safesearch.google: { pupils: off, indskoling: on, mellemtrin: on, udskoling: on }\n  camera.access: block\nsites:\n  block: [spil.example]\n",
    );
    let school = |name: &str| {
        format!(
            "rule: {name}\ndecision: SK-2025-7\nfor: /skoler/{name}\nstrength: default\nset:\n  camera.access: {{ pupils: allow }}\nsites:\n  allow: [spil.example]\nwhy:\n  da: Prøve.\n"
        )
    };
    finds(
        "FYR0701",
        &[
            ("rules/proeve.yaml", &above),
            ("rules/oest.yaml", &school("oest")),
            ("rules/vest.yaml", &school("vest")),
        ],
    );
}

#[test]
fn what_holds_already_is_reported() {
    let text = "rule: proeve\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nset:\n  escape.guest: closed\n  escape.incognito: closed\n  youtube.level: { mellemtrin: moderate }\nsites:\n  allow: [hjaelp.example/chat]\n  block: [spil.example, kort.spil.example]\nwhy:\n  da: Prøve.\n";
    finds("FYR0702", &[("rules/proeve.yaml", text)]);
}
