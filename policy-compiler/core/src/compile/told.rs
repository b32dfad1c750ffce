//! What lowering found, told where the policy says it.

use fyr_schemas::ControlId;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::policy::Policy;
use crate::resolve::Resolved;
use crate::source::Place;
use crate::target::{self, Clash, Unknown};

/// Two controls that want one policy to be different things.
pub(super) fn tell_clash(clash: &Clash, resolved: &Resolved<'_>) -> Diagnostic {
    let place = |control| place_of(control, resolved);
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
    .help("set one of them")
}

/// A policy that the oldest browser of the fleet does not know.
pub(super) fn tell_too_new(
    unknown: &Unknown,
    policy: &Policy,
    resolved: &Resolved<'_>,
) -> Diagnostic {
    let Unknown {
        engine,
        control,
        policy: unknown,
        needs,
        oldest,
    } = unknown;
    let finding = Diagnostic::new(
        Code::TooNewForBrowser,
        format!("`{control}` takes `{unknown}`, which {engine} {oldest} does not know"),
    )
    .at(place_of(control, resolved), format!("came with {needs}"))
    .help(format!(
        "older ones ignore it, which is a gap: bring them to {needs}, then raise `browsers`"
    ));
    let organisation = &policy.organisation;
    match organisation.document.browsers.oldest(*engine) {
        Some(said) => finding.at(organisation.place(said), "the oldest one in use"),
        None => finding,
    }
}

/// Where a group's control is decided: its setting's value, or the first site of its rule.
fn place_of(control: &ControlId, resolved: &Resolved<'_>) -> Place {
    let setting = resolved.settings.get(control.as_str());
    let site = || {
        let mut voices = resolved.sites.voices.iter();
        voices.find(|voice| target::sites_control(voice.says.verdict, voice.rule.id()) == *control)
    };
    setting
        .map(|settled| settled.holds.place)
        .or_else(|| site().map(|voice| voice.says.place))
        .unwrap_or(resolved.group.place)
}
