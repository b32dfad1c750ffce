//! What people read for the closed lists of a report and of the fleet: one set of words, so that
//! the dashboard, the demo, the device and the guides say the same.

use crate::fleet::DeviceState;
use crate::report::{FailureReason, Found, Product, RefusalReason, StatePart};

impl DeviceState {
    /// The state as a label.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Compliant => "Holds",
            Self::PendingRestart => "Waits for a restart",
            Self::Stale => "Out of date",
            Self::Silent => "Silent",
            Self::NonCompliant => "Does not hold",
            Self::Unknown => "Not heard of yet",
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
