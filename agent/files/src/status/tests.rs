//! One golden text a case, and what causes come to as data.

use std::path::PathBuf;
use std::time::Duration;

use fyr_agent_core::contact::{Contact, TroubleKind};
use fyr_agent_core::memory::{Drift, Memory};
use fyr_agent_core::observed::{Due, Observed, PlaceObserved};
use fyr_agent_core::obstacle::{Affected, Obstacle};
use fyr_agent_core::schedule::Attempts;
use fyr_agent_core::status::{Facts, Policy};
use fyr_schemas::Revision;
use fyr_schemas::report::{
    BundleInForce, ControlReport, FailureReason, Found, PeriodsInForce, Product, RefusalReason,
};
use fyr_trust::{ClockState, DeviceTime};

use super::*;
use crate::fixture::bundle;

const CHROMIUM: Place = Place::Chromium(Product::Chromium);
const FIREFOX: Place = Place::Firefox(Product::Firefox);

/// 2026-11-18 12:06:40 UTC, a Wednesday, and so many seconds.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_003_600 + second).unwrap()
}

/// A clock that nothing contradicts, so many seconds later.
fn time(second: i64) -> DeviceTime {
    DeviceTime {
        now: at(second),
        unsigned: at(second),
        expiry: at(second),
        clock: ClockState::Plausible,
    }
}

/// A device, and who asks.
struct Case {
    observed: Observed,
    states: BTreeMap<&'static str, ControlState>,
    memory: Memory,
    contact: Contact,
    attempts: Attempts,
    agent: AgentState,
    disk_full: bool,
    periods: Option<PeriodsInForce>,
    clock: ClockState,
    root: Option<PathBuf>,
    overriding: BTreeMap<Place, Vec<String>>,
}

impl Case {
    /// A device on which nothing is wrong.
    fn new() -> Self {
        let places = [CHROMIUM, FIREFOX, Place::Hosts];
        let mut contact = Contact::default();
        contact.succeeded(
            &time(-300),
            Duration::ZERO,
            fyr_trust::digest(b"1"),
            at(86_400),
        );
        Self {
            observed: Observed {
                present: [Product::Chromium, Product::Firefox].into(),
                places: places.map(|it| (it, PlaceObserved::default())).into(),
                ..Observed::default()
            },
            states: [("sites.block", ControlState::Gap)].into(),
            memory: Memory {
                bundle: Some(BundleInForce {
                    revision: Revision(12),
                    digest: fyr_trust::digest(b""),
                    since: at(-3 * 86_400),
                }),
                ..Memory::default()
            },
            contact,
            attempts: Attempts {
                refresh: Some(at(421)),
                repair: None,
            },
            agent: AgentState::Running,
            disk_full: false,
            periods: None,
            clock: ClockState::Plausible,
            root: None,
            overriding: BTreeMap::new(),
        }
    }

    fn due(&mut self, place: Place, found: Found) {
        let due = Due {
            unwritten: false,
            failure: None,
        };
        let observed = self.observed.places.get_mut(&place).unwrap();
        (observed.due, observed.drift) = (Some(due), Some(found));
        self.memory.drifts.push(Drift {
            place,
            found,
            noticed: at(-200),
        });
    }

    fn status(&self) -> Status {
        let bundle = bundle();
        let report = |control: &fyr_schemas::bundle::Control| ControlReport {
            control: control.id.clone(),
            state: self
                .states
                .get(control.id.as_str())
                .copied()
                .unwrap_or(ControlState::InForce),
            since: at(-3600),
        };
        let controls: Vec<_> = bundle.controls.iter().map(report).collect();
        Status::of(Facts {
            time: DeviceTime {
                clock: self.clock,
                ..time(0)
            },
            key_loss: None,
            device: &"0123456789abcdef0123456789abcdef".parse().unwrap(),
            organisation: &bundle.organisation,
            group: &bundle.group,
            memory: &self.memory,
            contact: &self.contact,
            attempts: self.attempts,
            agent: self.agent,
            disk_full: self.disk_full,
            reports_waiting: 2,
            browsers: vec![Product::Chromium, Product::Firefox],
            policy: Some(Policy {
                in_force: &bundle,
                periods: self.periods.clone(),
                observed: &self.observed,
                controls: &controls,
            }),
        })
    }

    fn words(&self) -> String {
        let status = self.status();
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let words = StatusWords {
            status: &status,
            zone: &zone,
            root: self.root.as_deref(),
            server: "https://fyr.example.dk",
            overriding: &self.overriding,
        };
        let words = words.to_string();
        for line in words.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        words
    }
}

#[test]
fn a_device_on_which_nothing_is_wrong() {
    insta::assert_snapshot!(Case::new().words());
}

#[test]
fn drift_that_was_repaired_in_the_last_week_and_a_period_that_runs() {
    let mut case = Case::new();
    let drift = Drift {
        place: Place::Hosts,
        found: Found::Truncated,
        noticed: at(-86_400),
    };
    for days in [9, 2, 1] {
        case.memory.repaired.push(Repaired {
            drift,
            at: at(-days * 86_400) + SignedDuration::from_millis(25),
        });
    }
    case.periods = Some(PeriodsInForce {
        running: ["from:2026-08-01", "school-hours"]
            .map(|it| it.parse().unwrap())
            .into(),
        until: Some(at(2500)),
    });
    insta::assert_snapshot!(case.words());
}

