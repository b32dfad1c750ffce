//! What every handler may use: the parts of a running server.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use fyr_schemas::DeviceId;

use crate::access::Access;
use crate::account::Desk;
use crate::certificate;
use crate::fleet::{self, Summary};
use crate::metrics::Metrics;
use crate::places::Places;
use crate::problem::Problem;
use crate::publication::Publication;
use crate::renew::RenewalState;
use crate::stands::shows_gaps;
use crate::store::Store;
use crate::watch::{Announced, Looked, Looker, Published};

/// What every handler may use; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Parts>);

/// The parts of a running server.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Who may see the dashboard.
    pub(crate) access: Access,
    /// What is remembered.
    pub(crate) store: Store,
    /// The repository's directory.
    pub(crate) repository: PathBuf,
    /// The newest revision, for hints.
    pub(crate) announced: Announced,
    /// What is published.
    pub(crate) published: Published,
    /// How the last look at the repository went.
    pub(crate) looked: watch::Receiver<Looked>,
    /// How the last renewal went.
    pub(crate) renewal: RenewalState,
    /// Looks for a newer publication.
    pub(crate) looker: Looker,
    /// Counts up when the dashboard would differ.
    pub(crate) changes: watch::Receiver<u64>,
    /// Becomes true when the server is to stop.
    pub(crate) stop: watch::Receiver<bool>,
    /// Where people log in.
    pub(crate) desk: Desk,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// What clients hold at a time.
    pub(crate) places: Arc<Places>,
    /// Whether the certificate can be read again; absent without one.
    pub(crate) certificate: Option<watch::Receiver<certificate::State>>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Shares the parts among handlers.
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What is published, or the problem that nothing is.
    pub(crate) fn publication(&self) -> Result<Arc<Publication>, Problem> {
        self.published
            .borrow()
            .clone()
            .ok_or_else(Problem::nothing_published)
    }

    /// The fleet at `now`, compared with a publication, without the details of single devices.
    pub(crate) async fn fleet(
        &self,
        publication: &Publication,
        now: Timestamp,
    ) -> Result<Summary, Problem> {
        let failed = |error| Problem::store_failed(&error);
        let records = self.store.fleet().await.map_err(failed)?;
        let devices = fleet::devices(records.devices, publication, now);
        let others: Vec<&DeviceId> = devices
            .iter()
            .filter(|device| !shows_gaps(device))
            .map(|device| &device.device)
            .collect();
        let gaps = self.store.gaps(&others).await.map_err(failed)?;
        Ok(fleet::summarise(
            devices,
            records.departed,
            &gaps,
            publication,
            now,
        ))
    }
}
