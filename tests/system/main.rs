//! The system tests: real binaries, real browsers, and the rules of the house.

mod agent_night;
mod agent_once;
mod agent_run;
mod agent_tamper;
mod harness;
mod house;
mod server_api;
mod server_dashboard;
mod server_durability;
mod settings;
mod tuf_peer;
