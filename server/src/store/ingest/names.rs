//! The names in reports: one that no published bundle has could be any text, and is not stored.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use fyr_schemas::report::Report;
use fyr_schemas::{ControlId, PeriodId};

use super::NewReport;
use super::device::Device;
use crate::judge::Unpublished;
use crate::store::history;

/// The published ones among the names in a batch of reports.
pub(super) struct Names {
    /// Controls, with their numbers.
    controls: HashMap<ControlId, i64>,
    periods: BTreeSet<PeriodId>,
}

impl Names {
    /// Looks the names up that reports of a device have.
    pub(super) async fn look_up(
        connection: &mut SqliteConnection,
        device: &Device,
        reports: &[&NewReport],
    ) -> Result<Self, Error> {
        let open = device.open.iter();
        let mut controls: HashMap<ControlId, i64> =
            open.map(|(id, open)| (id.clone(), open.control)).collect();
        let named = reports.iter().flat_map(|it| &it.report.controls);
        let named: BTreeSet<&ControlId> = named.map(|it| &it.control).collect();
        let others = named.into_iter().filter(|it| !controls.contains_key(*it));
        let others: BTreeSet<&ControlId> = others.collect();
        if !others.is_empty() {
            controls.extend(history::controls(connection, &others).await?);
        }
        let periods = reports.iter().filter_map(|it| it.report.periods.as_ref());
        let periods: BTreeSet<&PeriodId> = periods.flat_map(|it| &it.running).collect();
        let periods = if periods.is_empty() {
            BTreeSet::new()
        } else {
            history::periods(connection, &periods).await?
        };
        Ok(Self { controls, periods })
    }

    /// The controls with their numbers.
    pub(super) fn controls(&self) -> &HashMap<ControlId, i64> {
        &self.controls
    }

    /// A report without names that were never published, and how many these are.
    pub(super) fn published_part<'a>(&self, report: &'a Report) -> (Cow<'a, Report>, Unpublished) {
        let named = report.controls.iter();
        let controls = named.filter(|it| !self.controls.contains_key(&it.control));
        let named = report.periods.iter().flat_map(|it| &it.running);
        let periods = named.filter(|it| !self.periods.contains(*it));
        let unpublished = Unpublished {
            controls: controls.count() as u64,
            periods: periods.count() as u64,
        };
        if unpublished.is_none() {
            return (Cow::Borrowed(report), unpublished);
        }
        let mut report = report.clone();
        let is_published = |control: &ControlId| self.controls.contains_key(control);
        report.controls.retain(|it| is_published(&it.control));
        if let Some(periods) = &mut report.periods {
            periods.running.retain(|it| self.periods.contains(it));
        }
        (Cow::Owned(report), unpublished)
    }
}
