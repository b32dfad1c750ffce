//! Parts of sites: prefixes and addresses, which only a browser's own list can tell apart.

use url::Url;

use super::Category;
use crate::url_filter::{UrlFilter, Verdict};

/// A category with more parts than this keeps them all: no browser's list holds so many.
const MOST_PARTS: usize = 1_000;

impl Category {
    /// Whether its parts are too many to be given to a browser.
    pub(crate) fn keeps_parts(&self) -> bool {
        self.parts.len() > MOST_PARTS
    }

    /// The parts that `url` belongs to, each with its number.
    pub(crate) fn parts_over(
        &self,
        url: &Url,
        verdict: Verdict,
    ) -> impl Iterator<Item = (usize, &UrlFilter)> {
        let numbers = self.parts_at.around(url).copied();
        numbers
            .filter_map(|number| Some((number, self.parts.get(number)?)))
            .filter(move |(_, part)| part.matches(url, verdict))
    }
}
