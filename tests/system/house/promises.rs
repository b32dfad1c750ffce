//! What documents promise: every test they name can be run.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{files, house, packages, text};

#[test]
fn every_test_command_in_the_documents_runs_at_least_one_test() -> Result<()> {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for document in files(".md")? {
        let words = fs::read_to_string(&document)?;
        for command in words.split("cargo test -p ").skip(1) {
            let command = command.split(['`', '\n', '#']).next().unwrap_or_default();
            let mut words = command.split_whitespace();
            let package = words.next().context("`-p` names a package")?;
            let tests = tests(Some(package))?;
            ensure!(!tests.is_empty(), "`{package}` has no tests");
            // The name of a test binary is no filter.
            let filters = words.filter(|word| !["--test", "system", "--"].contains(word));
            for filter in filters {
                seen += 1;
                if !tests.iter().any(|test| test.contains(filter)) {
                    wrong.push(format!("{}: {package} {filter}", document.display()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    ensure!(seen > 5, "only {seen} filters were found");
    Ok(())
}

#[test]
fn every_test_that_holds_an_attack_exists() -> Result<()> {
    let security = fs::read_to_string(house().join("docs/security.md"))?;
    let (_, table) = security
        .split_once("## Attack → test")
        .context("`docs/security.md` says which test holds each attack")?;
    let (tests, files) = (tests(None)?, files(".rs")?);
    let (mut missing, mut seen) = (Vec::new(), 0);
    let rows = table.lines().filter(|line| line.starts_with("| "));
    // Between backticks stands every second part.
    let named = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    for name in named.filter(|name| name.contains(['_', '/']) || name.ends_with('…')) {
        seen += 1;
        let beginning = name.trim_end_matches('…');
        let is_test = tests
            .iter()
            .any(|test| test.starts_with(beginning) || test.contains(&format!("::{beginning}")));
        if !is_test && !files.iter().any(|file| file.ends_with(name)) {
            missing.push(name.to_owned());
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    ensure!(seen > 20, "only {seen} tests were found");
    Ok(())
}

/// The name of every test of a package, or of all, with the modules that its path tells.
fn tests(wanted: Option<&str>) -> Result<Vec<String>> {
    let sources = files(".rs")?;
    let mut tests = Vec::new();
    for package in packages()? {
        if wanted.is_some_and(|wanted| wanted != text(&package, "name")) {
            continue;
        }
        let manifest = Path::new(text(&package, "manifest_path"));
        let place = manifest.parent().context("a manifest has a place")?;
        for part in ["src", "tests", "system"] {
            let inside = place.join(part);
            for path in sources.iter().filter(|path| path.starts_with(&inside)) {
                let module = path.strip_prefix(&inside)?.with_extension("");
                let module = module.to_string_lossy().replace('/', "::");
                let source = fs::read_to_string(path)?;
                tests.extend(in_source(&source).map(|name| format!("{module}::{name}")));
            }
        }
    }
    Ok(tests)
}

/// The names of the functions that follow a `#[test]`.
fn in_source(source: &str) -> impl Iterator<Item = &str> {
    let tests = source.split("#[test]").skip(1);
    tests.filter_map(|after| after.split_once("fn ")?.1.split(['(', '<']).next())
}
