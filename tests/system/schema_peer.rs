//! The published JSON Schemas, asked by an independent validator: the examples are
//! valid, and a file with an error that an editor should mark is not.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fyr_tests::child::Child;
use serde_json::{Value, json};
use walkdir::WalkDir;

/// What a validator says of each document it does not like.
type Complaints = BTreeMap<String, Vec<String>>;

#[test]
fn every_file_of_the_examples_is_valid_by_the_schema_it_names() -> Result<()> {
    let mut by_schema: BTreeMap<PathBuf, BTreeMap<String, Value>> = BTreeMap::new();
    for entry in WalkDir::new(workspace()?.join("examples")) {
        let path = entry?.into_path();
        if path.extension().is_none_or(|kind| kind != "yaml") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let named = text.strip_prefix("# yaml-language-server: $schema=");
        let schema = named.and_then(|named| named.lines().next());
        let schema = schema.with_context(|| format!("`{}` names no schema", path.display()))?;
        let schema = path.with_file_name(schema).canonicalize()?;
        let documents = by_schema.entry(schema).or_default();
        for (number, document) in serde_saphyr::from_multiple(&text)?.into_iter().enumerate() {
            documents.insert(format!("{} {number}", path.display()), document);
        }
    }
    assert_eq!(by_schema.len(), 7, "each kind of file has its schema");
    for (schema, documents) in by_schema {
        assert_eq!(complaints(&schema, &json!(documents))?, Complaints::new());
    }
    Ok(())
}

#[test]
fn a_rule_with_an_unknown_member_or_an_unknown_level_is_not_valid() -> Result<()> {
    let rule = |level: &str| {
        json!({
            "rule": "tighter", "for": "/skoler", "strength": "minimum",
            "set": {"youtube.level": level}, "why": {"da": "En prøve."},
        })
    };
    let mut with_member = rule("strict");
    with_member["foo"] = json!("bar");
    let documents = json!({
        "sound": rule("strict"), "level": rule("stirct"), "member": with_member,
    });
    let complaints = complaints(&workspace()?.join("schemas/json/rule.json"), &documents)?;
    let names: Vec<_> = complaints.keys().collect();
    assert_eq!(names, ["level", "member"]);
    Ok(())
}

fn complaints(schema: &Path, documents: &Value) -> Result<Complaints> {
    let python = workspace()?.join("target/python/bin/python");
    ensure!(
        python.exists(),
        "`{}` is missing: run `make setup`, which installs the validator",
        python.display()
    );
    let script = workspace()?.join("tests/python/schema_peer.py");
    let mut peer = Child::start(&python, [&script, schema], |_| ())?;
    let mut stdin = peer.stdin().context("it reads documents")?;
    stdin.write_all(&serde_json::to_vec(documents)?)?;
    drop(stdin);
    let answer = peer.wait()?.success()?;
    serde_json::from_str(&answer).with_context(|| format!("the validator answered `{answer}`"))
}

fn workspace() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the tests live in the workspace")
}
