//! Compares a report with what was published: the pure answer to "can this be true?".

use std::collections::BTreeSet;

use fyr_schemas::fleet::Contradiction;
use fyr_schemas::report::{PeriodsInForce, Report};
use fyr_schemas::{ControlId, PeriodId};

use crate::edition::Edition;
use crate::standing::is_broken;

/// What was published for a device's group in the revision that it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Published {
    /// This bundle.
    Bundle(Edition),
    /// None for its group.
    NoBundle,
    /// The revision is above the newest.
    NotYet,
    /// The revision is below the newest, and this server never read it.
    NotRead,
}

/// How many names of a report no published bundle has. The names themselves are not kept: they could
/// be any text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unpublished {
    /// Of controls.
    pub(crate) controls: u64,
    /// Of periods.
    pub(crate) periods: u64,
}

impl Unpublished {
    /// Whether every name was published.
    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// Where a report contradicts what was published for its group in the revision that it reports.
/// The report is without its `unpublished` names; `newest` is the newest bundle of the group.
///
/// A device without a bundle claims nothing that could be compared. Neither does one with a revision
/// that the server never read, unless it has the newest bundle: with another one it is not compliant
/// anyway, and its names may be those of that revision.
pub(crate) fn judge(
    report: &Report,
    unpublished: Unpublished,
    published: &Published,
    newest: Option<&Edition>,
) -> Vec<Contradiction> {
    let Some(claimed) = &report.bundle else {
        return Vec::new();
    };
    let revision = claimed.revision;
    let edition = match published {
        Published::NotYet => return vec![Contradiction::RevisionNotPublished { revision }],
        Published::NoBundle => return vec![Contradiction::GroupNotPublished { revision }],
        Published::NotRead => newest.filter(|newest| newest.digest == claimed.digest),
        Published::Bundle(edition) => Some(edition),
    };
    let Some(edition) = edition else {
        return Vec::new();
    };
    let other =
        (claimed.digest != edition.digest).then_some(Contradiction::OtherBundle { revision });
    let unpublished = (!unpublished.is_none()).then_some(Contradiction::NamesUnpublished {
        controls: unpublished.controls,
        periods: unpublished.periods,
    });
    let mut differences = compare(report, edition);
    // A device that cannot write a newer bundle still names the one that is in force, and reports
    // the controls and periods of the newer one, some of the controls as failed.
    let is_under_way = report.controls.iter().any(|it| is_broken(it.state));
    if is_under_way && newest.is_some_and(|newest| compare(report, newest).is_empty()) {
        differences.clear();
    }
    let found = other.into_iter().chain(unpublished);
    found.chain(differences).collect()
}

/// Where a report has other controls and periods than a bundle asks for.
fn compare(report: &Report, edition: &Edition) -> Vec<Contradiction> {
    let asked = &edition.controls;
    let expected: BTreeSet<&ControlId> = asked
        .while_running(report.periods.as_ref())
        .iter()
        .collect();
    let reported: BTreeSet<&ControlId> = report.controls.iter().map(|it| &it.control).collect();
    let only = |these: &BTreeSet<&ControlId>, others: &BTreeSet<&ControlId>| -> Vec<ControlId> {
        these.difference(others).copied().cloned().collect()
    };
    let (missing, unknown) = (only(&expected, &reported), only(&reported, &expected));
    let missing =
        (!missing.is_empty()).then_some(Contradiction::ControlsMissing { controls: missing });
    let unknown =
        (!unknown.is_empty()).then_some(Contradiction::ControlsUnknown { controls: unknown });
    let periods = compare_periods(report.periods.as_ref(), asked.periods());
    [missing, unknown, periods].into_iter().flatten().collect()
}

fn compare_periods(
    reported: Option<&PeriodsInForce>,
    known: Option<&BTreeSet<PeriodId>>,
) -> Option<Contradiction> {
    let Some(reported) = reported else {
        return known.map(|_| Contradiction::PeriodsMissing);
    };
    let is_unknown = |period: &&PeriodId| !known.is_some_and(|known| known.contains(*period));
    let unknown: Vec<PeriodId> = reported
        .running
        .iter()
        .filter(is_unknown)
        .cloned()
        .collect();
    (!unknown.is_empty()).then_some(Contradiction::PeriodsUnknown { periods: unknown })
}

#[cfg(test)]
mod tests {
    use fyr_schemas::Revision;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::publication::PublishedGroup;

