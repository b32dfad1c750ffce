//! What people read for the closed lists of a report and of the fleet: one set of words, so that
//! the dashboard, the demo, the device and the guides say the same.

use crate::fleet::DeviceState;
use crate::report::{EventKind, FailureReason, Found, Place, Product, RefusalReason, StatePart};

impl DeviceState {
    /// The state as a label.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Compliant => "Compliant",
            Self::PendingRestart => "Waits for a restart",
            Self::Stale => "Out of date",
            Self::Silent => "Silent",
            Self::NonCompliant => "Not compliant",
            Self::Unknown => "No report yet",
        }
    }
}

impl Product {
    /// What its maker calls it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::ChromiumBrowser => "Chromium (snap)",
            Self::Chrome => "Google Chrome",
            Self::ChromeForTesting => "Chrome for Testing",
            Self::Edge => "Microsoft Edge",
            Self::Brave => "Brave",
            Self::Firefox => "Firefox",
        }
    }
}

impl Found {
    /// What follows the name of the place that was found so.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Missing => "was missing",
            Self::Changed => "had other content",
            Self::Truncated => "was cut short",
            Self::Symlink => "was replaced by a link",
            Self::NotAFile => "was replaced by something that is no file",
            Self::Metadata => "had another owner, mode or time",
            Self::Shadowed => "was overridden by an unmanaged entry",
        }
    }
}

impl FailureReason {
    /// What stands in the way of a control.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Shadowed => "an unmanaged entry overrides it",
            Self::NoSpace => "the disk is full",
            Self::NoPermission => "the agent may not write there",
            Self::ReadOnly => "the file system is read-only",
            Self::Obstructed => "something else stands where a directory or file belongs",
            Self::ListMissing => "a list of names that it closes is missing or damaged here",
            Self::Io => "the operating system reported a failure",
        }
    }
}

impl RefusalReason {
    /// What was refused.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Signature => "a policy that is not rightly signed",
            Self::Rollback => "a policy older than the one in force",
            Self::Expired => "a policy that has expired",
            Self::Integrity => "a policy that differs from what was signed",
            Self::WrongOrganisation => "another organisation's policy",
            Self::WrongGroup => "another group's policy",
            Self::Malformed => "a document that this agent cannot read",
            Self::TooLarge => "a document that is too long",
            Self::NotListed => "a document that is not signed",
            Self::NoGroup => "a policy without the group of this device",
        }
    }
}

impl Place {
    /// The place, within a sentence.
    pub fn words(self) -> String {
        match self {
            Self::Chromium(product) | Self::Firefox(product) => {
                format!("the policy of {}", product.words())
            }
            Self::Hosts => "the hosts file".to_owned(),
        }
    }
}

impl EventKind {
    /// Something that happened on a device, as a sentence without its full stop.
    pub fn words(&self) -> String {
        match self {
            Self::Started => "The agent started".to_owned(),
            Self::Applied { revision } => format!("Revision {revision} was put in force"),
            Self::Drift { place, found } => {
                format!("Tampered: {} {}", place.words(), found.words())
            }
            Self::Repaired { place, took_ms } => {
                format!("Repaired: {} after {took_ms} ms", place.words())
            }
            Self::Outranked { place } => format!(
                "Outranked: an unmanaged file sets our policy too; {} now comes after it",
                place.words()
            ),
            Self::Refused { reason } => {
                format!("Refused: {}; the last good policy stays", reason.words())
            }
            Self::ClockJumped => "The device's clock was set back".to_owned(),
            Self::SignedTimeAhead { by_s } => format!(
                "The signed time is ahead of the device's clock by {} minutes; check the clock of the device, of the server and of the publisher",
                by_s / 60
            ),
            Self::Unstored { part, reason } => {
                format!(
                    "The agent cannot store {}: {}",
                    part.words(),
                    reason.words()
                )
            }
            Self::StoredAgain => "The agent can store its own state again".to_owned(),
            Self::EventsDropped { count } => {
                format!("{count} events were dropped because too many waited")
            }
        }
    }
}

impl StatePart {
    /// The part in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reports => "its reports",
            Self::Memory => "its memory",
            Self::Trust => "the newest keys and policy, which a restart forgets",
        }
    }
}
