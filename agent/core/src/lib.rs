//! What every device decides, however it puts a policy in force: as pure functions, without a file
//! system, a clock, a network or randomness.
//!
//! [`in_force`] is what a bundle asks for at a moment, [`slice`](mod@slice) which time slice a device stores and when
//! it forgets it, and [`contact`] how far the repository is believed. [`observed`] is what a device found after a pass; [`assess()`] gives the verdict on
//! every control and the [`events`], [`report`] is what the server receives of it and when,
//! [`status`] what a person sees, [`schedule`] when the device tries again.

pub mod assess;
pub mod contact;
pub mod events;
pub mod in_force;
pub mod memory;
pub mod observed;
pub mod obstacle;
pub mod product;
pub mod report;
pub mod schedule;
pub mod slice;
pub mod status;
pub mod storage;

pub use assess::assess;
