//! Where one engine enforces what a group wants of sites, by control.

use std::collections::BTreeMap;

use fyr_schemas::bundle::Engine;
use fyr_schemas::{CaseNumber, ControlId, RuleId};
use serde::Serialize;

use crate::desired::Desired;
use crate::lower::{self, Filled, Placement, Placements, SitesAt};

/// Where one engine enforces what is said of sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EnforcedSites {
    /// The engine.
    pub engine: Engine,
    /// How full its lists are.
    pub entries: Filled,
    /// Every control that wants a verdict over sites, by its name. A rule that says nothing which
    /// another does not say already wants none, nor does what a setting would open and a rule
    /// closes.
    pub controls: Vec<EnforcedControl>,
}

/// Where the sites of one control are enforced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EnforcedControl {
    /// The control: one verdict of a rule over sites, or a setting that needs sites closed or open.
    pub control: ControlId,
    /// The rule.
    pub rule: RuleId,
    /// The case that it cites.
    pub decision: Option<CaseNumber>,
    /// Its sites by where they are enforced; each is reported once.
    pub sites: Vec<SitesIn>,
}

/// Sites, and where they are enforced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SitesIn {
    /// Where.
    #[serde(flatten)]
    pub place: Placement,
    /// Which.
    #[serde(flatten)]
    pub which: SitesAt,
}

impl EnforcedSites {
    /// What an engine enforces of what a group wants.
    pub(super) fn of(engine: &Placements, desired: &Desired) -> Self {
        let statements = lower::statements(desired);
        let reported = engine.by_control().into_iter();
        let controls = reported.filter_map(|(control, by_place)| {
            let statement = statements.get(&control)?;
            Some(EnforcedControl {
                rule: statement.rule.clone(),
                decision: statement.decision.clone(),
                control,
                sites: in_places(by_place),
            })
        });
        Self {
            engine: engine.engine(),
            entries: engine.filled(),
            controls: controls.collect(),
        }
    }
}

fn in_places(by_place: BTreeMap<Placement, SitesAt>) -> Vec<SitesIn> {
    let places = by_place.into_iter();
    places
        .map(|(place, which)| SitesIn { place, which })
        .collect()
}
