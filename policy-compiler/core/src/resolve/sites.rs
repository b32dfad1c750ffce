//! Verdicts over sites: layers first, then the more specific filter; and the flat lists with
//! the same verdicts that browsers are given.

mod flat;
mod shared;

use std::cmp::Ordering;

use fyr_schemas::policy::Strength;
use url::Url;

use self::shared::Overlaps;
use super::{Breach, BreachKind, Said};
use crate::desired::Verdict;
use crate::policy::{Layer, Reach, Rule, SiteSet, SiteStatement};
use crate::source::Place;
use crate::url_filter::{ByHost, Index, UrlFilter};

pub(crate) use self::flat::MOST_REGIONS;
pub use self::flat::{CategoryRegion, Flat, Inexpressible, Obstacle, PartsRegion, Region};
pub(super) use self::shared::Shared;

/// What the rules of a group say of sites.
#[derive(Debug)]
pub struct Sites<'a> {
    /// Every voice, from the top of the tree down.
    pub voices: Vec<SiteVoice<'a>>,
    /// The numbers of the voices that speak of one filter, under its host.
    of_filters: ByHost<usize>,
    /// The same numbers, for URLs.
    at: Index<usize>,
    /// The numbers of the voices that speak of a category.
    of_categories: Vec<usize>,
    /// What browsers are to be told.
    pub flat: Flat<'a>,
}

/// What one rule says of one site.
#[derive(Debug, Clone, Copy)]
pub struct SiteVoice<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What it says.
    pub says: &'a SiteStatement,
}

/// What is decided over something.
struct Decided<'a> {
    /// The voice that decides; `None` leaves it open.
    voice: Option<SiteVoice<'a>>,
    /// The strongest voices of each layer, from the top of the tree down.
    bounds: Vec<SiteVoice<'a>>,
    /// The one below them that lets nobody say anything else.
    last: Option<SiteVoice<'a>>,
}

/// Where a voice stands: voices of one rank are told apart by how specific they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    layer: Layer,
    strength: Strength,
}

impl SiteVoice<'_> {
    fn rank(&self) -> Rank {
        Rank {
            layer: self.rule.layer(),
            strength: self.rule.strength(),
        }
    }

    /// Whether a rule below may not say what it says over what this voice speaks of.
    fn forbids(&self, below: &SiteVoice<'_>) -> bool {
        self.rule.bounds(below.rule) && self.rejects(below.says.verdict)
    }

    /// Whether it admits no such verdict below: a lock admits no other, and a minimum none that
    /// is weaker.
    fn rejects(&self, verdict: Verdict) -> bool {
        match self.rule.strength() {
            Strength::Locked => verdict != self.says.verdict,
            Strength::Minimum => verdict < self.says.verdict,
            Strength::Default => false,
        }
    }

    /// Whether it forbids every other verdict to everybody.
    fn is_final(&self) -> bool {
        let others = Verdict::ALL
            .into_iter()
            .filter(|verdict| *verdict != self.says.verdict);
        let mut others = others.into_iter();
        self.rule.overridable().is_none() && others.all(|verdict| self.rejects(verdict))
    }

    fn said(&self) -> Said {
        Said {
            rule: self.rule.id().clone(),
            value: self.to_string(),
            place: self.says.place,
        }
    }
}

impl std::fmt::Display for SiteVoice<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.says.fmt(f)
    }
}

impl<'a> Sites<'a> {
    /// Layers what the rules of a group say to it.
    fn new(mut voices: Vec<SiteVoice<'a>>, overlaps: &mut Overlaps<'a>) -> Self {
        voices.sort_by_key(SiteVoice::rank);
        let (mut of_filters, mut of_categories) = (ByHost::default(), Vec::new());
        for (number, voice) in voices.iter().enumerate() {
            match &voice.says.sites {
                SiteSet::Filter(filter) => of_filters.file(filter, number),
                SiteSet::Category(_) => of_categories.push(number),
            }
        }
        let filters = voices.iter().zip(0..);
        let filters =
            filters.filter_map(|(voice, number)| Some((voice.says.sites.filter()?, number)));
        let mut sites = Self {
            at: Index::of(filters),
            voices,
            of_filters,
            of_categories,
            flat: Flat::default(),
        };
        sites.flat = sites.flatten(overlaps);
        sites
    }

