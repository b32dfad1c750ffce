//! A status in words, on one screen.

use std::fmt;

use fyr_agent_core::contact::TroubleKind;
use fyr_agent_core::status::{AgentState, ControlStatus, ListStatus, Status};
use fyr_schemas::PeriodId;
use fyr_schemas::report::{ControlState, Freshness, PeriodsInForce};
use jiff::{SignedDuration, Timestamp};

/// Lines of one kind that fit on a screen; the rest is counted.
const LINES: usize = 8;

/// A status as a person reads it.
#[derive(Debug, Clone, Copy)]
pub struct StatusWords<'a>(pub &'a Status);

impl fmt::Display for StatusWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        writeln!(
            f,
            "Device {} in group `{}` of `{}`.",
            self.0.device, self.0.group, self.0.organisation
        )?;
        if let Some(bundle) = &self.0.bundle {
            let since = self.moment(bundle.since);
            writeln!(f, "Revision {} is in force since {since}.", bundle.revision)?;
        }
        if let Some(periods) = &self.0.periods {
            writeln!(f, "{}", self.periods_in_words(periods))?;
        }
        if !self.0.lists.is_empty() {
            let lists: Vec<String> = self.0.lists.iter().map(list_in_words).collect();
            writeln!(f, "Names that are closed: {}.", lists.join(", "))?;
        }
        writeln!(f, "{}", self.freshness_in_words())?;
        writeln!(f, "{}", self.surroundings())?;
        self.list_failures(f)?;
        self.list_gaps(f)?;
        list(f, "Still to be done:", &self.0.due)
    }
}

impl StatusWords<'_> {
    fn headline(self) -> &'static str {
        let awaits = |control: &ControlStatus| control.state == ControlState::PendingRestart;
        match (&self.0.bundle, self.0.compliant) {
            (None, _) => "No policy is in force on this device yet.",
            (Some(_), false) => "This device does not hold its policy.",
            (Some(_), true) if self.0.controls.iter().any(awaits) => {
                "The policy is written; a browser must be restarted before it obeys all of it."
            }
            (Some(_), true) => "This device holds its policy.",
        }
    }

    fn periods_in_words(self, periods: &PeriodsInForce) -> String {
        // Days are periods that run from then on; the last of them covers all before it.
        let named = periods.running.iter().filter(|name| name.day().is_none());
        let running: Vec<String> = named.map(|period| format!("`{period}`")).collect();
        let until = match periods.until {
            Some(until) => format!(" until {}", self.moment(until)),
            None => String::new(),
        };
        let turned = match periods.running.iter().filter_map(PeriodId::day).max() {
            Some(day) => format!("; what was to change by {day} has changed"),
            None => String::new(),
        };
        if running.is_empty() {
            format!("No period of the timetable runs{until}{turned}.")
        } else {
            let running = running.join(", ");
            format!("It is {running} by the timetable{until}{turned}.")
        }
    }

    fn freshness_in_words(self) -> String {
        let Freshness::Stale { since } = self.0.freshness else {
            return match self.0.refreshed {
                Some(at) => format!("The policy is the newest; asked {}.", self.moment(at)),
                None => "The repository was not asked yet.".to_owned(),
            };
        };
        let since = self.moment(since);
        match self.0.trouble {
            Some(TroubleKind::OutOfReach) => format!(
                "The server is out of reach since {since}; the last good policy stays. Check the network."
            ),
            Some(TroubleKind::Refused(reason)) => format!(
                "What the repository offers is refused ({}) since {since}; the last good policy stays. Tell the administrator.",
                reason.words()
            ),
            Some(TroubleKind::Unkept) => format!(
                "What the repository offers cannot be stored here since {since}; the last good policy stays. Free space on the disk that holds /var/lib/fyr."
            ),
            None => format!(
                "The policy expired {since}; it stays in force. Check the network and the clock."
            ),
        }
    }

    fn surroundings(self) -> String {
        let browsers: Vec<&str> = self
            .0
            .browsers
            .iter()
            .map(|product| product.words())
            .collect();
        let browsers = if browsers.is_empty() {
            "none".to_owned()
        } else {
            browsers.join(", ")
        };
        let agent = match self.0.agent {
            AgentState::Running => "running",
            AgentState::Stopped => "not running: `systemctl start fyr-agent`",
            AgentState::Unknown => "only root can tell",
        };
        let waiting = self.0.reports_waiting;
        format!(
            "Browsers: {browsers}. Agent: {agent}. Reports that wait for the server: {waiting}."
        )
    }

    fn list_failures(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failing = self
            .0
            .controls
            .iter()
            .filter(|control| match control.state {
                ControlState::PendingRestart | ControlState::Drifted | ControlState::Failed(_) => {
                    true
                }
                ControlState::InForce | ControlState::Gap => false,
            });
        let lines: Vec<String> = failing
            .map(|control| {
                let why = control.why.as_deref().unwrap_or_default();
                let advice = control.advice.as_deref().unwrap_or_default();
                let since = self.moment(control.since);
                format!(
                    "{} ({}){}: {why}, since {since}. {}",
                    control.control,
                    control.value,
                    decided_in_words(control),
                    capitalised(advice)
                )
            })
            .collect();
        list(f, "What does not hold:", &lines)
    }

    fn list_gaps(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gaps = self
            .0
            .controls
            .iter()
            .filter(|control| control.state == ControlState::Gap);
        let lines: Vec<String> = gaps
            .map(|gap| {
                let why = gap.why.as_deref().unwrap_or_default();
                format!("{} ({}): {why}", gap.control, gap.value)
            })
            .collect();
        list(f, "What no means on this device can enforce:", &lines)
    }

    /// A moment as the person reads it: when, and how long ago or ahead.
    fn moment(self, at: Timestamp) -> String {
        let ago = self.0.at.duration_since(at);
        let when = at.strftime("%Y-%m-%d %H:%M UTC");
        let distance = if ago.is_negative() {
            ahead_in_words(ago.abs())
        } else {
            ago_in_words(ago)
        };
        format!("{when} ({distance})")
    }
}

