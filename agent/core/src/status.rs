//! What `fyr-agent status` says: what is in force, since when, what does not hold, why, and what
//! to do.

use std::collections::BTreeMap;

use fyr_schemas::bundle::{Bundle, Control, Coverage, Engine};
use fyr_schemas::report::{
    BundleInForce, ControlReport, ControlState, FailureReason, Freshness, PeriodsInForce, Product,
};
use fyr_schemas::{CaseNumber, CategoryId, ControlId, DeviceId, Digest, GroupId, OrganisationId};
use jiff::Timestamp;
use serde::Serialize;

use crate::contact::{Contact, TroubleKind};

/// A device's account of itself, for the person in front of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// When it was asked.
    pub at: Timestamp,
    /// Its pseudonym.
    pub device: DeviceId,
    /// Whose policy it holds.
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
    /// What is wrong with the repository, if anything is.
    pub trouble: Option<TroubleKind>,
    /// When the repository was last believed.
    pub refreshed: Option<Timestamp>,
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
    /// What is still to be done, as the plan says it.
    pub due: Vec<String>,
}

/// Whether an agent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentState {
    /// Drift is repaired as it happens.
    Running,
    /// Nothing is repaired until it is started.
    Stopped,
    /// Whoever asks may not know.
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

/// One control, and what a person may do about it.
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
    /// Why it does not hold; absent where it does.
    pub why: Option<String>,
    /// What to do about it; absent where nothing is to be done on this device.
    pub advice: Option<String>,
}

/// Everything that a status is made of.
#[derive(Debug)]
pub struct Facts<'a> {
    /// When it was asked.
    pub at: Timestamp,
    /// Its pseudonym.
    pub device: &'a DeviceId,
    /// Whose policy it accepts.
    pub organisation: &'a OrganisationId,
    /// The group it joined.
    pub group: &'a GroupId,
    /// How it stands with its repository.
    pub contact: &'a Contact,
    /// Whether an agent runs.
    pub agent: AgentState,
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
    /// Under which revision it is in force.
    pub revision: Option<BundleInForce>,
    /// How its controls stand.
    pub controls: &'a [ControlReport],
    /// What is still to be done, in words; nothing exactly where the device is compliant.
    pub due: Vec<String>,
}

impl Status {
    /// Tells the status.
    pub fn tell(facts: Facts<'_>) -> Self {
        let reported = facts.policy.as_ref();
        let controls = reported.map(|policy| controls(policy, &facts));
        let due = reported.map(|policy| policy.due.clone());
        Self {
            at: facts.at,
            device: facts.device.clone(),
            organisation: facts.organisation.clone(),
            group: facts.group.clone(),
            compliant: reported.is_some_and(|policy| policy.due.is_empty()),
            bundle: reported.and_then(|policy| policy.revision.clone()),
            periods: reported.and_then(|policy| policy.periods.clone()),
            freshness: facts.contact.freshness(facts.at),
            trouble: facts.contact.trouble.map(|trouble| trouble.kind),
            refreshed: facts.contact.refreshed,
            agent: facts.agent,
            reports_waiting: facts.reports_waiting,
            browsers: facts.browsers,
            lists: reported
                .map(|policy| lists(policy.in_force))
                .unwrap_or_default(),
            controls: controls.unwrap_or_default(),
            due: due.unwrap_or_default(),
        }
    }
}

fn lists(bundle: &Bundle) -> Vec<ListStatus> {
    let closed = bundle.closed.iter();
    closed
        .map(|(category, list)| ListStatus {
            category: category.clone(),
            names: (list.names as usize).saturating_sub(list.except.len()),
            digest: list.digest.clone(),
        })
        .collect()
}

fn controls(policy: &Policy<'_>, facts: &Facts<'_>) -> Vec<ControlStatus> {
    let pairs = policy.in_force.controls.iter().zip(policy.controls);
    pairs
        .map(|(control, report)| {
            let note = |case| policy.in_force.decisions.get(case);
            ControlStatus {
                control: control.id.clone(),
                value: control.value.clone(),
                state: report.state,
                since: report.since,
                decision: control.decision.clone(),
                decided_by: control
                    .decision
                    .as_ref()
                    .and_then(note)
                    .map(|n| n.body.clone()),
                why: why(report.state, control, &facts.browsers),
                advice: advice(report.state, facts.agent),
            }
        })
        .collect()
}

fn why(state: ControlState, control: &Control, browsers: &[Product]) -> Option<String> {
    match state {
        ControlState::InForce => None,
        ControlState::Gap => Some(gaps(control, browsers)),
        ControlState::PendingRestart => Some(
            "Firefox was started before the policy was written and reads it at start only"
                .to_owned(),
        ),
        ControlState::Drifted => Some("it was changed and is not repaired".to_owned()),
        ControlState::Failed(reason) => Some(reason.words().to_owned()),
    }
}

fn gaps(control: &Control, browsers: &[Product]) -> String {
    let is_present = |engine: Engine| {
        let mut products = browsers.iter();
        products.any(|product| crate::product::engine(*product) == engine)
    };
    // Engines that share a reason share its sentence.
    let mut engines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (engine, coverage) in &control.coverage {
        if let Coverage::Gap(gap) = coverage
            && is_present(*engine)
        {
            let reported = engines.entry(&gap.detail).or_default();
            reported.push(engine.to_string());
        }
    }
    let sentences = engines
        .into_iter()
        .map(|(detail, engines)| format!("{}: {detail}", engines.join(" and ")));
    sentences.collect::<Vec<String>>().join("; ")
}

fn advice(state: ControlState, agent: AgentState) -> Option<String> {
    let text = match (state, agent) {
        // The policy's authors know of a gap; it cannot be closed on the device.
        (ControlState::InForce | ControlState::Gap, _) => return None,
        (ControlState::PendingRestart, _) => "close Firefox and open it again",
        (ControlState::Drifted, AgentState::Stopped) => {
            "start the agent: `systemctl start fyr-agent`"
        }
        (ControlState::Drifted, AgentState::Running | AgentState::Unknown) => {
            "ask again in a moment; if it stays, look at `journalctl -u fyr-agent`"
        }
        (ControlState::Failed(reason), _) => match reason {
            FailureReason::Shadowed => {
                "remove the unmanaged entry that is named under `still to be done`"
            }
            FailureReason::NoSpace => "free space on the disk that holds /etc",
            FailureReason::NoPermission => {
                "run the agent as root, and look whether a security module denies it"
            }
            FailureReason::ReadOnly => "mount the file system of /etc writable again",
            FailureReason::Obstructed => {
                "move away what stands at the path that is named under `still to be done`"
            }
            FailureReason::ListMissing => {
                "connect the device to its server, from which it is fetched again"
            }
            FailureReason::Io => "look at the kernel's messages: `dmesg`",
        },
    };
    Some(text.to_owned())
}
