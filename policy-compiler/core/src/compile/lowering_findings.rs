//! What lowering found, reported where the policy says it.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::BrowserVersion;
use fyr_schemas::ControlId;
use fyr_schemas::bundle::Engine;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, in_words};
use crate::lower::{self, Clash, Unknown};
use crate::policy::Policy;
use crate::resolve::Resolved;
use crate::settings::{self, Kind};
use crate::source::Place;

/// Two controls that want one policy to be different things.
pub(super) fn report_clash(clash: &Clash, resolved: &Resolved<'_>) -> Diagnostic {
    let place = |control| place_of(control, resolved);
    let is_native = |control: &ControlId| {
        let setting = settings::find(control.as_str());
        setting.is_some_and(|setting| matches!(setting.kind, Kind::Policy(_)))
    };
    let (dropped, kept) = (&clash.dropped, &clash.kept);
    let help = match (is_native(dropped), is_native(kept)) {
        (true, false) => format!("say it with `{kept}` alone"),
        (false, true) => format!("say it with `{dropped}` alone"),
        (true, true) | (false, false) => "set one of them".to_owned(),
    };
    Diagnostic::new(
        Code::Clash,
        format!(
            "`{}` and `{}` want `{}` to be different things",
            clash.dropped, clash.kept, clash.subject
        ),
    )
    .at(
        place(&clash.dropped),
        format!("`{}` is set here", clash.dropped),
    )
    .at(place(&clash.kept), format!("`{}` is set here", clash.kept))
    .help(help)
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
    let each = || unknown.iter().map(|(_, unknown)| unknown);
    let controls: BTreeSet<&str> = each().map(|unknown| unknown.control.as_str()).collect();
    let controls: Vec<&str> = controls.into_iter().collect();
    let policies: BTreeSet<&str> = each().map(|unknown| unknown.policy.as_str()).collect();
    let policies: Vec<&str> = policies.into_iter().collect();
    let needs: BTreeSet<&str> = each().map(|unknown| unknown.needs.as_str()).collect();
    let needs = match needs.len() {
        1 => needs.first().map_or("", |needs| *needs),
        _ => "the versions named here",
    };
    let take = if controls.len() == 1 { "takes" } else { "take" };
    let finding = Diagnostic::new(
        Code::TooNewForBrowser,
        format!(
            "{} {take} {}, which {engine} {oldest} does not know",
            in_words(&controls, "settings"),
            in_words(&policies, "policies"),
        ),
    )
    .help(format!(
        "older ones ignore it, which is a gap: bring them to {needs}, then raise `browsers`"
    ));
    let finding = unknown.iter().fold(finding, |finding, (place, unknown)| {
        let (policy, needs) = (&unknown.policy, &unknown.needs);
        finding.at(*place, format!("`{policy}` came with {needs}"))
    });
    let organisation = &policy.organisation;
    match organisation.document.browsers.oldest(engine) {
        Some(said) => finding.at(organisation.place(said), "the oldest one in use"),
        None => finding,
    }
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
