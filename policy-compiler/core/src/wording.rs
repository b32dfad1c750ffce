//! Words findings and differences for a language. Every message, label and help of the compiler is
//! written below this module and nowhere else.
//!
//! **To add a language**, add it to [`Language`] and write one module beside `english`, with the
//! same functions. The compiler then names every finding that it does not word yet.

mod english;

use std::collections::BTreeSet;

use fyr_schemas::GroupId;
use fyr_schemas::timetable::Days;

use crate::code::Code;
use crate::difference::{AddressChange, Change, Difference, GroupsTouched};
use crate::finding::Diagnostic;
use crate::gap::{Cause, LossReason};
use crate::lists::Dropped;
use crate::meant::Meant;
use crate::policy::Ground;
use crate::source::Place;

/// A language that findings are worded in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Plain technical English.
    #[default]
    English,
}

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// What was found, in one line.
    pub message: String,
    /// What each of its places shows, in the order of the places.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: String,
}

/// A place of a finding, with what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub place: Place,
    /// What it shows.
    pub text: String,
}

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What was found, in one line.
    pub title: &'static str,
    /// Why it matters and what to do.
    pub text: &'static str,
}

/// A change between two policies in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeWords {
    /// How serious it is.
    pub risk: &'static str,
    /// What changes.
    pub subject: String,
    /// What it was and will be.
    pub step: String,
    /// For whom, and when.
    pub whom: String,
}

/// How many devices a difference reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Devices of groups that change.
    pub devices: usize,
    /// All devices.
    pub of: usize,
}

/// Words a finding.
pub fn word(found: &Diagnostic, language: Language) -> Wording {
    match language {
        Language::English => english::word(found),
    }
}

/// What a code means, in words.
pub fn meaning(code: Code, language: Language) -> Meaning {
    match language {
        Language::English => english::meaning(code),
    }
}

/// A change between two policies, in words.
pub fn change(changed: &Change, language: Language) -> ChangeWords {
    match language {
        Language::English => english::difference::change(changed),
    }
}

/// An address whose verdict changes, in words.
pub fn address_change(changed: &AddressChange, language: Language) -> ChangeWords {
    match language {
        Language::English => english::difference::address(changed),
    }
}

/// A difference in one line, as a reviewer reads it first.
pub fn summary(difference: &Difference, reached: Option<Reached>, language: Language) -> String {
    match language {
        Language::English => english::difference::summary(difference, reached),
    }
}

/// The groups that come and go, a line each.
pub fn groups_touched(groups: &GroupsTouched, language: Language) -> Vec<String> {
    match language {
        Language::English => english::difference::groups(groups),
    }
}

/// The decision behind a rule, in one line.
pub fn ground(ground: &Ground, language: Language) -> String {
    match language {
        Language::English => english::difference::ground(ground),
    }
}

/// When something is so; `None` if it is always.
pub fn days(days: Days, language: Language) -> Option<String> {
    match language {
        Language::English => english::difference::days(days),
    }
}

/// A few groups by name, or one and how many more.
pub fn groups(groups: &BTreeSet<GroupId>, language: Language) -> String {
    match language {
        Language::English => english::phrase::groups(groups),
    }
}

/// What was probably meant by an unknown name, as help.
pub fn meant(meant: &Meant, language: Language) -> String {
    match language {
        Language::English => english::phrase::meant(meant),
    }
}

/// Why a control is not enforced, or not wholly.
pub fn causes(causes: &[Cause], language: Language) -> String {
    match language {
        Language::English => english::gap::causes(causes),
    }
}

/// Why a browser does not give a verdict over a site.
pub fn loss_reason(reason: &LossReason, language: Language) -> String {
    match language {
        Language::English => english::gap::reason(reason),
    }
}

/// Why an entry of a list is not in its category, as it follows a number of entries.
pub fn dropped(reason: Dropped, language: Language) -> &'static str {
    match language {
        Language::English => english::list::dropped(reason),
    }
}
