//! The rules of the house, as far as a program can hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fyr_tests::child;
use serde_json::Value;
use walkdir::WalkDir;

/// The crates that take everything they know as arguments.
const PURE: [(&str, &str); 4] = [
    ("fyr-schemas", "schemas"),
    ("fyr-trust", "trust"),
    ("fyr-policy-core", "policy-compiler/core"),
    ("fyr-agent-core", "agent/core"),
];

/// Crates that reach the clock, the disk, the network or the system.
const REACHES_OUT: [&str; 16] = [
    "axum",
    "clap",
    "getrandom",
    "hyper",
    "mio",
    "notify",
    "rand",
    "reqwest",
    "rpassword",
    "rustix",
    "rustls",
    "sqlx",
    "sysinfo",
    "tempfile",
    "tokio",
    "walkdir",
];

/// What no ban on one function can name: whole modules, in any spelling of their path.
const OUTSIDE: [&str; 12] = [
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::net::Tcp",
    "std::net::Udp",
    "std::os::",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "SystemRandom",
];

/// Names that say nothing about the one job of a file.
const EMPTY_NAMES: [&str; 9] = [
    "common", "data", "handler", "helper", "helpers", "info", "manager", "process", "util",
];

const LONGEST_FILE: usize = 600;

#[test]
fn dependencies_point_down() -> Result<()> {
    let floors = floors()?;
    let mut wrong = Vec::new();
    for package in list(&metadata(&["--no-deps"])?, "packages") {
        let name = text(package, "name");
        let floor = floors
            .get(name)
            .with_context(|| format!("`{name}` has no floor in ARCHITECTURE.md"))?;
        // What only tests use is not part of what is built on a floor.
        let built = list(package, "dependencies")
            .iter()
            .filter(|dependency| text(dependency, "kind") != "dev");
        for below in built.filter_map(|dependency| floors.get_key_value(text(dependency, "name"))) {
            if below.1 >= floor {
                wrong.push(format!("`{name}` must not depend on `{}`", below.0));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn pure_crates_depend_on_nothing_that_reaches_out() -> Result<()> {
    let banned = BTreeSet::from(REACHES_OUT);
    let mut wrong = Vec::new();
    for package in list(&metadata(&["--no-deps"])?, "packages") {
        let name = text(package, "name");
        if !PURE.iter().any(|(pure, _)| *pure == name) {
            continue;
        }
        for dependency in list(package, "dependencies") {
            let on = text(dependency, "name");
            if text(dependency, "kind") != "dev" && banned.contains(on) {
                wrong.push(format!("`{name}` is pure and must not depend on `{on}`"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn no_pure_crate_brings_a_runtime_or_a_network() -> Result<()> {
    for (pure, _) in PURE {
        let linked = linked(pure)?;
        for runtime in [
            "tokio", "mio", "hyper", "reqwest", "rustls", "sqlx", "notify",
        ] {
            assert!(!linked.contains(runtime), "`{pure}` brings `{runtime}`");
        }
    }
    Ok(())
}

#[test]
fn the_agent_cannot_sign_policy_and_brings_one_crypto_library() -> Result<()> {
    let linked = linked("fyr-agent")?;
    for absent in [
        "fyr-seal",
        "fyr-policy-core",
        "aws-lc-rs",
        "aws-lc-sys",
        "openssl-sys",
    ] {
        assert!(!linked.contains(absent), "`fyr-agent` brings `{absent}`");
    }
    Ok(())
}

#[test]
fn sources_of_pure_crates_mention_nothing_outside() -> Result<()> {
    let mut wrong = Vec::new();
    for (_, place) in PURE {
        for path in files(&house().join(place).join("src"), ".rs") {
            if path.ends_with("tests.rs") {
                continue;
            }
            let source = fs::read_to_string(&path)?;
            let built = source.split("#[cfg(test)]").next().unwrap_or_default();
            for (number, line) in built.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for outside in OUTSIDE.iter().filter(|outside| code.contains(**outside)) {
                    wrong.push(format!("{}:{}: `{outside}`", path.display(), number + 1));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn every_pure_crate_has_the_same_bans_each_with_its_cure() -> Result<()> {
    let bans = |place: &str| fs::read_to_string(house().join(place).join("clippy.toml"));
    let everywhere = fs::read_to_string(house().join("clippy.toml"))?;
    let first = bans("schemas")?;
    for (pure, place) in PURE {
        assert_eq!(bans(place)?, first, "`{pure}` has bans of its own");
    }
    // Clippy reads the nearest file alone, so each must repeat what holds everywhere.
    for line in everywhere.lines() {
        assert!(first.contains(line), "schemas/clippy.toml lacks `{line}`");
    }
    let entries: Vec<_> = first
        .lines()
        .filter(|line| line.contains("path ="))
        .collect();
    assert!(entries.len() > 20);
    assert!(entries.iter().all(|entry| entry.contains("reason = \"")));
    Ok(())
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() -> Result<()> {
    for package in list(&metadata(&["--no-deps"])?, "packages") {
        let manifest = fs::read_to_string(text(package, "manifest_path"))?;
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "`{}` has lints of its own",
            text(package, "name")
        );
    }
    Ok(())
}

#[test]
fn every_source_file_says_its_one_job_and_is_short_enough_for_it() -> Result<()> {
    let mut wrong = Vec::new();
    for path in files(&house(), ".rs") {
        let source = fs::read_to_string(&path)?;
        let shown = path.display();
        let sentence: Vec<_> = source
            .lines()
            .map_while(|line| line.strip_prefix("//! "))
            .collect();
        if !sentence.join(" ").contains(['.', ':']) {
            wrong.push(format!("{shown}: begins without a `//!` sentence"));
        }
        if source.lines().count() > LONGEST_FILE {
            wrong.push(format!(
                "{shown}: more than {LONGEST_FILE} lines, so two jobs"
            ));
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if name == "mod" {
            wrong.push(format!("{shown}: write `foo.rs` beside `foo/`"));
        }
        if EMPTY_NAMES.contains(&name.trim_end_matches('s')) || EMPTY_NAMES.contains(&&*name) {
            wrong.push(format!("{shown}: a name that says nothing"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn nothing_is_left_undone_or_switched_off() -> Result<()> {
    let unwelcome = ["TODO", "FIXME", "XXX", "#[ignore", "#[allow("];
    let mut wrong = Vec::new();
    for path in files(&house(), ".rs") {
        if path.ends_with("tests/system/house.rs") {
            continue;
        }
        for (number, line) in fs::read_to_string(&path)?.lines().enumerate() {
            for word in unwelcome.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{}:{}: `{word}`", path.display(), number + 1));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn only_one_place_in_the_tests_waits() -> Result<()> {
    let mut wrong = Vec::new();
    for place in ["tests/src", "tests/system"] {
        for path in files(&house().join(place), ".rs") {
            let itself = path.ends_with("tests/system/house.rs");
            if !itself && fs::read_to_string(&path)?.contains("::sleep(") {
                wrong.push(path);
            }
        }
    }
    assert_eq!(wrong, [house().join("tests/src/wait.rs")]);
    Ok(())
}

#[test]
fn no_file_knows_where_it_was_written() -> Result<()> {
    let house = house();
    let here = house.to_str().context("a path in Unicode")?;
    let mut wrong = Vec::new();
    for path in files(&house, "") {
        let text = fs::read(&path)?;
        let text = String::from_utf8_lossy(&text);
        if text.contains(here) || text.contains(concat!("/Us", "ers/")) {
            wrong.push(path);
        }
    }
    assert_eq!(wrong, Vec::<PathBuf>::new());
    Ok(())
}

#[test]
fn every_dependency_comes_from_the_public_registry() -> Result<()> {
    let lock = fs::read_to_string(house().join("Cargo.lock"))?;
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    for source in lock.lines().filter(|line| line.starts_with("source")) {
        assert_eq!(source, public);
    }
    Ok(())
}

/// The floor of each crate, from the table in `ARCHITECTURE.md`.
fn floors() -> Result<BTreeMap<String, u32>> {
    let architecture = fs::read_to_string(house().join("ARCHITECTURE.md"))?;
    let rows = architecture.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let floor = cells.next()?.parse().ok()?;
        Some((cells.nth(1)?.trim_matches('`').to_owned(), floor))
    });
    Ok(rows.collect())
}

/// Every crate that is linked into `package` when it is built, tests aside.
fn linked(package: &str) -> Result<BTreeSet<String>> {
    let arguments = [
        "tree",
        "--offline",
        "--package",
        package,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let tree = cargo(&arguments)?;
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    let names: BTreeSet<_> = names.map(str::to_owned).collect();
    assert!(
        names.contains(package),
        "`cargo tree` speaks another format"
    );
    Ok(names)
}

fn metadata(arguments: &[&str]) -> Result<Value> {
    let fixed = ["metadata", "--offline", "--format-version", "1"];
    Ok(serde_json::from_str(&cargo(
        &[&fixed, arguments].concat(),
    )?)?)
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

/// Every file below `place` whose name ends so, builds and history aside.
fn files(place: &Path, ending: &str) -> Vec<PathBuf> {
    WalkDir::new(place)
        .into_iter()
        .filter_entry(|entry| {
            !["target", ".git", "node_modules"].contains(&&*entry.file_name().to_string_lossy())
        })
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect()
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
