//! The times that a report may name. A time outside these bounds is no clock's, and what reads it
//! later, an interval or a page, must not have to cope with it.

use jiff::Timestamp;

use fyr_schemas::report::{Freshness, Report};

/// 2020-01-01T00:00:00Z, before the first agent was built: no device's time is earlier.
const EARLIEST_S: i64 = 1_577_836_800;

/// 2300-01-01T00:00:00Z. Linux sets no clock beyond 2232, so a device with any wrong clock is still
/// taken: it forgets a report that is refused, and keeps the time in its later reports.
const LATEST_S: i64 = 10_413_792_000;

/// Whether every time of a report is one that a device's clock can show.
pub(crate) fn are_possible(report: &Report) -> bool {
    let Report {
        at,
        bundle,
        periods,
        freshness,
        controls,
        events,
        ..
    } = report;
    let stale = match freshness {
        Freshness::Fresh => None,
        Freshness::Stale { since } => Some(*since),
    };
    [*at]
        .into_iter()
        .chain(bundle.as_ref().map(|bundle| bundle.since))
        .chain(periods.as_ref().and_then(|periods| periods.until))
        .chain(stale)
        .chain(controls.iter().map(|control| control.since))
        .chain(events.iter().map(|event| event.at))
        .all(is_possible)
}

fn is_possible(time: Timestamp) -> bool {
    (EARLIEST_S..LATEST_S).contains(&time.as_second())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const GOOD: &str = "2026-01-01T00:00:00Z";

    fn report() -> Value {
        json!({
            "format": 1, "organisation": "o", "group": "g", "device": "0".repeat(32),
            "sequence": 1, "at": GOOD, "agent": [0, 1, 0],
            "bundle": {"revision": 3, "digest": "1".repeat(64), "since": GOOD},
            "periods": {"running": [], "until": GOOD},
            "freshness": {"state": "stale", "since": GOOD},
            "controls": [{"control": "a", "state": {"is": "in-force"}, "since": GOOD}],
            "events": [{"at": GOOD, "what": {"event": "started"}}], "browsers": [],
        })
    }

    #[test]
    fn every_time_of_a_report_is_bounded() {
        let read = |report: Value| serde_json::from_value::<Report>(report).unwrap();
        assert!(are_possible(&read(report())));
        let text = report().to_string();
        let places: Vec<usize> = text.match_indices(GOOD).map(|(start, _)| start).collect();
        assert_eq!(places.len(), 6);
        for other in [
            "9999-12-30T22:00:00.999Z",
            "2300-01-01T00:00:00Z",
            "2019-12-31T23:59:59Z",
            "-009999-01-02T01:59:59Z",
        ] {
            for start in &places {
                let mut changed = text.clone();
                changed.replace_range(*start..start + GOOD.len(), other);
                let changed = serde_json::from_str(&changed).unwrap();
                assert!(!are_possible(&changed), "{other} at {start}");
            }
        }
    }

    #[test]
    fn a_device_with_any_clock_that_linux_can_show_is_taken() {
        for time in [
            "2020-01-01T00:00:00Z",
            "2106-02-07T06:28:15Z",
            "2262-04-11T23:47:16Z",
        ] {
            assert!(is_possible(time.parse().unwrap()), "{time}");
        }
    }
}
