//! What lowering found, with the places in the policy that it comes from.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::BrowserVersion;
use fyr_schemas::ControlId;
use fyr_schemas::bundle::Engine;

use crate::finding::{Diagnostic, Reach, Role};
use crate::lower::{self, Clash, Unknown};
use crate::policy::Policy;
use crate::resolve::Resolved;
use crate::settings::{self, Kind};
use crate::source::Place;

/// Two controls that want one policy to be different things.
pub(super) fn report_clash(clash: &Clash, resolved: &Resolved<'_>) -> Diagnostic {
    let is_native = |control: &ControlId| {
        let setting = settings::find(control.as_str());
        setting.is_some_and(|setting| matches!(setting.kind, Kind::Policy(_)))
    };
    let (dropped, kept) = (&clash.dropped, &clash.kept);
    let keep = match (is_native(dropped), is_native(kept)) {
        (true, false) => Some(kept.clone()),
        (false, true) => Some(dropped.clone()),
        (true, true) | (false, false) => None,
    };
    let mark = |control: &ControlId| {
        let role = Role::SetsControl {
            control: control.clone(),
        };
        (place_of(control, resolved), role)
    };
    Diagnostic::of(Reach::Clash {
        policy: clash.subject.clone(),
        dropped: dropped.clone(),
        kept: kept.clone(),
        keep,
    })
    .at_each([mark(dropped), mark(kept)])
    .concerning([&resolved.group.id])
}

/// The policies that the oldest browsers of the fleet do not know, as groups want them.
#[derive(Default)]
pub(super) struct TooNew {
    found: BTreeMap<(Engine, BrowserVersion), BTreeSet<(Place, Unknown)>>,
}

impl TooNew {
    /// Notes what was found when what holds for a group was lowered.
    pub(super) fn note(&mut self, unknown: &[Unknown], resolved: &Resolved<'_>) {
        for unknown in unknown {
            let found = self.found.entry((unknown.engine, unknown.oldest));
            let place = place_of(&unknown.control, resolved);
            found.or_default().insert((place, unknown.clone()));
        }
    }

    /// One finding for each browser.
    pub(super) fn report(&self, policy: &Policy) -> impl Iterator<Item = Diagnostic> {
        let found = self.found.iter();
        found.map(|((engine, oldest), unknown)| report_too_new(policy, (*engine, *oldest), unknown))
    }
}

fn report_too_new(
    policy: &Policy,
    (engine, oldest): (Engine, BrowserVersion),
    unknown: &BTreeSet<(Place, Unknown)>,
) -> Diagnostic {
    let needs = unknown.iter().map(|(place, unknown)| {
        let role = Role::NeedsVersion {
            control: unknown.control.clone(),
            policy: unknown.policy.clone(),
            since: unknown.needs.clone(),
        };
        (*place, role)
    });
    let organisation = &policy.organisation;
    let written = organisation.document.browsers.oldest(engine);
    Diagnostic::of(Reach::TooNew { engine, oldest })
        .at_each(needs)
        .at_each(written.map(|written| (organisation.place(written), Role::OldestBrowser)))
}

/// Where a group's control is decided: its setting's value, or the first site of its rule.
fn place_of(control: &ControlId, resolved: &Resolved<'_>) -> Place {
    let setting = resolved.settings.get(control.as_str());
    let site = || {
        let mut claims = resolved.sites.claims.iter();
        claims.find(|claim| lower::sites_control(claim.says.verdict, claim.rule.id()) == *control)
    };
    setting
        .map(|effective| effective.holds.place)
        .or_else(|| site().map(|claim| claim.says.place))
        .unwrap_or(resolved.group.place)
}
