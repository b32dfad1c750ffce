//! Which browsers are on the device.

use std::collections::BTreeSet;

use fyr_agent_files::products::PRODUCTS;
use fyr_schemas::report::Product;
use serde::Deserialize;

use crate::root::{Extent, Root};
use crate::store::twin::read_file;

/// What a directory that stands for a device says about itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    browsers: BTreeSet<Product>,
}

/// Why the browsers are not known.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{path}` does not declare browsers; write for example {{\"browsers\": [\"chromium\", \"firefox\"]}}"
)]
pub(crate) struct PresenceError {
    path: String,
    source: serde_json::Error,
}

/// The products whose binaries lie below the root, or that `/etc/fyr/device.json` declares.
///
/// The machine itself cannot declare: a file must not be able to hide a browser.
pub(crate) fn look(root: &Root) -> Result<BTreeSet<Product>, PresenceError> {
    if root.extent() == Extent::Below
        && let Some(declared) = declared(root)?
    {
        return Ok(declared);
    }
    let is_present = |binaries: &[&str]| binaries.iter().any(|path| root.join(path).exists());
    Ok(PRODUCTS
        .iter()
        .filter(|known| is_present(known.binaries))
        .map(|known| known.product)
        .collect())
}

fn declared(root: &Root) -> Result<Option<BTreeSet<Product>>, PresenceError> {
    let directory = root.directory().descend(["etc", "fyr"]);
    let Some(bytes) = directory
        .ok()
        .and_then(|found| read_file(&found, "device.json"))
    else {
        return Ok(None);
    };
    let parsed: Result<Declaration, _> = serde_json::from_slice(&bytes);
    parsed
        .map(|declaration| Some(declaration.browsers))
        .map_err(|source| PresenceError {
            path: root.join("etc/fyr/device.json").display().to_string(),
            source,
        })
}
