//! `fyr-agent status`: what is in force here, in words.

use std::process::ExitCode;

use fyr_agent_core::in_force::InForce;
use fyr_agent_core::status::{Facts, Policy, Status};
use fyr_agent_files::status::StatusWords;

use jiff::tz::TimeZone;

use crate::lock::Lock;
use crate::look::{Look, LookError};
use crate::root::{Extent, Root};
use crate::spool;

/// How a status is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For the person in front of the device.
    Words,
    /// For a program.
    Json,
}

/// Says what is in force on the device. Works beside a running agent, and without one.
pub(crate) fn status(root: &Root, form: Form) -> Result<ExitCode, LookError> {
    let look = Look::take(root)?;
    let policy = look.policy.as_ref().ok();
    let policy = policy.map(|(bundle, assessed)| (InForce::at(bundle, look.time.now), assessed));
    let status = Status::of(Facts {
        time: look.time,
        key_loss: look.key.as_ref().err().map(ToString::to_string),
        device: &look.enrolment.device,
        organisation: &look.enrolment.organisation,
        group: &look.enrolment.group,
        memory: &look.remembered.memory,
        contact: &look.remembered.contact,
        attempts: look.remembered.attempts,
        disk_full: look.disk_full,
        agent: Lock::state(look.store.directory()),
        reports_waiting: spool::count(&look.store),
        browsers: look.present.iter().copied().collect(),
        policy: policy.as_ref().map(|(in_force, assessed)| Policy {
            in_force: in_force.bundle(),
            periods: in_force.periods().cloned(),
            observed: &assessed.observed,
            controls: &assessed.assessment.controls,
        }),
    });
    match form {
        Form::Json => super::say_json(&(json(&status) + "\n")),
        Form::Words => super::say(StatusWords {
            status: &status,
            zone: &TimeZone::system(),
            root: (root.extent() == Extent::Below).then_some(root.path()),
            server: &look.enrolment.server,
            overriding: &look.overriding,
        }),
    }
    let is_right = status.compliant && status.key_loss.is_none();
    Ok(ExitCode::from(u8::from(!is_right)))
}

#[expect(
    clippy::expect_used,
    reason = "texts, numbers and lists always serialise"
)]
fn json(status: &Status) -> String {
    serde_json::to_string_pretty(status).expect("a status serialises")
}
