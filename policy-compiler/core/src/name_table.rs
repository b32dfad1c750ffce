//! Finds, among many names, one and those above it: in a time that depends on the name alone.

mod bytes;
mod endings;

use self::bytes::equal_bytes;
use self::endings::endings;

/// How many names a bucket holds.
const IN_A_BUCKET: usize = 6;

/// How many buckets there are for seven names: few are full.
const BUCKETS_FOR_SEVEN: usize = 2;

/// The most buckets that are looked through for one name. More than these are full in a row only
/// if the names were chosen so.
const LONGEST_ROW: usize = 16;

/// Numbers filed under names, by the names' hashes: about 9 bytes a name. Names are looked for
/// from the last label down, and no further than some name leads: most hosts are distinguished by one
/// bucket below their public suffix.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameTable {
    buckets: Vec<Bucket>,
    /// How many endings of a name need not be looked for: all are shorter than what a number is
    /// filed under.
    passed: usize,
    is_crowded: bool,
}

/// What names are filed in, within one line of a processor's cache. What does not fit is in the
/// next one.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(32))]
struct Bucket {
    // INVARIANT: one byte for each slot that is taken, from the lowest up, and zeros above.
    /// A few bits of the hash of what is in a slot.
    tags: u64,
    slots: [Slot; IN_A_BUCKET],
}

/// What stands at a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    /// A number, and nothing below.
    Last(u32),
    /// A number, and others below.
    Filed(u32),
    /// Nothing but what is below.
    Way,
}

/// A [`Node`] in four bytes: the number, and whether something is below.
#[derive(Debug, Clone, Copy, Default)]
struct Slot(u32);

const BELOW: u32 = 1 << 31;
/// Stands for no number.
const NO_NUMBER: u32 = BELOW - 1;

impl NameTable {
    /// Files nodes under names, each of which comes once, and with it every name above it.
    pub(crate) fn of<'n>(nodes: impl ExactSizeIterator<Item = (&'n str, Node)>) -> Self {
        let buckets = (nodes.len() * BUCKETS_FOR_SEVEN).div_ceil(7);
        let mut table = Self {
            buckets: vec![Bucket::default(); buckets],
            passed: usize::MAX,
            is_crowded: false,
        };
        for (name, node) in nodes {
            table.is_crowded |= table.file(name, node).is_none();
        }
        table
    }

    /// Whether some name found no slot, so that what is not found may be there all the same.
    pub(crate) fn is_crowded(&self) -> bool {
        self.is_crowded
    }

    /// Visits what may stand at `name` and at the names above it, the highest first, each with the
    /// name that it would stand at; ends with the first answer. Whether it does stand there, the
    /// visitor knows: names of equal hashes are not distinguished.
    pub(crate) fn walk<'n, R>(
        &self,
        name: &'n str,
        mut visit: impl FnMut(&'n str, Node) -> Option<R>,
    ) -> Option<R> {
        for ending in endings(name).skip(self.passed) {
            let mut is_end = true;
            let answer = self.at(ending.hash(), |node| {
                is_end &= matches!(node, Node::Last(_));
                visit(name.get(ending.start..)?, node)
            });
            if answer.is_some() || is_end {
                return answer;
            }
        }
        None
    }

    /// Whether something may be filed below `name`.
    pub(crate) fn may_be_above(&self, name: &str) -> bool {
        let is_above = |node| (!matches!(node, Node::Last(_))).then_some(());
        match endings(name).enumerate().last() {
            Some((before, whole)) if self.passed <= before => {
                self.at(whole.hash(), is_above).is_some()
            }
            Some(_) | None => !self.buckets.is_empty(),
        }
    }

    /// Visits what may be filed under names of this hash, until there is an answer.
    fn at<R>(&self, hash: u64, mut visit: impl FnMut(Node) -> Option<R>) -> Option<R> {
        for at in places(hash, self.buckets.len()) {
            let bucket = self.buckets.get(at)?;
            let mut tagged = bucket.tagged(tag(hash));
            while let Some(node) = bucket.next(&mut tagged) {
                if let Some(answer) = visit(node) {
                    return Some(answer);
                }
            }
            if !bucket.is_full() {
                return None;
            }
        }
        None
    }

    /// `None` where there is no room for it.
    fn file(&mut self, name: &str, node: Node) -> Option<()> {
        let (before, whole) = endings(name).enumerate().last()?;
        if node != Node::Way {
            self.passed = self.passed.min(before);
        }
        let hash = whole.hash();
        let slot = Slot::of(node)?;
        let mut places = places(hash, self.buckets.len());
        let free = places.find(|at| self.buckets.get(*at).is_some_and(|at| !at.is_full()))?;
        self.buckets.get_mut(free)?.put(tag(hash), slot)
    }
}

impl Bucket {
    fn is_full(&self) -> bool {
        self.tags >> (8 * (IN_A_BUCKET - 1)) != 0
    }

    /// Takes the lowest slot that is free.
    fn put(&mut self, tag: u8, slot: Slot) -> Option<()> {
        let bits = u64::BITS - self.tags.leading_zeros();
        let free = usize::try_from(bits.div_ceil(8)).ok()?;
        *self.slots.get_mut(free)? = slot;
        self.tags |= u64::from(tag) << (8 * free);
        Some(())
    }

