//! What the system tests use: real binaries, real browsers, a simulated internet.
//!
//! Everything a test starts is ended by its pid when the value that stands for it is dropped, and by
//! the kernel when the test itself dies. Ports are chosen by the system, files live in temporary
//! directories, and only [`wait`] waits.

mod acceptor;
pub mod binaries;
pub mod certificate;
pub mod child;
pub mod chromium;
pub mod client;
pub mod device;
pub mod firefox;
pub mod forge;
pub mod hosted;
pub mod internet;
pub mod municipality;
pub mod namespace;
pub mod network;
pub mod oracle;
pub mod proxy;
pub mod remote;
pub mod school;
pub mod server;
pub mod slots;
pub mod stub;
pub mod town;
pub mod wait;
