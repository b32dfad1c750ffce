//! The documents that cross a boundary, and the names they use.
//!
//! Knows nothing of files, networks, clocks or signatures: a document is parsed from
//! bytes that another crate read, and trusted only after `fyr-trust` has verified it.

pub mod bundle;
pub mod enrolment;
pub mod envelope;
pub mod fleet;
pub mod id;
pub mod printable;
pub mod problem;
pub mod report;
pub mod timetable;
mod words;

pub use id::{
    BodyId, CaseNumber, CategoryId, ControlId, CountryCode, DeviceId, Digest, GroupId, HostName,
    LanguageCode, OrganisationId, ParseIdError, PeriodId, Revision, RuleId, ServiceId, StageId,
    TimeZoneName, UnitPath,
};
