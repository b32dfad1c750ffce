//! What people read on the dashboard: findings and events in sentences, and times as people say
//! them. The words themselves are those of `fyr_schemas`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use fyr_schemas::bundle::Audience;
use fyr_schemas::fleet::{Contradiction, DeviceState};
use fyr_schemas::report::{ControlState, EventKind};

/// Every state of a device, best first.
pub(crate) const STATES: [DeviceState; 6] = [
    DeviceState::Compliant,
    DeviceState::PendingRestart,
    DeviceState::Stale,
    DeviceState::Silent,
    DeviceState::NonCompliant,
    DeviceState::Unknown,
];

/// A device's state, as it is written in addresses and style sheets.
pub(crate) fn state_slug(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Compliant => "compliant",
        DeviceState::PendingRestart => "pending-restart",
        DeviceState::Stale => "stale",
        DeviceState::Silent => "silent",
        DeviceState::NonCompliant => "non-compliant",
        DeviceState::Unknown => "unknown",
    }
}

/// The state that an address names.
pub(crate) fn parse_state(slug: &str) -> Option<DeviceState> {
    STATES.into_iter().find(|state| state_slug(*state) == slug)
}

/// Who uses a group's devices.
pub(crate) fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Pupils => "pupils",
        Audience::Staff => "staff",
    }
}

/// The devices of an audience, as a heading.
pub(crate) fn devices_of(audience: Audience) -> &'static str {
    match audience {
        Audience::Pupils => "Pupils’ devices",
        Audience::Staff => "Staff’s devices",
    }
}

/// The state of a control on a device.
pub(crate) fn control_state(state: ControlState) -> String {
    let words = match state {
        ControlState::InForce => "in force",
        ControlState::Gap => "not supported by a browser on this device",
        ControlState::PendingRestart => "written; in force after the browser restarts",
        ControlState::Drifted => "was changed on the device and is not yet repaired",
        ControlState::Failed(reason) => {
            return format!("could not be put in force: {}", reason.words());
        }
    };
    words.to_owned()
}

/// The names of all kinds of contradiction, as metrics have them.
pub(crate) const CONTRADICTIONS: [&str; 9] = [
    "revision-not-published",
    "group-not-published",
    "other-bundle",
    "controls-missing",
    "controls-unknown",
    "periods-missing",
    "periods-unknown",
    "names-unpublished",
    "several-machines",
];

/// The kind of a contradiction, as the API and metrics have it.
pub(crate) fn contradiction_slug(contradiction: &Contradiction) -> &'static str {
    match contradiction {
        Contradiction::RevisionNotPublished { .. } => "revision-not-published",
        Contradiction::GroupNotPublished { .. } => "group-not-published",
        Contradiction::OtherBundle { .. } => "other-bundle",
        Contradiction::ControlsMissing { .. } => "controls-missing",
        Contradiction::ControlsUnknown { .. } => "controls-unknown",
        Contradiction::PeriodsMissing => "periods-missing",
        Contradiction::PeriodsUnknown { .. } => "periods-unknown",
        Contradiction::NamesUnpublished { .. } => "names-unpublished",
        Contradiction::SeveralMachines { .. } => "several-machines",
    }
}

/// A contradiction, as what follows "This device".
pub(crate) fn contradiction(contradiction: &Contradiction) -> String {
    match contradiction {
        Contradiction::RevisionNotPublished { revision } => {
            format!("reports revision {revision}, which was never published here")
        }
        Contradiction::GroupNotPublished { revision } => {
            format!("reports revision {revision}, in which its group has no bundle")
        }
        Contradiction::OtherBundle { revision } => {
            format!("reports another bundle than the one published as revision {revision}")
        }
        Contradiction::ControlsMissing { controls } => {
            format!("does not report {}", names(controls))
        }
        Contradiction::ControlsUnknown { controls } => {
            format!(
                "reports {}, which its bundle does not name",
                names(controls)
            )
        }
        Contradiction::PeriodsMissing => "does not report which periods run".to_owned(),
        Contradiction::PeriodsUnknown { periods } => {
            format!(
                "reports the periods {}, which its bundle does not name",
                names(periods)
            )
        }
        Contradiction::NamesUnpublished { controls, periods } => {
            let counted = [(controls, "control"), (periods, "period")].into_iter();
            let counted = counted.filter(|(count, _)| **count > 0);
            let counted: Vec<String> = counted.map(|(count, of)| plural(*count, of)).collect();
            let counted = counted.join(" and ");
            format!("names {counted} that no published bundle has")
        }
        Contradiction::SeveralMachines { .. } => {
            "has a copy: reports come from more than one machine with its key; enrol each machine \
             anew"
                .to_owned()
        }
    }
}

