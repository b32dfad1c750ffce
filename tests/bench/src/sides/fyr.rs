//! Ours: a policy with one rule that blocks one category, and the judge of one group.

use anyhow::{Context as _, Result, ensure};
use fyr_policy_core::finding::Diagnostics;
use fyr_policy_core::judge::Judge;
use fyr_policy_core::lower::FlatLists;
use fyr_policy_core::policy::{Assumptions, Policy, organise};
use fyr_policy_core::resolve::resolve;
use fyr_policy_core::url_filter::Verdict;
use fyr_policy_core::{Sources, parse};
use jiff::civil::date;
use url::Url;

use super::{Answers, ask, ready};

const FILES: [(&str, &str); 5] = [
    (
        "fyr.yaml",
        "organisation: fyrby\nname: Fyrby\ncountry: DK\ntime-zone: Europe/Copenhagen\nlanguages: [da]\n\
         sign-in: { domains: [fyrby.example] }\nstages: { elever: 0-10 }\n\
         bodies: { raad: { name: Rådet, competent-for: / } }\n",
    ),
    (
        "units.yaml",
        "units:\n  /skole: { name: Skolen, groups: [2021] }\n",
    ),
    (
        "decisions/alt.yaml",
        "decision: R-1\ntitle: Alt\nbody: raad\ndate: 2025-01-01\nstatus: in-force\npurpose: Alt\n\
         legal-basis: alt\nowner: alle\nreview: 2099-01-01\n",
    ),
    (
        "rules/alt.yaml",
        "rule: luk\ndecision: R-1\nfor: /\nstrength: minimum\nsites: { block: [category:lukket] }\n\
         why: { da: Derfor. }\n",
    ),
    (
        "lists/lists.yaml",
        "category: lukket\ntitle: { da: Lukket }\nsource: opdigtet\nlicence: CC0-1.0\nfiles: [lukket]\n",
    ),
];

pub(super) fn answers(list: &str, urls: &[Url]) -> Result<Answers> {
    let files = FILES.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let list = ("lists/lukket".to_owned(), list.to_owned());
    let sources: Sources = files.into_iter().chain([list]).collect();
    // What resolves the policy borrows it, so it is left to live.
    let (judge, ready) = ready(|| {
        let policy: &'static Policy = Box::leak(Box::new(policy(&sources)?));
        let resolution = Box::leak(Box::new(resolve(policy)));
        let group = resolution.groups.values().next().context("the group")?;
        Ok(Judge::new(policy, group, &FlatLists::default()))
    })?;
    Ok(ask(ready, urls, |url| judge.verdict(url) == Verdict::Block))
}

fn policy(sources: &Sources) -> Result<Policy> {
    let mut findings = Diagnostics::default();
    let documents = parse::parse(sources, &mut findings);
    let day = date(2026, 11, 24);
    let policy = organise(documents, day, &Assumptions::default(), &mut findings);
    ensure!(!findings.any_error(), "{:?}", findings.into_sorted());
    policy.context("a policy")
}
