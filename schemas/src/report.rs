//! The report: what a device says about its controls.
//!
//! No field can hold personal data. Texts are ids with a closed alphabet, everything else
//! is a number, a time or a closed enum; a test walks the generated schema to prove it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ControlId, DeviceId, Digest, GroupId, OrganisationId, PeriodId, Revision};

/// The format this crate reads and writes.
pub const FORMAT: u32 = 1;

// The bounds that devices keep and the server holds them to. A device forgets what is refused for
// its length, so the two must never differ.

/// The most events of one report.
pub const MOST_EVENTS: usize = 256;
/// The most controls of one report.
pub const MOST_CONTROLS: usize = 1024;
/// The most browsers of one report.
pub const MOST_BROWSERS: usize = 32;
/// The most periods that run in one report. Devices hold 64 combinations of periods at most, and far
/// fewer periods run at once.
pub const MOST_PERIODS: usize = 256;
/// The most reports sent at once.
pub const MOST_REPORTS: usize = 64;
/// The longest batch of reports in bytes, as it is sent.
pub const LONGEST_BATCH: usize = 1 << 20;
/// The longest report in bytes, in its envelope; it always fits in a batch.
pub const LONGEST_REPORT: usize = LONGEST_BATCH / 2;

/// One device's account of itself at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// Whose device it is.
    pub organisation: OrganisationId,
    /// The group it was enrolled into.
    pub group: GroupId,
    /// Its pseudonym.
    pub device: DeviceId,
    /// Counts from 1 without gaps; a missing number is a lost report.
    pub sequence: u64,
    /// When it was written, by the device's trusted time.
    pub at: Timestamp,
    /// The agent's version: major, minor, patch.
    pub agent: [u16; 3],
    /// The bundle in force; absent before the first.
    pub bundle: Option<BundleInForce>,
    /// The periods of the bundle's timetable that run; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<PeriodsInForce>,
    /// Whether the policy is as new as the device can know.
    pub freshness: Freshness,
    /// One entry per control of the bundle, sorted by id. None is drifted or failed exactly when the
    /// device's plan is empty, which is what compliant means.
    pub controls: Vec<ControlReport>,
    /// What happened since the last report, oldest first, at most [`MOST_EVENTS`].
    pub events: Vec<Event>,
    /// The browsers found on the device.
    pub browsers: Vec<Product>,
}

/// Which bundle a device enforces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BundleInForce {
    /// The revision it was verified under.
    pub revision: Revision,
    /// SHA-256 of the bundle's bytes.
    pub digest: Digest,
    /// When this device first enforced it.
    pub since: Timestamp,
}

/// Which periods of its timetable a device follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PeriodsInForce {
    /// The periods that run, at most [`MOST_PERIODS`]; none between them.
    pub running: BTreeSet<PeriodId>,
    /// When others do; absent where that is more than a year away.
    pub until: Option<Timestamp>,
}

/// Whether a device's policy is as new as it can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "state", deny_unknown_fields)]
pub enum Freshness {
    /// The last refresh succeeded and its metadata has not expired.
    Fresh,
    /// The metadata expired, or the repository was refused or out of reach.
    Stale {
        /// Since when.
        since: Timestamp,
    },
}

/// The state of one control on one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ControlReport {
    /// Which control.
    pub control: ControlId,
    /// How it stands.
    pub state: ControlState,
    /// Since when it has stood so.
    pub since: Timestamp,
}

/// How a control stands, worst browser first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(
    rename_all = "kebab-case",
    tag = "is",
    content = "reason",
    deny_unknown_fields
)]
pub enum ControlState {
    /// Every browser present obeys it.
    InForce,
    /// A browser present does not support it; the compiler reported so.
    Gap,
    /// Written, and a browser must restart before it obeys.
    PendingRestart,
    /// Found changed, not yet repaired.
    Drifted,
    /// Could not be put in force.
    Failed(FailureReason),
}

/// Why a control could not be put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FailureReason {
    /// An unmanaged file overrides ours and cannot be outranked.
    Shadowed,
    /// The disk is full.
    NoSpace,
    /// The agent may not write there.
    NoPermission,
    /// The file system is read-only.
    ReadOnly,
    /// Something that is no file stands where the policy belongs.
    Obstructed,
    /// A list of names is not on the device, or damaged; it is fetched again.
    ListMissing,
    /// Any other failure of the operating system.
    Io,
}

