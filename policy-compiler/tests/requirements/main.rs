//! What municipalities need, one case for each requirement and named after it: `r03_…`.
//!
//! Each is a small whole policy, or an example with a few files written anew, compiled and
//! explained by the real command.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a case that cannot be set up fails"
)]

mod advice;
mod ages;
mod ahead;
mod browsers;
mod decisions;
mod difference;
mod escapes;
mod layers;
mod lists;
mod raw;
mod services;
mod settings;
mod source;
mod statuses;
mod timetables;
mod undecided;
mod unseen;
