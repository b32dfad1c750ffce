//! Sites in the Chromium family: two flat lists that the browser ranks by itself.

use super::sites::{Lists, Site};
use crate::desired::Verdict;

/// Writes the verdicts as Chromium reads them.
pub(super) fn lists(sites: &[Site]) -> Lists {
    let mut lists = Lists::default();
    for site in sites.iter().filter(|site| needs_entry(site, sites)) {
        lists.push(site, site.filter.to_string());
    }
    lists
}

/// What is written as allowed is a promise and is shown; a warning needs an entry only to
/// reach through something closed.
fn needs_entry(site: &Site, sites: &[Site]) -> bool {
    match site.verdict {
        Verdict::Allow | Verdict::Block => true,
        Verdict::Warn => sites
            .iter()
            .any(|closed| closed.verdict == Verdict::Block && closed.filter.overlaps(&site.filter)),
    }
}
