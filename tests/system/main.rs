//! The system tests: real binaries, real browsers, and the rules of the house.

mod demo;
mod agent_once;
mod agent_run;
mod harness;
mod house;
mod server_access;
mod server_api;
mod server_dashboard;
mod server_durability;
mod server_renewal;
mod settings;
mod tuf_peer;
