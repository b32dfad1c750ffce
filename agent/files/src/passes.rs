//! Whole passes over simulated devices: what is reported, and for how long.

mod turns;

use fyr_agent_core::in_force::InForce;
use fyr_agent_core::memory::Memory;
use fyr_schemas::Revision;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::{ControlState, EventKind, FailureReason, Found, Place, Product};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::action::Step;
use crate::actual::Running;
use crate::assess::{Assessed, Pass, assess};
use crate::fixture::{block, bundle, closed, empty_bundle};
use crate::outcome::Outcome;
use crate::plan::{Plan, draft};
use crate::simulation::{Device, Node};

const FYR_JSON: &str = "/etc/chromium/policies/managed/fyr.json";
const CHROMIUM: Place = Place::Chromium(Product::Chromium);

/// A device with its memory and its clock.
struct Watched {
    device: Device,
    memory: Memory,
    clock: i64,
    running: Vec<Running>,
    /// Whether the lists are there.
    lists: bool,
}

impl Watched {
    fn new() -> Self {
        let mut device = Device::new([Product::Chromium, Product::Firefox]);
        device.put("/etc/chromium", Node::Directory { mode: 0o755 });
        Self {
            device,
            memory: Memory::default(),
            clock: 1_000,
            running: Vec::new(),
            lists: true,
        }
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_second(self.clock).unwrap()
    }

    /// One pass, in which every write fails for `failure` if there is one.
    fn pass(&mut self, bundle: &Bundle, revision: u64, failure: Option<FailureReason>) -> Assessed {
        let noticed = self.at();
        self.clock += 60;
        let block = block(bundle);
        let block = self.lists.then_some(&block);
        let plan = draft(bundle, block, &self.device.observe(bundle), &self.memory);
        let outcomes = self.execute(&plan, bundle, failure);
        let mut actual = self.device.observe(bundle);
        actual.running.clone_from(&self.running);
        let pass = Pass {
            noticed,
            outcomes: &outcomes,
            at: self.at(),
        };
        let digest = fyr_trust::digest(revision.to_string().as_bytes());
        let in_force = InForce::dangerous_unsigned(bundle, Revision(revision), &digest);
        let assessed = assess(&in_force, block, &actual, &pass, &self.memory);
        self.memory = assessed.assessment.memory.clone();
        assessed
    }

    fn execute(
        &mut self,
        plan: &Plan,
        bundle: &Bundle,
        failure: Option<FailureReason>,
    ) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for action in &plan.actions {
            let mut tried = outcomes.iter();
            if tried.any(|o| o.action.place == action.place && o.result.is_err()) {
                continue;
            }
            let fails = failure.filter(|_| matches!(action.step, Step::Write { .. }));
            if fails.is_none() {
                self.device.step(&action.step, bundle);
            }
            outcomes.push(Outcome {
                action: action.clone(),
                result: fails.map_or(Ok(()), Err),
            });
        }
        outcomes
    }

    fn tamper(&mut self) {
        self.device.put_file(FYR_JSON, b"{}");
    }
}

fn events(reported: &Assessed) -> Vec<EventKind> {
    let events = reported.assessment.events.iter();
    events.map(|event| event.what.clone()).collect()
}

fn states(reported: &Assessed) -> Vec<(&str, ControlState)> {
    let controls = reported.assessment.controls.iter();
    controls.map(|c| (c.control.as_str(), c.state)).collect()
}

#[test]
fn a_first_policy_is_applied_and_is_no_drift() {
    let reported = Watched::new().pass(&bundle(), 7, None);
    let revision = Revision(7);
    assert_eq!(events(&reported), [EventKind::Applied { revision }]);
    assert_eq!(
        states(&reported),
        [
            ("browser.private", ControlState::InForce),
            ("sites.block", ControlState::Gap),
            ("sites.block.gambling", ControlState::InForce),
            ("youtube.level", ControlState::InForce),
        ]
    );
    assert!(reported.rest.is_empty());
}

#[test]
fn a_new_revision_of_the_same_policy_keeps_its_date_and_is_reported_once() {
    let mut watched = Watched::new();
    let first = watched.pass(&bundle(), 7, None);
    let again = watched.pass(&bundle(), 7, None);
    assert_eq!(events(&again), []);
    assert_eq!(again.assessment.memory, first.assessment.memory);
}

