//! What a device with a file system needs beside the core: conditions, files, owners and modes, as
//! plain data. It opens no file itself.
//!
//! [`actual`] is what was found on the device, [`desired`] what each file is to hold, [`plan()`]
//! what to do about it in [`action`]s, [`assess()`] what is left afterwards, [`status`] how a
//! person reads it. [`path`] is the closed set of places that any of it can touch.

pub mod action;
pub mod actual;
pub mod assess;
pub mod desired;
pub mod marker;
pub mod outcome;
pub mod path;
pub mod plan;
pub mod products;
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
