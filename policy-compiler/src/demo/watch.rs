//! Following the fleet until something is true of it, or until Ctrl-C.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use fyr_schemas::fleet::Fleet;

use crate::demo::browser::Browser;
use crate::demo::fleet::{FleetClient, FleetError};
use crate::demo::outcome::{self, Outcome};
use crate::demo::scene::Scene;
use crate::demo::table::{Show, Table};

/// How long any one step may take before the demo gives up and says which.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How often the server is asked while something is awaited.
const PAUSE: Duration = Duration::from_millis(50);

/// How often the server is asked while nothing is.
const GLANCE: Duration = Duration::from_millis(500);

/// Why the fleet did not get where it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchError {
    /// The server did not answer as it should.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The devices did not get there in time.
    #[error("after {seconds} s {waiting}")]
    TooLate {
        /// How long was waited.
        seconds: u64,
        /// Which devices were not there, and how they stood.
        waiting: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// Follows the fleet, shows it, and listens for Ctrl-C.
pub(crate) struct Watch {
    /// The server.
    pub(crate) fleet: FleetClient,
    /// What is shown meanwhile.
    pub(crate) table: Table,
    /// One message per Ctrl-C.
    pub(crate) interrupted: mpsc::Receiver<()>,
}

impl Watch {
    /// Returns the first fleet that meets the condition.
    pub(crate) fn until(
        &mut self,
        scene: &Scene,
        condition: impl Fn(&Fleet) -> bool,
    ) -> Result<Fleet, WatchError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let fleet = self.fleet.fetch()?;
            self.table.show(&fleet, &scene.devices);
            if condition(&fleet) {
                return Ok(fleet);
            }
            if Instant::now() > deadline {
                return Err(WatchError::TooLate {
                    seconds: PATIENCE.as_secs(),
                    waiting: outcome::unfinished(&fleet),
                });
            }
            if self.interrupted.recv_timeout(PAUSE).is_ok() {
                return Err(WatchError::Interrupted);
            }
        }
    }

    /// Follows the fleet until Ctrl-C, and says when the browser ends on its own.
    pub(crate) fn stay(
        &mut self,
        scene: &Scene,
        outcome: &Outcome,
        mut browser: Option<Browser>,
    ) -> Result<(), WatchError> {
        self.table = Table::new(Show::for_people());
        self.table.show_result(outcome, &scene.last_policy());
        loop {
            let fleet = self.fleet.fetch()?;
            self.table.show(&fleet, &scene.devices);
            if let Some(end) = browser.as_mut().and_then(Browser::ended) {
                self.table.say(&end);
                browser = None;
            }
            if self.interrupted.recv_timeout(GLANCE).is_ok() {
                self.table.close();
                return Ok(());
            }
        }
    }
}
