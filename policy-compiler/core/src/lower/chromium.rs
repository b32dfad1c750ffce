//! Sites in the Chromium family: two flat lists that the browser ranks.

use super::sites::Need;
use crate::url_filter::{ByHost, UrlFilter, Verdict};

/// What an open filter needs beside everything that is closed. What is written as allowed is a
/// promise and is shown; a warning needs an entry only to reach through something closed.
pub(super) fn need(filter: &UrlFilter, verdict: Verdict, closed: &ByHost<UrlFilter>) -> Need {
    let reaches_through = closed.near(filter).any(|closed| closed.overlaps(filter));
    match verdict {
        _ if reaches_through => Need::Entry,
        Verdict::Allow => Need::Promise,
        Verdict::Warn | Verdict::Block => Need::Nothing,
    }
}
