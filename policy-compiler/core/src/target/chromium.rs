//! Sites in the Chromium family: two flat lists that the browser ranks by itself.

use super::sites::{Lists, Site};

/// Writes the verdicts as Chromium reads them.
pub(super) fn lists(sites: &[Site]) -> Lists {
    let mut lists = Lists::default();
    for site in sites {
        lists.push(site, site.filter.to_string());
    }
    lists
}
