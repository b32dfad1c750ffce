//! Verdicts over sites: layers first, then the more specific filter.

mod shared;

use std::cmp::Ordering;

use fyr_policy_source::Strength;
use url::Url;

use super::{Breach, BreachKind, QuotedClaim};
use crate::policy::{Layer, Reach, Rule, SiteSet, SiteStatement};
use crate::source::Place;
use crate::url_filter::{ByHost, Index, UrlFilter, Verdict};

pub(super) use self::shared::Shared;

/// What the rules of a group say of sites.
#[derive(Debug)]
pub struct Sites<'a> {
    /// Every voice, from the top of the tree down.
    pub claims: Vec<SiteClaim<'a>>,
    /// The numbers of the voices that speak of one filter, under its host.
    pub(crate) of_filters: ByHost<usize>,
    /// The same numbers, for URLs.
    at: Index<usize>,
    /// The numbers of the voices that speak of a category.
    pub(crate) of_categories: Vec<usize>,
}

/// What one rule says of one site.
#[derive(Debug, Clone, Copy)]
pub struct SiteClaim<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What it says.
    pub says: &'a SiteStatement,
}

/// What is decided over something.
struct Decided<'a> {
    /// The voice that decides; `None` leaves it open.
    claim: Option<SiteClaim<'a>>,
    /// The strongest voices of each layer, from the top of the tree down.
    bounds: Vec<SiteClaim<'a>>,
    /// The one below them that allows no other value.
    last: Option<SiteClaim<'a>>,
}

/// The rank of a claim: claims of one rank are distinguished by how specific they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) layer: Layer,
    pub(crate) strength: Strength,
}

impl SiteClaim<'_> {
    pub(crate) fn rank(&self) -> Rank {
        Rank {
            layer: self.rule.layer(),
            strength: self.rule.strength(),
        }
    }

    /// Whether a rule below may not say what it says over what this voice speaks of.
    fn forbids(&self, below: &SiteClaim<'_>) -> bool {
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

    /// Whether it forbids every other verdict to all groups.
    fn is_final(&self) -> bool {
        let others = Verdict::ALL
            .into_iter()
            .filter(|verdict| *verdict != self.says.verdict);
        let mut others = others.into_iter();
        self.rule.overridable().is_none() && others.all(|verdict| self.rejects(verdict))
    }

    fn quoted(&self) -> QuotedClaim {
        QuotedClaim {
            rule: self.rule.id().clone(),
            value: self.to_string(),
            place: self.says.place,
        }
    }
}

impl std::fmt::Display for SiteClaim<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.says.fmt(f)
    }
}

impl<'a> Sites<'a> {
    /// Layers what the rules of a group say to it.
    fn new(mut claims: Vec<SiteClaim<'a>>) -> Self {
        claims.sort_by_key(SiteClaim::rank);
        let (mut of_filters, mut of_categories) = (ByHost::default(), Vec::new());
        for (number, claim) in claims.iter().enumerate() {
            match &claim.says.sites {
                SiteSet::Filter(filter) => of_filters.file(filter, number),
                SiteSet::Category(_) => of_categories.push(number),
            }
        }
        let filters = claims.iter().zip(0..);
        let filters =
            filters.filter_map(|(claim, number)| Some((claim.says.sites.filter()?, number)));
        Self {
            at: Index::of(filters),
            claims,
            of_filters,
            of_categories,
        }
    }

