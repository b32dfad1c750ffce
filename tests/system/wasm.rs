//! What every device decides builds to WebAssembly, and runs as it.
//!
//! The browser's agent is to be built from `trust` and `agent/core`. A module is built from both,
//! imports nothing, verifies a repository and reports on it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fyr_fixtures::{DAY, GROUP, ORGANISATION, Shelf};
use fyr_tests::child::run;
use serde_json::{Value, json};

/// Debian's compiler and the sources of its standard library: Rust's own has no build for
/// WebAssembly unless `rustup` adds one.
const RUSTC: &str = "/usr/bin/rustc";

#[test]
fn what_every_device_decides_runs_as_webassembly_and_imports_nothing() -> Result<()> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = house.join("../target/wasm");
    fs::create_dir_all(&target)?;
    let target = target.canonicalize()?;
    let repository = target.join("repository.json");
    fs::write(&repository, published()?)?;
    let module = build(&house.join("wasm"), &target, &repository)?;
    let script = house.join("wasm/call.mjs");
    let printed = run(Path::new("node"), [&script, &module])?.success()?;
    let called: Value = serde_json::from_str(&printed)?;
    assert_eq!(called["imports"], json!([]), "the module imports nothing");
    assert_eq!(called["returned"], 0, "the step of this number failed");
    Ok(())
}

/// A repository of this moment, as the module reads it.
fn published() -> Result<String> {
    let shelf = Shelf::published("https://intra.example/", DAY);
    let files = shelf.files.iter().map(|(path, bytes)| {
        let text = std::str::from_utf8(bytes).with_context(|| format!("`{path}` is a text"))?;
        Ok((path.as_str(), text))
    });
    let given = json!({
        "now": DAY,
        "organisation": ORGANISATION,
        "group": GROUP,
        "files": files.collect::<Result<BTreeMap<_, _>>>()?,
    });
    Ok(given.to_string())
}

/// Builds the module. What did not change since the last build is not built again.
fn build(place: &Path, target: &Path, repository: &Path) -> Result<PathBuf> {
    ensure!(
        Path::new(RUSTC).is_file(),
        "`{RUSTC}` is missing: `make setup` installs `rustc-web` and what it needs"
    );
    let arguments = [
        "build",
        "--quiet",
        "--locked",
        "--target",
        "wasm32-unknown-unknown",
        "-Zbuild-std=std,panic_abort",
    ];
    // The first build takes minutes, for which no child of a test may run.
    let built = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(place)
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld")
        .env("CC_wasm32_unknown_unknown", "clang")
        .env("FYR_REPOSITORY", repository)
        .output()
        .context("starting cargo")?;
    let output = String::from_utf8_lossy(&built.stderr);
    ensure!(
        built.status.success(),
        "the module does not build:\n{output}"
    );
    Ok(target.join("wasm32-unknown-unknown/debug/fyr-wasm.wasm"))
}
