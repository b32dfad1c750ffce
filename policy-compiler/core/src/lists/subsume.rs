//! Makes a set of domains out of names in any order: each once, none below another.

use std::borrow::Cow;

use psl::{List as PublicSuffixes, Psl as _};

use super::account::{Account, Dropped, Placement};
use super::domains::{DomainSet, is_within};

/// How many bytes of a name are compared at a time.
const STEP: usize = 16;

/// Names in lower case and punycode, with the places they were found at.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    found: Vec<(Cow<'a, str>, Placement)>,
    order: Vec<Key>,
}

/// A stretch of a name's labels, from the last to the first, and the number of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    stretch: u128,
    number: usize,
}

impl<'a> Names<'a> {
    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, names: usize) {
        self.found.reserve(names);
        self.order.reserve(names);
    }

    /// Adds a name.
    pub(super) fn push(&mut self, name: Cow<'a, str>, place: Placement) {
        self.order.push(Key {
            stretch: stretch(&name, 0),
            number: self.found.len(),
        });
        self.found.push((name, place));
    }

    /// The set; every name that is not in it is noted with its reason.
    pub(super) fn subsume(mut self, account: &mut Account) -> DomainSet {
        sort(&mut self.order, 0, &self.found);
        // What lies below a name follows it, so the last one kept is all there is to look at.
        let mut above = "";
        let mut kept = Vec::with_capacity(self.found.len());
        let sorted = self
            .order
            .iter()
            .filter_map(|key| self.found.get(key.number));
        for (name, place) in sorted {
            if let Some(reason) = reason_to_drop(name, above) {
                account.drop(reason, *place);
            } else {
                above = name;
                kept.push(above);
            }
        }
        DomainSet::of_sorted(&kept)
    }
}

/// Sorts keys that agree in the first `from` bytes by the rest, and equal names by number.
fn sort(keys: &mut [Key], from: usize, names: &[(Cow<'_, str>, Placement)]) {
    keys.sort_unstable_by_key(|key| key.stretch);
    for alike in keys.chunk_by_mut(|a, b| a.stretch == b.stretch) {
        let [first, _, ..] = alike else { continue };
        // A name that ends in its stretch leaves room there.
        if first.stretch.to_be_bytes().ends_with(&[0]) {
            alike.sort_unstable_by_key(|key| key.number);
            continue;
        }
        for key in alike.iter_mut() {
            let name = names.get(key.number).map_or("", |(name, _)| name);
            key.stretch = stretch(name, from + STEP);
        }
        sort(alike, from + STEP, names);
    }
}

fn reason_to_drop(name: &str, above: &str) -> Option<Dropped> {
    if !above.is_empty() && is_within(name, above) {
        return Some(if name.len() == above.len() {
            Dropped::Duplicate
        } else {
            Dropped::Covered
        });
    }
    let suffix = PublicSuffixes.find(name.as_bytes().rsplit(|byte| *byte == b'.'));
    (suffix.len == name.len()).then_some(Dropped::PublicSuffix)
}

/// Up to sixteen bytes from the byte `from` of the labels, the last label first, as a number of
/// the same order as the labels have.
fn stretch(name: &str, from: usize) -> u128 {
    // Below every byte of a label, and above the end.
    const BETWEEN: u8 = 1;

    let mut bytes = [0; STEP];
    let mut free = bytes.iter_mut();
    let mut before = from;
    for label in name.as_bytes().rsplit(|byte| *byte == b'.') {
        if before > label.len() {
            before -= label.len() + 1;
            continue;
        }
        for (byte, free) in label.iter().skip(before).zip(free.by_ref()) {
            *free = *byte;
        }
        before = 0;
        match free.next() {
            Some(free) => *free = BETWEEN,
            None => break,
        }
    }
    u128::from_be_bytes(bytes)
}