/// Something that happened on the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: EventKind,
}

/// The kinds of [`Event`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "event", deny_unknown_fields)]
pub enum EventKind {
    /// The agent started.
    Started,
    /// A revision was put in force.
    Applied {
        /// Which.
        revision: Revision,
    },
    /// A managed place was found changed.
    Drift {
        /// Where.
        place: Place,
        /// How it was found.
        found: Found,
    },
    /// A managed place is as it should be again.
    Repaired {
        /// Where.
        place: Place,
        /// Milliseconds from noticing to repaired.
        took_ms: u32,
    },
    /// An unmanaged file sets one of our policies and sorts after ours; ours was renamed to outrank it.
    Outranked {
        /// Where.
        place: Place,
    },
    /// Something offered by the repository was refused; the last good policy stays.
    Refused {
        /// Why.
        reason: RefusalReason,
    },
    /// The clock is before a time that the device has seen: it was set back.
    ClockJumped,
    /// A signed issue time is ahead of the device's clock by more than ten minutes. It counts for
    /// expiry; the timetable follows the device's clock.
    SignedTimeAhead {
        /// By how many seconds.
        by_s: u64,
    },
    /// The agent could not store a part of its own state. The policy stays in force and reports are sent
    /// all the same; [`StatePart`] says what a restart would lose.
    Unstored {
        /// Which part.
        part: StatePart,
        /// Why.
        reason: FailureReason,
    },
    /// The agent can store its own state again.
    StoredAgain,
    /// Events were dropped because more than [`MOST_EVENTS`] waited.
    EventsDropped {
        /// How many.
        count: u32,
    },
}

/// A managed place on a device: never a path, which could hold a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(
    rename_all = "kebab-case",
    tag = "kind",
    content = "product",
    deny_unknown_fields
)]
pub enum Place {
    /// Our policy file in a Chromium product's managed directory.
    Chromium(Product),
    /// Firefox's `policies.json`.
    Firefox(Product),
    /// Our block in the hosts file.
    Hosts,
}

/// How a drifted place was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// Nothing there.
    Missing,
    /// Other content.
    Changed,
    /// Shorter than it was written, or empty.
    Truncated,
    /// A symbolic link.
    Symlink,
    /// A directory, device or socket.
    NotAFile,
    /// The mode, owner or time differs.
    Metadata,
    /// An unmanaged file that overrides ours.
    Shadowed,
}

/// Why something from the repository was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RefusalReason {
    /// A signature is missing, wrong, or counted twice.
    Signature,
    /// Older than what this device has already believed.
    Rollback,
    /// Past its expiry.
    Expired,
    /// Length or digest differ from what was signed.
    Integrity,
    /// Another organisation's.
    WrongOrganisation,
    /// Another group's.
    WrongGroup,
    /// Not a document of a format this agent reads.
    Malformed,
    /// Longer than the bound for its kind.
    TooLarge,
    /// Not listed by the signed metadata.
    NotListed,
    /// The published policy has no bundle for the device's group.
    NoGroup,
}

/// A part of the state that an agent stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StatePart {
    /// The reports that wait for the server.
    Reports,
    /// What it remembers between two passes: dates.
    Memory,
    /// What it verified: the newest root, the highest versions seen, and the policy. After a restart
    /// the device knows only what it stored before, so it could believe a key that the newest root
    /// revokes.
    Trust,
}

/// A browser product, by the directory it reads policy from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Debian's Chromium: `/etc/chromium`.
    Chromium,
    /// Ubuntu's snap and older packages: `/etc/chromium-browser`.
    ChromiumBrowser,
    /// Google Chrome: `/etc/opt/chrome`.
    Chrome,
    /// Chrome for Testing: `/etc/opt/chrome_for_testing`.
    ChromeForTesting,
    /// Microsoft Edge: `/etc/opt/edge`.
    Edge,
    /// Brave: `/etc/brave`.
    Brave,
    /// Firefox and Firefox ESR: `/etc/firefox`.
    Firefox,
}

/// What the server answers once reports are stored for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportReceipt {
    /// Every report from the lowest number of the batch up to and including this one is stored.
    /// A device sends its oldest first, so it may forget everything up to this number.
    pub acknowledged: u64,
}