#[test]
fn a_full_disk_is_one_line_however_much_it_affects() {
    let mut case = Case::new();
    for place in [CHROMIUM, Place::Hosts] {
        case.due(place, Found::Missing);
    }
    case.disk_full = true;
    case.contact.failed(&time(-100), TroubleKind::Unkept);
    case.states = ["youtube.level", "sites.block.gambling", "sites.block"]
        .map(|control| (control, ControlState::Drifted))
        .into();
    case.attempts.repair = Some(at(7));
    let problems: Vec<Problem> = case.status().causes.iter().map(|it| it.problem).collect();
    assert_eq!(problems, [Problem::Failed(FailureReason::NoSpace)]);
    insta::assert_snapshot!(case.words());
}

#[test]
fn an_attempt_that_failed_names_its_reason_and_not_only_the_drift() {
    let mut case = Case::new();
    case.due(CHROMIUM, Found::Changed);
    case.states = [("youtube.level", ControlState::Drifted)].into();
    case.memory.controls = vec![ControlReport {
        control: "youtube.level".parse().unwrap(),
        state: ControlState::Failed(FailureReason::NoPermission),
        since: at(-200),
    }];
    case.attempts.repair = Some(at(31));
    insta::assert_snapshot!(case.words());
}

#[test]
fn a_stopped_agent_an_unmanaged_entry_and_a_refused_repository() {
    let mut case = Case::new();
    case.agent = AgentState::Stopped;
    case.due(FIREFOX, Found::Symlink);
    case.observed.obstacles.push(Obstacle {
        place: Place::Hosts,
        reason: FailureReason::Shadowed,
        affected: Affected::Names(["www.youtube.com".to_owned()].into()),
    });
    let refused = TroubleKind::Refused(RefusalReason::Rollback);
    let timestamp = fyr_trust::digest(b"2");
    case.contact
        .succeeded(&time(-7500), Duration::ZERO, timestamp, at(86_400));
    case.contact.failed(&time(-7200), refused);
    let shadowed = ControlState::Failed(FailureReason::Shadowed);
    case.states = [
        ("youtube.level", shadowed),
        ("browser.private", ControlState::Drifted),
    ]
    .into();
    insta::assert_snapshot!(case.words());
}

#[test]
fn a_browser_that_must_restart_and_a_server_that_is_out_of_reach() {
    let mut case = Case::new();
    case.observed.awaiting_restart = [Product::Firefox].into();
    case.states = [("browser.private", ControlState::PendingRestart)].into();
    case.contact.failed(&time(-60), TroubleKind::OutOfReach);
    insta::assert_snapshot!(case.words());
}

#[test]
fn a_known_file_overrides_the_policy_and_a_directory_stands_for_the_device() {
    let mut case = Case::new();
    case.agent = AgentState::Stopped;
    case.root = Some("/tmp/device".into());
    case.overriding = [(CHROMIUM, vec!["ø.json".to_owned()])].into();
    case.observed.obstacles.push(Obstacle {
        place: CHROMIUM,
        reason: FailureReason::Shadowed,
        affected: Affected::Names(["ForceYouTubeRestrict".to_owned()].into()),
    });
    let shadowed = ControlState::Failed(FailureReason::Shadowed);
    case.states = [("youtube.level", shadowed)].into();
    insta::assert_snapshot!(case.words());
}

#[test]
fn a_group_that_the_published_policy_does_not_have() {
    let mut case = Case::new();
    let refused = TroubleKind::Refused(RefusalReason::NoGroup);
    case.contact.failed(&time(-60), refused);
    insta::assert_snapshot!(case.words());
}

#[test]
fn metadata_that_was_not_renewed_in_time() {
    let mut case = Case::new();
    case.contact = Contact::default();
    for day in [-16, 0] {
        let time = time(day * 86_400);
        let timestamp = fyr_trust::digest(b"1");
        case.contact
            .succeeded(&time, Duration::ZERO, timestamp, at(86_400 * 300));
    }
    insta::assert_snapshot!(case.words());
}

#[test]
fn a_clock_that_is_behind_is_named_with_what_it_is_before() {
    let errors = |clock| {
        let mut case = Case::new();
        case.clock = clock;
        let words = case.words();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let before_build = errors(ClockState::BeforeBuild);
    assert!(before_build.contains("before the time at which this program was built"));
    assert!(before_build.contains("Set the clock."));
    assert!(!before_build.contains("slice"), "{before_build}");
    let before_slice = errors(ClockState::BeforeSlice);
    assert!(before_slice.contains("until newly signed metadata confirms the clock"));
    assert!(!before_slice.contains("built"), "{before_slice}");
}

#[test]
fn a_moment_of_less_than_a_minute_ago_is_just_now() {
    for (second, words) in [
        (-60, "(1 min ago)"),
        (-59, "(just now)"),
        (0, "(just now)"),
        (59, "(in less than a minute)"),
        (60, "(in 1 min)"),
    ] {
        let mut case = Case::new();
        case.contact.refreshed = Some(at(second));
        let seen = case.words();
        assert!(seen.contains(words), "{second}: {seen}");
    }
}

#[test]
fn a_device_without_a_policy() {
    let case = Case::new();
    let mut status = case.status();
    (status.bundle, status.compliant) = (None, false);
    status.refreshed = None;
    let zone = TimeZone::UTC;
    let words = StatusWords {
        status: &status,
        zone: &zone,
        root: None,
        server: "https://fyr.example.dk",
        overriding: &BTreeMap::new(),
    };
    let words = words.to_string();
    assert!(words.starts_with("No policy is in force on this device yet.\n"));
    assert!(words.contains("not verified yet"), "{words}");
}
