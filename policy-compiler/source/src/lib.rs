//! The policy source: what a board decided, as the YAML documents of a policy directory say it.
//!
//! These are the documents as written, each value with the place it was written at. Whether a
//! name exists, a value is accepted or a body is competent is for `fyr-policy-core` to say.
//!
//! | file | document |
//! |---|---|
//! | `fyr.yaml` | [`OrganisationFile`] |
//! | `units.yaml` | [`UnitsFile`] |
//! | `decisions/*.yaml` | [`Decision`], one or more |
//! | `rules/*.yaml` | [`Rule`], one or more |
//! | `services/*.yaml` | [`Service`], one or more |
//! | `lists/*.yaml` | [`List`], one or more |
//! | `timetable.yaml` | [`TimetableFile`] |

mod at;
mod browsers;
mod day;
mod decision;
mod list;
mod one_or_many;
mod organisation;
mod rule;
mod service;
mod setting_value;
mod timetable;
mod unit;

pub use at::{At, Span};
pub use browsers::{BrowserVersion, Browsers};
pub use day::Day;
pub use decision::{Decision, Dpia, Status};
pub use list::List;
pub use one_or_many::OneOrMany;
pub use organisation::{Body, Grade, Grades, OrganisationFile, SignIn, Stage};
pub use rule::{Overridable, Rule, Scope, Sites, Strength};
pub use service::{
    Approval, BelowAge, MinimumAge, SecurityValidation, Service, ServiceKind, ServiceStatus,
    StatusFor, Statuses, Vendor,
};
pub use setting_value::SettingValue;
pub use timetable::{Exception, Holiday, Period, TimetableFile};
pub use unit::{Group, Ownership, Pool, Unit, UnitsFile};