    /// The voice that decides over `url`; `None` leaves it open. Takes a time that depends on the URL
    /// and on how many speak of it, and not on how much is listed.
    pub fn verdict(&self, url: &Url) -> Option<SiteClaim<'a>> {
        let around = self.at.around(url);
        self.decide(around, |claim| {
            claim.says.sites.reach_at(url, claim.says.verdict)
        })
    }

    /// The voices that speak of `url`.
    pub fn claims_on(&self, url: &Url) -> impl Iterator<Item = SiteClaim<'a>> {
        let speaks = |claim: &SiteClaim<'_>| {
            let reach = claim.says.sites.reach_at(url, claim.says.verdict);
            reach.is_some()
        };
        self.claims
            .iter()
            .filter(move |claim| speaks(claim))
            .copied()
    }

    /// The voices that may speak of all of `filter`.
    pub(crate) fn around(&self, filter: &UrlFilter) -> impl Iterator<Item = SiteClaim<'a>> {
        self.of(self.of_filters.around(filter))
    }

    /// The voices that may speak of a part of `filter`.
    pub(crate) fn near(&self, filter: &UrlFilter) -> impl Iterator<Item = SiteClaim<'a>> {
        self.of(self.of_filters.near(filter))
    }

    /// The voices of these filters, and of every category.
    fn of<'s>(
        &'s self,
        filters: impl Iterator<Item = &'s usize>,
    ) -> impl Iterator<Item = SiteClaim<'a>> {
        let numbers = filters.chain(&self.of_categories);
        numbers.filter_map(|number| self.claims.get(*number).copied())
    }

    /// The voice that decides over every URL of `sites`, as far as voices that speak of all of
    /// them go.
    pub fn verdict_over(&self, sites: &SiteSet) -> Option<SiteClaim<'a>> {
        self.verdict_among(sites, |_| true)
    }

    /// The same, had only these voices spoken.
    fn verdict_among(
        &self,
        sites: &SiteSet,
        is_considered: impl Fn(&SiteClaim<'a>) -> bool,
    ) -> Option<SiteClaim<'a>> {
        self.decided_over(sites, is_considered)?.claim
    }

    /// The claims that bound all that is said below them of all of `sites`, from the top of the tree
    /// down.
    pub(crate) fn bounds_over(&self, sites: &SiteSet) -> Vec<SiteClaim<'a>> {
        let Some(decided) = self.decided_over(sites, |_| true) else {
            return Vec::new();
        };
        let mut bounds = decided.bounds;
        bounds.extend(decided.last);
        bounds.retain(|claim| claim.rule.strength() != Strength::Default);
        bounds
    }

    /// What is decided over all of `sites`, had only these voices spoken; `None` for an empty
    /// category.
    fn decided_over(
        &self,
        sites: &SiteSet,
        is_considered: impl Fn(&SiteClaim<'a>) -> bool,
    ) -> Option<Decided<'a>> {
        let speaks = |claim: &SiteClaim<'a>, filter: &UrlFilter| {
            let reach = || claim.says.sites.reach_over(filter);
            is_considered(claim).then(reach).flatten()
        };
        Some(match sites {
            SiteSet::Filter(filter) => {
                let around = self.of_filters.around(filter);
                self.decide_layers(around, |claim| speaks(claim, filter))
            }
            SiteSet::Category(category) => {
                let first = category.members().next()?;
                let around = self.of_filters.around(&first);
                self.decide_layers(around, |claim| {
                    let holds_all = claim.says.sites.holds_all_of(category);
                    holds_all.then(|| speaks(claim, &first)).flatten()
                })
            }
        })
    }

    /// The voice that decides over all that one filter matches.
    pub fn verdict_over_filter(&self, region: &UrlFilter) -> Option<SiteClaim<'a>> {
        self.verdict_among_over(region, |_| true)
    }

    /// The voice that would decide over what two filters have in common if nothing were said of it
    /// but what is said of all of the one or all of the other.
    pub(crate) fn verdict_over_both(
        &self,
        one: &UrlFilter,
        other: &UrlFilter,
    ) -> Option<SiteClaim<'a>> {
        let common = one.intersection(other)?;
        let around = self.of_filters.around(&common);
        self.decide(around, |claim| {
            let sites = &claim.says.sites;
            sites.reach_over(one).max(sites.reach_over(other))
        })
    }

    /// The voice that would decide over all of `region` had what is written at one place not been.
    pub(crate) fn verdict_over_without(
        &self,
        region: &UrlFilter,
        left_out: Place,
    ) -> Option<SiteClaim<'a>> {
        self.verdict_among_over(region, |claim| claim.says.place != left_out)
    }

    /// The voice that would decide over all of `region` had only these voices spoken.
    pub(crate) fn verdict_among_over(
        &self,
        region: &UrlFilter,
        is_considered: impl Fn(&SiteClaim<'a>) -> bool,
    ) -> Option<SiteClaim<'a>> {
        let around = self.of_filters.around(region);
        self.decide(around, |claim| {
            let speaks = is_considered(claim);
            speaks
                .then(|| claim.says.sites.reach_over(region))
                .flatten()
        })
    }

    /// The voice that decides among those that `reach` what it is about: of the voices of
    /// categories and of these `filters`.
    pub(crate) fn decide<'s>(
        &'s self,
        filters: impl Iterator<Item = &'s usize>,
        reach: impl Fn(&SiteClaim<'a>) -> Option<Reach>,
    ) -> Option<SiteClaim<'a>> {
        self.decide_layers(filters, reach).claim
    }

    /// What is decided among the voices of categories and of these `filters` that `reach` what it is
    /// about.
    fn decide_layers<'s>(
        &'s self,
        filters: impl Iterator<Item = &'s usize>,
        reach: impl Fn(&SiteClaim<'a>) -> Option<Reach>,
    ) -> Decided<'a> {
        let mut numbers: Vec<usize> = filters.chain(&self.of_categories).copied().collect();
        numbers.sort_unstable();
        let speaking: Vec<(SiteClaim<'a>, Reach)> = numbers
            .into_iter()
            .filter_map(|number| {
                let claim = self.claims.get(number)?;
                Some((*claim, reach(claim)?))
            })
            .collect();
        // Voices are sorted by rank, so each chunk is one layer and strength, and what was
        // decided so far is above it or stronger.
        let mut decided: Option<(SiteClaim<'a>, Reach)> = None;
        let mut bounds: Vec<SiteClaim<'a>> = Vec::new();
        let mut last = None;
        for equals in speaking.chunk_by(|(a, _), (b, _)| a.rank() == b.rank()) {
            let winner = equals.iter().max_by_key(|(claim, reach)| {
                let verdict = claim.says.verdict;
                // Who may not use one of two services on a site is kept from the site.
                let is_hindered = claim.says.hindrance().is_some();
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
                .filter(|(claim, at)| *at == reach && claim.says.verdict == winner.says.verdict);
            bounds.extend(alike.map(|(claim, _)| *claim));
        }
        Decided {
            claim: decided.map(|(claim, _)| claim),
            bounds,
            last,
        }
    }

    /// Everything in it that says what it may not.
    fn breaches(&self) -> Vec<Breach> {
        let mut breaches: Vec<Breach> = self
            .claims
            .iter()
            .filter_map(|claim| self.breach(claim))
            .collect();
        breaches.sort();
        breaches.dedup();
        breaches
    }

    /// How a voice says what it may not: another verdict than a bound one over all that it
    /// speaks of, or the opposite of its equal.
    fn breach(&self, claim: &SiteClaim<'a>) -> Option<Breach> {
        // What stands above and does not bound it does not keep it from deciding.
        let is_considered =
            |above: &SiteClaim<'_>| above.rank() >= claim.rank() || above.rule.bounds(claim.rule);
        let winner = self.verdict_among(&claim.says.sites, is_considered)?;
        if winner.says.verdict == claim.says.verdict {
            return None;
        }
        let kind = match winner.rank().layer.cmp(&claim.rank().layer) {
            Ordering::Less => BreachKind::SiteBelowFloor,
            Ordering::Equal => BreachKind::SameLayer,
            // What a lower layer says of it was for it to say.
            Ordering::Greater => return None,
        };
        let is_breach = match winner.rank().cmp(&claim.rank()) {
            Ordering::Less => winner.forbids(claim),
            // A rule that opens two services on one site says nothing against itself.
            Ordering::Equal if winner.says.hindrance().is_some() => {
                winner.says.sites == claim.says.sites && winner.rule.id() != claim.rule.id()
            }
            Ordering::Equal => winner.says.sites == claim.says.sites,
            // Beside a floor a rule may tighten.
            Ordering::Greater => false,
        };
        if !is_breach {
            return None;
        }
        Some(Breach {
            kind,
            subject: claim.says.sites.to_string(),
            above: winner.quoted(),
            below: claim.quoted(),
        })
    }
}
