//! The system tests: real binaries, real browsers, and the rules of the house.

mod endurance;
mod firefox;
mod harness;
mod house;
mod in_force;
mod pupils;
mod refusals;
mod server_api;
mod server_dashboard;
mod server_durability;
mod tampering;
