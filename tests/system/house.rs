//! The rules of the repository, as far as a program can check them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fyr_tests::child;
use serde_json::Value;

mod crates;
mod fixtures;
mod language;
mod licences;
mod modules;
mod promises;
mod sources;
mod words;

/// The crates that take everything they know as arguments.
const PURE: [(&str, &str); 6] = [
    ("fyr-schemas", "schemas"),
    ("fyr-trust", "trust"),
    ("fyr-policy-source", "policy-compiler/source"),
    ("fyr-policy-core", "policy-compiler/core"),
    ("fyr-agent-core", "agent/core"),
    ("fyr-agent-files", "agent/files"),
];

/// Every package of the workspace, as `cargo metadata` tells it.
fn packages() -> Result<Vec<Value>> {
    let arguments = [
        "metadata",
        "--offline",
        "--format-version",
        "1",
        "--no-deps",
    ];
    let metadata: Value = serde_json::from_str(&cargo(&arguments)?)?;
    Ok(list(&metadata, "packages").to_vec())
}

fn cargo(arguments: &[&str]) -> Result<String> {
    let manifest = house().join("Cargo.toml");
    let manifest = manifest.to_str().context("a path in Unicode")?;
    let arguments = arguments
        .iter()
        .copied()
        .chain(["--manifest-path", manifest]);
    child::run(Path::new(env!("CARGO")), arguments)?.success()
}

fn house() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// Every file of the repository whose name ends so: what git tracks, and what it would add.
fn files(ending: &str) -> Result<Vec<PathBuf>> {
    let house = house();
    let place = house.to_str().context("a path in Unicode")?;
    let arguments = [
        "-C",
        place,
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let listed = child::run(Path::new("git"), arguments)?.success()?;
    let named = listed.lines().filter(|name| name.ends_with(ending));
    let files: Vec<_> = named.map(|name| house.join(name)).collect();
    anyhow::ensure!(!files.is_empty(), "no file ends in `{ending}`");
    // One that was removed is listed until that is committed.
    Ok(files.into_iter().filter(|path| path.is_file()).collect())
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    let member = value.get(member).and_then(Value::as_array);
    member.map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
