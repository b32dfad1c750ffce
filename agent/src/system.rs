//! Which browsers run, and since when.

use std::collections::BTreeSet;
use std::path::Path;

use fyr_agent_files::actual::Running;
use fyr_agent_files::products::PRODUCTS;
use fyr_schemas::report::Product;
use jiff::Timestamp;
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use crate::root::{Extent, Root};

/// The running browsers of the machine, where one of those `present` reads its policy at start
/// only; none below another root, whose browsers are not these.
pub(crate) fn running(root: &Root, present: &BTreeSet<Product>) -> Vec<Running> {
    if root.extent() == Extent::Below || !present.contains(&Product::Firefox) {
        return Vec::new();
    }
    let Ok(mut system) = System::new() else {
        return Vec::new();
    };
    let exe_only = ProcessRefreshKind::nothing().with_exe(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, exe_only);
    let mut running = Vec::new();
    for process in system.processes().values() {
        let product = process.exe().and_then(product_of);
        let started = i64::try_from(process.start_time())
            .ok()
            .and_then(|second| Timestamp::from_second(second).ok());
        if let (Some(product), Some(started)) = (product, started) {
            running.push(Running { product, started });
        }
    }
    running
}

/// The product that an executable is. After an update its name ends in ` (deleted)`.
fn product_of(executable: &Path) -> Option<Product> {
    let path = executable.to_str()?;
    let path = path.strip_suffix(" (deleted)").unwrap_or(path);
    let below_root = path.strip_prefix('/')?;
    PRODUCTS
        .iter()
        .find(|known| known.binaries.contains(&below_root))
        .map(|known| known.product)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_products_own_binary_counts_also_after_an_update() {
        let product = |path: &str| product_of(Path::new(path));
        assert_eq!(
            product("/usr/lib/firefox-esr/firefox-esr"),
            Some(Product::Firefox)
        );
        assert_eq!(
            product("/usr/lib/firefox-esr/firefox-esr (deleted)"),
            Some(Product::Firefox)
        );
        assert_eq!(product("/home/pupil/usr/lib/firefox-esr/firefox-esr"), None);
    }
}
