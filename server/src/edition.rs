//! Which bundle was published for a group, and which controls it asks a device to report.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use fyr_schemas::bundle::{Bundle, Control};
use fyr_schemas::report::PeriodsInForce;
use fyr_schemas::{ControlId, Digest, PeriodId};

/// The bundle of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edition {
    /// SHA-256 of its bytes.
    pub(crate) digest: Digest,
    /// What it asks a device to report.
    pub(crate) controls: Arc<ReportedControls>,
}

/// The controls that a device of a bundle reports, by the periods that run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct ReportedControls {
    ordinary: BTreeSet<ControlId>,
    /// Combinations of periods in which other controls are reported.
    during: Vec<ControlsDuring>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct ControlsDuring {
    periods: BTreeSet<PeriodId>,
    controls: BTreeSet<ControlId>,
}

impl ReportedControls {
    /// What a bundle asks for.
    pub(crate) fn of(bundle: &Bundle) -> Self {
        let ordinary = names(&bundle.controls);
        let during = bundle
            .variants
            .iter()
            .map(|variant| {
                let mut controls = ordinary.clone();
                for (control, instead) in &variant.controls {
                    match instead {
                        Some(_) => controls.insert(control.clone()),
                        None => controls.remove(control),
                    };
                }
                ControlsDuring {
                    periods: variant.during.clone(),
                    controls,
                }
            })
            .filter(|during| during.controls != ordinary)
            .collect();
        Self { ordinary, during }
    }

    /// What is reported while these periods run.
    pub(crate) fn while_running(&self, periods: Option<&PeriodsInForce>) -> &BTreeSet<ControlId> {
        let running = periods.map(|periods| &periods.running);
        self.during
            .iter()
            .find(|during| Some(&during.periods) == running)
            .map_or(&self.ordinary, |during| &during.controls)
    }

    /// Every control that is reported at some time.
    pub(crate) fn all(&self) -> BTreeSet<&ControlId> {
        let during = self.during.iter().flat_map(|during| &during.controls);
        self.ordinary.iter().chain(during).collect()
    }
}

fn names(controls: &[Control]) -> BTreeSet<ControlId> {
    controls.iter().map(|control| control.id.clone()).collect()
}