    const ALL_PUBLISHED: Unpublished = Unpublished {
        controls: 0,
        periods: 0,
    };

    fn control(id: &&str) -> Value {
        json!({"id": id, "value": "on", "rule": "r", "decision": null, "coverage": {}})
    }

    fn edition(digest: char, controls: &[&str]) -> Edition {
        edition_with(digest, controls, &json!({}))
    }

    /// A bundle with a timetable: while an exam runs, `x` takes the place of `a`.
    fn edition_with_exam(digest: char, controls: &[&str]) -> Edition {
        let during = json!({"during": ["exam:x"], "controls": {"x": control(&"x"), "a": null}});
        let timetable = json!({"time_zone": "CET-1", "periods": {"exam:x": {"throughout": {}}}});
        let timed = json!({"timetable": timetable, "variants": [during]});
        edition_with(digest, controls, &timed)
    }

    fn edition_with(digest: char, controls: &[&str], timed: &Value) -> Edition {
        let mut bundle = json!({
            "format": 1, "organisation": "o", "group": "g", "unit": "/", "audience": "pupils",
            "stage": "s", "controls": controls.iter().map(control).collect::<Vec<_>>(),
            "decisions": {}, "chromium": {}, "firefox": {}, "hosts": {},
        });
        for (name, value) in timed.as_object().unwrap() {
            bundle[name] = value.clone();
        }
        PublishedGroup::of_bundle(&digest.to_string().repeat(64), &bundle).edition
    }

    fn report(digest: char, controls: &[&str], more: &Value) -> Report {
        let at = "2026-01-01T00:00:00Z";
        let mut report = json!({
            "format": 1, "organisation": "o", "group": "g", "device": "0".repeat(32),
            "sequence": 1, "at": at, "agent": [0, 1, 0],
            "bundle": {"revision": 3, "digest": digest.to_string().repeat(64), "since": at},
            "freshness": {"state": "fresh"}, "events": [], "browsers": [],
            "controls": controls.iter().map(|it| json!({
                "control": it, "state": {"is": "in-force"}, "since": at,
            })).collect::<Vec<_>>(),
        });
        for (name, value) in more.as_object().unwrap() {
            report[name] = value.clone();
        }
        serde_json::from_value(report).unwrap()
    }

