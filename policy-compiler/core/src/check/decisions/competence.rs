//! R21: a body decides for its unit and what is below, and replaces no decision of a wider one.

use fyr_policy_source::{At, Body, Decision};
use fyr_schemas::{BodyId, UnitPath};

use crate::finding::{Competent, Decision as Found, Diagnostic, Role};
use crate::parse::InFile;
use crate::policy::{Policy, Rule};
use crate::source::Place;

/// Whether the body that decided is competent for all groups of a rule.
pub(super) fn of_rule(
    policy: &Policy,
    rule: &Rule,
    decision: &InFile<Decision>,
) -> Option<Diagnostic> {
    let unit = &rule.source.document.scope.unit;
    let concerns = (
        rule.source.place(unit),
        Role::RuleForUnit {
            rule: rule.id().clone(),
        },
    );
    for_unit(policy, decision, unit, concerns)
}

/// Whether the body that decided may rule over a unit; `concerns` is where it does.
pub(in crate::check) fn for_unit(
    policy: &Policy,
    decision: &InFile<Decision>,
    unit: &UnitPath,
    concerns: (Place, Role),
) -> Option<Diagnostic> {
    let body = body_of(policy, decision)?;
    (!body.competent_for.contains(unit) && !policy.lacks_unit(unit))
        .then(|| beyond(policy, decision, unit, concerns))
}

/// Whether the body that decided may end what another decided.
pub(super) fn of_replacement(
    policy: &Policy,
    decision: &InFile<Decision>,
    replaced: &InFile<Decision>,
) -> Option<Diagnostic> {
    let body = body_of(policy, decision)?;
    let unit = &body_of(policy, replaced)?.competent_for;
    let case = replaced.document.decision.value.clone();
    let concerns = (
        replaced.place(&replaced.document.body),
        Role::ReplacedDecisionOf { case },
    );
    (!body.competent_for.contains(unit)).then(|| beyond(policy, decision, unit, concerns))
}

/// Whether the body that decided may rule over a unit; one that `fyr.yaml` does not have is a
/// finding of its own.
pub(in crate::check) fn may_decide(
    policy: &Policy,
    decision: &InFile<Decision>,
    unit: &UnitPath,
) -> bool {
    body_of(policy, decision).is_none_or(|body| body.competent_for.contains(unit))
}

/// The body nearest to a unit of those that may decide for it.
pub(in crate::check) fn nearest<'a>(
    policy: &'a Policy,
    unit: &UnitPath,
) -> Option<(&'a At<BodyId>, &'a Body)> {
    let bodies = policy.organisation.document.bodies.iter();
    bodies
        .filter(|(_, body)| body.competent_for.contains(unit))
        .max_by_key(|(_, body)| body.competent_for.depth())
}

/// The body that decided a case; `None` where `fyr.yaml` has no such body.
fn body_of<'a>(policy: &'a Policy, decision: &InFile<Decision>) -> Option<&'a Body> {
    let bodies = &policy.organisation.document.bodies;
    bodies.get(&decision.document.body)
}

/// The finding that a body decides for a unit that is not its own; `concerns` is where it does.
fn beyond(
    policy: &Policy,
    decision: &InFile<Decision>,
    unit: &UnitPath,
    (place, concerns): (Place, Role),
) -> Diagnostic {
    let bodies = &policy.organisation.document.bodies;
    let decided_by = &decision.document.body;
    let competent = match nearest(policy, unit) {
        Some((id, body)) if covers_all(policy, decision, body) => Competent::Body {
            id: id.value.clone(),
            name: body.name.clone(),
        },
        Some((_, body)) => Competent::OwnDecision {
            name: body.name.clone(),
        },
        None => Competent::NoneCompetent,
    };
    let competence = bodies.get(decided_by).map(|body| {
        let place = policy.organisation.place(&body.competent_for);
        (place, Role::CompetentFor)
    });
    Diagnostic::of(Found::BeyondCompetence {
        case: decision.document.decision.value.clone(),
        body: policy.body_name(decided_by),
        unit: unit.clone(),
        competent,
    })
    .at(place, concerns)
    .at(decision.place(decided_by), Role::DecidedBy)
    .at_each(competence)
}

/// Whether a body may decide for everything that cites a decision: else its name in the decision
/// only moves the finding.
fn covers_all(policy: &Policy, decision: &InFile<Decision>, body: &Body) -> bool {
    let case = &decision.document.decision.value;
    let rules = policy.rules.values().chain(policy.dormant.values());
    let mut covered = rules
        .filter(|rule| rule.decision() == Some(case))
        .map(Rule::unit)
        .chain(policy.units_approved_by(case));
    covered.all(|unit| body.competent_for.contains(unit))
}