#[test]
fn drift_is_reported_with_its_repair_and_how_long_it_took() {
    let mut watched = Watched::new();
    watched.pass(&bundle(), 7, None);
    watched.tamper();
    let reported = watched.pass(&bundle(), 7, None);
    let place = CHROMIUM;
    let found = Found::Changed;
    let took_ms = 60_000;
    let expected = [
        EventKind::Drift { place, found },
        EventKind::Repaired { place, took_ms },
    ];
    assert_eq!(events(&reported), expected);
}

#[test]
fn drift_that_cannot_be_repaired_is_reported_once_and_its_repair_when_it_comes() {
    let mut watched = Watched::new();
    watched.pass(&bundle(), 7, None);
    watched.tamper();
    let failure = Some(FailureReason::NoSpace);
    let failed = watched.pass(&bundle(), 7, failure);
    let place = CHROMIUM;
    let found = Found::Changed;
    assert_eq!(events(&failed), [EventKind::Drift { place, found }]);
    let youtube = (
        "youtube.level",
        ControlState::Failed(FailureReason::NoSpace),
    );
    assert!(states(&failed).contains(&youtube));
    let still = watched.pass(&bundle(), 7, failure);
    assert_eq!(events(&still), []);
    assert_eq!(
        still.assessment.controls, failed.assessment.controls,
        "a state keeps the moment it began"
    );
    let repaired = watched.pass(&bundle(), 7, None);
    let took_ms = 180_000;
    assert_eq!(events(&repaired), [EventKind::Repaired { place, took_ms }]);
}

#[test]
fn a_policy_that_could_not_be_written_is_not_called_in_force() {
    let mut watched = Watched::new();
    watched.pass(&bundle(), 7, None);
    let mut newer = bundle();
    newer
        .chromium
        .insert("IncognitoModeAvailability".into(), 1.into());
    let failed = watched.pass(&newer, 8, Some(FailureReason::ReadOnly));
    assert_eq!(
        failed.assessment.memory.bundle.as_ref().unwrap().revision,
        Revision(7)
    );
    assert_eq!(events(&failed), []);
    let applied = watched.pass(&newer, 8, None);
    let revision = Revision(8);
    assert_eq!(events(&applied), [EventKind::Applied { revision }]);
}

#[test]
fn an_override_is_reported_and_so_is_the_name_that_outranks_it() {
    let mut watched = Watched::new();
    watched.pass(&bundle(), 7, None);
    let unmanaged = "/etc/chromium/policies/managed/zz.json";
    watched
        .device
        .put_file(unmanaged, b"{\"ForceYouTubeRestrict\": 0}");
    let reported = watched.pass(&bundle(), 7, None);
    let place = CHROMIUM;
    let found = Found::Shadowed;
    let took_ms = 60_000;
    let expected = [
        EventKind::Drift { place, found },
        EventKind::Outranked { place },
        EventKind::Repaired { place, took_ms },
    ];
    assert_eq!(events(&reported), expected);
    watched.device.remove(unmanaged);
    let settled = watched.pass(&bundle(), 7, None);
    assert_eq!(
        events(&settled),
        [],
        "going back to the plain name is no drift"
    );
}

#[test]
fn a_shadow_that_nothing_outranks_fails_the_controls_it_touches_and_no_others() {
    let mut watched = Watched::new();
    watched.pass(&bundle(), 7, None);
    watched.device.put_file(
        "/etc/chromium/policies/managed/ø.json",
        b"{\"ForceYouTubeRestrict\": 0}",
    );
    let reported = watched.pass(&bundle(), 7, None);
    let states = states(&reported);
    let youtube = (
        "youtube.level",
        ControlState::Failed(FailureReason::Shadowed),
    );
    assert!(states.contains(&youtube));
    assert!(
        states.contains(&("sites.block", ControlState::Gap)),
        "{states:?}"
    );
    assert!(!reported.rest.is_empty());
}