    fn kinds(found: &[Contradiction]) -> Vec<String> {
        let kind = |it| {
            serde_json::to_value(it).unwrap()["kind"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        found.iter().map(kind).collect()
    }

    #[track_caller]
    fn check(report: &Report, published: &Published, expected: &[&str]) {
        let newest = edition('2', &["a", "b", "c"]);
        assert_eq!(
            kinds(&judge(report, ALL_PUBLISHED, published, Some(&newest))),
            expected
        );
    }

    #[test]
    fn a_report_is_compared_with_the_bundle_of_its_revision() {
        let ab = Published::Bundle(edition('1', &["a", "b"]));
        let none = json!({});
        check(&report('1', &["a", "b"], &none), &ab, &[]);
        check(&report('2', &["a", "b"], &none), &ab, &["other-bundle"]);
        check(&report('1', &["a"], &none), &ab, &["controls-missing"]);
        check(&report('1', &[], &none), &ab, &["controls-missing"]);
        check(
            &report('1', &["a", "b", "c"], &none),
            &ab,
            &["controls-unknown"],
        );
        check(
            &report('2', &["a", "z"], &none),
            &ab,
            &["other-bundle", "controls-missing", "controls-unknown"],
        );
        let all = report('1', &["a", "b"], &none);
        check(&all, &Published::NotYet, &["revision-not-published"]);
        check(&all, &Published::NoBundle, &["group-not-published"]);
        check(&all, &Published::NotRead, &[]);
    }

    #[test]
    fn a_report_is_compared_with_the_controls_of_the_periods_that_run() {
        let published = Published::Bundle(edition_with_exam('1', &["a", "b"]));
        let exam = json!({"periods": {"running": ["exam:x"], "until": null}});
        let free = json!({"periods": {"running": [], "until": null}});
        check(&report('1', &["b", "x"], &exam), &published, &[]);
        check(&report('1', &["a", "b"], &free), &published, &[]);
        check(
            &report('1', &["a", "b"], &exam),
            &published,
            &["controls-missing", "controls-unknown"],
        );
    }

    #[test]
    fn periods_are_compared_with_the_timetable() {
        let timed = Published::Bundle(edition_with_exam('1', &["a", "b"]));
        let untimed = Published::Bundle(edition('1', &["a", "b"]));
        let running = |periods: &[&str]| {
            report(
                '1',
                &["a", "b"],
                &json!({"periods": {"running": periods, "until": null}}),
            )
        };
        let none = report('1', &["a", "b"], &json!({}));
        check(&none, &timed, &["periods-missing"]);
        check(&none, &untimed, &[]);
        check(&running(&[]), &timed, &[]);
        check(&running(&["exam:y"]), &timed, &["periods-unknown"]);
        check(
            &running(&["exam:x", "exam:y"]),
            &timed,
            &["periods-unknown"],
        );
        check(&running(&["exam:x"]), &untimed, &["periods-unknown"]);
    }

    #[test]
    fn a_device_that_cannot_write_the_newer_bundle_contradicts_nothing() {
        let published = Published::Bundle(edition('1', &["a", "b"]));
        let mut newer = report('1', &["a", "b", "c"], &json!({}));
        check(&newer, &published, &["controls-unknown"]);
        newer.controls[0].state =
            fyr_schemas::report::ControlState::Failed(fyr_schemas::report::FailureReason::NoSpace);
        check(&newer, &published, &[]);
        // Only the controls of the newest bundle: others stay a contradiction.
        newer.controls.pop();
        newer.controls.pop();
        check(&newer, &published, &["controls-missing"]);
    }

    #[test]
    fn names_that_were_never_published_are_a_finding_where_the_revision_is_known() {
        let unpublished = Unpublished {
            controls: 1,
            periods: 2,
        };
        let report = report('1', &["a"], &json!({}));
        let found = |published: &Published| kinds(&judge(&report, unpublished, published, None));
        let known = Published::Bundle(edition('1', &["a"]));
        assert_eq!(found(&known), ["names-unpublished"]);
        assert_eq!(found(&Published::NotRead), [""; 0]);
    }

    #[test]
    fn the_newest_bundle_is_compared_under_any_revision() {
        let newest = edition('2', &["a", "b"]);
        let found = |report: &Report| {
            let found = judge(report, ALL_PUBLISHED, &Published::NotRead, Some(&newest));
            kinds(&found)
        };
        assert_eq!(found(&report('2', &["a", "b"], &json!({}))), [""; 0]);
        assert_eq!(
            found(&report('2', &["a"], &json!({}))),
            ["controls-missing"]
        );
        assert_eq!(found(&report('1', &["a"], &json!({}))), [""; 0]);
    }

    #[test]
    fn a_device_without_a_bundle_claims_nothing() {
        let mut empty = report('1', &[], &json!({}));
        empty.bundle = None;
        check(&empty, &Published::NotYet, &[]);
    }

    proptest! {
        /// Among all reports that say that everything is in force, only the published one passes.
        #[test]
        fn only_what_was_published_passes(
            expected in prop::collection::btree_set("[a-e]", 0..5),
            reported in prop::collection::btree_set("[a-e]", 0..5),
            digest in prop::sample::select(vec!['1', '2']),
        ) {
            let names = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
            let (expected, reported) = (names(&expected), names(&reported));
            let strs = |all: &[String]| all.iter().map(String::as_str).map(str::to_owned).collect::<Vec<String>>();
            let (e, r) = (strs(&expected), strs(&reported));
            let published = Published::Bundle(edition('1', &e.iter().map(String::as_str).collect::<Vec<_>>()));
            let report = report(digest, &r.iter().map(String::as_str).collect::<Vec<_>>(), &json!({}));
            prop_assert_eq!(report.bundle.as_ref().unwrap().revision, Revision(3));
            let passes = judge(&report, ALL_PUBLISHED, &published, None).is_empty();
            prop_assert_eq!(passes, digest == '1' && expected == reported);
        }
    }
}