    /// The slots of a tag: the highest bit of each one's byte.
    fn tagged(&self, tag: u8) -> u64 {
        equal_bytes(self.tags, tag)
    }

    /// What is in the first of some slots, which is taken out of them.
    fn next(&self, tagged: &mut u64) -> Option<Node> {
        let first = usize::try_from(tagged.trailing_zeros() / 8).ok()?;
        *tagged &= tagged.wrapping_sub(1);
        self.slots.get(first).map(|slot| slot.node())
    }
}

impl Slot {
    /// `None` for a number that is too large.
    fn of(node: Node) -> Option<Self> {
        let (number, below) = match node {
            Node::Last(number) => (number, 0),
            Node::Filed(number) => (number, BELOW),
            Node::Way => return Some(Self(NO_NUMBER | BELOW)),
        };
        (number < NO_NUMBER).then_some(Self(number | below))
    }

    fn node(self) -> Node {
        let Self(bits) = self;
        match (bits & !BELOW, bits & BELOW != 0) {
            (NO_NUMBER, _) => Node::Way,
            (number, true) => Node::Filed(number),
            (number, false) => Node::Last(number),
        }
    }
}

/// Where a name of this hash is looked for, one bucket after another.
#[inline]
fn places(hash: u64, buckets: usize) -> impl Iterator<Item = usize> {
    let wide = u64::try_from(buckets).unwrap_or_default();
    let first = (hash & u64::from(u32::MAX)).wrapping_mul(wide) >> 32;
    let first = usize::try_from(first).unwrap_or_default();
    (0..LONGEST_ROW).map(move |step| {
        let at = first + step;
        if at < buckets { at } else { at - buckets }
    })
}

/// Never 0, which stands for an empty slot.
fn tag(hash: u64) -> u8 {
    let [_, _, _, _, _, tag, _, _] = hash.to_le_bytes();
    tag.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Names of which no two have one tag: these would not be distinguished.
    const NODES: [(&str, Node); 5] = [
        ("example", Node::Filed(0)),
        ("x.example", Node::Way),
        ("a.x.example", Node::Last(1)),
        ("example.net", Node::Last(2)),
        ("net", Node::Way),
    ];

    fn found(table: &NameTable, name: &str) -> Vec<(String, Node)> {
        let mut found = Vec::new();
        table.walk(name, |name, node| -> Option<()> {
            found.push((name.to_owned(), node));
            None
        });
        found
    }

    #[test]
    fn a_name_and_those_above_it_are_found_from_the_top_down() {
        let table = NameTable::of(NODES.into_iter());
        assert!(!table.is_crowded());
        let expected = |names: &[usize]| -> Vec<(String, Node)> {
            let nodes = names.iter().map(|number| NODES[*number]);
            nodes.map(|(name, node)| (name.to_owned(), node)).collect()
        };
        assert_eq!(found(&table, "b.a.x.example"), expected(&[0, 1, 2]));
        assert_eq!(found(&table, "www.example.net"), expected(&[4, 3]));
        assert_eq!(found(&table, "y.example"), expected(&[0]));
        for unknown in ["xexample", "x.test", ""] {
            assert_eq!(found(&table, unknown), []);
        }
        assert_eq!(found(&NameTable::default(), "x.example"), []);
        assert_eq!(found(&NameTable::of([].into_iter()), "x.example"), []);
    }

    #[test]
    fn the_first_answer_ends_the_walk() {
        let table = NameTable::of(NODES.into_iter());
        let answer = table.walk("a.x.example", |name, _| Some(name.to_owned()));
        assert_eq!(answer.as_deref(), Some("example"));
    }

    #[test]
    fn what_has_names_below_is_distinguished_from_what_is_last() {
        let table = NameTable::of(NODES.into_iter());
        for (name, node) in NODES {
            let is_above = !matches!(node, Node::Last(_));
            assert_eq!(table.may_be_above(name), is_above, "{name}");
        }
        // Nothing is filed under a name as short as these.
        let long = NameTable::of([("a.b.example", Node::Last(0))].into_iter());
        assert!(long.may_be_above("example") && long.may_be_above("b.example"));
    }

    #[test]
    fn names_that_find_no_slot_are_reported() {
        let crowd = |names| {
            let alike = std::iter::repeat_n(("x.example", Node::Last(0)), names);
            NameTable::of(alike.collect::<Vec<_>>().into_iter()).is_crowded()
        };
        assert!(!crowd(IN_A_BUCKET));
        assert!(crowd(IN_A_BUCKET * LONGEST_ROW + 1));
    }

    #[test]
    fn a_number_that_is_too_large_is_reported_as_a_name_without_a_slot() {
        for (number, is_crowded) in [(NO_NUMBER - 1, false), (NO_NUMBER, true), (u32::MAX, true)] {
            let table = NameTable::of([("x.example", Node::Last(number))].into_iter());
            assert_eq!(table.is_crowded(), is_crowded, "{number}");
        }
    }
}
