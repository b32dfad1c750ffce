//! What was written before the rules over words: each count may only fall, and its entry with it.

/// How many refused words are left below a place.
pub const REFUSED: &[(&str, usize)] = &[
    ("ARCHITECTURE.md", 19),
    ("CHANGELOG.md", 39),
    ("README.md", 1),
    ("SECURITY.md", 1),
    ("agent/", 55),
    ("agent/core/", 296),
    ("docs/", 45),
    ("docs/reference/", 140),
    ("packaging/", 2),
    ("policy-compiler/", 1),
    ("policy-compiler/core/", 933),
    ("policy-compiler/src/", 101),
    ("policy-compiler/tests/", 764),
    ("schemas/", 73),
    ("server/", 68),
    ("tests/", 175),
    ("trust/", 24),
    ("trust/seal/", 15),
];

/// How many sentences of messages are too long below a place.
pub const LONG: &[(&str, usize)] = &[
    ("policy-compiler/core/", 40),
    ("policy-compiler/src/", 1),
    ("schemas/", 1),
    ("trust/seal/", 1),
];
