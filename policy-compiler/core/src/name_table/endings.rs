//! The endings of a name, each with its hash: read from the name's end in one go, eight bytes at a
//! time.

use super::bytes::{BLOCK, equal_bytes, read_block};

/// A name's last label, its last two, and so on to the whole name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ending {
    /// Where it begins in the name.
    pub(super) start: usize,
    /// What it is hashed from: all blocks but the first, the first, and its length.
    behind: u64,
    first: u64,
    length: usize,
}

impl Ending {
    /// Equal endings have equal hashes, after any beginning. Every bit of the ending
    /// reaches every bit of it.
    #[inline]
    pub(super) fn hash(self) -> u64 {
        let length = u64::try_from(self.length).unwrap_or_default();
        mixed(self.behind ^ length, self.first)
    }
}

/// The endings of a name, the shortest first.
pub(super) fn endings(name: &str) -> Endings<'_> {
    Endings {
        unread: Some(name.as_bytes()),
        length: name.len(),
        end: name.len(),
        behind: 0,
        block: 0,
        dots: 0,
    }
}

#[derive(Debug)]
pub(super) struct Endings<'n> {
    /// What stands before the block; `None` after the whole name.
    unread: Option<&'n [u8]>,
    /// How long the name is.
    length: usize,
    /// Where the block ends in the name.
    end: usize,
    /// The hash of the blocks behind this one.
    behind: u64,
    /// Eight bytes of the name, the last of them highest; where the name begins in it, what there
    /// is, above zeros.
    block: u64,
    /// The highest bit of each byte of the block that is a dot and was not met yet.
    dots: u64,
}

impl Iterator for Endings<'_> {
    type Item = Ending;

    #[expect(clippy::inline_always, reason = "a tenth of the time of a look-up")]
    #[inline(always)]
    fn next(&mut self) -> Option<Ending> {
        while self.dots == 0 {
            let unread = self.unread?;
            if unread.is_empty() {
                self.unread = None;
                return Some(self.whole());
            }
            let (before, block) = split_block(unread);
            self.behind = mixed(self.behind, self.block);
            (self.unread, self.end) = (Some(before), unread.len());
            (self.block, self.dots) = (block, equal_bytes(block, b'.'));
        }
        let bits = self.dots.leading_zeros();
        self.dots ^= 1 << (63 - bits);
        let behind_the_dot = u64::MAX.checked_shl(64 - bits).unwrap_or_default();
        let bytes = usize::try_from(bits / 8).unwrap_or_default();
        Some(self.ending(self.end - bytes, self.block & behind_the_dot))
    }
}

impl Endings<'_> {
    fn ending(&self, start: usize, first: u64) -> Ending {
        Ending {
            start,
            behind: self.behind,
            first,
            length: self.length - start,
        }
    }

    /// The whole name. A full block belongs to what stands behind, as it does behind a dot.
    fn whole(&self) -> Ending {
        let mut whole = self.ending(0, self.block);
        if self.end.is_multiple_of(BLOCK) {
            (whole.behind, whole.first) = (mixed(self.behind, self.block), 0);
        }
        whole
    }
}

/// The last block of some bytes, and what stands before it.
#[inline]
fn split_block(bytes: &[u8]) -> (&[u8], u64) {
    match bytes.split_last_chunk() {
        Some((before, block)) => (before, u64::from_le_bytes(*block)),
        None => (&[], read_block(bytes)),
    }
}

/// Takes eight bytes more into a hash.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
fn mixed(hash: u64, block: u64) -> u64 {
    let product = u128::from(hash ^ block ^ 0x2d35_8dcc_aa6c_78a5) * 0x9e37_79b9_7f4a_7c15;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Labels of every length around a block's, so that dots stand at every place of one.
    fn names() -> impl Iterator<Item = String> {
        let label = |length: usize| "abcdefghijklmnopqrstuvwxyz".get(..length);
        let lengths = 0..=17;
        lengths.clone().flat_map(move |first| {
            let lengths = lengths.clone();
            lengths.filter_map(move |second| {
                Some(format!("{}.{}.example", label(first)?, label(second)?))
            })
        })
    }

    fn whole(name: &str) -> u64 {
        endings(name).last().expect("the whole").hash()
    }

    #[test]
    fn a_name_ends_at_each_of_its_labels() {
        for name in names().chain(["", "x", "..", "a.bc"].map(str::to_owned)) {
            let found: Vec<usize> = endings(&name).map(|ending| ending.start).collect();
            let dots = name.rmatch_indices('.').map(|(dot, _)| dot + 1);
            let expected: Vec<usize> = dots.chain([0]).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn the_hash_of_an_ending_is_that_of_the_name_it_is() {
        for name in names() {
            for ending in endings(&name) {
                let alone = whole(&name[ending.start..]);
                assert_eq!(alone, ending.hash(), "{name} from {}", ending.start);
            }
        }
    }

    #[test]
    fn names_that_differ_anywhere_have_hashes_that_do() {
        let hashes: BTreeSet<u64> = names().map(|name| whole(&name)).collect();
        assert_eq!(hashes.len(), names().count());
        let name = "abcdefgh.ijklmnopqrstuvw.example";
        for at in 0..name.len() {
            let mut other = name.as_bytes().to_vec();
            other[at] ^= 1;
            let other = String::from_utf8(other).expect("text");
            // Both what places a name and what tells it from its neighbours.
            let (one, other) = (whole(name), whole(&other));
            assert_ne!(one & 0xffff_ffff, other & 0xffff_ffff, "{at}");
            assert_ne!(one >> 32 & 0xffff, other >> 32 & 0xffff, "{at}");
        }
    }
}
