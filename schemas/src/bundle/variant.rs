//! The variants of a bundle: what differs from it while certain periods of its timetable run.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Bundle, ClosedList, Control};
use crate::id::{CategoryId, ControlId, HostName, PeriodId};

/// What differs from the bundle while certain periods run.
///
/// Every member holds what stands in the place of the bundle's own of that name, or `null` where
/// the bundle has one and this variant has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The periods that run: all of these, and no others of the timetable.
    pub during: BTreeSet<PeriodId>,
    /// Controls.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub controls: Instead<ControlId, Control>,
    /// Browser policy for the Chromium family.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chromium: Instead<String, Value>,
    /// Browser policy for Firefox.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub firefox: Instead<String, Value>,
    /// Names that resolve to one address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: Instead<HostName, IpAddr>,
    /// Lists of names that do not resolve.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub closed: Instead<CategoryId, ClosedList>,
}

/// What stands in the place of members of a map; `None` where nothing does.
pub type Instead<K, V> = BTreeMap<K, Option<V>>;

impl Bundle {
    /// What is to be enforced at a moment: this bundle, or its variant for the periods that run.
    ///
    /// A combination of periods without a variant changes nothing.
    pub fn in_force(&self, now: Timestamp) -> Cow<'_, Self> {
        let running = self.running(now);
        let mut variants = self.variants.iter();
        match variants.find(|variant| variant.during == running) {
            Some(variant) => Cow::Owned(self.with(variant)),
            None => Cow::Borrowed(self),
        }
    }

    /// The periods of the timetable that run at a moment.
    pub fn running(&self, now: Timestamp) -> BTreeSet<PeriodId> {
        let timetable = self.timetable.as_ref();
        timetable.map_or_else(BTreeSet::new, |timetable| timetable.running(now))
    }

    /// The next moment at which other periods run; `None` where that is more than a year away.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.timetable.as_ref()?.next_change(now)
    }

    /// Every list that it closes at some time, each once.
    pub fn lists(&self) -> Vec<(&CategoryId, &ClosedList)> {
        let variants = self.variants.iter().flat_map(|variant| &variant.closed);
        let theirs = variants.filter_map(|(category, closed)| Some((category, closed.as_ref()?)));
        let mut lists: Vec<(&CategoryId, &ClosedList)> = self.closed.iter().chain(theirs).collect();
        lists.sort_by_key(|(category, closed)| (*category, &closed.digest));
        lists.dedup_by_key(|(category, closed)| (*category, &closed.digest));
        lists
    }

    /// The bundle as it is while the periods of a variant run.
    #[must_use]
    pub fn with(&self, variant: &Variant) -> Self {
        let mut controls: BTreeMap<ControlId, Control> = self
            .controls
            .iter()
            .map(|control| (control.id.clone(), control.clone()))
            .collect();
        put_instead(&mut controls, &variant.controls);
        let mut bundle = self.clone();
        bundle.controls = controls.into_values().collect();
        put_instead(&mut bundle.chromium, &variant.chromium);
        put_instead(&mut bundle.firefox, &variant.firefox);
        put_instead(&mut bundle.hosts, &variant.hosts);
        put_instead(&mut bundle.closed, &variant.closed);
        bundle
    }

    /// What differs in `other`, which holds while the periods `during` run; `None` where nothing
    /// that is enforced does.
    pub fn variant(&self, during: BTreeSet<PeriodId>, other: &Self) -> Option<Variant> {
        let by_name = |bundle: &Self| -> BTreeMap<ControlId, Control> {
            let controls = bundle.controls.iter();
            controls
                .map(|control| (control.id.clone(), control.clone()))
                .collect()
        };
        let variant = Variant {
            during,
            controls: differing(&by_name(self), &by_name(other)),
            chromium: differing(&self.chromium, &other.chromium),
            firefox: differing(&self.firefox, &other.firefox),
            hosts: differing(&self.hosts, &other.hosts),
            closed: differing(&self.closed, &other.closed),
        };
        let nothing = Variant {
            during: variant.during.clone(),
            ..Variant::default()
        };
        (variant != nothing).then_some(variant)
    }
}

fn put_instead<K: Ord + Clone, V: Clone>(map: &mut BTreeMap<K, V>, instead: &Instead<K, V>) {
    for (key, value) in instead {
        match value {
            Some(value) => map.insert(key.clone(), value.clone()),
            None => map.remove(key),
        };
    }
}

fn differing<K: Ord + Clone, V: PartialEq + Clone>(
    base: &BTreeMap<K, V>,
    other: &BTreeMap<K, V>,
) -> Instead<K, V> {
    let changed = other
        .iter()
        .filter(|(key, value)| base.get(key) != Some(value))
        .map(|(key, value)| (key.clone(), Some(value.clone())));
    let gone = base
        .keys()
        .filter(|key| !other.contains_key(key))
        .map(|key| (key.clone(), None));
    changed.chain(gone).collect()
}
