//! What the demo shows in the terminal: a line per device that follows the fleet.

use std::io::IsTerminal as _;
use std::time::Duration;

use fyr_schemas::fleet::{DeviceState, Fleet, FleetDevice};
use fyr_schemas::report::EventKind;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::demo::outcome::Outcome;
use crate::demo::scene::Device;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// A table that redraws itself.
    Live,
    /// A line per step.
    Lines,
    /// Nothing.
    Nothing,
}

impl Show {
    /// The table on a terminal, lines elsewhere.
    pub(crate) fn for_people() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Live
        } else {
            Self::Lines
        }
    }
}

/// The live table, on standard error, so that standard output stays for results.
#[derive(Debug)]
pub(crate) struct Table {
    lines: MultiProgress,
    heading: ProgressBar,
    devices: Vec<ProgressBar>,
    step: Option<String>,
    plain: bool,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(show: Show) -> Self {
        let target = match show {
            Show::Live => ProgressDrawTarget::stderr(),
            Show::Lines | Show::Nothing => ProgressDrawTarget::hidden(),
        };
        let lines = MultiProgress::with_draw_target(target);
        let heading = lines.add(ProgressBar::new_spinner());
        heading.set_style(style("{spinner:.cyan} {wide_msg}"));
        heading.enable_steady_tick(Duration::from_millis(120));
        Self {
            lines,
            heading,
            devices: Vec::new(),
            step: None,
            plain: show == Show::Lines,
        }
    }

    /// Says what happens now; what happened before is done.
    pub(crate) fn step(&mut self, what: &str) {
        self.end_step();
        if self.plain {
            eprintln!("{what}");
        }
        self.heading.set_message(what.to_owned());
        self.step = Some(what.to_owned());
    }

    /// Says something that stays on the screen.
    pub(crate) fn say(&self, what: &str) {
        if self.plain {
            eprintln!("{what}");
        }
        self.heading.println(what);
    }

    /// Leaves the step that was going on behind as done.
    fn end_step(&mut self) {
        if let Some(done) = self.step.take() {
            self.heading.println(format!("✔ {done}"));
        }
    }

    /// Shows how the devices stand.
    pub(crate) fn show(&mut self, fleet: &Fleet, devices: &[Device]) {
        while self.devices.len() < devices.len() {
            let line = self.lines.add(ProgressBar::new_spinner());
            line.set_style(style("  {wide_msg}"));
            self.devices.push(line);
        }
        for ((line, device), reported) in self
            .devices
            .iter()
            .zip(devices)
            .zip(matching(fleet, devices))
        {
            line.set_message(describe(device, reported));
        }
    }

    /// Closes the table; its lines stay on the screen as they are.
    pub(crate) fn close(&mut self) {
        self.end_step();
        self.heading.finish_and_clear();
        for line in &self.devices {
            line.abandon();
        }
    }

    /// Takes the table's lines off the screen; the steps that were done stay.
    pub(crate) fn clear(&mut self) {
        self.end_step();
        self.heading.finish_and_clear();
        for line in self.devices.drain(..) {
            line.finish_and_clear();
        }
    }

    /// Says what goes on from here, with the table still following the fleet.
    pub(crate) fn show_result(&mut self, outcome: &Outcome, tamper_with: &str) {
        self.end_step();
        let dashboard = format!("dashboard {}   Ctrl-C ends the demo", outcome.dashboard);
        if self.plain {
            eprintln!("{dashboard}");
        }
        self.say(&format!("  try it yourself: echo '{{}}' > {tamper_with}"));
        self.heading.set_message(dashboard);
    }
}

/// Prints what was found, for people.
pub(crate) fn print(outcome: &Outcome) {
    println!(
        "{} of {} devices are compliant (revision {}).",
        outcome.compliant, outcome.devices, outcome.revision
    );
    println!(
        "Published to applied: {} ms (median), {} ms (slowest). Tampered to repaired: {} ms.",
        outcome.publish_to_applied_ms.p50,
        outcome.publish_to_applied_ms.p99,
        outcome.drift_to_repaired_ms
    );
    println!("Dashboard: {}", outcome.dashboard);
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants of this file; the default stands in where one is mistyped.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// The fleet's entry for each device: two of one group are distinguished by their order.
fn matching<'a>(
    fleet: &'a Fleet,
    devices: &'a [Device],
) -> impl Iterator<Item = Option<&'a FleetDevice>> {
    devices.iter().enumerate().map(|(number, device)| {
        let before = devices
            .iter()
            .take(number)
            .filter(|other| other.group == device.group)
            .count();
        fleet
            .devices
            .iter()
            .filter(|reported| reported.group == device.group)
            .nth(before)
    })
}

fn describe(device: &Device, reported: Option<&FleetDevice>) -> String {
    let place = format!(
        "{:<12} {:<20}",
        device.stage.to_string(),
        device.group.to_string()
    );
    let Some(reported) = reported else {
        return format!("{place} enrolling");
    };
    let revision = reported
        .revision
        .map_or_else(|| "–".to_owned(), |revision| revision.to_string());
    let latest = reported
        .events
        .iter()
        .find(|event| !is_ordinary(&event.what))
        .map(|event| event.what.words())
        .unwrap_or_default();
    format!(
        "{place} {} {:<19} revision {revision:<3} {latest}",
        sign(reported.state),
        reported.state.words()
    )
}

/// A sign for the state, which reads without its words.
fn sign(state: DeviceState) -> char {
    match state {
        DeviceState::Compliant => '✔',
        DeviceState::PendingRestart => '↻',
        DeviceState::Stale | DeviceState::Silent => '…',
        DeviceState::NonCompliant => '✘',
        DeviceState::Unknown => '·',
    }
}

/// Whether an event needs no words here.
fn is_ordinary(event: &EventKind) -> bool {
    matches!(event, EventKind::Started | EventKind::EventsDropped { .. })
}
