//! What was written before the rules over words: each count may only fall, and its entry with it.

/// How many refused words are left below a place.
pub(super) const REFUSED: &[(&str, usize)] = &[];

/// How many sentences of messages are too long below a place.
pub(super) const LONG: &[(&str, usize)] = &[];
