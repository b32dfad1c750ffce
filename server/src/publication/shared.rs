//! What bundles say alike, kept and judged once. Thousands of groups of one municipality cite the
//! same decisions, have the same controls and close the same lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use fyr_schemas::bundle::{Control, DecisionNote};
use fyr_schemas::{CaseNumber, ControlId, Digest, PeriodId};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::described::DescribedVariant;

type Controls = Vec<Arc<Control>>;
type AtTimes = BTreeMap<BTreeSet<PeriodId>, BTreeSet<ControlId>>;
type Decisions = BTreeMap<CaseNumber, DecisionNote>;

/// Parsed parts of bundles, each under the digest of its text, from one publication to the next.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The lists whose text was found to be the one that bundles name.
    pub(super) sound_lists: BTreeSet<Digest>,
    control: HashMap<Digest, Arc<Control>>,
    controls: HashMap<Digest, Arc<Controls>>,
    at_times: HashMap<Digest, Arc<AtTimes>>,
    decisions: HashMap<Digest, Arc<Decisions>>,
}

impl Shared {
    /// The controls of a bundle.
    pub(super) fn controls(&mut self, text: &RawValue) -> serde_json::Result<Arc<Controls>> {
        let digest = fyr_trust::digest(text.get().as_bytes());
        if let Some(known) = self.controls.get(&digest) {
            return Ok(Arc::clone(known));
        }
        let texts: Vec<&RawValue> = serde_json::from_str(text.get())?;
        let controls = texts.into_iter().map(|text| {
            once(&mut self.control, text.get(), |text| {
                serde_json::from_str(text)
            })
        });
        let controls = Arc::new(controls.collect::<serde_json::Result<_>>()?);
        self.controls.insert(digest, Arc::clone(&controls));
        Ok(controls)
    }

    /// The decisions of a bundle.
    pub(super) fn decisions(&mut self, text: &RawValue) -> serde_json::Result<Arc<Decisions>> {
        once(&mut self.decisions, text.get(), |text| {
            serde_json::from_str(text)
        })
    }

    /// The ids of the controls in the variants of a bundle, where they differ from its own.
    pub(super) fn at_times(
        &mut self,
        controls: &Controls,
        variants: &[DescribedVariant<'_>],
    ) -> serde_json::Result<Arc<AtTimes>> {
        let own: BTreeSet<&ControlId> = controls.iter().map(|control| &control.id).collect();
        let mut at_times = AtTimes::new();
        for variant in variants {
            let Some(text) = variant.controls else {
                continue;
            };
            let instead: BTreeMap<ControlId, Option<IgnoredAny>> =
                serde_json::from_str(text.get())?;
            let mut ids: BTreeSet<ControlId> = own.iter().map(|id| (*id).clone()).collect();
            for (id, control) in instead {
                match control {
                    Some(_) => ids.insert(id),
                    None => ids.remove(&id),
                };
            }
            at_times.insert(variant.during.clone(), ids);
        }
        let text = serde_json::to_string(&at_times.iter().collect::<Vec<_>>())?;
        once(&mut self.at_times, &text, |_| Ok(at_times))
    }

    /// Forgets the lists that are not among these.
    pub(super) fn keep_lists<'a>(&mut self, listed: impl Iterator<Item = &'a Digest>) {
        let listed: BTreeSet<&Digest> = listed.collect();
        self.sound_lists.retain(|digest| listed.contains(digest));
    }

    /// Forgets what no group says any longer.
    pub(crate) fn forget_unused(&mut self) {
        // Lists of controls go first: they hold controls.
        self.controls.retain(|_, part| Arc::strong_count(part) > 1);
        self.control.retain(|_, part| Arc::strong_count(part) > 1);
        self.at_times.retain(|_, part| Arc::strong_count(part) > 1);
        self.decisions.retain(|_, part| Arc::strong_count(part) > 1);
    }
}

/// The part that a text was parsed to, or is parsed to now.
fn once<T>(
    known: &mut HashMap<Digest, Arc<T>>,
    text: &str,
    parse: impl FnOnce(&str) -> serde_json::Result<T>,
) -> serde_json::Result<Arc<T>> {
    let digest = fyr_trust::digest(text.as_bytes());
    if let Some(part) = known.get(&digest) {
        return Ok(Arc::clone(part));
    }
    let part = Arc::new(parse(text)?);
    known.insert(digest, Arc::clone(&part));
    Ok(part)
}
