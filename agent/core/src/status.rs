//! What a device says about itself: what is in force, every cause of what is not, what happened in the
//! last week, and what it does next. Words and places are the edge's.

mod causes;

use std::collections::BTreeSet;

use fyr_schemas::bundle::{Bundle, Control, Coverage, Engine};
use fyr_schemas::report::{
    BundleInForce, ControlReport, ControlState, FailureReason, Found, Freshness, PeriodsInForce,
    Place, Product, RefusalReason,
};
use fyr_schemas::{CaseNumber, CategoryId, ControlId, DeviceId, Digest, GroupId, OrganisationId};
use fyr_trust::{ClockState, DeviceTime};
use jiff::Timestamp;
use serde::Serialize;

use self::causes::Causes;
use crate::contact::Contact;
use crate::memory::{Drift, Memory, Repaired};
use crate::observed::Observed;
use crate::product::engine;
use crate::schedule::Attempts;

/// A device's account of itself, for the person in front of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// When it was asked.
    pub at: Timestamp,
    /// Its pseudonym.
    pub device: DeviceId,
    /// Whose policy it accepts.
    pub organisation: OrganisationId,
    /// Its group.
    pub group: GroupId,
    /// Whether everything that its targets can enforce is written.
    pub compliant: bool,
    /// The bundle in force; absent before the first.
    pub bundle: Option<BundleInForce>,
    /// The periods of its timetable that run; absent where it has none.
    pub periods: Option<PeriodsInForce>,
    /// Whether the policy is as new as the device can know.
    pub freshness: Freshness,
    /// When the repository was last verified.
    pub refreshed: Option<Timestamp>,
    /// By how many seconds the signed time is ahead of this device's clock, where that is more than
    /// the ten minutes that a slow clock may be behind.
    pub signed_time_ahead_s: Option<i64>,
    /// Which time the clock is before; absent where it is before none.
    pub clock_behind: Option<ClockBehind>,
    /// Why this device cannot sign its reports; absent where it can.
    pub key_loss: Option<String>,
    /// Whether an agent runs on this device.
    pub agent: AgentState,
    /// Reports that the server does not have yet.
    pub reports_waiting: usize,
    /// The browsers that were found.
    pub browsers: Vec<Product>,
    /// Every list that the bundle closes.
    pub lists: Vec<ListStatus>,
    /// Every control of the bundle.
    pub controls: Vec<ControlStatus>,
    /// What is wrong, each cause once.
    pub causes: Vec<Cause>,
    /// The drift of the last week that was repaired, oldest first.
    pub repaired: Vec<Repaired>,
    /// The drift that is not repaired.
    pub open: Vec<Drift>,
    /// What the agent tries next; absent where none runs.
    pub next: Option<Attempts>,
}

/// A time that a clock is before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockBehind {
    /// When this program was built: the clock is certainly wrong.
    Build,
    /// The start of the time slice that was last in force: the clock is behind, or was ahead then.
    Slice,
}

/// Whether an agent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentState {
    /// Drift is repaired as it happens.
    Running,
    /// Nothing is repaired until it is started.
    Stopped,
    /// The user who asks may not know.
    Unknown,
}

/// One list that is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListStatus {
    /// Which.
    pub category: CategoryId,
    /// How many of its names are closed.
    pub names: usize,
    /// SHA-256 of its text.
    pub digest: Digest,
}

/// One control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlStatus {
    /// Which.
    pub control: ControlId,
    /// Its value in the words of the source.
    pub value: String,
    /// How it stands.
    pub state: ControlState,
    /// Since when.
    pub since: Timestamp,
    /// The case that decided it.
    pub decision: Option<CaseNumber>,
    /// The body that decided it.
    pub decided_by: Option<String>,
    /// Why a browser on this device cannot enforce it, each reason with its engines; empty where all
    /// can.
    pub gaps: Vec<GapStatus>,
}

/// Why some engines on this device cannot enforce a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GapStatus {
    /// The engines.
    pub engines: BTreeSet<Engine>,
    /// The reason, as the compiler words it.
    pub detail: String,
}

/// One cause of what is wrong, with everything that it affects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What is wrong.
    pub problem: Problem,
    /// Since when, as far as the device knows.
    pub since: Option<Timestamp>,
    /// The places that it affects, if any.
    pub places: BTreeSet<Place>,
    /// The policies and names that it affects, where it affects only some of a place.
    pub names: BTreeSet<String>,
    /// The controls that are not in force because of it.
    pub controls: Vec<ControlId>,
}

/// What can be wrong, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "how")]
pub enum Problem {
    /// The policy cannot be written, or something overrides it.
    Failed(FailureReason),
    /// What the agent wrote was changed and is not repaired yet.
    Changed(Found),
    /// Something new of the policy is not written yet.
    Unwritten,
    /// A browser runs with an older policy.
    AwaitsRestart,
    /// No agent runs, so nothing is repaired and nothing is fetched.
    AgentStopped,
    /// The repository was refused.
    Refused(RefusalReason),
    /// The repository offers a policy that cannot be stored here.
    Unstored,
    /// The server did not answer.
    Unreachable,
    /// The metadata of the policy expired.
    Expired,
    /// The device got no newer metadata for 14 days, though what it has says that it did not expire.
    Unrenewed,
}

