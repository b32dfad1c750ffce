//! URL verdicts beside other engines: the same list, the same URLs, each given parsed beforehand,
//! and no figure unless all agree on every URL.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::municipality::listed;
use crate::names::Names;
use crate::sides::Answers;

/// `adblock` where it is given more than a parsed URL: its own tokens of it.
pub const TOKENS: &str = "adblock-tokens";

/// How many URLs are asked about.
const URLS: usize = 4_096;

/// The comparison.
#[derive(Debug, Serialize, Deserialize)]
pub struct Verdicts {
    /// How many domains the list has.
    pub domains: usize,
    /// How many URLs were asked about.
    pub urls: usize,
    /// How many of them are blocked, as every side says.
    pub blocked: usize,
    /// What each side took; Fyr comes first.
    pub sides: Vec<Side>,
    /// The sides that could not be asked, and why.
    pub missing: Vec<(String, String)>,
}

/// What one side took.
#[derive(Debug, Serialize, Deserialize)]
pub struct Side {
    /// Which side.
    pub name: String,
    /// One verdict, in nanoseconds: the median batch.
    pub median_ns: f64,
    /// One verdict, in nanoseconds: the batch that is slower than 99 of 100.
    pub p99_ns: f64,
    /// From the text of the list to the first possible question, in milliseconds.
    pub ready_ms: f64,
    /// What that added to the resident memory, in KiB.
    pub added_kib: u64,
}

/// Asks every side.
pub fn measure(house: &Path, scratch: &Path) -> Result<Verdicts> {
    write(scratch)?;
    let own = Command::new(std::env::current_exe()?);
    let mut answers = vec![("Fyr".to_owned(), side(own, "fyr", scratch)?)];
    for name in ["adblock", TOKENS, "regorus"] {
        let peer = Command::new(std::env::current_exe()?);
        answers.push((name.to_owned(), side(peer, name, scratch)?));
    }
    let mut missing = Vec::new();
    match opa(house, scratch) {
        Ok(found) => answers.push(("OPA".to_owned(), found)),
        Err(error) => missing.push(("OPA".to_owned(), format!("{error:#}"))),
    }
    let expected = answers[0].1.verdicts.clone();
    for (name, found) in &answers {
        ensure!(found.verdicts == expected, "`{name}` gives other verdicts");
    }
    Ok(Verdicts {
        domains: listed(),
        urls: URLS,
        blocked: expected.matches('b').count(),
        sides: answers.into_iter().map(summed_up).collect(),
        missing,
    })
}

fn side(mut command: Command, name: &str, scratch: &Path) -> Result<Answers> {
    eprintln!("verdicts: {name}");
    command.arg("side").arg(name).arg(scratch);
    answers_of(command)
}

/// The bindings ask for a newer Python than they need; `tests/setup.sh bench` puts them here.
fn opa(house: &Path, scratch: &Path) -> Result<Answers> {
    let bindings: PathBuf = house.join("target/opa");
    ensure!(
        bindings.join("opa_bindings").is_dir(),
        "`opa-golib-python-bindings` is not installed: `tests/setup.sh bench` says why"
    );
    eprintln!("verdicts: OPA");
    let mut command = Command::new(house.join("target/python/bin/python"));
    command.arg(house.join("tests/bench/opa.py"));
    command.arg(bindings).arg(scratch);
    answers_of(command)
}

fn answers_of(mut command: Command) -> Result<Answers> {
    let output = command
        .output()
        .with_context(|| format!("run {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn summed_up((name, answers): (String, Answers)) -> Side {
    let mut batches = answers.batches_ns;
    batches.sort_by(f64::total_cmp);
    let at = |hundredth: usize| {
        let last = batches.len().saturating_sub(1);
        batches
            .get(last * hundredth / 100)
            .copied()
            .unwrap_or(f64::NAN)
    };
    Side {
        name,
        median_ns: at(50),
        p99_ns: at(99),
        ready_ms: answers.ready_ms,
        added_kib: answers.added_kib,
    }
}

/// Writes the list, and URLs of which half are blocked: on listed domains and below them; and on
/// others, some of which end as a listed one does.
fn write(scratch: &Path) -> Result<()> {
    let mut names = Names::seeded(4_096);
    let list: Vec<String> = (0..listed()).map(|_| names.fresh()).collect();
    let paths = ["/", "/da/nyheder/2026?side=2", "/index.html", "/a/b/c.png"];
    let urls: Vec<Url> = (0..URLS)
        .map(|number| {
            let host = match number % 4 {
                0 => names.one_of(&list),
                1 => format!("www.{}", names.one_of(&list)),
                2 => names.fresh(),
                _ => format!("u{}", names.one_of(&list)),
            };
            format!("https://{host}{}", names.one_of(&paths)).parse()
        })
        .collect::<Result<_, _>>()?;
    let hosts: Vec<&str> = urls.iter().filter_map(Url::host_str).collect();
    std::fs::write(scratch.join("hosts"), hosts.join("\n"))?;
    let urls: Vec<&str> = urls.iter().map(Url::as_str).collect();
    std::fs::write(scratch.join("urls"), urls.join("\n"))?;
    std::fs::write(scratch.join("list"), list.join("\n") + "\n")?;
    Ok(())
}
