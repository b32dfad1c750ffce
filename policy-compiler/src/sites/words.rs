//! Where sites are enforced, as text: what is enforced nowhere first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fyr_policy_core::lower::{LossReason, Placement, SitesAt};
use fyr_policy_core::phrase::counted;
use fyr_policy_core::{
    EnforcedControl, EnforcedSites, Enforcement, GroupAtTime, Language, SitesIn, wording,
};
use fyr_schemas::bundle::{self, Engine};
use fyr_schemas::{GroupId, PeriodId};

use super::SitesArgs;
use crate::render::in_one_line;

/// The sites that are named of those that are enforced nowhere for one reason.
const SITES_NAMED: usize = 5;

/// The groups that are named of those that are alike.
const GROUPS_NAMED: usize = 5;

/// The answer to `fyr sites`.
pub(super) fn of(report: &[Enforcement], args: &SitesArgs) -> String {
    if report.is_empty() {
        return "nothing is enforced: personal devices get no bundle\n".to_owned();
    }
    let mut text = nowhere(report);
    // The browsers of the same groups stand together.
    for alike in report.chunk_by(|one, next| one.groups == next.groups) {
        text.push('\n');
        for (number, one) in alike.iter().enumerate() {
            if number == 0 {
                let _ = writeln!(text, "{}", in_one_line(&groups_of(one)));
            }
            describe_lists(&mut text, &one.enforced);
            match &args.group {
                Some(_) => by_control(&mut text, &one.enforced),
                None => in_sum(&mut text, &one.enforced),
            }
        }
    }
    let directory = args.policy.directory.display();
    // Writing to a string cannot fail.
    if args.group.is_none() {
        let _ = writeln!(
            text,
            "\n`fyr sites {directory} --group GROUP` lists each rule"
        );
    }
    let cut = report.iter().flat_map(|one| &one.enforced.controls);
    let mut cut = cut.flat_map(|control| &control.sites);
    if cut.any(is_cut) {
        let _ = writeln!(text, "\n`fyr sites {directory} --json` names every site");
    }
    text
}

/// What is enforced nowhere, with for whom, before everything else.
fn nowhere(report: &[Enforcement]) -> String {
    let mut lost: BTreeMap<(String, String), BTreeSet<GroupId>> = BTreeMap::new();
    for one in report {
        let engine = one.enforced.engine;
        for control in &one.enforced.controls {
            for sites in control.sites.iter().filter(|sites| is_nowhere(sites)) {
                let (count, place) = (sites.which.count, place(sites, engine));
                let says = format!("{count:>8}  in {engine}, {place}");
                let groups = lost.entry((named(control), says)).or_default();
                groups.extend(one.groups.iter().map(|at| at.group.clone()));
            }
        }
    }
    if lost.is_empty() {
        return "every site is enforced\n".to_owned();
    }
    let mut text = "not enforced\n".to_owned();
    for ((control, says), groups) in &lost {
        let whom = wording::groups(groups, Language::English);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {} for {whom}", in_one_line(control));
        let _ = writeln!(text, "  {}", in_one_line(says));
    }
    text
}

/// How full the lists of a browser are.
fn describe_lists(text: &mut String, sites: &EnforcedSites) {
    let EnforcedSites {
        engine,
        entries,
        controls,
    } = sites;
    let _ = writeln!(
        text,
        "  in {engine}, {} closed and {} open entries of {} each",
        entries.closed, entries.open, entries.of
    );
    if controls.is_empty() {
        text.push_str("  no site is opened or closed\n");
    }
}

/// How many sites are where.
fn in_sum(text: &mut String, sites: &EnforcedSites) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for each in sites.controls.iter().flat_map(|control| &control.sites) {
        let place = briefly(each, sites.engine);
        let count = counts.entry(place).or_default();
        *count = count.saturating_add(each.which.count);
    }
    for (place, count) in &counts {
        let _ = writeln!(text, "  {count:>8}  {}", in_one_line(place));
    }
}

fn by_control(text: &mut String, sites: &EnforcedSites) {
    for control in &sites.controls {
        describe_control(text, control, sites.engine);
    }
}

