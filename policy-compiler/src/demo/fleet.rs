//! Asking the server how the fleet stands.

use fyr_schemas::fleet::Fleet;

/// Why the server's answer cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FleetError {
    /// The client could not be made.
    #[error("make an HTTP client")]
    Client(#[source] reqwest::Error),
    /// The question could not be asked, or was refused.
    #[error("ask `{0}` for the fleet")]
    Ask(String, #[source] reqwest::Error),
    /// The answer is not a fleet.
    #[error("read the fleet that `{0}` answered")]
    Read(String, #[source] serde_json::Error),
}

/// A client of one server's `GET /api/v1/fleet`.
#[derive(Debug)]
pub(crate) struct FleetClient {
    url: String,
    client: reqwest::blocking::Client,
}

impl FleetClient {
    /// A client for the server at `base`, such as `http://127.0.0.1:8470`.
    pub(crate) fn new(base: &str) -> Result<Self, FleetError> {
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .timeout(std::time::Duration::from_secs(5))
            .build()
            .map_err(FleetError::Client)?;
        Ok(Self {
            url: format!("{base}/api/v1/fleet"),
            client,
        })
    }

    /// The fleet as it stands now.
    pub(crate) fn fetch(&self) -> Result<Fleet, FleetError> {
        let asked = |error| FleetError::Ask(self.url.clone(), error);
        let body = self
            .client
            .get(&self.url)
            .send()
            .and_then(reqwest::blocking::Response::error_for_status)
            .and_then(reqwest::blocking::Response::bytes)
            .map_err(asked)?;
        serde_json::from_slice(&body).map_err(|error| FleetError::Read(self.url.clone(), error))
    }
}