/// Everything a status is made from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// When it was asked.
    pub time: DeviceTime,
    /// Why the device cannot sign its reports; absent where it can.
    pub key_loss: Option<String>,
    /// Its pseudonym.
    pub device: &'a DeviceId,
    /// Whose policy it accepts.
    pub organisation: &'a OrganisationId,
    /// The group it joined.
    pub group: &'a GroupId,
    /// What it remembers of the last pass.
    pub memory: &'a Memory,
    /// How it stands with its repository.
    pub contact: &'a Contact,
    /// What the agent planned to try next.
    pub attempts: Attempts,
    /// Whether an agent runs.
    pub agent: AgentState,
    /// Whether a disk that the agent writes to is full.
    pub disk_full: bool,
    /// Reports that wait.
    pub reports_waiting: usize,
    /// The browsers present.
    pub browsers: Vec<Product>,
    /// The policy and how it stands; absent before the first.
    pub policy: Option<Policy<'a>>,
}

/// A policy and how it stands.
#[derive(Debug)]
pub struct Policy<'a> {
    /// The policy, as it is at the time.
    pub in_force: &'a Bundle,
    /// The periods of its timetable that run.
    pub periods: Option<PeriodsInForce>,
    /// How the device was found.
    pub observed: &'a Observed,
    /// How its controls stand.
    pub controls: &'a [ControlReport],
}

impl Status {
    /// The status that follows from the facts.
    pub fn of(facts: Facts<'_>) -> Self {
        let policy = facts.policy.as_ref();
        let next = match facts.agent {
            AgentState::Running | AgentState::Unknown => Some(facts.attempts),
            AgentState::Stopped => None,
        };
        Self {
            at: facts.time.now,
            device: facts.device.clone(),
            organisation: facts.organisation.clone(),
            group: facts.group.clone(),
            compliant: policy.is_some_and(|policy| policy.observed.is_compliant()),
            bundle: policy.and(facts.memory.bundle.clone()),
            periods: policy.and_then(|policy| policy.periods.clone()),
            freshness: facts.contact.freshness(&facts.time),
            refreshed: facts.contact.refreshed,
            signed_time_ahead_s: match facts.time.clock {
                ClockState::SignedAhead { by } => Some(by.as_secs()),
                ClockState::Plausible | ClockState::BeforeBuild | ClockState::BeforeSlice => None,
            },
            clock_behind: match facts.time.clock {
                ClockState::BeforeBuild => Some(ClockBehind::Build),
                ClockState::BeforeSlice => Some(ClockBehind::Slice),
                ClockState::Plausible | ClockState::SignedAhead { .. } => None,
            },
            key_loss: facts.key_loss.clone(),
            agent: facts.agent,
            reports_waiting: facts.reports_waiting,
            lists: policy.map(lists).unwrap_or_default(),
            controls: policy
                .map(|policy| controls(policy, &facts.browsers))
                .unwrap_or_default(),
            causes: Causes::of(&facts),
            repaired: facts.memory.repaired_since_a_week(facts.time.now),
            open: facts.memory.drifts.clone(),
            next,
            browsers: facts.browsers,
        }
    }
}

fn lists(policy: &Policy<'_>) -> Vec<ListStatus> {
    let closed = policy.in_force.closed.iter();
    closed
        .map(|(category, list)| ListStatus {
            category: category.clone(),
            names: (list.names as usize).saturating_sub(list.except.len()),
            digest: list.digest.clone(),
        })
        .collect()
}

fn controls(policy: &Policy<'_>, browsers: &[Product]) -> Vec<ControlStatus> {
    let pairs = policy.in_force.controls.iter().zip(policy.controls);
    pairs
        .map(|(control, report)| {
            let case = control.decision.as_ref();
            let note = case.and_then(|case| policy.in_force.decisions.get(case));
            ControlStatus {
                control: control.id.clone(),
                value: control.value.clone(),
                state: report.state,
                since: report.since,
                decision: control.decision.clone(),
                decided_by: note.map(|note| note.body.clone()),
                gaps: gaps(control, browsers),
            }
        })
        .collect()
}

/// Engines that share a reason share its entry.
fn gaps(control: &Control, browsers: &[Product]) -> Vec<GapStatus> {
    let present: BTreeSet<Engine> = browsers.iter().map(|product| engine(*product)).collect();
    let mut gaps: Vec<GapStatus> = Vec::new();
    for (engine, coverage) in &control.coverage {
        let Coverage::Gap(gap) = coverage else {
            continue;
        };
        if !present.contains(engine) {
            continue;
        }
        match gaps.iter_mut().find(|known| known.detail == gap.detail) {
            Some(known) => {
                known.engines.insert(*engine);
            }
            None => gaps.push(GapStatus {
                engines: [*engine].into(),
                detail: gap.detail.clone(),
            }),
        }
    }
    gaps
}
