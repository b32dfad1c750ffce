//! What the municipalities need of the compiler, one case a requirement: each a small whole
//! policy, or an edit of one, run through the real `fyr`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a case that cannot be set up fails"
)]

mod browsers;
mod town;