#[test]
fn an_unmanaged_entry_for_a_closed_name_fails_the_controls_over_its_list_and_no_others() {
    let mut watched = Watched::new();
    let mut bundle = bundle();
    let (games, list) = closed("games", "game.example\n");
    bundle.closed.insert(games, list);
    watched
        .device
        .put_file("/etc/hosts", b"93.184.216.34 game.example\n");
    let reported = watched.pass(&bundle, 7, None);
    assert_eq!(reported.rest.obstacles.len(), 1, "{:?}", reported.rest);
    assert!(!reported.rest.is_empty());
    let gambling = ("sites.block.gambling", ControlState::InForce);
    assert!(
        states(&reported).contains(&gambling),
        "{:?}",
        states(&reported)
    );
    watched
        .device
        .put_file("/etc/hosts", b"93.184.216.34 www.bet.example\n");
    let reported = watched.pass(&bundle, 7, None);
    let shadowed = ControlState::Failed(FailureReason::Shadowed);
    assert!(states(&reported).contains(&("sites.block.gambling", shadowed)));
    assert!(states(&reported).contains(&("youtube.level", ControlState::InForce)));
}

#[test]
fn while_a_list_is_missing_the_hosts_file_stays_as_it_is_and_everything_else_is_kept_right() {
    let mut watched = Watched::new();
    watched.pass(&bundle(), 7, None);
    let hosts = watched.device.nodes["/etc/hosts"].clone();
    watched.lists = false;
    watched.tamper();
    let reported = watched.pass(&bundle(), 7, None);
    assert_eq!(watched.device.nodes["/etc/hosts"], hosts);
    let missing = ControlState::Failed(FailureReason::ListMissing);
    assert!(states(&reported).contains(&("sites.block.gambling", missing)));
    assert!(states(&reported).contains(&("browser.private", ControlState::InForce)));
    assert!(reported.rest.actions.is_empty(), "{:?}", reported.rest);
    watched.lists = true;
    let repaired = watched.pass(&bundle(), 7, None);
    assert!(repaired.rest.is_empty(), "{:?}", repaired.rest);
}

#[test]
fn a_firefox_that_was_started_before_the_file_was_written_awaits_its_restart() {
    let mut watched = Watched::new();
    watched.pass(&bundle(), 7, None);
    let written =
        watched.device.observe(&bundle()).places[&Place::Firefox(Product::Firefox)].clone();
    let Some(crate::actual::FileState::Regular(file)) =
        written.files.values().next().map(|f| &f.state)
    else {
        panic!("policies.json is written");
    };
    let started = |seconds: i64| Running {
        product: Product::Firefox,
        started: Timestamp::from_second(file.modified.as_second() + seconds).unwrap(),
    };
    let mut state = |running| {
        watched.running = vec![running];
        states(&watched.pass(&bundle(), 7, None))[0].1
    };
    assert_eq!(state(started(0)), ControlState::PendingRestart);
    assert_eq!(state(started(1)), ControlState::InForce);
}

#[test]
fn an_empty_policy_on_an_untouched_device_writes_nothing_but_the_empty_file() {
    let mut watched = Watched::new();
    let reported = watched.pass(&empty_bundle(), 7, None);
    assert!(reported.rest.is_empty());
    let files = watched.device.nodes.iter();
    let files: Vec<&String> = files
        .filter(|(_, node)| matches!(node, Node::File(_)))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(files, [FYR_JSON]);
}

proptest! {
    #[test]
    fn a_device_is_compliant_exactly_when_no_control_failed_and_nothing_is_due(
        failing in prop::option::of(prop::sample::select(vec![
            FailureReason::NoSpace, FailureReason::ReadOnly, FailureReason::NoPermission,
        ])),
        unmanaged in prop::option::of(prop::sample::select(vec!["a.json", "zz.json", "ø.json"])),
    ) {
        let mut watched = Watched::new();
        watched.pass(&bundle(), 7, None);
        watched.tamper();
        if let Some(name) = unmanaged {
            let path = format!("/etc/chromium/policies/managed/{name}");
            watched.device.put_file(&path, b"{\"ForceYouTubeRestrict\": 0}");
        }
        let reported = watched.pass(&bundle(), 7, failing);
        let fails = |state: &ControlState| matches!(state, ControlState::Failed(_) | ControlState::Drifted);
        let some_fail = reported.assessment.controls.iter().any(|control| fails(&control.state));
        prop_assert_eq!(reported.rest.is_empty(), !some_fail);
    }
}
