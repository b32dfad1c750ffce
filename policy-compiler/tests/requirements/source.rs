//! A policy directory that a case writes, and what the command makes of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fyr_fixtures::Replaced as _;
use fyr_schemas::bundle::Bundle;
use serde_json::Value;

/// A policy directory of its own.
pub(crate) struct Source {
    directory: tempfile::TempDir,
    compiled: tempfile::TempDir,
}

impl Source {
    /// The small sound policy of `tests/policy`.
    pub(crate) fn small() -> Self {
        Self::copy_of(&here().join("tests/policy"))
    }

    /// A whole example: `ballerup` or `malmo`.
    pub(crate) fn example(name: &str) -> Self {
        Self::copy_of(&here().join("../examples").join(name))
    }

    fn copy_of(from: &Path) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        copy(from, directory.path());
        let compiled = tempfile::tempdir().expect("a temporary directory");
        Self {
            directory,
            compiled,
        }
    }

    /// With a file written anew.
    pub(crate) fn with(self, path: &str, text: &str) -> Self {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
        self
    }

    /// With one text of a file put for another.
    pub(crate) fn with_edit(self, path: &str, old: &str, new: &str) -> Self {
        let text = fs::read_to_string(self.directory.path().join(path)).expect(path);
        assert!(text.contains(old), "`{old}` is not in {path}");
        self.with(path, &text.replaced(old, new))
    }

    /// With one text of a file put for another wherever it is.
    pub(crate) fn with_edits(self, path: &str, old: &str, new: &str) -> Self {
        let text = fs::read_to_string(self.directory.path().join(path)).expect(path);
        self.with(path, &text.replaced_all(old, new))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs `fyr SUBCOMMAND DIR ARGUMENTS…`.
    pub(crate) fn fyr(&self, subcommand: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_fyr"))
            .arg(subcommand)
            .arg(self.path())
            .args(arguments)
            .env("NO_COLOR", "1")
            .output()
            .expect("fyr runs")
    }

    /// What `fyr check` prints for a day.
    pub(crate) fn check(&self, day: &str) -> String {
        stdout(&self.fyr("check", &["--date", day]))
    }

    /// The codes that `fyr check` finds on a day, sorted.
    pub(crate) fn codes(&self, day: &str) -> Vec<String> {
        let findings = self.found(day);
        let mut codes: Vec<String> = findings
            .iter()
            .map(|finding| finding["code"].as_str().expect("a code").to_owned())
            .collect();
        codes.sort();
        codes.dedup();
        codes
    }

    /// What `fyr check` finds on a day, as data.
    pub(crate) fn found(&self, day: &str) -> Vec<Value> {
        let printed = stdout(&self.fyr("check", &["--date", day, "--json"]));
        let mut printed: Value = serde_json::from_str(&printed).expect("JSON");
        serde_json::from_value(printed["findings"].take()).expect("findings")
    }

    /// Why what is found on a day shows at its places, as data.
    pub(crate) fn roles(&self, day: &str) -> Vec<Value> {
        let found = self.found(day);
        let places = found
            .iter()
            .filter_map(|finding| finding["places"].as_array());
        places.flatten().map(|place| place["why"].clone()).collect()
    }

    /// One group's bundle for a day; the policy must compile.
    #[track_caller]
    pub(crate) fn bundle(&self, group: &str, day: &str) -> Bundle {
        let bundle = self.compiled(day).join(format!("bundles/{group}.json"));
        serde_json::from_slice(&fs::read(&bundle).expect("the group's bundle")).expect("a bundle")
    }

    /// The directory that `fyr compile` writes for a day; the policy must compile.
    #[track_caller]
    pub(crate) fn compiled(&self, day: &str) -> PathBuf {
        let out = self.compiled.path().join(day);
        let path = out.display().to_string();
        let output = self.fyr("compile", &["--date", day, "--out", &path]);
        assert!(output.status.success(), "{}", stderr(&output));
        out
    }

    /// What `fyr explain` prints of a group: `--url` or `--setting` and what it names.
    #[track_caller]
    pub(crate) fn explain(&self, day: &str, group: &str, subject: [&str; 2]) -> String {
        let [kind, name] = subject;
        let output = self.fyr("explain", &["--date", day, "--group", group, kind, name]);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    }
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Copies what is below a directory.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.expect("an entry");
        let below = entry.path().strip_prefix(from).expect("below the source");
        let target = to.join(below);
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).expect("a directory");
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
