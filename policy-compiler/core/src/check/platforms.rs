//! A block so broad that it breaks the organisation's own sign-in or classroom.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{At, Ownership};
use fyr_schemas::GroupId;

use super::closed::{self, Block, BySettings};
use super::once::OncePerSites;
use crate::catalogue::platforms::{self, Platform, Purpose};
use crate::finding::{Blocked, Diagnostic, Meant, PlatformUse, Reach, Role};
use crate::policy::{Policy, Turn};
use crate::resolve::{Resolution, Sites};
use crate::source::Place;
use crate::url_filter::UrlFilter;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let needs = needs(policy, &mut findings);
    let mut breaks: BTreeMap<(Place, Purpose), Break<'_>> = BTreeMap::new();
    let (mut known, mut settings) = (OncePerSites::default(), BySettings::default());
    let managed = resolution
        .at_all_times()
        .filter(|resolved| resolved.group.ownership == Ownership::Managed);
    for resolved in managed {
        let by_rules = known.answer(&resolved.sites, |sites| {
            let blocks = needs.iter().map(|need| need.blocks(sites));
            blocks.collect::<Vec<_>>()
        });
        for (need, by_rules) in needs.iter().zip(by_rules) {
            let by_settings = settings.closing(resolved, &need.filter);
            for block in by_rules.iter().chain(&by_settings) {
                if is_meant(policy, need, block) {
                    continue;
                }
                breaks
                    .entry((block.place, need.platform.purpose))
                    .or_insert_with(|| Break::by(block))
                    .add(need, &resolved.group.id);
            }
        }
    }
    let broken = breaks.iter();
    findings.extend(broken.map(|((place, purpose), broken)| broken.finding(*place, *purpose)));
    findings
}

/// A host that a platform of the organisation needs.
struct Need {
    platform: &'static Platform,
    host: &'static str,
    filter: UrlFilter,
    /// Where `fyr.yaml` names the platform.
    place: Place,
}

/// Every host that the named platforms need; an unknown platform is a finding. Hosts that
/// are always reachable have a check of their own.
fn needs(policy: &Policy, findings: &mut Vec<Diagnostic>) -> Vec<Need> {
    let organisation = &policy.organisation;
    let sign_ins = organisation.document.sign_in.providers.iter();
    let classrooms = organisation.document.classroom.iter();
    let named = sign_ins
        .map(|name| (Purpose::SignIn, name))
        .chain(classrooms.map(|name| (Purpose::Classroom, name)));
    let is_guarded = |filter: &UrlFilter| {
        let mut guarded = policy.always_reachable.iter();
        guarded.any(|(guarded, _)| guarded.contains(filter))
    };
    let mut needs = Vec::new();
    for (purpose, name) in named {
        let place = organisation.place(name);
        let Some(platform) = platforms::find(name, purpose) else {
            findings.push(unknown(name, purpose, place));
            continue;
        };
        needs.extend(platform.hosts.iter().filter_map(|host| {
            let filter = host.parse().ok().filter(|filter| !is_guarded(filter))?;
            Some(Need {
                platform,
                host,
                filter,
                place,
            })
        }));
    }
    needs
}

fn unknown(name: &At<String>, purpose: Purpose, place: Place) -> Diagnostic {
    let known = platforms::of(purpose).map(|platform| platform.name);
    Diagnostic::of(Reach::UnknownPlatform {
        purpose: used_for(purpose),
        name: name.value.clone(),
        meant: Meant::among(name, known),
    })
    .at(place, Role::UnknownPlatform)
}

fn used_for(purpose: Purpose) -> PlatformUse {
    match purpose {
        Purpose::SignIn => PlatformUse::SignIn,
        Purpose::Classroom => PlatformUse::Classroom,
    }
}

/// Whether a block closes a classroom for a time: there is no teaching during an exam.
fn is_meant(policy: &Policy, need: &Need, block: &Block<'_>) -> bool {
    match need.platform.purpose {
        Purpose::SignIn => false,
        Purpose::Classroom => policy
            .rules
            .get(block.rule)
            .is_some_and(|rule| rule.time_scope.turn() != Turn::Always),
    }
}

impl Need {
    /// The rules that close it: any part of a host that people sign in through, and the whole of
    /// one that teaching happens on, where closing a part may well be meant.
    fn blocks<'a>(&self, sites: &Sites<'a>) -> Vec<Block<'a>> {
        let mut blocks = closed::by_rules(sites, &self.filter);
        blocks.retain(|block| match self.platform.purpose {
            Purpose::SignIn => true,
            Purpose::Classroom => block.filter.contains(&self.filter),
        });
        blocks
    }
}

/// What one block breaks.
struct Break<'a> {
    blocked: Blocked,
    hosts: BTreeSet<&'static str>,
    /// Where each platform is named, with its name as people know it.
    platforms: BTreeMap<Place, &'static str>,
    groups: BTreeSet<&'a GroupId>,
}

impl<'a> Break<'a> {
    fn by(block: &Block<'a>) -> Self {
        Self {
            blocked: block.blocked(),
            hosts: BTreeSet::new(),
            platforms: BTreeMap::new(),
            groups: BTreeSet::new(),
        }
    }

    fn add(&mut self, need: &Need, group: &'a GroupId) {
        self.hosts.insert(need.host);
        self.platforms.insert(need.place, need.platform.title);
        self.groups.insert(group);
    }

    fn finding(&self, place: Place, purpose: Purpose) -> Diagnostic {
        let purpose = used_for(purpose);
        let needs = self.platforms.iter().map(|(place, title)| {
            let title = (*title).to_owned();
            (*place, Role::PlatformNeeds { purpose, title })
        });
        let blocks = Role::Blocks {
            rule: self.blocked.rule.clone(),
            since: None,
        };
        Diagnostic::of(Reach::PlatformBlocked {
            purpose,
            blocked: self.blocked.clone(),
            hosts: self.hosts.iter().map(|host| (*host).to_owned()).collect(),
        })
        .at(place, blocks)
        .at_each(needs)
        .concerning(self.groups.iter().copied())
    }
}
