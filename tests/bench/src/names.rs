//! Domain names that are not registered, drawn from a seed: below the names that are reserved for examples.

use std::fmt::Write as _;

/// Syllables, so that the names share as much with one another as real ones do.
const SYLLABLES: [&str; 24] = [
    "ba", "dro", "fin", "gla", "hu", "jo", "kem", "lis", "mo", "nar", "pel", "quo", "ras", "sto",
    "tiv", "un", "vex", "wa", "xy", "zel", "cor", "bit", "net", "play",
];

/// What stands before a name in one of seven.
const BELOW: [&str; 6] = ["www", "m", "shop", "cdn", "blog", "da"];

/// Where the names live: RFC 2606.
const ABOVE: [&str; 6] = [
    "example",
    "test",
    "invalid",
    "example.com",
    "example.net",
    "example.org",
];

/// A source of names: the same seed gives the same names.
#[derive(Debug)]
pub struct Names {
    state: u64,
    drawn: u64,
}

impl Names {
    /// Begins anew.
    pub fn seeded(seed: u64) -> Self {
        Self {
            state: seed,
            drawn: 0,
        }
    }

    /// A number below `bound`: SplitMix64.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the result is below `bound`"
    )]
    pub fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }

    /// One of several.
    pub fn one_of<T: Clone + Default>(&mut self, several: &[T]) -> T {
        let at = self.below(several.len());
        several.get(at).cloned().unwrap_or_default()
    }

    /// A domain that was not drawn before.
    pub fn fresh(&mut self) -> String {
        self.drawn += 1;
        let mut name = String::new();
        for _ in 0..2 + self.below(3) {
            name.push_str(SYLLABLES[self.below(SYLLABLES.len())]);
            if self.below(9) == 0 {
                name.push('-');
            }
        }
        // The number makes it the only one of its name.
        let _ = write!(name, "{:x}", self.drawn);
        let above = ABOVE[self.below(ABOVE.len())];
        if self.below(7) == 0 {
            let below = BELOW[self.below(BELOW.len())];
            format!("{below}.{name}.{above}")
        } else {
            format!("{name}.{above}")
        }
    }

    /// A list of so many lines, a few of them from other lists.
    pub fn list(&mut self, lines: usize, others: &[&[String]]) -> Vec<String> {
        (0..lines)
            .map(|_| {
                let other = others.get(self.below(others.len() * 50)).copied();
                match other {
                    Some(other) => self.one_of(other),
                    None => self.fresh(),
                }
            })
            .collect()
    }
}