fn is_cut(sites: &SitesIn) -> bool {
    is_nowhere(sites) && sites.which.sites.len() > SITES_NAMED
}

fn is_nowhere(sites: &SitesIn) -> bool {
    match sites.place {
        Placement::Nowhere(_) => true,
        Placement::Browser { .. } | Placement::Device { .. } | Placement::Inherent => false,
    }
}

/// `a, b and 3 more groups, during exam`.
fn groups_of(one: &Enforcement) -> String {
    let by_group: Vec<&[GroupAtTime]> = one.groups.chunk_by(|a, b| a.group == b.group).collect();
    let all_times: BTreeSet<String> = by_group.iter().map(|times| in_times(times)).collect();
    let named = by_group.iter().take(GROUPS_NAMED).filter_map(|times| {
        let group = &times.first()?.group;
        Some(match all_times.len() {
            1 => group.to_string(),
            _ => format!("{group}{}", in_times(times)),
        })
    });
    let named: Vec<String> = named.collect();
    let more = match by_group.len().saturating_sub(GROUPS_NAMED) {
        0 => String::new(),
        more => format!(" and {}", counted(more, "more group", "more groups")),
    };
    let times = match all_times.first() {
        Some(times) if all_times.len() == 1 => times.as_str(),
        Some(_) | None => "",
    };
    format!("{}{more}{times}", named.join(", "))
}

/// The times of one group, after its name; nothing where no period runs.
fn in_times(times: &[GroupAtTime]) -> String {
    if let [only] = times
        && only.during.is_empty()
    {
        return String::new();
    }
    let times = times.iter().map(|at| {
        let periods: Vec<&str> = at.during.iter().map(PeriodId::as_str).collect();
        match periods.as_slice() {
            [] => " while no period runs".to_owned(),
            periods => format!(" during {}", periods.join(" and ")),
        }
    });
    times.collect::<Vec<String>>().join(" or")
}

/// `sites.block.luk, SK-2025-7`.
fn named(control: &EnforcedControl) -> String {
    let decision = control.decision.as_ref();
    let ground = decision.map_or(String::new(), |case| format!(", {case}"));
    format!("{}{ground}", control.control)
}

fn describe_control(text: &mut String, control: &EnforcedControl, engine: Engine) {
    let _ = writeln!(text, "  {}", in_one_line(&named(control)));
    for sites in &control.sites {
        let count = sites.which.count;
        let says = in_one_line(&place(sites, engine));
        let _ = writeln!(text, "  {count:>8}  {says}");
    }
}

/// Where sites are, without which they are.
fn briefly(sites: &SitesIn, engine: Engine) -> String {
    match &sites.place {
        Placement::Browser { .. } | Placement::Device { .. } | Placement::Inherent => {
            place(sites, engine)
        }
        Placement::Nowhere(LossReason::NoWarning) => "open without a warning".to_owned(),
        Placement::Nowhere(_) => "nowhere".to_owned(),
    }
}

fn place(sites: &SitesIn, engine: Engine) -> String {
    match &sites.place {
        Placement::Browser { list } => format!("in {engine}, by {list}"),
        Placement::Device { category } => format!(
            "on the device, by name ({}); what lies below, other than `www.`, stays open",
            bundle::list_target_name(category)
        ),
        Placement::Inherent => "open: nothing blocks it".to_owned(),
        Placement::Nowhere(reason) => {
            let place = if *reason == LossReason::NoWarning {
                "open without a warning"
            } else {
                "nowhere"
            };
            let why = wording::loss_reason(reason, Language::English);
            format!("{place}, since {why}: {}", some_of(&sites.which))
        }
    }
}

fn some_of(which: &SitesAt) -> String {
    let wholes = which
        .categories
        .iter()
        .map(|whole| match whole.except.len() {
            0 => format!("category:{}", whole.category),
            except => format!("category:{} except {except}", whole.category),
        });
    let sites = which.sites.iter().take(SITES_NAMED).cloned();
    let named: Vec<String> = wholes.chain(sites).collect();
    match which.sites.len().saturating_sub(SITES_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
