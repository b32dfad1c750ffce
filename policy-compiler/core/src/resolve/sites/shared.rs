//! What groups share whose rules say the same of sites: worked out once for all of them.

use std::collections::BTreeMap;
use std::rc::Rc;

use fyr_schemas::RuleId;

use super::{SiteClaim, Sites};
use crate::policy::{Group, Policy, Rule};
use crate::resolve::Breach;

/// What was worked out so far.
#[derive(Debug, Default)]
pub(in crate::resolve) struct Shared<'a> {
    by_selected: BTreeMap<Selected<'a>, Layered<'a>>,
}

/// Which statements of which rules speak to a group.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Selected<'a> {
    /// The rules that speak of sites.
    rules: Vec<&'a RuleId>,
    /// Of their statements that do not speak to every group: whether each does.
    conditional: Vec<bool>,
}

/// What rules say of sites, and what of it they may not say.
#[derive(Debug, Clone)]
pub(in crate::resolve) struct Layered<'a> {
    pub(in crate::resolve) sites: Rc<Sites<'a>>,
    pub(in crate::resolve) breaches: Rc<[Breach]>,
}

impl<'a> Shared<'a> {
    /// Layers the verdicts of `rules`, which are sorted from the top down, for a group.
    pub(in crate::resolve) fn layer(
        &mut self,
        policy: &Policy,
        group: &Group,
        rules: &[&'a Rule],
    ) -> Layered<'a> {
        let selecting = rules.iter().copied().filter(|rule| !rule.sites.is_empty());
        let mut selected = Selected {
            rules: selecting.clone().map(Rule::id).collect(),
            conditional: Vec::new(),
        };
        let mut claims = Vec::new();
        for rule in selecting {
            for says in &rule.sites {
                let speaks = says.speaks_to(group, policy);
                if says.condition.is_some() {
                    selected.conditional.push(speaks);
                }
                claims.extend(speaks.then_some(SiteClaim { rule, says }));
            }
        }
        let layered = self.by_selected.entry(selected).or_insert_with(|| {
            let sites = Sites::new(claims);
            Layered {
                breaches: sites.breaches().into(),
                sites: Rc::new(sites),
            }
        });
        layered.clone()
    }
}
