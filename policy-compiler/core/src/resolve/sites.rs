//! Verdicts over sites: layers first, then the more specific filter; and the flat lists with
//! the same verdicts that browsers are given.

mod flat;

use fyr_schemas::policy::Strength;
use url::Url;

use super::{Breach, BreachKind, Said};
use crate::desired::Verdict;
use crate::policy::{Layer, Rule, SiteStatement};
use crate::source::Place;
use crate::url_filter::UrlFilter;

pub use self::flat::Inexpressible;

/// What the rules of a group say of sites.
#[derive(Debug)]
pub struct Sites<'a> {
    /// Every voice, from the top of the tree down.
    pub voices: Vec<SiteVoice<'a>>,
}

/// What one rule says of one site.
#[derive(Debug, Clone, Copy)]
pub struct SiteVoice<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What it says.
    pub says: &'a SiteStatement,
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

    /// Whether a rule below may not say `verdict` over what this voice speaks of: a lock
    /// admits no other, and a minimum none that is weaker.
    fn forbids(&self, verdict: Verdict) -> bool {
        match self.rule.strength() {
            Strength::Locked => verdict != self.says.verdict,
            Strength::Minimum => verdict < self.says.verdict,
            Strength::Default => false,
        }
    }

    /// Whether it forbids every other verdict.
    fn is_final(&self) -> bool {
        let others = Verdict::ALL
            .into_iter()
            .filter(|verdict| *verdict != self.says.verdict);
        others.into_iter().all(|verdict| self.forbids(verdict))
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
        write!(f, "{} {}", self.says.verdict.word(), self.says.filter)
    }
}

impl<'a> Sites<'a> {
    /// The voice that decides over `url`; `None` leaves it open.
    pub fn verdict(&self, url: &Url) -> Option<SiteVoice<'a>> {
        self.decide(|voice| voice.says.filter.matches(url, voice.says.verdict))
    }

    /// The voices that speak of `url`.
    pub fn speaking_of(&self, url: &Url) -> impl Iterator<Item = SiteVoice<'a>> {
        self.voices
            .iter()
            .filter(|voice| voice.says.filter.matches(url, voice.says.verdict))
            .copied()
    }

    /// The voice that decides over every URL of `region`, as far as voices that speak of all
    /// of it go.
    pub fn verdict_over(&self, region: &UrlFilter) -> Option<SiteVoice<'a>> {
        self.decide(|voice| voice.says.filter.contains(region))
    }

    /// The voice that would decide over all of `region` had what is written at one place not been.
    pub(crate) fn verdict_over_without(
        &self,
        region: &UrlFilter,
        left_out: Place,
    ) -> Option<SiteVoice<'a>> {
        self.decide(|voice| voice.says.place != left_out && voice.says.filter.contains(region))
    }

    /// The voice that decides among those that `speak`.
    fn decide(&self, speaks: impl Fn(&SiteVoice<'a>) -> bool) -> Option<SiteVoice<'a>> {
        let speaking: Vec<SiteVoice<'a>> = self
            .voices
            .iter()
            .filter(|voice| speaks(voice))
            .copied()
            .collect();
        // Voices are sorted by rank, so each chunk is one layer and strength, and what was
        // decided so far is above it or stronger.
        let mut decided: Option<SiteVoice<'a>> = None;
        let mut bounds: Vec<SiteVoice<'a>> = Vec::new();
        for equals in speaking.chunk_by(|a, b| a.rank() == b.rank()) {
            let winner = *equals.iter().max_by_key(|voice| {
                let verdict = voice.says.verdict;
                (voice.says.filter.specificity(), verdict.is_open(), verdict)
            })?;
            let verdict = winner.says.verdict;
            if bounds.iter().any(|bound| bound.forbids(verdict)) {
                continue;
            }
            // The lowest layer decides, and within it the stronger rule.
            if decided.is_none_or(|above| above.rank().layer < winner.rank().layer) {
                decided = Some(winner);
            }
            if winner.is_final() {
                break;
            }
            bounds.push(winner);
        }
        decided
    }
}

/// Layers the verdicts of `rules`, which are sorted from the top down.
pub(super) fn layer<'a>(rules: &[&'a Rule], breaches: &mut Vec<Breach>) -> Sites<'a> {
    let mut voices: Vec<SiteVoice<'a>> = rules
        .iter()
        .flat_map(|rule| rule.sites.iter().map(|says| SiteVoice { rule, says }))
        .collect();
    voices.sort_by_key(SiteVoice::rank);
    let sites = Sites { voices };
    breaches.extend(sites.voices.iter().filter_map(|voice| sites.breach(voice)));
    sites
}

impl<'a> Sites<'a> {
    /// How a voice says what it may not: another verdict than a bound one over all that it
    /// speaks of, or the opposite of its equal.
    fn breach(&self, voice: &SiteVoice<'a>) -> Option<Breach> {
        let winner = self.verdict_over(&voice.says.filter)?;
        if winner.says.verdict == voice.says.verdict {
            return None;
        }
        let kind = if winner.rank() == voice.rank() {
            (winner.says.filter == voice.says.filter).then_some(BreachKind::SameLayer)?
        } else {
            winner
                .forbids(voice.says.verdict)
                .then_some(BreachKind::SiteBelowFloor)?
        };
        Some(Breach {
            kind,
            subject: voice.says.filter.to_string(),
            above: winner.said(),
            below: voice.said(),
        })
    }
}
