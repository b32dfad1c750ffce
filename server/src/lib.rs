//! The server: hosts the repository, enrols devices, takes their reports, and shows how the fleet
//! stands. It signs no policy.
//!
//! What comes in from outside is parsed and bounded at the edge (`body`, `enrol`, `ingest`,
//! `repository`), stored by one task (`store`), summarised by pure functions (`fleet`, `overview`)
//! and shown (`dashboard`, `metrics`, `hints`).

mod access;
mod account;
mod app;
mod assets;
mod attempts;
mod body;
mod certificate;
pub mod cli;
mod client;
mod dashboard;
mod devices;
mod edition;
mod enrol;
mod fleet;
mod guard;
mod health;
mod hints;
mod ingest;
mod judge;
mod limits;
mod listen;
mod login;
mod metrics;
mod metrics_page;
mod numbers;
pub mod options;
mod overview;
mod page;
mod places;
mod population;
mod problem;
mod publication;
mod quota;
mod renew;
mod repository;
mod router;
mod session;
mod standing;
mod stands;
mod start;
mod steady;
mod store;
mod tally;
mod times;
mod watch;
mod words;

pub use access::AccessError;
pub use certificate::CertificateError;
pub use listen::ListenError;
pub use renew::RenewalError;
pub use start::{Running, StartError, start};
pub use store::OpenError;