fn list_in_words(list: &ListStatus) -> String {
    format!("{} of the list {}", list.names, list.category)
}

fn decided_in_words(control: &ControlStatus) -> String {
    match (&control.decision, &control.decided_by) {
        (Some(case), Some(body)) => format!(", decided by {body} in {case}"),
        (Some(case), None) => format!(", decided in {case}"),
        (None, _) => String::new(),
    }
}

fn ago_in_words(ago: SignedDuration) -> String {
    match ago.as_mins() {
        ..1 => "just now".to_owned(),
        _ => format!("{} ago", length_in_words(ago)),
    }
}

fn ahead_in_words(ahead: SignedDuration) -> String {
    match ahead.as_mins() {
        ..1 => "in a moment".to_owned(),
        _ => format!("in {}", length_in_words(ahead)),
    }
}

fn length_in_words(length: SignedDuration) -> String {
    let minutes = length.as_mins();
    match minutes {
        ..120 => format!("{minutes} min"),
        120..2880 => format!("{} hours", minutes / 60),
        2880.. => format!("{} days", minutes / 1440),
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), rest.as_str()),
        None => String::new(),
    }
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    for line in lines.iter().take(LINES) {
        writeln!(f, "- {line}")?;
    }
    match lines.len().saturating_sub(LINES) {
        0 => Ok(()),
        more => writeln!(f, "- and {more} more, see --json"),
    }
}

#[cfg(test)]
mod tests {
    use fyr_agent_core::contact::Contact;
    use fyr_agent_core::obstacle::{Affected, Obstacle};
    use fyr_agent_core::status::{Facts, Policy};
    use fyr_schemas::Revision;
    use fyr_schemas::report::{
        BundleInForce, ControlReport, FailureReason, Product, RefusalReason,
    };

