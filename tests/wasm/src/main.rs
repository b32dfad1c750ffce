//! What a device without a file system does, as WebAssembly: it verifies a repository, and reports
//! what is in force.
//!
//! The module imports nothing. Its export `main` returns 0 where a repository that was published just
//! now is verified and a changed byte is refused, else the number of the step that failed.
//! `tests/system/wasm.rs` publishes the repository, builds the module and calls it.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use fyr_agent_core::assess::Moments;
use fyr_agent_core::contact::Contact;
use fyr_agent_core::events::EventLog;
use fyr_agent_core::in_force::InForce;
use fyr_agent_core::memory::Memory;
use fyr_agent_core::observed::Observed;
use fyr_agent_core::{assess, report};
use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::{Freshness, Report};
use fyr_schemas::{GroupId, OrganisationId};
use fyr_trust::{
    Answer, Clock, Seen, Identity, Need, Refresh, Refreshed, TrustedState, VerifyError,
};
use jiff::Timestamp;
use serde::Deserialize;

/// A repository as it is published, at the moment of the build.
const REPOSITORY: &str = include_str!(env!("FYR_REPOSITORY"));

/// What a device is given.
#[derive(Deserialize)]
struct Given {
    now: Timestamp,
    organisation: OrganisationId,
    group: GroupId,
    /// The files of the repository, by their path.
    files: BTreeMap<String, String>,
}

getrandom::register_custom_getrandom!(no_randomness);

/// Verifying draws nothing.
fn no_randomness(_: &mut [u8]) -> Result<(), getrandom::Error> {
    Err(getrandom::Error::UNSUPPORTED)
}

fn main() -> ExitCode {
    let failed = run().err();
    failed.map_or(ExitCode::SUCCESS, |step| ExitCode::from(step as u8))
}

/// A step, by the number that `main` returns where it failed.
#[derive(Clone, Copy)]
enum Step {
    Read = 1,
    Verify = 2,
    Report = 3,
    Refuse = 4,
}

fn run() -> Result<(), Step> {
    let given: Given = serde_json::from_str(REPOSITORY).map_err(|_| Step::Read)?;
    let root = given.files.get("metadata/1.root.json").ok_or(Step::Read)?;
    let identity = Identity {
        root: fyr_trust::digest(root.as_bytes()),
        organisation: given.organisation.clone(),
        group: given.group.clone(),
    };
    let refreshed = refresh(&given, &identity).map_err(|_| Step::Verify)?;
    let report = report_on(&given, &refreshed);
    let is_reported = report
        .bundle
        .is_some_and(|bundle| bundle.revision == refreshed.document.revision())
        && report.freshness == Freshness::Fresh
        && report.controls.len() == refreshed.document.value().controls.len();
    if !is_reported {
        return Err(Step::Report);
    }
    match refresh(&changed(given), &identity) {
        Ok(_) => Err(Step::Refuse),
        Err(_) => Ok(()),
    }
}

/// The clock of a device, at the moment of the build.
fn clock(now: Timestamp) -> Clock {
    Clock {
        system: now,
        build: now,
    }
}

/// A refresh of a device that was enrolled just now.
fn refresh(given: &Given, identity: &Identity) -> Result<Refreshed<Bundle>, VerifyError> {
    let answer = |need: Need| {
        let found = given.files.get(&need.path);
        Ok(found.map_or(Answer::NotFound, |text| {
            Answer::Found(text.clone().into_bytes())
        }))
    };
    let (state, seen) = (TrustedState::default(), Seen::default());
    let begun = Refresh::begin(&state, &seen, identity, clock(given.now));
    begun.drive(|need| answer(need.clone()), drop)
}

/// The report of a device on which everything is in force.
fn report_on(given: &Given, refreshed: &Refreshed<Bundle>) -> Report {
    let now = given.now;
    let time = clock(now).device_time(&refreshed.seen);
    let mut contact = Contact::default();
    let timestamp = refreshed.timestamp.clone();
    contact.succeeded(&time, Duration::ZERO, timestamp, refreshed.expires);
    let in_force = InForce::at(&refreshed.document, now);
    let moments = Moments {
        noticed: now,
        at: now,
    };
    let assessment = assess(&in_force, &Observed::default(), moments, &Memory::default());
    let facts = report::Facts {
        organisation: &given.organisation,
        group: &given.group,
        device: &fyr_trust::device_id(&[7; 32]),
        agent: [0, 1, 0],
        memory: &assessment.memory,
        periods: in_force.periods(),
        contact: &contact,
        time,
        events: &EventLog::default(),
        browsers: Vec::new(),
    };
    report::compose(&facts, 1)
}

/// The same repository with one byte of every bundle changed.
fn changed(given: Given) -> Given {
    let files = given.files.into_iter().map(|(path, text)| {
        let text = if path.starts_with("targets/bundles/") {
            text.replacen('i', "j", 1)
        } else {
            text
        };
        (path, text)
    });
    Given {
        files: files.collect(),
        ..given
    }
}
