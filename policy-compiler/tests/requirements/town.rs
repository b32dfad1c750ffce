//! A small town's policy that is sound, to be edited and compiled by the real `fyr`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The day that everything is compiled for.
pub(crate) const DAY: &str = "2026-11-23";

/// A policy directory that is being edited.
pub(crate) struct Town {
    directory: TempDir,
}

impl Town {
    /// The sound policy of `tests/policy`.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let policy = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy"));
        for entry in walkdir::WalkDir::new(policy).min_depth(1) {
            let entry = entry.expect("an entry");
            let below = entry.path().strip_prefix(policy).expect("below the policy");
            let target = directory.path().join(below);
            if entry.file_type().is_dir() {
                fs::create_dir_all(&target).expect("a directory");
            } else {
                fs::copy(entry.path(), &target).expect("a copy");
            }
        }
        Self { directory }
    }

    /// Puts one text for another in a file.
    pub(crate) fn edit(self, path: &str, old: &str, new: &str) -> Self {
        let whole = self.directory.path().join(path);
        let text = fs::read_to_string(&whole).expect(path);
        assert!(text.contains(old), "`{old}` is not in {path}");
        fs::write(whole, text.replace(old, new)).expect(path);
        self
    }

    /// Writes a file.
    pub(crate) fn write(self, path: &str, text: &str) -> Self {
        let whole = self.directory.path().join(path);
        fs::create_dir_all(whole.parent().expect("a parent")).expect("a directory");
        fs::write(whole, text).expect(path);
        self
    }

    /// Adds a rule of the council, `/`, that says this.
    pub(crate) fn rule(self, name: &str, says: &str) -> Self {
        let text = format!("rule: {name}\ndecision: BY-2025-1\n{says}why:\n  da: Prøve.\n");
        self.write(&format!("rules/{name}.yaml"), &text)
    }

    /// What `fyr check` says.
    pub(crate) fn check(&self) -> String {
        text(&self.fyr("check", &[]).stdout)
    }

    /// What `fyr` answers to a command about the policy.
    pub(crate) fn fyr(&self, command: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_fyr"))
            .arg(command)
            .arg(self.directory.path())
            .args(["--date", DAY])
            .args(arguments)
            .output()
            .expect("fyr runs")
    }

    /// Every bundle by its group, and every gap.
    pub(crate) fn compile(&self) -> (BTreeMap<String, Value>, Value) {
        let out = tempfile::tempdir().expect("a temporary directory");
        let target = out.path().display().to_string();
        let output = self.fyr("compile", &["--out", &target]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let json = |path: &Path| -> Value {
            let text = fs::read(path).expect("a file");
            serde_json::from_slice(&text).expect("JSON")
        };
        let bundles = fs::read_dir(out.path().join("bundles")).expect("bundles");
        let bundles = bundles
            .map(|entry| {
                let path = entry.expect("an entry").path();
                let group = path.file_stem().expect("a name").display().to_string();
                (group, json(&path))
            })
            .collect();
        (bundles, json(&out.path().join("gaps.json")))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The gap of one control in one engine, in words.
pub(crate) fn gap(bundle: &Value, control: &str, engine: &str) -> String {
    let controls = bundle["controls"].as_array().expect("controls");
    let control = controls
        .iter()
        .find(|each| each["id"] == control)
        .expect(control);
    let detail = &control["coverage"][engine]["gap"]["detail"];
    detail.as_str().expect("a gap").to_owned()
}
