//! What may be built into Fyr, by `deny.toml`: licences, sources and banned crates.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use fyr_tests::child;
use serde_json::Value;
use toml_edit::{DocumentMut, Item};

use super::{cargo, house, list, text};

/// What `deny.toml` says, as far as these tests hold it.
struct Deny(DocumentMut);

impl Deny {
    fn read() -> Result<Self> {
        Ok(Self(
            fs::read_to_string(house().join("deny.toml"))?.parse()?,
        ))
    }

    fn item(&self, table: &str, member: &str) -> Result<&Item> {
        let table = self.0.get(table);
        let item = table.and_then(|table| table.get(member));
        item.with_context(|| format!("`deny.toml` says `{member}`"))
    }

    fn licences(&self) -> Result<BTreeSet<&str>> {
        let allowed = self.item("licenses", "allow")?.as_array();
        let allowed = allowed.context("a list")?.iter();
        Ok(allowed.filter_map(|licence| licence.as_str()).collect())
    }

    fn banned(&self) -> Result<BTreeSet<&str>> {
        let banned = self.item("bans", "deny")?.as_array();
        let entries = banned.context("a list")?.iter();
        Ok(entries
            .filter_map(|entry| entry.as_inline_table()?.get("crate")?.as_str())
            .collect())
    }
}

/// Every crate that is built on this machine, as `cargo metadata` reports it.
fn crates() -> Result<Vec<Value>> {
    let host = cargo_host()?;
    let arguments = [
        "metadata",
        "--offline",
        "--format-version",
        "1",
        "--filter-platform",
        &host,
    ];
    let metadata: Value = serde_json::from_str(&cargo(&arguments)?)?;
    let crates = list(&metadata, "packages").to_vec();
    ensure!(crates.len() > 100, "only {} crates", crates.len());
    Ok(crates)
}

/// The triple of this machine, for which cargo has every crate.
fn cargo_host() -> Result<String> {
    let version = child::run(Path::new(env!("CARGO")), ["version", "--verbose"])?.success()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("cargo names its host")?.to_owned())
}

#[test]
fn every_licence_is_allowed_and_every_allowance_is_used() -> Result<()> {
    let deny = Deny::read()?;
    let allowed = deny.licences()?;
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for package in crates()? {
        let written = text(&package, "license");
        let expression = Expression::parse(written)
            .with_context(|| format!("the licence of `{}`", text(&package, "name")))?;
        let Some(needed) = expression.needed(&allowed) else {
            wrong.push(format!("`{}`: {written}", text(&package, "name")));
            continue;
        };
        used.extend(needed);
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(used, allowed.into_iter().map(str::to_owned).collect());
    Ok(())
}

#[test]
fn every_crate_comes_from_an_allowed_source_and_none_is_banned() -> Result<()> {
    let deny = Deny::read()?;
    for kind in ["unknown-registry", "unknown-git"] {
        assert_eq!(deny.item("sources", kind)?.as_str(), Some("deny"));
    }
    let banned = deny.banned()?;
    assert!(!banned.is_empty());
    let mut wrong = Vec::new();
    for package in crates()? {
        let (name, source) = (text(&package, "name"), text(&package, "source"));
        // A crate of this workspace has no source.
        let is_public = source.starts_with("registry+") && source.contains("crates.io-index");
        if !(source.is_empty() || is_public) || banned.contains(name) {
            wrong.push(format!("`{name}` from `{source}`"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

/// A licence as a crate declares it, in SPDX's grammar and with the older `/` for *or*.
enum Expression {
    One(String),
    Any(Vec<Self>),
    All(Vec<Self>),
}

impl Expression {
    fn parse(text: &str) -> Result<Self> {
        let spaced = text
            .replace('/', " OR ")
            .replace('(', " ( ")
            .replace(')', " ) ");
        let mut words = spaced.split_whitespace().peekable();
        let parsed = Self::any(&mut words)?;
        ensure!(words.next().is_none(), "`{text}` does not end");
        Ok(parsed)
    }

    fn any<'a>(words: &mut Words<'a, impl Iterator<Item = &'a str>>) -> Result<Self> {
        let mut parts = vec![Self::all(words)?];
        while words.next_if_eq(&"OR").is_some() {
            parts.push(Self::all(words)?);
        }
        Ok(Self::Any(parts))
    }

    fn all<'a>(words: &mut Words<'a, impl Iterator<Item = &'a str>>) -> Result<Self> {
        let mut parts = vec![Self::one(words)?];
        while words.next_if_eq(&"AND").is_some() {
            parts.push(Self::one(words)?);
        }
        Ok(Self::All(parts))
    }

    fn one<'a>(words: &mut Words<'a, impl Iterator<Item = &'a str>>) -> Result<Self> {
        match words.next() {
            Some("(") => {
                let inner = Self::any(words)?;
                ensure!(words.next() == Some(")"), "a bracket is not closed");
                Ok(inner)
            }
            Some(name) if !["OR", "AND", "WITH", ")"].contains(&name) => {
                let mut licence = name.to_owned();
                while words.next_if_eq(&"WITH").is_some() {
                    let exception = words.next().context("`WITH` names an exception")?;
                    licence = format!("{licence} WITH {exception}");
                }
                Ok(Self::One(licence))
            }
            other => bail!("`{other:?}` where a licence belongs"),
        }
    }

    /// The allowed licences that satisfy it, the fewest first; `None` where none do.
    fn needed(&self, allowed: &BTreeSet<&str>) -> Option<BTreeSet<String>> {
        match self {
            Self::One(name) => allowed
                .contains(name.as_str())
                .then(|| [name.clone()].into()),
            Self::Any(parts) => {
                let ways = parts.iter().filter_map(|part| part.needed(allowed));
                ways.min_by_key(BTreeSet::len)
            }
            Self::All(parts) => {
                let mut needed = BTreeSet::new();
                for part in parts {
                    needed.extend(part.needed(allowed)?);
                }
                Some(needed)
            }
        }
    }
}

type Words<'a, I> = std::iter::Peekable<I>;

#[test]
fn a_licence_that_only_half_allows_is_refused() -> Result<()> {
    let allowed = BTreeSet::from(["MIT", "ISC"]);
    let is_allowed =
        |text| Ok::<_, anyhow::Error>(Expression::parse(text)?.needed(&allowed).is_some());
    assert!(is_allowed("GPL-3.0 OR MIT")?);
    assert!(is_allowed("GPL-3.0/MIT")?);
    assert!(!is_allowed("GPL-3.0 AND MIT")?);
    assert!(!is_allowed("MIT AND (GPL-3.0 OR Apache-2.0)")?);
    assert!(is_allowed("ISC AND (GPL-3.0 OR MIT)")?);
    assert!(!is_allowed("MIT WITH some-exception")?);
    assert!(Expression::parse("MIT OR").is_err());
    Ok(())
}
