//! Turns layered verdicts into flat lists: browsers rank filters and know no layers.
//!
//! The filters are closed under intersection, and each gets the layered verdict over all that
//! it matches. An intersection ranks at least as high as what it was made of, so of all that
//! match a URL the narrowest decides, and its verdict is the layered one. Filters that change
//! nothing are then left out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{SiteVoice, Sites};
use crate::desired::{Decided, SiteRule, Verdict};
use crate::source::Place;
use crate::url_filter::UrlFilter;

/// The most filters that the rules of one group may come to before those that change nothing
/// are left out.
const MOST_REGIONS: usize = 20_000;

/// Two voices whose layered verdict no flat list can give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inexpressible {
    /// The filter for which the browser would decide otherwise.
    pub filter: String,
    /// What should decide.
    pub decides: Place,
    /// What gets in its way.
    pub instead: Place,
}

impl Inexpressible {
    fn new(filter: &UrlFilter, decides: &SiteVoice<'_>, instead: &SiteVoice<'_>) -> Self {
        Self {
            filter: filter.to_string(),
            decides: decides.says.place,
            instead: instead.says.place,
        }
    }
}

/// A filter of the flat lists, and the voice whose verdict it gives.
type Region<'s, 'a> = (&'s UrlFilter, SiteVoice<'a>);

impl<'a> Sites<'a> {
    /// The flat lists, the most important verdict first, and what they cannot express.
    pub fn flatten(&self) -> (Vec<Decided<SiteRule>>, Vec<Inexpressible>) {
        let mut inexpressible = Vec::new();
        let regions = self.regions(&mut inexpressible);
        // Narrower filters rank higher, so every filter comes after all that contain it.
        let mut widest_first: Vec<Region<'_, 'a>> = regions
            .iter()
            .map(|(filter, voice)| (filter, *voice))
            .collect();
        widest_first.sort_by_key(|(filter, _)| filter.specificity());
        let mut kept: Vec<Region<'_, 'a>> = Vec::new();
        for region in widest_first {
            let around = deciding_around(region.0, &kept);
            if self.changes_nothing(region, around) {
                continue;
            }
            inexpressible.extend(self.inexpressible(region, around));
            kept.push(region);
        }
        kept.sort_by_key(|(filter, voice)| (voice.rank(), *filter));
        (kept.into_iter().map(decided).collect(), inexpressible)
    }

    /// Every filter, and every intersection of filters, with the voice that decides over it.
    fn regions(
        &self,
        inexpressible: &mut Vec<Inexpressible>,
    ) -> BTreeMap<UrlFilter, SiteVoice<'a>> {
        let mut regions = BTreeMap::new();
        let mut unseen: Vec<UrlFilter> = self
            .voices
            .iter()
            .map(|voice| voice.says.filter.clone())
            .collect();
        while let Some(filter) = unseen.pop() {
            let Some(voice) = self.verdict_over(&filter) else {
                continue;
            };
            if regions.len() == MOST_REGIONS {
                inexpressible.push(Inexpressible::new(&filter, &voice, &voice));
                break;
            }
            let narrower = self
                .voices
                .iter()
                .filter_map(|other| filter.intersection(&other.says.filter))
                .filter(|narrower| *narrower != filter && !regions.contains_key(narrower));
            unseen.extend(narrower);
            regions.insert(filter, voice);
        }
        regions
    }

    /// Whether the lists give the same verdicts without a region. An allow that somebody
    /// wrote is kept even where nothing around it is closed: it is a promise to show.
    fn changes_nothing(
        &self,
        (filter, voice): Region<'_, 'a>,
        around: Option<Region<'_, 'a>>,
    ) -> bool {
        match around {
            Some((_, around)) => around.says.verdict == voice.says.verdict,
            None => voice.says.verdict.is_open() && !self.is_written(filter),
        }
    }

    fn inexpressible(
        &self,
        (filter, voice): Region<'_, 'a>,
        around: Option<Region<'_, 'a>>,
    ) -> Option<Inexpressible> {
        let (wider, instead) = around?;
        // Scheme and port do not rank, and among equals the browser prefers what opens.
        let outranked =
            voice.says.verdict == Verdict::Block && wider.specificity() == filter.specificity();
        // An allow with a query wants every occurrence of the key to fit, so one that no rule
        // wrote would match less than what it stands for.
        let too_narrow =
            voice.says.verdict.is_open() && filter.has_query() && !self.is_written(filter);
        (outranked || too_narrow).then(|| Inexpressible::new(filter, &voice, &instead))
    }

    fn is_written(&self, filter: &UrlFilter) -> bool {
        self.voices.iter().any(|voice| voice.says.filter == *filter)
    }
}

/// The filter that a browser would decide by over all of `filter`, without it.
fn deciding_around<'s, 'a>(filter: &UrlFilter, kept: &[Region<'s, 'a>]) -> Option<Region<'s, 'a>> {
    kept.iter()
        .filter(|(wider, _)| wider.contains(filter))
        .max_by_key(|(wider, voice)| {
            (
                wider.specificity(),
                Reverse(voice.says.verdict == Verdict::Block),
            )
        })
        .copied()
}

fn decided((filter, voice): Region<'_, '_>) -> Decided<SiteRule> {
    Decided {
        value: SiteRule {
            verdict: voice.says.verdict,
            filter: filter.clone(),
        },
        rule: voice.rule.id().clone(),
        decision: voice.rule.decision().cloned(),
    }
}
