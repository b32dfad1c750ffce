//! How many devices a change reaches, by the fleet of a server.

use std::collections::BTreeMap;

use fyr_policy_core::Difference;
use fyr_policy_core::wording::Reached;
use fyr_schemas::GroupId;
use fyr_schemas::fleet::Fleet;
use url::Url;

/// The devices of the groups that change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Devices {
    /// Devices in groups that change or are removed.
    pub(crate) touched: usize,
    /// All enrolled devices.
    pub(crate) of: usize,
    /// By group, without those that have none.
    pub(crate) by_group: BTreeMap<GroupId, usize>,
}

impl Devices {
    /// How many are reached.
    pub(crate) fn reached(&self) -> Reached {
        Reached {
            devices: self.touched,
            of: self.of,
        }
    }
}

/// Why the fleet could not be counted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DevicesError {
    /// The address has no room for a path.
    #[error("`{0}` is not a server's address: write `http://127.0.0.1:8470`")]
    Address(Url),
    /// The server did not answer.
    #[error("ask `{0}` for its fleet")]
    Ask(Url, #[source] reqwest::Error),
    /// It answered with something else.
    #[error("`{0}` asks for a login: run this on the server itself, where loopback needs none")]
    Login(Url),
}

/// Counts the devices that a difference reaches.
pub(crate) fn touched(server: &Url, difference: &Difference) -> Result<Devices, DevicesError> {
    let url = server
        .join("/api/v1/fleet")
        .map_err(|_| DevicesError::Address(server.clone()))?;
    let asking = |e| DevicesError::Ask(server.clone(), e);
    let client = reqwest::blocking::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(asking)?;
    let answer = client.get(url).send().map_err(asking)?;
    if answer.status().is_redirection() || answer.status() == reqwest::StatusCode::UNAUTHORIZED {
        return Err(DevicesError::Login(server.clone()));
    }
    let fleet: Fleet = answer
        .error_for_status()
        .map_err(asking)?
        .json()
        .map_err(asking)?;
    let groups = &difference.groups;
    let mut by_group = BTreeMap::new();
    for device in &fleet.devices {
        if groups.changed.contains(&device.group) || groups.removed.contains(&device.group) {
            *by_group.entry(device.group.clone()).or_insert(0) += 1;
        }
    }
    Ok(Devices {
        touched: by_group.values().sum(),
        of: fleet.devices.len(),
        by_group,
    })
}
