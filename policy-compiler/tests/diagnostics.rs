//! Every finding of the compiler: a directory for each case, with the policy and the text that an
//! administrator reads side by side.
//!
//! A case is `diagnostics/CODE` or `diagnostics/CODE-VARIANT`. Its files are laid over the sound policy
//! of `tests/policy`. `expected.txt` is what `fyr check` prints. Two more files are optional:
//! `without.txt` lists the files of the sound policy that the case does not have, and `day.txt` is the
//! day that it is checked for. The case that has the name of its code alone is the example of the
//! reference and of `fyr explain CODE`, so it provokes no other finding.
//!
//! `FYR_BLESS=1 cargo test -p fyr --test diagnostics` writes `expected.txt` of every case: read the diff.

#![expect(clippy::expect_used, reason = "a case that cannot be set up fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fyr_policy_core::{Code, Severity};
use rayon::prelude::*;
use tempfile::TempDir;

/// The day that a case is checked for.
const DAY: &str = "2026-11-23";

/// The files of a case that are no policy.
const NO_POLICY: [&str; 3] = ["expected.txt", "without.txt", "day.txt"];

/// A directory that provokes a finding.
struct Case(PathBuf);

impl Case {
    fn all() -> Vec<Self> {
        let cases = fs::read_dir(here().join("diagnostics")).expect("the cases");
        let cases = cases.map(|case| Self(case.expect("a case").path()));
        cases.collect()
    }

    fn name(&self) -> &str {
        let name = self.0.file_name().and_then(|name| name.to_str());
        name.expect("a name in Unicode")
    }

    /// The code that the case is for.
    fn code(&self) -> Option<Code> {
        let code = self.name().split('-').next().unwrap_or_default();
        code.parse().ok()
    }

    /// Whether it is the example of its code.
    fn is_example(&self) -> bool {
        !self.name().contains('-')
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.0.join(name)).ok()
    }

    /// Checks the policy of the case for its day.
    fn check(&self) -> Output {
        let policy = sound();
        for file in self.read("without.txt").unwrap_or_default().lines() {
            fs::remove_file(policy.path().join(file)).expect(file);
        }
        copy(&self.0, policy.path());
        for file in NO_POLICY {
            let _ = fs::remove_file(policy.path().join(file));
        }
        let day = self.read("day.txt");
        check(&policy, day.as_deref().map_or(DAY, str::trim))
    }

    /// What is wrong with the case; with `FYR_BLESS`, its text is written first.
    fn faults(&self) -> Vec<String> {
        let output = self.check();
        let text = String::from_utf8(output.stdout).expect("text");
        if std::env::var_os("FYR_BLESS").is_some() {
            fs::write(self.0.join("expected.txt"), &text).expect("written");
        }
        let found = codes(&text);
        let of_code = self.code().map(Code::as_str);
        let is_found = of_code.is_some_and(|code| found.contains(code));
        let marked_error = |line: &str| line.starts_with("  × ");
        let is_error = text.lines().any(marked_error);
        let of_error = self.code().map(Code::severity) == Some(Severity::Error);
        let helps = text.lines().filter(|line| line.starts_with("  help: "));
        let wrong = [
            (
                !is_found,
                format!("it does not find the code of its name, but {found:?}"),
            ),
            (
                self.is_example() && found.len() != 1,
                format!("it is the example of one code and finds {found:?}"),
            ),
            (
                self.is_example() && is_error != of_error,
                "its severity is not that of the code".to_owned(),
            ),
            (
                helps.count() != heads(&text).count(),
                "a finding does not say what to do".to_owned(),
            ),
            (
                output.status.code() != Some(i32::from(is_error)),
                format!("fyr ended with {}", output.status),
            ),
            (
                self.read("expected.txt").as_ref() != Some(&text),
                format!("it prints another text:\n{text}"),
            ),
        ];
        let wrong = wrong.into_iter().filter(|(is_wrong, _)| *is_wrong);
        wrong
            .map(|(_, fault)| format!("{}: {fault}", self.name()))
            .collect()
    }
}

#[test]
fn every_code_has_its_case() {
    let examples: BTreeSet<String> = Case::all()
        .iter()
        .filter(|case| case.is_example())
        .map(|case| case.name().to_owned())
        .collect();
    let codes = Code::ALL.iter().map(|code| code.as_str().to_owned());
    assert_eq!(examples, codes.collect());
}

#[test]
fn each_case_finds_the_code_of_its_name_and_prints_its_text() {
    let faults: Vec<String> = Case::all().par_iter().flat_map(Case::faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn the_sound_policy_has_nothing_to_report() {
    let output = check(&sound(), DAY);
    assert_eq!(output.stdout, b"nothing to report\n");
    assert!(output.status.success());
}

/// The lines that name a finding: `  × FYR0101: …`.
fn heads(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines();
    lines.filter_map(|line| {
        let marked = line.strip_prefix("  × ").or(line.strip_prefix("  ⚠ "));
        marked.filter(|head| head.starts_with("FYR"))
    })
}

/// The codes of what is found.
fn codes(text: &str) -> BTreeSet<&str> {
    let heads = heads(text);
    heads
        .filter_map(|head| Some(head.split_once(": ")?.0))
        .collect()
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The sound policy.
fn sound() -> TempDir {
    let policy = tempfile::tempdir().expect("a temporary directory");
    copy(&here().join("policy"), policy.path());
    policy
}

fn check(policy: &TempDir, day: &str) -> Output {
    let mut fyr = Command::new(env!("CARGO_BIN_EXE_fyr"));
    fyr.arg("check").arg(policy.path()).args(["--date", day]);
    fyr.output().expect("fyr runs")
}

/// Copies what is below a directory.
fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.expect("an entry");
        let target = to.join(entry.path().strip_prefix(from).expect("below it"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).expect("a directory");
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
