//! What source files look like, and what they may mention.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{PURE, files, house};

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
fn sources_of_pure_crates_mention_nothing_outside() -> Result<()> {
    let mut wrong = Vec::new();
    for path in files(".rs")?
        .iter()
        .filter(|path| is_built_into_a_pure_crate(path))
    {
        let source = fs::read_to_string(path)?;
        let built = source.split("#[cfg(test)]\nmod tests {").next();
        for (number, line) in built.unwrap_or_default().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for outside in OUTSIDE.iter().filter(|outside| code.contains(**outside)) {
                wrong.push(format!("{}:{}: `{outside}`", path.display(), number + 1));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn only_a_test_takes_a_bundle_that_was_not_verified() -> Result<()> {
    let mut callers = Vec::new();
    for path in files(".rs")? {
        if fs::read_to_string(&path)?.contains(concat!("dangerous", "_unsigned(")) {
            callers.push(path);
        }
    }
    let agent = house().join("agent");
    let known = ["core/src/in_force.rs", "files/src/passes.rs"];
    assert_eq!(callers, known.map(|path| agent.join(path)));
    Ok(())
}

#[test]
fn every_source_file_says_its_one_job_and_is_short_enough_for_it() -> Result<()> {
    let mut wrong = Vec::new();
    for path in files(".rs")? {
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
    for path in files(".rs")? {
        if path.ends_with("tests/system/house/sources.rs") {
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
fn only_one_place_in_the_system_tests_waits() -> Result<()> {
    let tests = [house().join("tests/src"), house().join("tests/system")];
    let mut waiting = Vec::new();
    for path in files(".rs")? {
        let ours = tests.iter().any(|place| path.starts_with(place));
        if ours && fs::read_to_string(&path)?.contains(concat!("::", "sleep(")) {
            waiting.push(path);
        }
    }
    assert_eq!(waiting, [house().join("tests/src/wait.rs")]);
    Ok(())
}

#[test]
fn no_file_knows_where_it_was_written() -> Result<()> {
    let house = house();
    let here = house.to_str().context("a path in Unicode")?;
    let mut wrong = Vec::new();
    for path in files("")? {
        let text = fs::read(&path)?;
        let text = String::from_utf8_lossy(&text);
        if text.contains(here) || text.contains(concat!("/Us", "ers/")) {
            wrong.push(path);
        }
    }
    assert_eq!(wrong, Vec::<PathBuf>::new());
    Ok(())
}

/// Whether a file is a source of a pure crate, and no file of its unit tests.
fn is_built_into_a_pure_crate(path: &Path) -> bool {
    let sources = |(_, place): &(&str, &str)| house().join(place).join("src");
    let mut inside = PURE
        .iter()
        .filter_map(|pure| path.strip_prefix(sources(pure)).ok());
    inside.any(|inside| !inside.with_extension("").iter().any(|part| part == "tests"))
}
