//! Finds, among many names, one and those above it: in a time that hangs on the name alone.

/// The most slots that are looked through for one name. More than these are full in a row only
/// where somebody chose the names so.
const LONGEST_ROW: usize = 64;

/// Numbers filed under names, by the names' hashes: 10 to 20 bytes a name. What is not there is
/// mostly told from the tags alone, which are few enough to stay close to the processor.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameTable {
    // INVARIANT: as many as numbers; none, or a power of two of which at most half is full.
    /// A few bits of the hash of what is in a slot; 0 where that is empty.
    tags: Vec<u8>,
    numbers: Vec<u32>,
    is_crowded: bool,
}

impl NameTable {
    /// Files numbers under names, each of which comes once.
    pub(crate) fn of<'n>(names: impl ExactSizeIterator<Item = (&'n str, u32)>) -> Self {
        let slots = (names.len() * 2).next_power_of_two();
        let mut table = Self {
            tags: vec![0; slots],
            numbers: vec![0; slots],
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
        let hash = Hashes::of(name).last().map_or(0, |(_, hash)| hash);
        let mut places = places(hash, self.tags.len());
        let free = places.find(|at| self.tags.get(*at).is_some_and(|tag| *tag == 0));
        let slot = free.and_then(|at| Some((self.tags.get_mut(at)?, self.numbers.get_mut(at)?)));
        match slot {
            Some((free, filed)) => (*free, *filed) = (tag(hash), number),
            None => self.is_crowded = true,
        }
    }

    /// The numbers whose names have this hash.
    fn row(&self, hash: u64) -> impl Iterator<Item = u32> + use<'_> {
        places(hash, self.tags.len())
            .map_while(|at| Some((at, *self.tags.get(at)?)))
            .take_while(|(_, found)| *found != 0)
            .filter(move |(_, found)| *found == tag(hash))
            .filter_map(|(at, _)| self.numbers.get(at).copied())
    }
}

/// Where a name of this hash is looked for, one slot after another.
fn places(hash: u64, slots: usize) -> impl Iterator<Item = usize> {
    let last = slots.wrapping_sub(1);
    let first = usize::try_from(hash & u64::from(u32::MAX)).unwrap_or_default();
    (0..LONGEST_ROW).map(move |step| first.wrapping_add(step) & last)
}

fn tag(hash: u64) -> u8 {
    let [.., highest] = hash.to_le_bytes();
    highest | 1
}

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
            hash: 0,
        }
    }
}

impl<'n> Iterator for Hashes<'n> {
    type Item = (&'n str, u64);

    fn next(&mut self) -> Option<Self::Item> {
        let unread = self.name.as_bytes().get(..self.left?)?;
        let (mut start, mut left, mut word) = (0, None, 1);
        for (at, byte) in unread.iter().enumerate().rev() {
            if *byte == b'.' {
                (start, left) = (at + 1, Some(at));
                break;
            }
            if word >> 56 != 0 {
                self.hash = mixed(self.hash, word);
                word = 1;
            }
            word = word << 8 | u64::from(*byte);
        }
        self.left = left;
        self.hash = mixed(self.hash, word);
        Some((self.name.get(start..)?, self.hash))
    }
}

/// Takes up to seven bytes more into a hash. Every bit of either reaches the lower half, by which
/// names are placed, and the highest byte, by which they are told apart there.
fn mixed(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 32)
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
        // Names of equal hashes are for the caller to tell apart.
        found.filter(|(name, filed)| name == filed).collect()
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
