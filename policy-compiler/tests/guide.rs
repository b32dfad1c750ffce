//! The examples of the guides, as somebody pastes them into a policy.

#![expect(clippy::expect_used, reason = "a case that cannot be set up fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The day the emergency of the guide was declared.
const DAY: &str = "2026-11-23";

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
            path: path.expect("a file name stands before a block").to_owned(),
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
    for file in files {
        fs::write(policy.path().join(&file.path), &file.text).expect("a file");
    }
    policy
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
        let policy = ballerup_with(&files);
        let output = fyr("check", policy.path(), &[]);
        assert_eq!(stdout(&output), "nothing to report\n", "{guide}");
    }
    assert!(count >= 3, "the rule and the emergency are shown as files");
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
