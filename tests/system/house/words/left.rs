//! What was written before the rules over words: each count may only fall, and its entry with it.

/// How many refused words are left below a place.
pub(super) const REFUSED: &[(&str, usize)] = &[
    ("agent/", 54),
    ("agent/core/", 17),
    ("agent/files/", 281),
    ("docs/", 3),
    ("docs/reference/", 123),
    ("policy-compiler/", 1),
    ("policy-compiler/core/", 919),
    ("policy-compiler/src/", 101),
    ("policy-compiler/tests/", 386),
    ("schemas/", 1),
    ("server/", 68),
    ("trust/", 24),
    ("trust/seal/", 15),
];

/// How many sentences of messages are too long below a place.
pub(super) const LONG: &[(&str, usize)] = &[
    ("policy-compiler/core/", 40),
    ("policy-compiler/src/", 1),
    ("schemas/", 1),
    ("trust/seal/", 1),
];
