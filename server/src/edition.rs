//! Which bundle was published for a group, and which controls and periods it asks a device to report.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use fyr_schemas::bundle::Control;
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
    /// The ordinary controls that are absent then, or have another value.
    changed: BTreeSet<ControlId>,
}

/// What a combination of periods has in the place of an ordinary control, or beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    /// No control.
    Nothing,
    /// A control with the same value, for another reason.
    SameValue,
    /// A control with another value, or a further one.
    OtherValue,
}

impl ReportedControls {
    /// What a bundle asks for: the periods of its timetable, its own controls, and for each
    /// combination of periods the controls that it has then in their place or beside them.
    pub(crate) fn new(
        periods: Option<BTreeSet<PeriodId>>,
        ordinary: BTreeSet<ControlId>,
        variants: impl IntoIterator<Item = (BTreeSet<PeriodId>, Vec<(ControlId, Instead)>)>,
    ) -> Self {
        let during = variants
            .into_iter()
            .map(|(periods, others)| ControlsDuring::new(periods, &ordinary, others))
            .filter(|during| during.controls != ordinary || !during.changed.is_empty())
            .collect();
        Self {
            ordinary,
            during,
            periods,
        }
    }

    /// What is reported while these periods run.
    pub(crate) fn while_running(&self, periods: Option<&PeriodsInForce>) -> &BTreeSet<ControlId> {
        periods
            .and_then(|periods| self.during(&periods.running))
            .map_or(&self.ordinary, |during| &during.controls)
    }

    /// The ordinary controls that are absent while these periods run, or have another value.
    pub(crate) fn changed_by<'a>(
        &'a self,
        running: &BTreeSet<PeriodId>,
    ) -> impl Iterator<Item = &'a ControlId> {
        let during = self.during(running);
        during.into_iter().flat_map(|during| &during.changed)
    }

    fn during(&self, running: &BTreeSet<PeriodId>) -> Option<&ControlsDuring> {
        self.during.iter().find(|it| it.periods == *running)
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

impl ControlsDuring {
    fn new(
        periods: BTreeSet<PeriodId>,
        ordinary: &BTreeSet<ControlId>,
        others: Vec<(ControlId, Instead)>,
    ) -> Self {
        let mut controls = ordinary.clone();
        let mut changed = BTreeSet::new();
        for (control, instead) in others {
            if instead != Instead::SameValue && ordinary.contains(&control) {
                changed.insert(control.clone());
            }
            if instead == Instead::Nothing {
                controls.remove(&control);
            } else {
                controls.insert(control);
            }
        }
        Self {
            periods,
            controls,
            changed,
        }
    }
}

impl Instead {
    /// What a control of this value is in the place of an ordinary one.
    pub(crate) fn of(ordinary: Option<&Control>, value: Option<&str>) -> Self {
        match value {
            None => Self::Nothing,
            Some(value) if ordinary.is_some_and(|it| it.value == value) => Self::SameValue,
            Some(_) => Self::OtherValue,
        }
    }
}
