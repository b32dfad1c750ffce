//! From policy source to what each group's devices enforce. Pure: no I/O, no signing.
//!
//! [`compile()`] is the whole way: parse, organise, resolve, check, lower. [`explain()`] says of
//! one group why something holds.

pub mod catalogue;
pub mod categories;
mod category;
mod check;
pub mod code;
pub mod compile;
pub mod country;
pub mod desired;
pub mod diff;
pub mod difference;
mod digest;
pub mod explain;
pub mod finding;
pub mod gap;
pub mod judge;
mod letters;
pub mod lists;
pub mod lower;
pub mod meant;
mod name_table;
pub mod parse;
pub mod phrase;
pub mod policy;
pub mod reference;
pub mod resolve;
pub mod review;
pub mod schema;
pub mod settings;
pub mod source;
mod stage;
mod time_slice;
pub mod url_filter;
pub mod wording;

pub use code::{Code, Severity};
pub use compile::{
    Checked, Compilation, Dormancy, DormantRule, EnforcedControl, EnforcedSites, Enforcement,
    EnforcementError, GapNote, GroupAtTime, SitesIn, check, compile, compile_assuming,
    compile_each, enforcement,
};
pub use diff::{DiffError, Difference, diff};
pub use explain::{
    AtTime, EffectiveSites, EffectiveValue, ExplainError, Explanation, Ground, Otherwise, Overview,
    Reason, ServiceNote, Subject, When, explain, overview,
};
pub use finding::{Diagnostic, Finding};
pub use parse::day_meant;
pub use policy::Assumptions;
pub use review::{Due, Review, SingleBlock, Task, review};
pub use source::{Position, SourceFile, Sources};
pub use wording::{Label, Language, Wording, word};
