//! Every attack on a device's trust that this crate refuses, by name, and the laws behind them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod attacks;
mod envelopes;
mod interrupted;
mod keys;
mod laws;
mod lists;
mod online;
mod requests;
mod stored;
