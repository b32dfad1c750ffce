//! `fyr check --format sarif`: what the standard requires, and what a code-review tool relies on.

#![expect(clippy::expect_used, reason = "a case that cannot be set up fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use fyr_fixtures::Replaced as _;
use serde_json::{Value, json};

/// A rule of a school that loosens what the board decided, with a sign of two units of UTF-16
/// before the value.
const RULE: &str = "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nset: \
                    { camera.access: 🏫, youtube.level: off }\nwhy:\n  da: Prøve.\n";

/// A repository whose policy lies in a directory that an address must quote.
fn repository() -> tempfile::TempDir {
    let repository = tempfile::tempdir().expect("a directory");
    let sound = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy"));
    for entry in walkdir::WalkDir::new(sound).sort_by_file_name() {
        let entry = entry.expect("an entry");
        let within = entry.path().strip_prefix(sound).expect("below the policy");
        let target = repository.path().join("skole politik å").join(within);
        if entry.file_type().is_dir() {
            fs::create_dir(target).expect("a directory");
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
    let rule = repository.path().join("skole politik å/rules/x.yaml");
    fs::write(rule, RULE).expect("a file");
    repository
}

fn sarif(here: &Path, directory: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_fyr"))
        .current_dir(here)
        .args([
            "check",
            directory,
            "--format",
            "sarif",
            "--date",
            "2026-11-23",
        ])
        .output()
        .expect("fyr runs");
    assert_eq!(output.status.code(), Some(1));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn results(log: &Value) -> &[Value] {
    let results = log.pointer("/runs/0/results").and_then(Value::as_array);
    results.expect("results")
}

#[test]
fn the_log_has_what_the_standard_requires() {
    let repository = repository();
    let log = sarif(repository.path(), "skole politik å");
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(log["runs"][0]["columnKind"], "unicodeCodePoints");
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!(driver["name"], "fyr");
    let rules = driver["rules"].as_array().expect("rules");
    let ids: BTreeSet<&str> = rules
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    let codes = fyr_policy_core::Code::ALL.iter().map(|code| code.as_str());
    assert_eq!(ids, codes.collect(), "one rule for each code");
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].is_string(), "{rule}");
        }
        assert!(rule["help"]["markdown"].is_string(), "{rule}");
    }
    for result in results(&log) {
        let rule = result["ruleIndex"].as_u64().expect("an index");
        let rule = &rules[usize::try_from(rule).expect("an index")];
        assert_eq!(result["ruleId"], rule["id"]);
        assert_eq!(result["level"], rule["defaultConfiguration"]["level"]);
        assert!(result["message"]["text"].is_string());
        assert_eq!(result["locations"].as_array().map(Vec::len), Some(1));
        let prints = result["partialFingerprints"]
            .as_object()
            .expect("fingerprints");
        assert!(prints.values().all(Value::is_string));
    }
}

#[test]
fn a_finding_is_where_a_reviewer_of_the_repository_looks_for_it() {
    let repository = repository();
    let log = sarif(repository.path(), "./skole politik å");
    let mut results = results(&log).to_vec();
    for result in &mut results {
        // It shifts whenever a code is added before this one.
        result["ruleIndex"] = Value::Null;
    }
    insta::assert_json_snapshot!(results);
}

#[test]
fn a_policy_at_the_top_of_the_repository_has_plain_paths() {
    let repository = repository();
    let log = sarif(&repository.path().join("skole politik å"), ".");
    let uri = &results(&log)[0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(
        *uri,
        json!({ "uri": "rules/x.yaml", "uriBaseId": "%SRCROOT%" })
    );
}

#[test]
fn a_policy_elsewhere_has_whole_addresses() {
    let (repository, elsewhere) = (repository(), tempfile::tempdir().expect("a directory"));
    let policy = repository.path().join("skole politik å");
    let log = sarif(elsewhere.path(), &policy.display().to_string());
    let place = &results(&log)[0]["locations"][0]["physicalLocation"]["artifactLocation"];
    let uri = place["uri"].as_str().expect("an address");
    assert!(uri.starts_with("file:///"), "{uri}");
    assert_eq!(place.get("uriBaseId"), None);
}

#[test]
fn a_fingerprint_stays_when_lines_above_change() {
    let repository = repository();
    let prints = |log: &Value| -> Vec<Value> {
        let prints = results(log)
            .iter()
            .map(|result| &result["partialFingerprints"]);
        prints.cloned().collect()
    };
    let before = prints(&sarif(repository.path(), "skole politik å"));
    let moved = format!("# a remark\n\n{RULE}");
    let rule = repository.path().join("skole politik å/rules/x.yaml");
    fs::write(rule, moved).expect("a file");
    assert_eq!(prints(&sarif(repository.path(), "skole politik å")), before);
}

#[test]
fn what_is_said_alike_of_several_places_is_shown_at_each_of_them() {
    let repository = repository();
    let rules = repository.path().join("skole politik å/rules");
    let unknown = RULE
        .replaced("OEST-3", "OEST-2031")
        .replaced("off", "strict")
        .replaced("🏫", "block");
    for name in ["x", "y"] {
        let rule = unknown.replaced("rule: oest", &format!("rule: {name}"));
        fs::write(rules.join(format!("{name}.yaml")), rule).expect("a file");
    }
    let log = sarif(repository.path(), "skole politik å");
    let unknown = results(&log)
        .iter()
        .filter(|result| result["ruleId"] == "FYR0202");
    let shown: BTreeSet<&str> = unknown
        .filter_map(|result| {
            result
                .pointer("/locations/0/physicalLocation/artifactLocation/uri")?
                .as_str()
        })
        .collect();
    let files = ["x", "y"].map(|name| format!("skole%20politik%20%C3%A5/rules/{name}.yaml"));
    assert_eq!(shown, files.iter().map(String::as_str).collect());
}
