//! English: plain technical English for readers whose second language it is.
//!
//! The subject of a message is the thing that is wrong; help is an imperative. Messages begin with a
//! small letter, end without a full stop, and hold what was written in backticks.

mod ahead;
mod code;
mod decision;
pub(super) mod difference;
mod document;
mod filter;
mod floor;
pub(super) mod gap;
mod group;
mod hours;
pub(super) mod list;
mod name;
pub(super) mod phrase;
mod reach;
mod role;
mod rule;
mod service;
mod setting;
mod site;
mod value;

pub(super) use self::code::meaning;

use super::{Label, Wording};
use crate::finding::{Diagnostic, Finding};

/// The message and the help of a finding.
struct Said {
    message: String,
    help: String,
}

impl Said {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

/// Words a finding.
pub(super) fn word(found: &Diagnostic) -> Wording {
    let labels = found.places.iter().map(|mark| Label {
        place: mark.place,
        text: role::label(&mark.role),
    });
    let Said { message, help } = say(&found.finding, found);
    Wording {
        message,
        labels: labels.collect(),
        help,
    }
}

/// Words the message and the help of a finding; its places and groups are those of the whole.
fn say(finding: &Finding, whole: &Diagnostic) -> Said {
    match finding {
        Finding::Decision(found) => decision::words(found),
        Finding::Ahead(found) => ahead::words(found, whole),
        Finding::Document(found) => document::words(found),
        Finding::Floor(found) => floor::words(found, whole),
        Finding::Group(found) => group::words(found, whole),
        Finding::List(found) => list::words(found),
        Finding::Setting(found) => setting::words(found),
        Finding::Site(found) => site::words(found),
        Finding::Hours(found) => hours::words(found, whole),
        Finding::Name(found) => name::words(found),
        Finding::Reach(found) => reach::words(found, whole),
        Finding::Rule(found) => rule::words(found),
        Finding::Service(found) => service::words(found, whole),
    }
}