    use super::*;
    use crate::fixture::bundle;
    use crate::plan::Plan;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn text(contact: &Contact, state: ControlState, rest: &Plan, agent: AgentState) -> String {
        status_during(None, contact, state, rest, agent)
    }

    fn status_during(
        periods: Option<PeriodsInForce>,
        contact: &Contact,
        state: ControlState,
        rest: &Plan,
        agent: AgentState,
    ) -> String {
        let bundle = bundle();
        let report = |control: &fyr_schemas::bundle::Control, state| ControlReport {
            control: control.id.clone(),
            state,
            since: at(-3600),
        };
        let controls = [
            report(&bundle.controls[0], ControlState::InForce),
            report(&bundle.controls[1], ControlState::Gap),
            report(&bundle.controls[2], ControlState::InForce),
            report(&bundle.controls[3], state),
        ];
        let in_force = BundleInForce {
            revision: Revision(12),
            digest: fyr_trust::digest(b""),
            since: at(-3 * 86_400),
        };
        let status = Status::tell(Facts {
            at: at(0),
            device: &"0123456789abcdef0123456789abcdef".parse().unwrap(),
            organisation: &bundle.organisation,
            group: &bundle.group,
            contact,
            agent,
            reports_waiting: 2,
            browsers: vec![Product::Chromium, Product::Firefox],
            policy: Some(Policy {
                in_force: &bundle,
                periods,
                revision: Some(in_force),
                controls: &controls,
                due: rest.due_in_words(),
            }),
        });
        StatusWords(&status).to_string()
    }

    fn fresh() -> Contact {
        let mut contact = Contact::default();
        contact.succeeded(at(-300), at(86_400));
        contact
    }

    #[test]
    fn a_device_that_holds_its_policy_says_so_and_names_its_gaps() {
        let text = text(
            &fresh(),
            ControlState::InForce,
            &Plan::default(),
            AgentState::Running,
        );
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_red_device_says_what_why_since_when_who_decided_and_what_to_do() {
        let rest = Plan {
            actions: Vec::new(),
            obstacles: vec![Obstacle {
                place: fyr_schemas::report::Place::Hosts,
                reason: FailureReason::Shadowed,
                affected: Affected::Names(["www.youtube.com".to_owned()].into()),
            }],
        };
        let mut contact = fresh();
        contact.failed(at(-7200), TroubleKind::Refused(RefusalReason::Rollback));
        let state = ControlState::Failed(FailureReason::Shadowed);
        insta::assert_snapshot!(text(&contact, state, &rest, AgentState::Stopped));
    }

    #[test]
    fn a_browser_that_must_restart_is_named() {
        let state = ControlState::PendingRestart;
        let mut contact = fresh();
        contact.failed(at(-60), TroubleKind::OutOfReach);
        insta::assert_snapshot!(text(&contact, state, &Plan::default(), AgentState::Running));
    }
    #[test]
    fn the_period_that_runs_is_named_with_its_end_and_so_is_the_time_between_two() {
        let line = |running: &[&str], until| {
            let periods = PeriodsInForce {
                running: running.iter().map(|name| name.parse().unwrap()).collect(),
                until,
            };
            let (state, rest) = (ControlState::InForce, Plan::default());
            let text = status_during(Some(periods), &fresh(), state, &rest, AgentState::Running);
            text.lines().nth(3).unwrap().to_owned()
        };
        insta::assert_snapshot!(
            [
                line(&["school-hours"], Some(at(2500))),
                line(&["exam:matematik-9", "school-hours"], Some(at(3 * 3600))),
                line(&[], Some(at(5 * 86_400))),
                line(&["from:2026-08-01"], None),
                line(
                    &["from:2026-08-01", "from:2026-10-01", "school-hours"],
                    Some(at(2500))
                ),
            ]
            .join("\n")
        );
    }
}
