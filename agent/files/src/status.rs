//! A status as the person in front of a device reads it, on one screen of 80 columns: with the paths
//! and commands of a system that keeps its policy in files.

mod causes;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use fyr_agent_core::memory::Repaired;
use fyr_agent_core::status::{AgentState, ClockBehind, Problem, Status};
use fyr_schemas::PeriodId;
use fyr_schemas::report::{ControlState, Place};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::path::{ManagedPath, OwnName};

/// Gaps and names that are listed; the rest is counted.
const LISTED: usize = 6;
/// The columns of a terminal that was not made wider.
const WIDTH: usize = 80;
/// The columns before the text of a labelled line.
const LABEL: usize = 12;
/// The shortest length that is written in minutes.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A status in words, with its times in the time zone of the device.
#[derive(Debug, Clone, Copy)]
pub struct StatusWords<'a> {
    /// The status.
    pub status: &'a Status,
    /// The time zone of whoever reads it.
    pub zone: &'a TimeZone,
    /// The directory that stands for a device; absent on the machine itself.
    pub root: Option<&'a Path>,
    /// The address of the server.
    pub server: &'a str,
    /// The unmanaged files of each place that override our policy there.
    pub overriding: &'a BTreeMap<Place, Vec<String>>,
}

impl fmt::Display for StatusWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        if !self.status.causes.is_empty() {
            writeln!(f)?;
        }
        for cause in &self.status.causes {
            write_wrapped(f, "- ", 2, &self.cause(cause))?;
        }
        for error in self.errors() {
            write_wrapped(f, "- ", 2, &error)?;
        }
        writeln!(f)?;
        for (label, text) in self.facts() {
            write_wrapped(f, &format!("{label:LABEL$}"), LABEL, &text)?;
        }
        self.write_gaps(f)
    }
}

