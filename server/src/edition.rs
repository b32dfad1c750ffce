//! Which bundle was published for a group, and which controls and periods it asks a device to report.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

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

/// The controls that a device of a bundle reports, by the periods that run, and these periods.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct ReportedControls {
    ordinary: BTreeSet<ControlId>,
    /// Combinations of periods in which other controls are reported.
    during: Vec<ControlsDuring>,
    /// The periods of its timetable; absent where it has none.
    periods: Option<BTreeSet<PeriodId>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct ControlsDuring {
    periods: BTreeSet<PeriodId>,
    controls: BTreeSet<ControlId>,
}

impl ReportedControls {
    /// What a bundle asks for: the periods of its timetable, its own controls, and for each
    /// combination of periods the controls that it has then beside them, or has not.
    pub(crate) fn new(
        periods: Option<BTreeSet<PeriodId>>,
        ordinary: BTreeSet<ControlId>,
        variants: impl IntoIterator<Item = (BTreeSet<PeriodId>, Vec<(ControlId, bool)>)>,
    ) -> Self {
        let during = variants
            .into_iter()
            .map(|(periods, instead)| {
                let mut controls = ordinary.clone();
                for (control, is_there) in instead {
                    if is_there {
                        controls.insert(control);
                    } else {
                        controls.remove(&control);
                    }
                }
                ControlsDuring { periods, controls }
            })
            .filter(|during| during.controls != ordinary)
            .collect();
        Self {
            ordinary,
            during,
            periods,
        }
    }

    /// What a bundle asks for.
    #[cfg(test)]
    pub(crate) fn of(bundle: &fyr_schemas::bundle::Bundle) -> Self {
        let ordinary = bundle.controls.iter().map(|control| control.id.clone());
        let variants = bundle.variants.iter().map(|variant| {
            let instead = variant.controls.iter();
            let instead = instead.map(|(control, other)| (control.clone(), other.is_some()));
            (variant.during.clone(), instead.collect())
        });
        let timetable = bundle.timetable.as_ref();
        let periods = timetable.map(|it| it.periods.keys().cloned().collect());
        Self::new(periods, ordinary.collect(), variants)
    }

    /// What is reported while these periods run.
    pub(crate) fn while_running(&self, periods: Option<&PeriodsInForce>) -> &BTreeSet<ControlId> {
        let running = periods.map(|periods| &periods.running);
        self.during
            .iter()
            .find(|during| Some(&during.periods) == running)
            .map_or(&self.ordinary, |during| &during.controls)
    }

    /// The periods of its timetable; none where it has no timetable.
    pub(crate) fn periods(&self) -> Option<&BTreeSet<PeriodId>> {
        self.periods.as_ref()
    }

    /// Every control that is reported at some time.
    pub(crate) fn all(&self) -> BTreeSet<&ControlId> {
        let during = self.during.iter().flat_map(|during| &during.controls);
        self.ordinary.iter().chain(during).collect()
    }
}