/// The first names of a list, and how many follow.
fn names(all: &[impl ToString]) -> String {
    const NAMED: usize = 5;
    let named: Vec<String> = all.iter().take(NAMED).map(ToString::to_string).collect();
    let more = all.len().saturating_sub(NAMED);
    let named = named.join(", ");
    if more == 0 {
        named
    } else {
        format!("{named} and {more} more")
    }
}

/// How loud an event is on the page.
pub(crate) fn event_weight(event: &EventKind) -> &'static str {
    match event {
        EventKind::Started | EventKind::Applied { .. } => "calm",
        EventKind::Repaired { .. } | EventKind::Outranked { .. } | EventKind::StoredAgain => "good",
        EventKind::Drift { .. }
        | EventKind::Refused { .. }
        | EventKind::ClockJumped
        | EventKind::SignedTimeAhead { .. }
        | EventKind::Unstored { .. }
        | EventKind::EventsDropped { .. } => "loud",
    }
}

/// A moment as the page shows it: in short, exactly, and for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    /// `4 minutes ago`.
    pub(crate) relative: String,
    /// `2026-11-23 21:15 CET`.
    pub(crate) exact: String,
    /// RFC 3339.
    pub(crate) machine: String,
}

/// Writes moments as seen from one moment in one time zone.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    /// The moment from which `ago` is counted.
    pub(crate) now: Timestamp,
    /// The zone of exact times.
    pub(crate) zone: TimeZone,
}

impl Calendar {
    /// A moment in words.
    pub(crate) fn when(&self, at: Timestamp) -> When {
        When {
            relative: ago(at, self.now),
            exact: at
                .to_zoned(self.zone.clone())
                .strftime("%Y-%m-%d %H:%M %Z")
                .to_string(),
            machine: at.to_string(),
        }
    }
}

/// How long ago, or in how long, in the largest unit that fits.
fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    let length = match seconds.unsigned_abs() {
        0..45 => return "just now".to_owned(),
        short @ 45..2_700 => count(short, 60, "minute"),
        hours @ 2_700..79_200 => count(hours, 3_600, "hour"),
        days => count(days, 86_400, "day"),
    };
    if seconds < 0 {
        format!("in {length}")
    } else {
        format!("{length} ago")
    }
}

fn count(seconds: u64, unit_seconds: u64, unit: &str) -> String {
    let count = (seconds + unit_seconds / 2) / unit_seconds;
    plural(count.max(1), unit)
}

/// `1 device`, `2 devices`.
pub(crate) fn plural(count: u64, unit: &str) -> String {
    if count == 1 {
        format!("1 {unit}")
    } else {
        format!("{count} {unit}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds_ago: i64, expected: &str) {
        let now = Timestamp::from_second(2_000_000_000).unwrap();
        let at = Timestamp::from_second(2_000_000_000 - seconds_ago).unwrap();
        assert_eq!(ago(at, now), expected);
    }

    #[test]
    fn moments_are_written_in_the_largest_unit_that_fits() {
        check(0, "just now");
        check(44, "just now");
        check(45, "1 minute ago");
        check(150, "3 minutes ago");
        check(3_600, "1 hour ago");
        check(3 * 86_400, "3 days ago");
        check(-604_800, "in 7 days");
        check(i64::from(i32::MAX), "24855 days ago");
    }

    #[test]
    fn the_guide_for_schools_explains_every_state_in_the_words_of_the_page() {
        let guide = include_str!("../../docs/guide/school.md");
        for state in STATES {
            let entry = format!("| **{}** |", state.words().to_lowercase());
            assert!(guide.contains(&entry), "{entry}");
        }
    }

    #[test]
    fn every_state_can_be_named_in_an_address() {
        for state in STATES {
            assert_eq!(parse_state(state_slug(state)), Some(state));
        }
        assert_eq!(parse_state("Compliant"), None);
    }
}
