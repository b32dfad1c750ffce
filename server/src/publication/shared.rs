//! What bundles say alike, kept and judged once. Thousands of groups of one municipality cite the
//! same decisions, have the same controls and close the same lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use fyr_schemas::bundle::{Control, DecisionNote};
use fyr_schemas::{CaseNumber, ControlId, Digest, GroupId};
use fyr_trust::Hasher;
use serde_json::value::RawValue;

use super::PublishedGroup;
use super::described::{Described, DescribedControl};
use crate::edition::{Instead, ReportedControls};

type Controls = Vec<Arc<Control>>;
type Decisions = BTreeMap<CaseNumber, DecisionNote>;

/// Parsed parts of bundles, each under the digest of its text, from one publication to the next.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The groups that were read of publications that were overtaken.
    pub(super) overtaken: BTreeMap<GroupId, Arc<PublishedGroup>>,
    /// The lists whose text was found to be the one that bundles name.
    pub(super) sound_lists: BTreeSet<Digest>,
    control: HashMap<Digest, Arc<Control>>,
    controls: HashMap<Digest, Arc<Controls>>,
    reported: HashMap<Digest, Arc<ReportedControls>>,
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
            let digest = fyr_trust::digest(text.get().as_bytes());
            once(&mut self.control, digest, || {
                serde_json::from_str(text.get())
            })
        });
        let controls = Arc::new(controls.collect::<serde_json::Result<_>>()?);
        self.controls.insert(digest, Arc::clone(&controls));
        Ok(controls)
    }

    /// The decisions of a bundle.
    pub(super) fn decisions(&mut self, text: &RawValue) -> serde_json::Result<Arc<Decisions>> {
        let digest = fyr_trust::digest(text.get().as_bytes());
        once(&mut self.decisions, digest, || {
            serde_json::from_str(text.get())
        })
    }

    /// The controls that a device of a bundle reports, by the periods that run, and these periods.
    pub(super) fn reported(
        &mut self,
        controls: &Controls,
        described: &Described<'_>,
    ) -> serde_json::Result<Arc<ReportedControls>> {
        let periods = described.periods();
        let mut text = Hasher::default();
        text.update(described.controls.get().as_bytes());
        text.update(serde_json::to_string(&periods)?.as_bytes());
        for variant in &described.variants {
            text.update(serde_json::to_string(&variant.during)?.as_bytes());
            text.update(variant.controls.map_or("", RawValue::get).as_bytes());
        }
        once(&mut self.reported, text.digest(), || {
            let ordinary = controls.iter().map(|control| control.id.clone());
            let variants = described.variants.iter().map(|variant| {
                let others = variant.controls.map_or("{}", RawValue::get);
                let others: BTreeMap<ControlId, Option<DescribedControl>> =
                    serde_json::from_str(others)?;
                let others = others.into_iter().map(|(id, other)| {
                    let ordinary = controls.iter().find(|it| it.id == id);
                    let value = other.as_ref().map(|it| it.value.as_str());
                    let instead = Instead::of(ordinary.map(|it| &**it), value);
                    (id, instead)
                });
                Ok((variant.during.clone(), others.collect()))
            });
            let variants = variants.collect::<serde_json::Result<Vec<_>>>()?;
            Ok(ReportedControls::new(periods, ordinary.collect(), variants))
        })
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
        self.reported.retain(|_, part| Arc::strong_count(part) > 1);
        self.decisions.retain(|_, part| Arc::strong_count(part) > 1);
    }
}

/// The part that the text of this digest was parsed to, or is parsed to now.
fn once<T>(
    known: &mut HashMap<Digest, Arc<T>>,
    digest: Digest,
    parse: impl FnOnce() -> serde_json::Result<T>,
) -> serde_json::Result<Arc<T>> {
    if let Some(part) = known.get(&digest) {
        return Ok(Arc::clone(part));
    }
    let part = Arc::new(parse()?);
    known.insert(digest, Arc::clone(&part));
    Ok(part)
}
