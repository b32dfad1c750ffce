//! What the categories of a policy are: where each comes from, what of its files is in it, why
//! the rest is not, and which rules speak of it.

use std::collections::BTreeMap;

use fyr_policy_source::Strength;
use fyr_schemas::{CaseNumber, CategoryId, Digest, LanguageCode, RuleId, UnitPath};
use jiff::civil::Date;
use serde::Serialize;

use crate::category::{Category, Origin};
use crate::compile::read;
use crate::finding::Diagnostics;
use crate::lists::{Dropped, Placement};
use crate::policy::{Assumptions, Policy};
use crate::source::Sources;
use crate::url_filter::Verdict;

/// The longest stretch of a dropped line that is shown.
const SHOWN: usize = 80;

/// One category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CategoryAccount {
    /// Its name.
    pub category: CategoryId,
    /// Its name as people know it, by language.
    pub title: BTreeMap<LanguageCode, String>,
    /// Where it comes from.
    pub source: String,
    /// The licence it may be used under.
    pub licence: String,
    /// The day it was taken from its source.
    pub as_of: Option<Date>,
    /// The paths of its files.
    pub files: Vec<String>,
    /// SHA-256 over the bytes of the files, in the order of their paths.
    pub digest: Digest,
    /// What its files say, without comments and empty lines.
    pub entries: usize,
    /// What of it is in the category.
    pub kept: Kept,
    /// What is not, by its reason.
    pub dropped: Vec<DroppedEntries>,
    /// The rules that speak of it on the day.
    pub rules: Vec<SpokenOf>,
}

/// What a category holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Kept {
    /// Whole domains, each with every name below it.
    pub domains: usize,
    /// Addresses, and parts of sites.
    pub parts: usize,
}

/// Entries that were dropped for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DroppedEntries {
    /// The reason.
    pub reason: Dropped,
    /// How many they are.
    pub count: usize,
    /// The first few of them.
    pub examples: Vec<DroppedLine>,
}

/// A line of which something was dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DroppedLine {
    /// Where it is: `lists/gambling:12`.
    pub place: String,
    /// How it begins.
    pub text: String,
}

/// A rule that speaks of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SpokenOf {
    /// What it says.
    pub verdict: Verdict,
    /// The rule.
    pub rule: RuleId,
    /// Its unit.
    pub unit: UnitPath,
    /// What lower levels may do about it: `locked`, `minimum` or `default`.
    pub strength: &'static str,
    /// The case it cites.
    pub decision: Option<CaseNumber>,
}

/// Accounts for every category of a policy, as far as the policy can be read; `None` without
/// `fyr.yaml`.
pub fn categories(sources: &Sources, date: Date) -> Option<Vec<CategoryAccount>> {
    let mut findings = Diagnostics::default();
    let policy = read(sources, date, &Assumptions::default(), &mut findings)?;
    let accounts = policy.categories.values();
    Some(
        accounts
            .map(|category| account_for(category, &policy, sources))
            .collect(),
    )
}

fn account_for(category: &Category, policy: &Policy, sources: &Sources) -> CategoryAccount {
    let origin = &category.origin;
    let written = &origin.source.document;
    CategoryAccount {
        category: category.id.clone(),
        title: written
            .title
            .iter()
            .map(|(language, title)| (language.value.clone(), title.clone()))
            .collect(),
        source: written.source.clone(),
        licence: written.licence.clone(),
        as_of: written.as_of.as_ref().map(|day| day.value.0),
        files: origin.files.clone(),
        digest: origin.digest.clone(),
        entries: origin.account.entries,
        kept: Kept {
            domains: category.domains.len(),
            parts: category.parts.len(),
        },
        dropped: dropped(origin, sources),
        rules: spoken_of(category, policy),
    }
}

/// The most frequent reason first.
fn dropped(origin: &Origin, sources: &Sources) -> Vec<DroppedEntries> {
    let mut dropped: Vec<DroppedEntries> = origin
        .account
        .dropped
        .iter()
        .map(|(reason, tally)| DroppedEntries {
            reason: *reason,
            count: tally.count,
            examples: tally
                .first
                .iter()
                .filter_map(|place| line(*place, origin, sources))
                .collect(),
        })
        .collect();
    dropped.sort_by_key(|entries| std::cmp::Reverse(entries.count));
    dropped
}

fn line(place: Placement, origin: &Origin, sources: &Sources) -> Option<DroppedLine> {
    let path = origin.files.get(place.file)?;
    let file = sources.lists().iter().find(|file| file.path == *path)?;
    let mut lines = file.bytes.split(|byte| *byte == b'\n');
    let line = lines.nth(place.line.checked_sub(1)?)?;
    let line = String::from_utf8_lossy(line);
    Some(DroppedLine {
        place: format!("{path}:{}", place.line),
        text: line.trim().chars().take(SHOWN).collect(),
    })
}

fn spoken_of(category: &Category, policy: &Policy) -> Vec<SpokenOf> {
    let statements = policy
        .rules
        .values()
        .flat_map(|rule| rule.sites.iter().map(move |says| (rule, says)));
    statements
        .filter(|(_, says)| {
            says.sites
                .category()
                .is_some_and(|spoken| spoken.id == category.id)
        })
        .map(|(rule, says)| SpokenOf {
            verdict: says.verdict,
            rule: rule.id().clone(),
            unit: rule.unit().clone(),
            strength: Strength::word(rule.strength()),
            decision: rule.decision().cloned(),
        })
        .collect()
}
