//! Finds, among many names, one and those above it: in a time that hangs on the name alone.

/// The most slots that are looked through for one name. More than these are full in a row only
/// where somebody chose the names so.
const LONGEST_ROW: usize = 64;

/// Numbers filed under names, by the names' hashes.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameTable {
    // INVARIANT: none, or a power of two of which at most half is full.
    slots: Vec<Slot>,
    is_crowded: bool,
}

/// A slot that is empty has the number 0; others have their number and one more.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    tag: u32,
    number: u32,
}

impl NameTable {
    /// Files numbers under names, each of which comes once.
    pub(crate) fn of<'n>(names: impl ExactSizeIterator<Item = (&'n str, u32)>) -> Self {
        let mut table = Self {
            slots: vec![Slot::default(); (names.len() * 2).next_power_of_two()],
            is_crowded: false,
        };
        for (name, number) in names {
            table.file(name, number);
        }
        table
    }

    /// Whether some name found no slot, so that what is not found may be there all the same.
    pub(crate) fn is_crowded(&self) -> bool {
        self.is_crowded
    }

    /// What may be filed under `name` and under the names above it, the highest first, each with
    /// the name that it would be filed under. Whether it is, the caller knows: names of equal
    /// hashes are not told apart.
    pub(crate) fn upwards<'t, 'n>(
        &'t self,
        name: &'n str,
    ) -> impl Iterator<Item = (&'n str, u32)> + use<'t, 'n> {
        let hashes = Hashes::of(name);
        hashes.flat_map(|(name, hash)| self.row(hash).map(move |number| (name, number)))
    }

    fn file(&mut self, name: &str, number: u32) {
        let hash = Hashes::of(name).last().map_or(EMPTY, |(_, hash)| hash);
        let mut places = places(hash, self.slots.len());
        let slots = &mut self.slots;
        let free = places.find(|at| slots.get(*at).is_some_and(|slot| slot.number == 0));
        match (free.and_then(|at| slots.get_mut(at)), number.checked_add(1)) {
            (Some(slot), Some(number)) => {
                let tag = tag(hash);
                *slot = Slot { tag, number };
            }
            (_, _) => self.is_crowded = true,
        }
    }

    /// The numbers whose names have this hash.
    fn row(&self, hash: u64) -> impl Iterator<Item = u32> + use<'_> {
        let slots = places(hash, self.slots.len()).filter_map(|at| self.slots.get(at));
        let full = slots.take_while(|slot| slot.number != 0);
        full.filter(move |slot| slot.tag == tag(hash))
            .map(|slot| slot.number - 1)
    }
}

/// Where a name of this hash is looked for, one slot after another.
fn places(hash: u64, slots: usize) -> impl Iterator<Item = usize> {
    let last = slots.wrapping_sub(1);
    let first = usize::try_from(hash & u64::from(u32::MAX)).unwrap_or_default();
    (0..LONGEST_ROW).map(move |step| first.wrapping_add(step) & last)
}

fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

/// The hash of no name.
const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// A name's last label, its last two, and so on to the whole name, each with its hash: read from
/// its end in one go.
struct Hashes<'n> {
    name: &'n str,
    /// How many bytes are still to be read; `None` when all are.
    left: Option<usize>,
    hash: u64,
}

impl<'n> Hashes<'n> {
    fn of(name: &'n str) -> Self {
        Self {
            name,
            left: Some(name.len()),
            hash: EMPTY,
        }
    }
}

impl<'n> Iterator for Hashes<'n> {
    type Item = (&'n str, u64);

    fn next(&mut self) -> Option<Self::Item> {
        let unread = self.name.as_bytes().get(..self.left?)?;
        let (mut hash, mut start, mut left) = (self.hash, 0, None);
        for (at, byte) in unread.iter().enumerate().rev() {
            if *byte == b'.' {
                (start, left) = (at + 1, Some(at));
                break;
            }
            hash = mixed(hash, *byte);
        }
        self.left = left;
        self.hash = mixed(hash, b'.');
        Some((self.name.get(start..)?, spread(hash)))
    }
}

/// FNV-1a.
fn mixed(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// The lower half of the hash says where a name is, and the upper half tells it from others
/// there: neither is to hang on the last few bytes alone.
fn spread(hash: u64) -> u64 {
    (hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["example", "x.example", "a.x.example", "example.com", "com"];

    fn upwards(table: &NameTable, name: &str) -> Vec<(String, &'static str)> {
        let found = table.upwards(name).map(|(name, number)| {
            let filed = NAMES[usize::try_from(number).expect("a small number")];
            (name.to_owned(), filed)
        });
        found.collect()
    }

    #[test]
    fn a_name_and_those_above_it_are_found_from_the_top_down() {
        let table = NameTable::of(NAMES.into_iter().zip(0..5));
        assert!(!table.is_crowded());
        let found: Vec<_> = upwards(&table, "b.a.x.example");
        let expected = ["example", "x.example", "a.x.example"];
        assert_eq!(found, expected.map(|name| (name.to_owned(), name)));
        assert_eq!(upwards(&table, "xexample"), []);
        assert_eq!(upwards(&table, ""), []);
        assert_eq!(upwards(&NameTable::default(), "x.example"), []);
        assert_eq!(upwards(&NameTable::of([].into_iter()), "x.example"), []);
    }

    #[test]
    fn names_that_find_no_slot_are_told_of() {
        let alike = std::iter::repeat_n(("x.example", 0), LONGEST_ROW + 1);
        let alike: Vec<_> = alike.collect();
        assert!(NameTable::of(alike.into_iter()).is_crowded());
    }
}
