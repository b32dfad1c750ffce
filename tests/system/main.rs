//! The system tests: real binaries, real browsers, and the rules of the house.

mod agent_lists;
mod agent_night;
mod agent_once;
mod agent_power;
mod agent_run;
mod agent_tamper;
mod closed_names;
mod demo;
mod firefox;
mod harness;
mod house;
mod in_force;
mod oracle;
mod packaging;
mod pupils;
mod refusals;
mod schema_peer;
mod server_access;
mod server_api;
mod server_dashboard;
mod server_durability;
mod server_lists;
mod server_renewal;
mod settings;
mod tampering;
mod tuf_peer;
