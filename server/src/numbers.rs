//! Which report numbers of a device came: pure, and small however many came.
//!
//! A report without news is not stored, so its number must be remembered without it. The newest
//! numbers keep a digest of their report, which tells a report that is sent again from another
//! report under the same number.

/// How many of the newest numbers keep a digest: at least as many as a batch holds, because a
/// device sends a batch again when the answer was lost.
const DIGESTS: usize = fyr_schemas::report::MOST_REPORTS;

/// How many gaps are remembered. Past that the oldest are given up: their reports are refused.
const GAPS: usize = 64;

/// The start of the SHA-256 of a report's bytes.
pub(crate) type ReportDigest = [u8; 8];

/// The numbers that came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    highest: u64,
    /// How many numbers are in gaps that were given up.
    given_up: u64,
    /// Numbers below the highest that did not come, first and last of each gap, sorted.
    gaps: Vec<(u64, u64)>,
    /// The newest numbers that came, sorted.
    newest: Vec<(u64, ReportDigest)>,
}

/// What is known of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// No report came under it.
    New,
    /// This report came under it.
    Same,
    /// Another report came under it.
    Other,
    /// A report came under it, too long ago to say which.
    Forgotten,
}

impl Numbers {
    /// The highest number that came; 0 before the first.
    pub(crate) fn highest(&self) -> u64 {
        self.highest
    }

    /// How many numbers below the highest did not come.
    pub(crate) fn missing(&self) -> u64 {
        self.gaps
            .iter()
            .fold(self.given_up, |sum, gap| sum.saturating_add(length(*gap)))
    }

    /// What is known of a number.
    pub(crate) fn look_up(&self, number: u64, digest: ReportDigest) -> Known {
        if number > self.highest || self.gap_of(number).is_some() {
            return Known::New;
        }
        match self.newest.iter().find(|(known, _)| *known == number) {
            Some((_, known)) if *known == digest => Known::Same,
            Some(_) => Known::Other,
            None => Known::Forgotten,
        }
    }

    /// Remembers that a report came. One that is not [`Known::New`] changes nothing.
    pub(crate) fn take(&mut self, number: u64, digest: ReportDigest) {
        if self.look_up(number, digest) != Known::New {
            return;
        }
        if number > self.highest {
            let next = self.highest.saturating_add(1);
            if next < number {
                self.gaps.push((next, number.saturating_sub(1)));
            }
            self.highest = number;
        } else {
            self.split_gap(number);
        }
        while self.gaps.len() > GAPS {
            self.given_up = self.given_up.saturating_add(length(self.gaps.remove(0)));
        }
        self.newest.push((number, digest));
        self.newest.sort_unstable();
        let surplus = self.newest.len().saturating_sub(DIGESTS);
        self.newest.drain(..surplus);
    }

    fn gap_of(&self, number: u64) -> Option<usize> {
        self.gaps
            .iter()
            .position(|(first, last)| (*first..=*last).contains(&number))
    }

    fn split_gap(&mut self, number: u64) {
        if let Some(position) = self.gap_of(number) {
            let (first, last) = self.gaps.remove(position);
            if number < last {
                self.gaps.insert(position, (number.saturating_add(1), last));
            }
            if first < number {
                self.gaps
                    .insert(position, (first, number.saturating_sub(1)));
            }
        }
    }

    /// The bytes that [`decode`](Self::decode) reads.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let gaps = u64::try_from(self.gaps.len()).unwrap_or_default();
        for number in [self.highest, self.given_up, gaps] {
            bytes.extend(number.to_le_bytes());
        }
        for (first, last) in &self.gaps {
            bytes.extend(first.to_le_bytes());
            bytes.extend(last.to_le_bytes());
        }
        for (number, digest) in &self.newest {
            bytes.extend(number.to_le_bytes());
            bytes.extend(digest);
        }
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote; no bytes are no numbers.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let (words, []) = bytes.as_chunks::<8>() else {
            return None;
        };
        let mut words = words.iter().copied();
        let mut number = || words.next().map(u64::from_le_bytes);
        let (highest, given_up, gaps) = (number()?, number()?, number()?);
        let gaps = (0..gaps)
            .map(|_| Some((number()?, number()?)))
            .collect::<Option<Vec<_>>>()?;
        let mut newest = Vec::new();
        while let Some(number) = words.next() {
            newest.push((u64::from_le_bytes(number), words.next()?));
        }
        Some(Self {
            highest,
            given_up,
            gaps,
            newest,
        })
    }
}

fn length((first, last): (u64, u64)) -> u64 {
    last.saturating_sub(first).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(of: u64) -> ReportDigest {
        of.to_le_bytes()
    }

    fn taken(numbers: impl IntoIterator<Item = u64>) -> Numbers {
        let mut taken = Numbers::default();
        for number in numbers {
            taken.take(number, digest(number));
        }
        taken
    }

    #[test]
    fn another_report_under_a_used_number_is_recognised() {
        let numbers = taken([1, 2, 4]);
        assert_eq!(numbers.look_up(2, digest(2)), Known::Same);
        assert_eq!(numbers.look_up(2, digest(9)), Known::Other);
        assert_eq!(numbers.look_up(3, digest(3)), Known::New);
        assert_eq!(numbers.look_up(5, digest(5)), Known::New);
    }

    #[test]
    fn a_number_of_long_ago_is_never_new_again() {
        let numbers = taken(1..=200);
        assert_eq!(numbers.look_up(1, digest(1)), Known::Forgotten);
        assert_eq!(numbers.look_up(200, digest(200)), Known::Same);
    }

    #[test]
    fn a_device_that_skips_every_other_number_takes_no_more_room() {
        let numbers = taken((1..=2_000).step_by(2));
        assert_eq!(numbers.missing(), 999);
        assert!(numbers.encode().len() < 2_100);
        assert_eq!(numbers.look_up(2, digest(2)), Known::Forgotten);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_makes_no_difference(
            numbers in prop::collection::btree_set(1_u64..60, 1..30),
            seed in any::<prop::sample::Index>(),
        ) {
            let mut turned: Vec<u64> = numbers.iter().copied().collect();
            turned.rotate_left(seed.index(numbers.len()));
            turned.extend(numbers.iter().copied());
            let (in_order, mixed) = (taken(numbers.iter().copied()), taken(turned));
            prop_assert_eq!(&in_order, &mixed);
            let came = u64::try_from(numbers.len()).unwrap();
            prop_assert_eq!(mixed.highest() - mixed.missing(), came);
            for number in &numbers {
                prop_assert_eq!(mixed.look_up(*number, digest(*number)), Known::Same);
            }
        }

        #[test]
        fn what_is_written_is_read(numbers in prop::collection::vec(1_u64..10_000, 0..200)) {
            let taken = taken(numbers);
            prop_assert_eq!(Numbers::decode(&taken.encode()), Some(taken));
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Numbers::decode(&bytes);
        }
    }
}
