//! R03 and R21: what joins a rule by its category or its status opens nothing that a decided floor
//! closes otherwise, unless a body decided on the service that may decide the floor.

use std::collections::BTreeMap;

use fyr_schemas::{GroupId, ServiceId, UnitPath};

use super::narrowed::{carries, leaves_to_others};
use crate::check::once::OncePerSites;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::policy::{Footing, Group, Policy};
use crate::resolve::{Resolution, SiteVoice, Sites};
use crate::source::Place;

pub(in crate::check) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut found: BTreeMap<Joined<'_>, Vec<&GroupId>> = BTreeMap::new();
    let mut known = OncePerSites::default();
    for resolved in resolution.at_all_times() {
        let joined = known.answer(&resolved.sites, openings).iter();
        for joined in joined.filter(|joined| !joined.is_decided(policy, resolved.group)) {
            let groups = found.entry(joined.clone()).or_default();
            if !groups.contains(&&resolved.group.id) {
                groups.push(&resolved.group.id);
            }
        }
    }
    let found = found.iter();
    found
        .map(|(joined, groups)| joined.tell(policy, groups))
        .collect()
}

/// A site of a service that is open because the service joins what a rule opens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Joined<'a> {
    service: &'a ServiceId,
    site: String,
    /// The rule that it joins, and where.
    opens: (&'a str, Place),
    /// The floor that closes it otherwise, its unit, what it says and where.
    closes: (&'a str, &'a UnitPath, String, Place),
}

/// Everything that is open by what joins, and that a decided floor closes otherwise.
fn openings<'a>(sites: &Sites<'a>) -> Vec<Joined<'a>> {
    let voices = sites.voices.iter();
    let opening = voices.filter(|voice| voice.says.verdict.is_open());
    opening.filter_map(|voice| of_voice(sites, voice)).collect()
}

fn of_voice<'a>(sites: &Sites<'a>, voice: &SiteVoice<'a>) -> Option<Joined<'a>> {
    let (service, filter) = (voice.says.joined.as_ref()?, voice.says.sites.filter()?);
    let joins = |other: &SiteVoice<'_>| other.says.joined.as_ref() == Some(service);
    let holds = sites.verdict_over_filter(filter).filter(joins)?;
    let without = sites.verdict_among_over(filter, |other| !joins(other))?;
    let is_opened = holds.says.verdict < without.says.verdict
        && without.rule.footing() == Footing::Decided
        && !leaves_to_others((without.rule, without.says), Some((holds.rule, holds.says)));
    is_opened.then(|| Joined {
        service,
        site: filter.to_string(),
        opens: (holds.rule.id().as_str(), holds.says.place),
        closes: (
            without.rule.id().as_str(),
            without.rule.unit(),
            without.to_string(),
            without.says.place,
        ),
    })
}

impl Joined<'_> {
    /// Whether who may decide the floor decided on the service for a group.
    fn is_decided(&self, policy: &Policy, group: &Group) -> bool {
        let Some(service) = policy.services.get(self.service) else {
            return false;
        };
        let status = service.assessed_for(group);
        let of_status = status.and_then(|status| status.decision);
        let case = of_status.or(service.source.document.decision.as_ref());
        let (_, unit, ..) = &self.closes;
        case.is_some_and(|case| carries(policy, &case.value, unit))
    }

    fn tell(&self, policy: &Policy, groups: &[&GroupId]) -> Diagnostic {
        let (service, site) = (self.service, &self.site);
        let ((rule, here), (floor, unit, says, there)) = (self.opens, &self.closes);
        let listed = policy.services.get(service).and_then(|service| {
            let mut sites = service.sites.iter();
            let (_, place) = sites.find(|(filter, _)| filter.to_string() == *site)?;
            Some(*place)
        });
        let finding = Diagnostic::new(
            Code::NotCompetent,
            format!("`{service}` joins what `{rule}` opens, and so `{site}` is out of reach of `{floor}`"),
        )
        .at(
            listed.unwrap_or(here),
            format!("open by it for {}", groups_in_words(groups)),
        )
        .at(*there, format!("`{floor}` says `{says}`"));
        finding.help(format!(
            "take the site out of the service, or write beside it the `decision:` of a body that may \
             decide for `{unit}`"
        ))
    }
}