    /// The voice that decides over `url`; `None` leaves it open. Takes a time that hangs on the URL
    /// and on how many speak of it, and not on how much is listed.
    pub fn verdict(&self, url: &Url) -> Option<SiteVoice<'a>> {
        let around = self.at.around(url);
        self.decide(around, |voice| {
            voice.says.sites.reach_at(url, voice.says.verdict)
        })
    }

    /// The voices that speak of `url`.
    pub fn speaking_of(&self, url: &Url) -> impl Iterator<Item = SiteVoice<'a>> {
        let speaks = |voice: &SiteVoice<'_>| {
            let reach = voice.says.sites.reach_at(url, voice.says.verdict);
            reach.is_some()
        };
        self.voices
            .iter()
            .filter(move |voice| speaks(voice))
            .copied()
    }

    /// The voices that may speak of all of `filter`.
    pub(crate) fn around(&self, filter: &UrlFilter) -> impl Iterator<Item = SiteVoice<'a>> {
        self.of(self.of_filters.around(filter))
    }

    /// The voices that may speak of a part of `filter`.
    pub(crate) fn near(&self, filter: &UrlFilter) -> impl Iterator<Item = SiteVoice<'a>> {
        self.of(self.of_filters.near(filter))
    }

    /// The voices of these filters, and of every category.
    fn of<'s>(
        &'s self,
        filters: impl Iterator<Item = &'s usize>,
    ) -> impl Iterator<Item = SiteVoice<'a>> {
        let numbers = filters.chain(&self.of_categories);
        numbers.filter_map(|number| self.voices.get(*number).copied())
    }

    /// The voice that decides over every URL of `sites`, as far as voices that speak of all of
    /// them go.
    pub fn verdict_over(&self, sites: &SiteSet) -> Option<SiteVoice<'a>> {
        self.verdict_among(sites, |_| true)
    }

    /// The same, had only these voices spoken.
    fn verdict_among(
        &self,
        sites: &SiteSet,
        is_heard: impl Fn(&SiteVoice<'a>) -> bool,
    ) -> Option<SiteVoice<'a>> {
        self.decided_over(sites, is_heard)?.voice
    }

    /// The voices that bound whatever is said below them of all of `sites`, from the top of the tree
    /// down.
    pub(crate) fn bounds_over(&self, sites: &SiteSet) -> Vec<SiteVoice<'a>> {
        let Some(decided) = self.decided_over(sites, |_| true) else {
            return Vec::new();
        };
        let mut bounds = decided.bounds;
        bounds.extend(decided.last);
        bounds.retain(|voice| voice.rule.strength() != Strength::Default);
        bounds
    }

    /// What is decided over all of `sites`, had only these voices spoken; `None` for an empty
    /// category.
    fn decided_over(
        &self,
        sites: &SiteSet,
        is_heard: impl Fn(&SiteVoice<'a>) -> bool,
    ) -> Option<Decided<'a>> {
        let speaks = |voice: &SiteVoice<'a>, filter: &UrlFilter| {
            let reach = || voice.says.sites.reach_over(filter);
            is_heard(voice).then(reach).flatten()
        };
        Some(match sites {
            SiteSet::Filter(filter) => {
                let around = self.of_filters.around(filter);
                self.settle(around, |voice| speaks(voice, filter))
            }
            SiteSet::Category(category) => {
                let first = category.members().next()?;
                let around = self.of_filters.around(&first);
                self.settle(around, |voice| {
                    let holds_all = voice.says.sites.holds_all_of(category);
                    holds_all.then(|| speaks(voice, &first)).flatten()
                })
            }
        })
    }

    /// The voice that decides over all that one filter matches.
    pub fn verdict_over_filter(&self, region: &UrlFilter) -> Option<SiteVoice<'a>> {
        self.verdict_among_over(region, |_| true)
    }

    /// The voice that would decide over what two filters have in common if nothing were said of it
    /// but what is said of all of the one or all of the other.
    fn verdict_over_both(&self, one: &UrlFilter, other: &UrlFilter) -> Option<SiteVoice<'a>> {
        let common = one.intersection(other)?;
        let around = self.of_filters.around(&common);
        self.decide(around, |voice| {
            let sites = &voice.says.sites;
            sites.reach_over(one).max(sites.reach_over(other))
        })
    }

    /// The voice that would decide over all of `region` had what is written at one place not been.
    pub(crate) fn verdict_over_without(
        &self,
        region: &UrlFilter,
        left_out: Place,
    ) -> Option<SiteVoice<'a>> {
        self.verdict_among_over(region, |voice| voice.says.place != left_out)
    }

    /// The voice that would decide over all of `region` had only these voices spoken.
    pub(crate) fn verdict_among_over(
        &self,
        region: &UrlFilter,
        is_heard: impl Fn(&SiteVoice<'a>) -> bool,
    ) -> Option<SiteVoice<'a>> {
        let around = self.of_filters.around(region);
        self.decide(around, |voice| {
            let speaks = is_heard(voice);
            speaks
                .then(|| voice.says.sites.reach_over(region))
                .flatten()
        })
    }

    /// The voice that decides among those that `reach` what it is about: of the voices of
    /// categories and of these `filters`.
    fn decide<'s>(
        &'s self,
        filters: impl Iterator<Item = &'s usize>,
        reach: impl Fn(&SiteVoice<'a>) -> Option<Reach>,
    ) -> Option<SiteVoice<'a>> {
        self.settle(filters, reach).voice
    }

    /// What is decided among the voices of categories and of these `filters` that `reach` what it is
    /// about.
    fn settle<'s>(
        &'s self,
        filters: impl Iterator<Item = &'s usize>,
        reach: impl Fn(&SiteVoice<'a>) -> Option<Reach>,
    ) -> Decided<'a> {
        let mut numbers: Vec<usize> = filters.chain(&self.of_categories).copied().collect();
        numbers.sort_unstable();
        let speaking: Vec<(SiteVoice<'a>, Reach)> = numbers
            .into_iter()
            .filter_map(|number| {
                let voice = self.voices.get(number)?;
                Some((*voice, reach(voice)?))
            })
            .collect();
        // Voices are sorted by rank, so each chunk is one layer and strength, and what was
        // decided so far is above it or stronger.
        let mut decided: Option<(SiteVoice<'a>, Reach)> = None;
        let mut bounds: Vec<SiteVoice<'a>> = Vec::new();
        let mut last = None;
        for equals in speaking.chunk_by(|(a, _), (b, _)| a.rank() == b.rank()) {
            let winner = equals.iter().max_by_key(|(voice, reach)| {
                let verdict = voice.says.verdict;
                // Who may not use one of two services on a site is kept from the site.
                let is_hindered = voice.says.hindrance().is_some();
                (*reach, is_hindered, verdict.is_open(), verdict)
            });
            let Some((winner, reach)) = winner.copied() else {
                continue;
            };
            if bounds.iter().any(|bound| bound.forbids(&winner)) {
                continue;
            }
            // The lowest layer decides, and within it the stronger rule, but that a weaker one may
            // tighten what it says no less specifically.
            let speaks = decided.is_none_or(|(above, above_reach)| {
                let tightens = winner.says.verdict > above.says.verdict && reach >= above_reach;
                above.rank().layer < winner.rank().layer || tightens
            });
            if speaks {
                decided = Some((winner, reach));
            }
            if winner.is_final() {
                last = Some(winner);
                break;
            }
            // Its equals may bound more: one floor is open to lessons, another like it is not.
            let alike = equals
                .iter()
                .filter(|(voice, at)| *at == reach && voice.says.verdict == winner.says.verdict);
            bounds.extend(alike.map(|(voice, _)| *voice));
        }
        Decided {
            voice: decided.map(|(voice, _)| voice),
            bounds,
            last,
        }
    }

    /// Everything in it that says what it may not.
    fn breaches(&self) -> Vec<Breach> {
        let mut breaches: Vec<Breach> = self
            .voices
            .iter()
            .filter_map(|voice| self.breach(voice))
            .collect();
        breaches.sort();
        breaches.dedup();
        breaches
    }

    /// How a voice says what it may not: another verdict than a bound one over all that it
    /// speaks of, or the opposite of its equal.
    fn breach(&self, voice: &SiteVoice<'a>) -> Option<Breach> {
        // What stands above and does not bound it does not keep it from deciding.
        let is_heard =
            |above: &SiteVoice<'_>| above.rank() >= voice.rank() || above.rule.bounds(voice.rule);
        let winner = self.verdict_among(&voice.says.sites, is_heard)?;
        if winner.says.verdict == voice.says.verdict {
            return None;
        }
        let kind = match winner.rank().layer.cmp(&voice.rank().layer) {
            Ordering::Less => BreachKind::SiteBelowFloor,
            Ordering::Equal => BreachKind::SameLayer,
            // What a lower layer says of it was for it to say.
            Ordering::Greater => return None,
        };
        let is_breach = match winner.rank().cmp(&voice.rank()) {
            Ordering::Less => winner.forbids(voice),
            // A rule that opens two services on one site says nothing against itself.
            Ordering::Equal if winner.says.hindrance().is_some() => {
                winner.says.sites == voice.says.sites && winner.rule.id() != voice.rule.id()
            }
            Ordering::Equal => winner.says.sites == voice.says.sites,
            // Beside a floor a rule may tighten.
            Ordering::Greater => false,
        };
        if !is_breach {
            return None;
        }
        Some(Breach {
            kind,
            subject: voice.says.sites.to_string(),
            above: winner.said(),
            below: voice.said(),
        })
    }
}
