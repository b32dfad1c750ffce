//! What the agent decides, as pure functions: no clock, disk, network or randomness, all of it
//! arrives as arguments.
//!
//! [`in_force`] is what a bundle asks for at a moment, [`actual`] is what was found on the device,
//! [`plan()`] says what to do about it, [`action`] is
//! one step, [`assess()`] tells what came of it, [`status`] says it in words. [`path`] is the
//! closed set of places that any of it can touch.

pub mod action;
pub mod actual;
pub mod assess;
pub mod contact;
pub mod desired;
pub mod events;
pub mod in_force;
pub mod memory;
pub mod outcome;
pub mod path;
pub mod plan;
pub mod products;
pub mod schedule;
pub mod status;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod passes;
#[cfg(test)]
mod simulation;

pub use assess::assess;
pub use plan::plan;
