//! Devices that pass from one period of their timetable into another.

use fyr_schemas::timetable::{Period, Timetable};
use serde_json::json;

use super::*;

/// A bundle that closes everything during an exam and nothing during a lesson, on
/// 1970-01-01, which is when these devices live.
fn timed_bundle() -> Bundle {
    let mut bundle = bundle();
    let of_that_day = |hours: &str| Period::On {
        days: [jiff::civil::date(1970, 1, 1)].into(),
        hours: vec![hours.parse().unwrap()],
    };
    bundle.timetable = Some(Timetable {
        time_zone: "UTC0".parse().unwrap(),
        periods: [
            ("exam:dansk-9".parse().unwrap(), of_that_day("01:00-02:00")),
            ("lesson:film".parse().unwrap(), of_that_day("03:00-04:00")),
        ]
        .into(),
        holidays: Vec::new(),
    });
    for (period, sites) in [("exam:dansk-9", json!(["*"])), ("lesson:film", json!([]))] {
        let mut then = bundle.clone();
        then.chromium.insert("URLBlocklist".into(), sites);
        let during = [period.parse().unwrap()].into();
        let variant = bundle.variant(during, &then).unwrap();
        bundle.variants.push(variant);
    }
    bundle
}

/// One pass at an hour of 1970-01-01, with what is in force then.
fn pass_at(watched: &mut Watched, hour: i64) -> (Bundle, Assessed) {
    watched.clock = hour * 3600 + 60;
    let in_force = timed_bundle().in_force(watched.at()).into_owned();
    let reported = watched.pass(&in_force, 7, None);
    (in_force, reported)
}

#[test]
fn a_device_passes_from_one_period_into_the_next_and_none_of_it_is_drift() {
    let mut watched = Watched::new();
    let revision = Revision(7);
    let mut reported = Vec::new();
    for hour in 0..5 {
        let (in_force, assessed) = pass_at(&mut watched, hour);
        assert!(assessed.rest.is_empty(), "{:?}", assessed.rest);
        let written = String::from_utf8(written(&watched)).unwrap();
        let listed = in_force.chromium["URLBlocklist"].to_string();
        let written = written.split_whitespace().collect::<String>();
        assert!(
            written.contains(&format!("\"URLBlocklist\":{listed}")),
            "{written}"
        );
        reported.push(events(&assessed));
    }
    let nothing = Vec::new;
    let applied = vec![EventKind::Applied { revision }];
    assert_eq!(
        reported,
        [applied, nothing(), nothing(), nothing(), nothing()]
    );
}

#[test]
fn what_held_in_the_last_period_is_drift_in_this_one() {
    let mut watched = Watched::new();
    pass_at(&mut watched, 0);
    let before = written(&watched);
    pass_at(&mut watched, 1);
    watched.device.put_file(FYR_JSON, &before);
    let (_, reported) = pass_at(&mut watched, 1);
    let (place, found) = (CHROMIUM, Found::Changed);
    assert_eq!(events(&reported)[0], EventKind::Drift { place, found });
    assert!(reported.rest.is_empty(), "{:?}", reported.rest);
}

/// A decision that begins on 1970-01-02 in Denmark, an hour before that day does in UTC.
#[test]
fn a_decision_begins_at_midnight_of_its_organisation_on_a_device_without_a_network() {
    let mut bundle = bundle();
    let begins = fyr_schemas::PeriodId::from_day(jiff::civil::date(1970, 1, 2)).unwrap();
    let days = fyr_schemas::timetable::Days {
        from: begins.day(),
        until: None,
    };
    bundle.timetable = Some(Timetable {
        time_zone: "CET-1CEST,M3.5.0,M10.5.0/3".parse().unwrap(),
        periods: [(begins.clone(), Period::Throughout(days))].into(),
        holidays: Vec::new(),
    });
    let mut then = bundle.clone();
    let sites = json!(["spil.example", "x.example"]);
    then.chromium.insert("URLBlocklist".into(), sites);
    let variant = bundle.variant([begins].into(), &then).unwrap();
    bundle.variants.push(variant);

    let mut watched = Watched::new();
    let midnight = 23 * 3600;
    for (second, has_begun) in [(60, false), (midnight - 1, false), (midnight, true)] {
        watched.clock = second;
        let at = watched.at();
        let in_force = bundle.in_force(at).into_owned();
        let reported = watched.pass(&in_force, 7, None);
        assert!(reported.rest.is_empty(), "{:?}", reported.rest);
        let written = String::from_utf8(written(&watched)).unwrap();
        assert_eq!(written.contains("spil.example"), has_begun, "{written}");
        if !has_begun {
            let alarm = bundle.next_change(at).unwrap();
            assert_eq!(alarm.as_second(), midnight);
        }
    }
}

fn written(watched: &Watched) -> Vec<u8> {
    match &watched.device.nodes[FYR_JSON] {
        Node::File(file) => file.bytes().unwrap().to_vec(),
        other => panic!("{other:?}"),
    }
}
