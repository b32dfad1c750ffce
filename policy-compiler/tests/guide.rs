//! The examples of the guides, as a reader pastes them into a policy.

#![expect(clippy::expect_used, reason = "a case that cannot be set up fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The day the emergency of the guide was declared.
const DAY: &str = "2026-11-23";

/// The guide whose files are a whole policy; the files of the others join an example.
const WHOLE: &str = "first-policy.md";

/// A file that a guide shows: its path on one line, its text as YAML below it.
struct Shown {
    path: String,
    text: String,
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Every file that a guide shows, guide by guide.
fn guides() -> Vec<(String, Vec<Shown>)> {
    let entries = fs::read_dir(repository("docs/guide")).expect("the guides");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("a guide");
            (path.display().to_string(), files_in(&text))
        })
        .collect()
}

fn files_in(guide: &str) -> Vec<Shown> {
    let mut blocks = guide.split("```yaml\n");
    let mut before = blocks.next().unwrap_or_default();
    let mut shown = Vec::new();
    for block in blocks {
        let (text, after) = block.split_once("```").expect("a closed block");
        let path = before.trim_end().lines().last().unwrap_or_default();
        let path = path
            .strip_prefix('`')
            .and_then(|path| path.strip_suffix('`'));
        shown.push(Shown {
            path: path.expect("a file name is before a block").to_owned(),
            text: text.to_owned(),
        });
        before = after;
    }
    shown
}

/// `examples/ballerup` with these files put in.
fn ballerup_with(files: &[Shown]) -> tempfile::TempDir {
    let policy = tempfile::tempdir().expect("a directory");
    let example = repository("examples/ballerup");
    for entry in walkdir::WalkDir::new(&example).min_depth(1) {
        let entry = entry.expect("an entry");
        let target = policy.path().join(
            entry
                .path()
                .strip_prefix(&example)
                .expect("below the example"),
        );
        if entry.file_type().is_dir() {
            fs::create_dir(target).expect("a directory");
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
    write(policy.path(), files);
    policy
}

fn write(policy: &Path, files: &[Shown]) {
    for file in files {
        let path = policy.join(&file.path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, &file.text).expect("a file");
    }
}

fn fyr(command: &str, policy: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fyr"))
        .arg(command)
        .arg(policy)
        .args(["--date", DAY])
        .args(arguments)
        .output()
        .expect("fyr runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn the_files_that_the_guides_show_have_nothing_to_report() {
    let mut count = 0;
    for (guide, files) in guides() {
        count += files.len();
        let policy = if guide.ends_with(WHOLE) {
            let policy = tempfile::tempdir().expect("a directory");
            write(policy.path(), &files);
            policy
        } else {
            ballerup_with(&files)
        };
        let output = fyr("check", policy.path(), &[]);
        assert_eq!(stdout(&output), "nothing to report\n", "{guide}");
    }
    assert!(count >= 14, "only {count} files are shown");
}

#[test]
fn the_first_policy_is_complete_and_its_first_check_reports_the_bypasses() {
    let (_, mut files) = guides()
        .into_iter()
        .find(|(guide, _)| guide.ends_with(WHOLE))
        .expect("the guide to a first policy");
    files.retain(|file| file.path != "rules/bypasses.yaml");
    let policy = tempfile::tempdir().expect("a directory");
    write(policy.path(), &files);
    let output = fyr("check", policy.path(), &["--json"]);
    assert!(stdout(&output).contains("\"FYR0603\""));
    let explained = fyr("explain", policy.path(), &["--group", "vest-2024"]);
    assert!(stdout(&explained).contains("youtube.level  strict"));
}

#[test]
fn an_emergency_is_two_short_files_and_says_who_must_decide_and_by_when() {
    let files: Vec<Shown> = guides()
        .into_iter()
        .flat_map(|(_, files)| files)
        .filter(|file| file.path.ends_with("/emergency.yaml"))
        .collect();
    let policy = ballerup_with(&files);
    let question = [
        "--group",
        "skovlunde-2026",
        "--url",
        "https://quiz.example/",
    ];
    let output = fyr("explain", policy.path(), &question);
    insta::assert_snapshot!(stdout(&output));
}
