//! The system tests: real binaries, real browsers, and the rules of the house.

mod harness;
mod house;
mod settings;
