//! The `fyr` command as people and pipelines use it: exit codes, files, and the examples.

#![expect(clippy::expect_used, reason = "a case that cannot be set up fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A day on which the examples hold.
const DAY: &str = "2026-11-23";

fn fyr(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fyr"))
        .args(arguments)
        .output()
        .expect("fyr runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn example(name: &str) -> String {
    repository("examples").join(name).display().to_string()
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").display().to_string();
            (name, fs::read(path).expect("a file"))
        })
        .collect()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    entries
        .map(|entry| name(entry).display().to_string())
        .collect()
}

#[test]
fn both_examples_have_nothing_to_report() {
    for name in ["ballerup", "malmo"] {
        let output = fyr(&["check", &example(name), "--date", DAY]);
        assert_eq!(stdout(&output), "nothing to report\n", "{name}");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn a_class_gets_its_new_stage_on_the_first_of_august_without_a_rule_being_edited() {
    let level = |day| {
        let arguments = [
            "explain",
            &example("ballerup"),
            "--date",
            day,
            "--group",
            "skovlunde-2024",
            "--setting",
            "youtube.level",
            "--json",
        ];
        let explanation: serde_json::Value =
            serde_json::from_slice(&fyr(&arguments).stdout).expect("JSON");
        (explanation["stage"].clone(), explanation["holds"].clone())
    };
    assert_eq!(level("2028-07-31"), ("indskoling".into(), "strict".into()));
    assert_eq!(
        level("2028-08-01"),
        ("mellemtrin".into(), "moderate".into())
    );
}

#[test]
fn a_compiled_policy_is_replaced_as_a_whole() {
    let scratch = tempfile::tempdir().expect("a directory");
    let out = scratch.path().join("compiled");
    let compile = |name: &str| {
        let out = out.display().to_string();
        let output = fyr(&["compile", &example(name), "--date", DAY, "--out", &out]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains("gaps, reported and never silent"));
    };
    compile("malmo");
    compile("ballerup");
    let bundles = names(&out.join("bundles"));
    assert!(bundles.contains(&"skovlunde-2026.json".to_owned()));
    assert!(!bundles.contains(&"mollevang-2026.json".to_owned()));
    assert_eq!(
        names(scratch.path()),
        ["compiled"],
        "something was left behind"
    );
}

#[test]
fn a_bundle_names_its_unit_and_the_body_that_decided_in_full() {
    let scratch = tempfile::tempdir().expect("a directory");
    let out = scratch.path().display().to_string();
    fyr(&[
        "compile",
        &example("ballerup"),
        "--date",
        DAY,
        "--out",
        &out,
    ]);
    let bundle = scratch.path().join("bundles/skovlunde-2026.json");
    let bundle: serde_json::Value =
        serde_json::from_slice(&fs::read(bundle).expect("a bundle")).expect("JSON");
    assert_eq!(bundle["unit_name"], "Skovlunde Skole");
    assert_eq!(
        bundle["decisions"]["85.10.09-G01-33-21"]["body"],
        "Børne- og Skoleudvalget"
    );
}

#[test]
fn an_error_anywhere_writes_nothing() {
    let scratch = tempfile::tempdir().expect("a directory");
    let out = scratch.path().join("compiled").display().to_string();
    let policy = tempfile::tempdir().expect("a directory");
    fs::write(policy.path().join("fyr.yaml"), "organisaton: x\n").expect("a file");
    let policy = policy.path().display().to_string();
    let output = fyr(&["compile", &policy, "--date", DAY, "--out", &out]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("FYR0102"));
    assert!(stderr(&output).contains("nothing was written"));
    assert_eq!(names(scratch.path()), [""; 0]);
}

#[test]
fn a_directory_with_other_files_is_left_alone() {
    let scratch = tempfile::tempdir().expect("a directory");
    fs::write(scratch.path().join("letter.txt"), "dear").expect("a file");
    let out = scratch.path().display().to_string();
    let output = fyr(&["compile", &example("malmo"), "--date", DAY, "--out", &out]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("holds other files"));
    assert_eq!(names(scratch.path()), ["letter.txt"]);
}

#[test]
fn a_symbolic_link_in_a_policy_is_refused() {
    let scratch = tempfile::tempdir().expect("a directory");
    std::os::unix::fs::symlink("/etc", scratch.path().join("rules")).expect("a link");
    let output = fyr(&["check", &scratch.path().display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("is a symbolic link"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_file_that_is_not_text_is_reported_with_its_place() {
    let scratch = tempfile::tempdir().expect("a directory");
    let latin = b"organisation: fyrby\nname: Fyrby B\xf8rn\n";
    fs::write(scratch.path().join("fyr.yaml"), latin).expect("a file");
    let output = fyr(&["check", &scratch.path().display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let reported = stdout(&output);
    assert!(reported.contains("FYR0110"), "{reported}");
    assert!(reported.contains("fyr.yaml:2:14"), "{reported}");
    assert!(reported.contains("save the file as UTF-8"), "{reported}");
}

#[test]
fn a_policy_cannot_speak_to_the_terminal_of_whoever_checks_it() {
    let scratch = tempfile::tempdir().expect("a directory");
    let hostile = "organisation: x\n\"na\\e[31mme\": y\nraw: \u{1b}[2J\u{9b}31m \u{202e}z\n";
    fs::write(scratch.path().join("fyr.yaml"), hostile).expect("a file");
    let rule = "\"na\\e[31mme\": y\n";
    fs::create_dir(scratch.path().join("rules")).expect("a directory");
    fs::write(scratch.path().join("rules/x.yaml"), rule).expect("a file");
    let output = fyr(&["check", &scratch.path().display().to_string()]);
    let reported = stdout(&output);
    assert!(
        reported.contains("FYR0102") && reported.contains("FYR0110"),
        "{reported}"
    );
    let raw = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
    assert!(!reported.contains(raw), "{reported:?}");
}

#[test]
fn a_rule_does_not_begin_inside_what_looks_like_a_remark() {
    let scratch = tempfile::tempdir().expect("a directory");
    let hidden = "# See the decision\rorganisation: x\rname: y\r\n";
    fs::write(scratch.path().join("fyr.yaml"), hidden).expect("a file");
    let output = fyr(&["check", &scratch.path().display().to_string()]);
    let reported = stdout(&output);
    assert!(reported.contains("fyr.yaml:1:19"), "{reported}");
    assert!(
        reported.contains("a carriage return begins a new line"),
        "{reported}"
    );
    assert!(!reported.contains('\r'), "{reported:?}");
}

#[test]
fn a_title_is_one_line_and_has_nothing_that_a_terminal_obeys() {
    for (written, reported_as) in [
        (
            "\"YouTube\\e[2J\"",
            "`title` contains the control character U+001B",
        ),
        (
            "\"YouTube\\nnothing changes for any group\"",
            "`title` has more than one line",
        ),
    ] {
        let policy = tempfile::tempdir().expect("a directory");
        let text = format!(
            "decision: X-1\ntitle: {written}\nbody: b\ndate: 2026-01-01\nstatus: draft\npurpose: |\n  P\n  Q\nowner: o\n"
        );
        fs::create_dir(policy.path().join("decisions")).expect("a directory");
        fs::write(policy.path().join("decisions/x.yaml"), text).expect("a file");
        let reported = stdout(&fyr(&["check", &policy.path().display().to_string()]));
        assert!(
            reported.contains(reported_as) && reported.contains("FYR0110"),
            "{reported}"
        );
        assert!(!reported.contains("`purpose`"), "{reported}");
    }
}

#[test]
fn an_answer_about_a_list_and_an_error_show_what_a_terminal_would_obey() {
    let raw = |text: &str| text.contains(|letter: char| letter.is_control() && letter != '\n');
    let policy = tempfile::tempdir().expect("a directory");
    let place = |name: &str| policy.path().join(name);
    fs::create_dir(place("lists")).expect("a directory");
    fs::copy(
        repository("policy-compiler/tests/policy/fyr.yaml"),
        place("fyr.yaml"),
    )
    .expect("a copy");
    fs::copy(
        repository("policy-compiler/tests/policy/units.yaml"),
        place("units.yaml"),
    )
    .expect("a copy");
    let list = "category: gambling\ntitle: { da: Spil }\nsource: s\nlicence: CC0\nfiles: [x.txt]\n";
    fs::write(place("lists/lists.yaml"), list).expect("a file");
    fs::write(place("lists/x.txt"), "\u{1b}[2Jnot a name at all\0\n").expect("a file");
    let directory = policy.path().display().to_string();
    let reported = stdout(&fyr(&["lists", &directory]));
    assert!(
        reported.contains("?[2Jnot a name") && !raw(&reported),
        "{reported:?}"
    );
    let urls = place("urls.txt");
    fs::write(&urls, "http://\u{1b}[2J\n").expect("a file");
    let urls = urls.display().to_string();
    let reported = stderr(&fyr(&["diff", &directory, &directory, "--urls", &urls]));
    assert!(
        reported.contains("is not an address") && !raw(&reported),
        "{reported:?}"
    );
}

#[test]
fn findings_as_json_have_code_place_and_help() {
    let scratch = tempfile::tempdir().expect("a directory");
    fs::write(scratch.path().join("fyr.yaml"), "organisaton: x\n").expect("a file");
    let policy = scratch.path().display().to_string();
    let output = fyr(&["check", &policy, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("findings_as_json", stdout(&output));
}

#[test]
fn an_explanation_of_a_group_lists_all_that_is_in_force_with_its_cases() {
    let of = |arguments: &[&str]| {
        let asked = ["explain", &example("ballerup"), "--group", "b-2021"];
        let output = fyr(&[&asked[..], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    insta::assert_snapshot!("tells_what_holds", of(&["--date", DAY]));
    let lesson = of(&["--at", "2026-11-26T10:10", "--json"]);
    let lesson: serde_json::Value = serde_json::from_str(&lesson).expect("JSON");
    assert_eq!(lesson["at"]["during"][0], "lesson:filmvaerksted");
    assert_eq!(lesson["settings"]["youtube.level"]["holds"], "strict");
    let sites = lesson["sites"].as_array().expect("sites");
    let opened = sites
        .iter()
        .find(|held| held["verdict"] == "allow" && held["rule"] == "filmvaerksted");
    assert!(opened.is_some(), "{lesson:#}");
}

#[test]
fn an_explanation_names_the_rule_its_decision_and_where_it_is_enforced() {
    let of = |about: [&str; 2]| {
        let [option, subject] = about;
        let group = ["--group", "maalovhoj-2021", "--date", DAY];
        let output = fyr(&[
            &["explain", &example("ballerup"), option, subject][..],
            &group,
        ]
        .concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    insta::assert_snapshot!("explains_a_blocked_site", of(["--url", "www.bet365.com"]));
    insta::assert_snapshot!(
        "explains_an_overridden_setting",
        of(["--setting", "youtube.level"])
    );
    insta::assert_snapshot!("explains_a_search_engine", of(["--url", "duckduckgo.com"]));
    insta::assert_snapshot!(
        "explains_the_settings_that_act_on_a_site",
        of(["--url", "https://www.youtube.com/"])
    );
    insta::assert_snapshot!(
        "explains_what_no_rule_says",
        of(["--url", "https://example.org/x"])
    );
}

#[test]
fn every_code_can_be_explained() {
    for code in fyr_policy_core::Code::ALL {
        let output = fyr(&["explain", code.as_str()]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).starts_with(code.as_str()));
    }
}

#[test]
fn a_missing_key_directory_is_answered_with_how_to_make_one() {
    let output = fyr(&["key", "list", "--keys", "/nowhere/keys"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("`fyr key new root"), "{said}");
}

#[test]
fn wrong_usage_is_exit_code_two() {
    for arguments in [
        &["chek"][..],
        &["check"],
        &["compile", "policy"],
        &["check", "policy", "--date", "tomorrow"],
        &["explain", "policy"],
        &["explain", "policy", "--setting", "youtube.level"],
        &["explain", "policy", "--group", "x", "--url", "http://["],
    ] {
        assert_eq!(fyr(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_generated_files_in_the_repository_are_those_of_this_version() {
    for (command, place) in [("schema", "schemas/json"), ("reference", "docs/reference")] {
        let scratch = tempfile::tempdir().expect("a directory");
        let output = fyr(&[command, "--out", &scratch.path().display().to_string()]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let (written, mut kept) = (files(scratch.path()), files(&repository(place)));
        // The page of the three programs: `tests/system/reference.rs` compares it.
        kept.remove("commands.md");
        let stale: Vec<&String> = written
            .keys()
            .chain(kept.keys())
            .filter(|name| written.get(*name) != kept.get(*name))
            .collect();
        assert!(
            stale.is_empty(),
            "run `make generate`; stale in {place}: {stale:?}"
        );
    }
}

#[test]
fn a_shell_completes_codes_and_settings() {
    for shell in ["bash", "zsh"] {
        let output = fyr(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        let script = stdout(&output);
        for word in ["explain", "FYR0401", "youtube.level", "sarif"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn a_code_that_does_not_exist_is_answered_with_the_nearest() {
    for (text, answer) in [
        ("fyr401", "did you mean `FYR0401`?"),
        ("FYR7777", "the codes run from `FYR0101`"),
    ] {
        let output = fyr(&["explain", text]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(stderr(&output).contains(answer), "{}", stderr(&output));
    }
    let output = fyr(&["explain", "fyr0401", "--json"]);
    let meaning: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(meaning.get("code"), Some(&serde_json::json!("FYR0401")));
}