impl StatusWords<'_> {
    fn headline(self) -> &'static str {
        let causes = &self.status.causes;
        let awaits = causes
            .iter()
            .any(|cause| cause.problem == Problem::AwaitsRestart);
        match (&self.status.bundle, self.status.compliant) {
            (None, _) => "No policy is in force on this device yet.",
            (Some(_), false) => "The policy is not completely in force on this device.",
            (Some(_), true) if awaits => {
                "The policy is written. A browser must restart before all of it is in force."
            }
            (Some(_), true) => "The policy is in force on this device.",
        }
    }

    /// What is so, a line each, after what is wrong.
    fn facts(self) -> Vec<(&'static str, String)> {
        let status = self.status;
        let mut facts = Vec::new();
        if let Some(bundle) = &status.bundle {
            let since = self.moment(bundle.since);
            let text = format!(
                "revision {}; this policy in force since {since}",
                bundle.revision
            );
            facts.push(("Policy", text));
        }
        facts.extend(self.periods().map(|text| ("Period", text)));
        if !status.lists.is_empty() {
            let lists = status.lists.iter();
            let lists = lists.map(|list| format!("{} names of `{}`", list.names, list.category));
            facts.push(("Closed", joined(lists)));
        }
        let repository = match status.refreshed {
            Some(at) => format!("last verified {}", self.moment(at)),
            None => "not verified yet".to_owned(),
        };
        facts.push(("Repository", repository));
        facts.push(("Changes", self.week()));
        facts.push(("Next", self.next()));
        let browsers = status.browsers.iter();
        let browsers = browsers.map(|product| product.words().to_owned());
        facts.push(("Browsers", joined(browsers)));
        facts.push((
            "Device",
            format!(
                "{}, group `{}` of `{}`",
                status.device, status.group, status.organisation
            ),
        ));
        let agent = match status.agent {
            AgentState::Running => "running",
            AgentState::Stopped => "not running",
            AgentState::Unknown => "only root can see whether it runs",
        };
        let waiting = match status.reports_waiting {
            0 => "the server has every report".to_owned(),
            1 => "1 report waits for the server".to_owned(),
            waiting => format!("{waiting} reports wait for the server"),
        };
        facts.push(("Agent", format!("{agent}; {waiting}")));
        facts
    }

    fn periods(self) -> Option<String> {
        let periods = self.status.periods.as_ref()?;
        // Days are periods that run from then on; the last of them stands for all before it.
        let named = periods.running.iter().filter(|name| name.day().is_none());
        let running: Vec<String> = named.map(|period| format!("`{period}`")).collect();
        let running = if running.is_empty() {
            "none".to_owned()
        } else {
            running.join(", ")
        };
        let until = match periods.until {
            Some(until) => format!(" until {}", self.moment(until)),
            None => String::new(),
        };
        let turned = match periods.running.iter().filter_map(PeriodId::day).max() {
            Some(day) => format!("; with the changes of {day}"),
            None => String::new(),
        };
        Some(format!("{running}{until}{turned}"))
    }

    /// What is wrong with the device itself: its key and its clock.
    fn errors(self) -> Vec<String> {
        let mut errors = Vec::new();
        if let Some(loss) = &self.status.key_loss {
            errors.push(format!(
                "Error: this device cannot sign reports: {loss}. Its policy stays in force. Remove /var/lib/fyr and enrol it again."
            ));
        }
        if let Some(ahead) = self.status.signed_time_ahead_s {
            let days = ahead / (24 * 3600);
            let by = match days {
                0 | 1 => format!("{} minutes", ahead / 60),
                days => format!("{days} days"),
            };
            errors.push(format!(
                "The signed time is ahead of this device's clock by {by}. The timetable follows the device's clock. Check both clocks."
            ));
        }
        errors.extend(self.status.clock_behind.map(|behind| {
            let text = match behind {
                ClockBehind::Build => {
                    "This device's clock is before the time at which this program was built. The timetable does not advance until the clock is right. Set the clock."
                }
                ClockBehind::Slice => {
                    "This device's clock is before the time slice that was last in force. That slice stays in force until newly signed metadata confirms the clock. Check the clock."
                }
            };
            text.to_owned()
        }));
        errors
    }

    /// The drift and the repairs of the last week.
    fn week(self) -> String {
        let (repaired, open) = (self.status.repaired.len(), self.status.open.len());
        if repaired == 0 && open == 0 {
            return "none in the last 7 days".to_owned();
        }
        let latest = self.status.repaired.last().map(|repair| {
            let Repaired { drift, at } = repair;
            let took = at.duration_since(drift.noticed);
            format!(
                "; the latest repair {}: {} {} for {}",
                self.moment(*at),
                path(drift.place),
                drift.found.words(),
                short_length(took)
            )
        });
        let open = match open {
            0 => "all repaired".to_owned(),
            open => format!("{open} not repaired"),
        };
        let found = repaired.saturating_add(self.status.open.len());
        format!(
            "{found} in the last 7 days, {open}{}",
            latest.unwrap_or_default()
        )
    }

    fn next(self) -> String {
        let Some(next) = self.status.next else {
            return "nothing until the agent is started".to_owned();
        };
        let repair = next.repair.map(|at| format!("repair {}", self.soon(at)));
        let refresh = next
            .refresh
            .map(|at| format!("contact with the server {}", self.soon(at)));
        let attempts: Vec<String> = repair.into_iter().chain(refresh).collect();
        if attempts.is_empty() {
            "not known".to_owned()
        } else {
            attempts.join("; ")
        }
    }

    fn write_gaps(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let controls = self.status.controls.iter();
        let gaps: Vec<_> = controls
            .filter(|control| control.state == ControlState::Gap)
            .collect();
        if gaps.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nNot enforceable on this device:")?;
        for gap in gaps.iter().take(LISTED) {
            let reasons = gap.gaps.iter().map(|reason| {
                let engines: Vec<String> = reason.engines.iter().map(ToString::to_string).collect();
                format!("{}: {}", engines.join(" and "), reason.detail)
            });
            let reasons = reasons.collect::<Vec<_>>().join("; ");
            let text = format!("{} ({}): {reasons}", gap.control, gap.value);
            write_wrapped(f, "- ", 2, &text)?;
        }
        match gaps.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => writeln!(f, "- {more} more: see `--json`"),
        }
    }

    /// A moment as the person reads it: the time of day, and how long ago or ahead.
    fn moment(self, at: Timestamp) -> String {
        let ago = self.status.at.duration_since(at);
        let distance = match (ago.abs() < MINUTE, ago.is_negative()) {
            (true, true) => "in less than a minute".to_owned(),
            (true, false) => "just now".to_owned(),
            (false, true) => format!("in {}", length(ago.abs())),
            (false, false) => format!("{} ago", length(ago)),
        };
        format!("{} ({distance})", self.local(at))
    }

    /// A moment to come that may have come already.
    fn soon(self, at: Timestamp) -> String {
        let ahead = at.duration_since(self.status.at);
        if ahead.is_positive() {
            format!("in {}", short_length(ahead))
        } else {
            "now".to_owned()
        }
    }

    fn local(self, at: Timestamp) -> String {
        let (moment, now) = (
            at.to_zoned(self.zone.clone()),
            self.status.at.to_zoned(self.zone.clone()),
        );
        let day = if moment.date() == now.date() {
            "today".to_owned()
        } else {
            moment.strftime("%a %Y-%m-%d").to_string()
        };
        format!("{day} {}", moment.strftime("%H:%M %Z"))
    }
}

/// The file of a place.
fn path(place: Place) -> ManagedPath {
    let name = OwnName::PLAIN;
    ManagedPath::File { place, name }
}

fn length(length: SignedDuration) -> String {
    let minutes = length.as_mins();
    match minutes {
        ..120 => format!("{minutes} min"),
        120..2880 => format!("{} hours", minutes / 60),
        2880.. => format!("{} days", minutes / 1440),
    }
}

/// Like [`length`], also for what lasts seconds or less.
fn short_length(short: SignedDuration) -> String {
    match short.as_millis() {
        ..1000 => format!("{} ms", short.as_millis().max(0)),
        1000..120_000 => format!("{} s", short.as_secs()),
        120_000.. => length(short),
    }
}

/// Some texts as a list; `none` where there are none.
fn joined(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join(", ")
    }
}

/// The first of some texts, and how many more there are.
fn first(texts: &[String]) -> String {
    let shown = texts.get(..LISTED).unwrap_or(texts).join(", ");
    match texts.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Writes text after `lead`, broken between words so that no line is longer than [`WIDTH`] columns
/// unless one word is; further lines are indented.
fn write_wrapped(f: &mut fmt::Formatter<'_>, lead: &str, indent: usize, text: &str) -> fmt::Result {
    let mut line = lead.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        let needed = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if !is_empty && needed > WIDTH {
            writeln!(f, "{line}")?;
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(f, "{line}")
}

#[cfg(test)]
mod tests;
