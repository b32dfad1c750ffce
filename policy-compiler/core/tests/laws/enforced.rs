//! Where the report says that a site is enforced, there it is, and `explain` says the same.

use std::collections::BTreeMap;

use fyr_policy_core::lower::{LossReason, Placement, SitesAt};
use fyr_policy_core::resolve::resolve;
use fyr_policy_core::url_filter::Verdict;
use fyr_policy_core::wording::{Language, loss_reason};
use fyr_policy_core::{
    Compilation, Enforcement, Sources, Subject, When, compile, enforcement, explain,
};
use fyr_schemas::GroupId;
use fyr_schemas::bundle::{Coverage, Engine};
use proptest::prelude::*;
use url::Url;

use crate::device::Device;
use crate::oversize::{address, large, sources};
use crate::{DAY, policy};

/// How many sites of one place are looked at.
const LOOKED_AT: usize = 25;

/// A policy that compiles, and the report on it.
struct Reported {
    sources: Sources,
    compilation: Compilation,
    report: Vec<Enforcement>,
}

/// What the report says of some sites.
#[derive(Debug)]
struct Entry<'r> {
    engine: Engine,
    verdict: Verdict,
    place: &'r Placement,
    sites: Vec<String>,
}

impl Reported {
    /// `None` where the policy does not compile.
    fn new(sources: Sources) -> Option<Self> {
        let compilation = compile(&sources, DAY);
        let report = enforcement(&sources, DAY, None);
        if compilation.failed() {
            report.expect_err("nothing of it is enforced");
            return None;
        }
        Some(Self {
            report: report.expect("a report"),
            sources,
            compilation,
        })
    }

    /// Everything that the report says of a group.
    fn of(&self, group: &GroupId) -> Vec<Entry<'_>> {
        let of_group = self.report.iter().filter(|one| {
            let mut groups = one.groups.iter();
            groups.any(|at| at.group == *group && at.during.is_empty())
        });
        let mut entries = Vec::new();
        for one in of_group {
            for control in &one.enforced.controls {
                let name = control.control.as_str();
                let verdict = name.split('.').nth(1).expect(name);
                let mut verdicts = Verdict::ALL.into_iter();
                let verdict = verdicts.find(|each| each.word() == verdict).expect(name);
                entries.extend(control.sites.iter().map(|sites| Entry {
                    engine: one.enforced.engine,
                    verdict,
                    place: &sites.place,
                    sites: self.some_of(&sites.which),
                }));
            }
        }
        entries
    }

    /// Sites of a place, from all over it.
    fn some_of(&self, which: &SitesAt) -> Vec<String> {
        let mut all = which.sites.clone();
        for all_but in &which.categories {
            let mut lists = self.sources.lists().iter();
            let path = format!("lists/{}", all_but.category);
            let list = lists.find(|file| file.path == path).expect("a list");
            let text = std::str::from_utf8(&list.bytes).expect("text");
            let domains = text.lines().filter(|line| !line.contains('/'));
            all.extend(
                domains
                    .filter(|name| !all_but.except.contains(*name))
                    .map(str::to_owned),
            );
        }
        assert_eq!(all.len(), which.count);
        let step = all.len().div_ceil(LOOKED_AT).max(1);
        all.into_iter().step_by(step).collect()
    }

    fn explained(&self, group: &GroupId, url: &Url) -> BTreeMap<Engine, Coverage> {
        let subject = Subject::Url(url.clone());
        let explained = explain(&self.sources, When::Day(DAY), group.as_str(), &subject);
        explained.expect("an explanation").enforced
    }
}

/// An address that a filter decides over and no narrower one does.
fn at(site: &str) -> Url {
    let site = if site == "*" { "other.test" } else { site };
    format!("https://{site}").parse().expect(site)
}

impl Entry<'_> {
    /// Whether a browser of a device does what is said of an address.
    fn is_true(&self, device: &Device<'_>, url: &Url) -> bool {
        let browser = device.browser_opens(self.engine, url);
        let opens = device.opens(self.engine, url);
        let is_open = self.verdict.is_open();
        match self.place {
            Placement::Browser { .. } => browser == is_open && opens == is_open,
            Placement::Device { .. } => !is_open && browser && !opens,
            Placement::Inherent => self.verdict == Verdict::Allow && opens,
            Placement::Nowhere(LossReason::NoWarning) => self.verdict == Verdict::Warn && opens,
            Placement::Nowhere(_) => opens != is_open,
        }
    }
}

/// Whether an explanation names the place.
fn is_said(coverage: &Coverage, place: &Placement) -> bool {
    match place {
        Placement::Browser { list } => *coverage == Coverage::Policy(vec![(*list).to_owned()]),
        Placement::Device { category } => *coverage == Coverage::Lists(vec![category.clone()]),
        Placement::Inherent => *coverage == Coverage::Inherent,
        Placement::Nowhere(reason) => {
            matches!(coverage, Coverage::Gap(gap) if gap.detail.contains(&loss_reason(reason, Language::English)))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Every entry of the report is as the compiled lists are, and `explain` says the same of it.
    #[test]
    fn every_site_is_enforced_where_the_report_and_explain_say(
        rules in prop::collection::vec(large(), 1..5),
        is_everything_closed in prop::bool::weighted(0.2),
        explained in any::<prop::sample::Index>(),
    ) {
        let Some(reported) = Reported::new(sources(&rules, is_everything_closed)) else {
            return Ok(());
        };
        for group in reported.compilation.bundles.keys() {
            let device = Device::new(&reported.compilation, group);
            let entries = reported.of(group);
            for entry in &entries {
                for site in &entry.sites {
                    prop_assert!(entry.is_true(&device, &at(site)), "{site} for {group}: {entry:?}");
                }
            }
            if entries.is_empty() {
                continue;
            }
            let entry = explained.get(&entries);
            let site: &String = explained.get(&entry.sites);
            let url = at(site);
            let coverage = &reported.explained(group, &url)[&entry.engine];
            prop_assert!(
                is_said(coverage, entry.place),
                "{url} for {group}: {entry:?} is explained as {coverage:?}"
            );
        }
    }

    /// For every address: `explain` says that a verdict is enforced exactly where
    /// it is.
    #[test]
    fn what_explain_says_of_an_address_is_what_a_device_does(
        rules in prop::collection::vec(large(), 1..5),
        is_everything_closed in prop::bool::weighted(0.2),
        addresses in prop::collection::vec(address(), 1),
    ) {
        let sources = sources(&rules, is_everything_closed);
        let Some(reported) = Reported::new(sources) else {
            return Ok(());
        };
        let policy = policy(&reported.sources);
        for (group, resolved) in resolve(&policy).groups {
            let device = Device::new(&reported.compilation, group);
            for url in &addresses {
                let Some(claim) = resolved.sites.verdict(url) else { continue };
                let verdict = claim.says.verdict;
                for (engine, coverage) in reported.explained(group, url) {
                    let opens = device.opens(engine, url);
                    let holds = match &coverage {
                        Coverage::Gap(gap) if gap.detail.contains("guidance") => opens,
                        Coverage::Gap(_) => opens != verdict.is_open(),
                        Coverage::Policy(_) | Coverage::Lists(_) | Coverage::Inherent => {
                            opens == verdict.is_open()
                        }
                        Coverage::Hosts(_) => false,
                    };
                    prop_assert!(holds, "{url} for {group} in {engine}: {coverage:?}");
                }
            }
        }
    }
}
