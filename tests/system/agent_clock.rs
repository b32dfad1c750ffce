//! What a device believes of the time: wrong clocks, its own and those of who signs.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use fyr_schemas::PeriodId;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::fleet::DeviceState;
use fyr_schemas::report::EventKind;
use fyr_schemas::timetable::{Days, Period, Timetable};
use fyr_tests::municipality::Enrolled;
use fyr_tests::town::{Town, bundle};
use fyr_trust::Seen;
use fyr_trust::seen::{Slot, newest};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The exit code of `fyr-agent once` where the repository was refused or not reached.
const STALE: i32 = 3;
const EXAM: &str = "exam:matematik-9";
const TERM: &str = "from-autumn";

fn day(now: Timestamp, days: i64) -> Result<Date> {
    let then = now.checked_add(SignedDuration::from_hours(days * 24))?;
    Ok(then.to_zoned(TimeZone::UTC).date())
}

/// A bundle in which an exam runs these days and another term begins in 20 days.
fn examining(level: u8, now: Timestamp) -> Result<Bundle> {
    with_term(level, now, 20)
}

/// The same where the term begins in `days` days.
fn with_term(level: u8, now: Timestamp, days: i64) -> Result<Bundle> {
    let mut bundle = bundle(level)?;
    let during = |from: i64, until: Option<i64>| -> Result<Period> {
        Ok(Period::Throughout(Days {
            from: Some(day(now, from)?),
            until: until.map(|until| day(now, until)).transpose()?,
        }))
    };
    let (exam, term): (PeriodId, PeriodId) = (EXAM.parse()?, TERM.parse()?);
    bundle.timetable = Some(Timetable {
        time_zone: "UTC0".parse()?,
        periods: [
            (exam.clone(), during(-1, Some(2))?),
            (term.clone(), during(days, None)?),
        ]
        .into(),
        holidays: Vec::new(),
    });
    for (period, sites) in [(exam, json!(["*"])), (term, json!(["term.example"]))] {
        let mut then = bundle.clone();
        then.chromium.insert("URLBlocklist".to_owned(), sites);
        let variant = bundle.variant([period].into(), &then);
        bundle.variants.extend(variant);
    }
    Ok(bundle)
}

fn blocked(device: &Enrolled) -> Result<Value> {
    let policy = device.device.chromium_policy("fyr.json")?;
    Ok(policy.get("URLBlocklist").cloned().unwrap_or_default())
}

fn status(device: &Enrolled) -> Result<Value> {
    Ok(serde_json::from_str(
        &device.agent(&["status", "--json"])?.stdout,
    )?)
}

#[test]
fn a_time_signed_with_the_real_online_keys_moves_no_device_into_another_term() -> Result<()> {
    let mut town = Town::new()?;
    let now = Timestamp::now();
    town.publish(examining(1, now)?)?;
    let device = town.settled_device()?;
    ensure!(blocked(&device)? == json!(["*"]));
    let forger = town.forger()?;
    for days in [1, 21, 180, 340] {
        let ahead = SignedDuration::from_hours(days * 24);
        forger.sign_online_at(now + ahead)?;
        device.agent(&["once"])?;
        ensure!(blocked(&device)? == json!(["*"]), "after {days} days");
        let status = status(&device)?;
        let running = status.pointer("/periods/running");
        ensure!(running == Some(&json!([EXAM])), "{status:#}");
        let by = status.get("signed_time_ahead_s").and_then(Value::as_i64);
        let by = by.with_context(|| format!("{status:#}"))?;
        ensure!(by > ahead.as_secs() - 3600 && by <= ahead.as_secs());
    }
    let words = device.agent(&["status"])?.stdout;
    let line = "The signed time is ahead of this device's clock by 3";
    ensure!(words.contains(line), "{words}");
    town.device_that("the report that a clock is wrong", |seen| {
        let wrong = |event: &EventKind| matches!(event, EventKind::SignedTimeAhead { .. });
        seen.events.iter().any(|event| wrong(&event.what))
    })?;

    // The repair: other online keys, which a new root names.
    town.replace_online_keys();
    let revision = town.publish(examining(2, now)?)?;
    device.agent(&["once"])?.success()?;
    ensure!(blocked(&device)? == json!(["*"]));
    let status = status(&device)?;
    ensure!(status.pointer("/bundle/revision") == Some(&json!(revision)));
    ensure!(status.pointer("/freshness/state") == Some(&json!("fresh")));
    ensure!(status.get("signed_time_ahead_s") == Some(&Value::Null));
    Ok(())
}

/// The two stored slots, and what is in the newer of them.
fn stored_slot(state: &Path) -> Result<Slot> {
    let [one, two] = ["seen.0", "seen.1"].map(|name| fs::read(state.join(name)).ok());
    let slot = newest([one.as_deref(), two.as_deref()]);
    ensure!(slot != Slot::default(), "no slot is stored");
    Ok(slot)
}

#[test]
fn a_clock_that_is_set_back_before_the_time_slice_in_force_does_not_undo_it() -> Result<()> {
    let mut town = Town::new()?;
    let now = Timestamp::now();
    town.publish(examining(1, now)?)?;
    let device = town.settled_device()?;
    let state = device.device.root().join("var/lib/fyr");
    let slot = stored_slot(&state)?;
    let exam = day(now, -1)?.to_zoned(TimeZone::UTC)?.timestamp();
    ensure!(slot.seen.slice == Some(exam), "{slot:?}");

    // The device was in the next term; then its clock was set back and its memory was removed.
    town.server().kill()?;
    let term = day(now, 20)?.to_zoned(TimeZone::UTC)?.timestamp();
    let later = slot.next(Seen {
        slice: Some(term),
        ..slot.seen.clone()
    });
    fs::write(
        state.join(format!("seen.{}", later.place())),
        later.encode(),
    )?;
    for copy in ["memory", "memory.twin"] {
        fs::remove_file(state.join(copy))?;
    }
    let ended = device.agent(&["once"])?;
    ensure!(ended.status.code() == Some(STALE), "{ended:?}");
    ensure!(ended.stderr.contains("system clock is before"), "{ended:?}");
    ensure!(blocked(&device)? == json!(["term.example"]));
    ensure!(status(&device)?.get("clock_behind") == Some(&json!("slice")));
    Ok(())
}

/// How a device whose clock is ahead by so many days stands after a whole turn: the exit code, and
/// whether it reports that its policy is as new as it can know.
fn turn_after(device: &Enrolled, days: i64) -> Result<(Option<i32>, Value)> {
    let ahead = SignedDuration::from_hours(days * 24);
    let ended = device.agent_ahead(ahead, &["once"])?;
    let seen = device.agent_ahead(ahead, &["status", "--json"])?.stdout;
    let seen: Value = serde_json::from_str(&seen)?;
    let state = seen.pointer("/freshness/state").cloned();
    Ok((ended.status.code(), state.unwrap_or_default()))
}

#[test]
fn a_time_signed_ahead_keeps_a_frozen_device_fresh_for_14_days_at_most() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.settled_device()?;
    let now = Timestamp::now();
    let after = |days: i64| now + SignedDuration::from_hours(days * 24);
    let forger = town.forger()?;
    forger.sign_online_at(after(300))?;
    let (fresh, stale) = ((Some(0), json!("fresh")), (Some(STALE), json!("stale")));
    // The thief of the server's keys shows the same metadata from here on.
    for (days, expected) in [(0, &fresh), (13, &fresh), (15, &stale), (200, &stale)] {
        let seen = turn_after(&device, days)?;
        ensure!(seen == *expected, "after {days} days: {seen:?}");
    }
    town.device_that("the report that the device is stale", |seen| {
        seen.state == DeviceState::Stale
    })?;
    let ahead = SignedDuration::from_hours(200 * 24);
    let words = device.agent_ahead(ahead, &["status"])?.stdout;
    let line = "The metadata of the policy is older than 14 days";
    ensure!(words.contains(line), "{words}");

    // What the rule does not stop: a thief who signs a higher version each time.
    forger.sign_online_at(after(301))?;
    ensure!(turn_after(&device, 200)? == fresh);
    ensure!(turn_after(&device, 215)? == stale);
    // The repair: other online keys, which a new root names.
    town.replace_online_keys();
    town.publish_at(bundle(2)?, after(215))?;
    ensure!(turn_after(&device, 215)? == fresh);
    Ok(())
}

#[test]
fn a_clock_that_was_ahead_for_a_moment_keeps_no_device_fresh() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let ahead = SignedDuration::from_hours(300 * 24);
    town.forger()?.sign_online_at(Timestamp::now() + ahead)?;
    let (fresh, stale) = ((Some(0), json!("fresh")), (Some(STALE), json!("stale")));
    // The metadata comes while the clock is ahead. Then the clock is set back.
    for (days, expected) in [(200, &fresh), (0, &fresh), (13, &fresh), (15, &stale)] {
        let seen = turn_after(&device, days)?;
        ensure!(seen == *expected, "after {days} days: {seen:?}");
    }
    Ok(())
}

#[test]
fn a_time_slice_that_only_the_signed_time_has_reached_is_not_stored() -> Result<()> {
    let town = Town::new()?;
    let now = Timestamp::now();
    town.publish(examining(1, now)?)?;
    let device = town.settled_device()?;
    // Five minutes before the next term by the clock of the device, three minutes in it by the signed time.
    let term = day(now, 20)?.to_zoned(TimeZone::UTC)?.timestamp();
    let minutes = SignedDuration::from_mins;
    town.forger()?.sign_online_at(term + minutes(3))?;
    let ahead = (term - minutes(5)).duration_since(now);
    device.agent_ahead(ahead, &["once"])?.success()?;
    ensure!(blocked(&device)? == json!(["term.example"]));
    let slot = stored_slot(&device.device.root().join("var/lib/fyr"))?;
    ensure!(slot.seen.slice < Some(term), "{slot:?}");
    let seen = device.agent_ahead(ahead, &["status", "--json"])?.stdout;
    let seen: Value = serde_json::from_str(&seen)?;
    ensure!(seen.get("clock_behind") == Some(&Value::Null), "{seen:#}");
    Ok(())
}

/// A device in an exam whose clock was 7 days ahead for a moment. The term that begins in 5 days was in
/// force then.
fn device_that_was_ahead(town: &Town, now: Timestamp) -> Result<Enrolled> {
    town.publish(with_term(1, now, 5)?)?;
    let device = town.settled_device()?;
    ensure!(blocked(&device)? == json!(["*"]));
    let ahead = SignedDuration::from_hours(7 * 24);
    device.agent_ahead(ahead, &["once"])?.success()?;
    ensure!(blocked(&device)? == json!(["term.example"]));
    Ok(device)
}

#[test]
fn a_slice_of_a_clock_that_was_ahead_is_forgotten_once_the_signed_time_confirms_the_clock()
-> Result<()> {
    let town = Town::new()?;
    let now = Timestamp::now();
    let device = device_that_was_ahead(&town, now)?;
    // Nothing new is signed: the clock may as well have been set back.
    device.agent(&["once"])?.success()?;
    ensure!(blocked(&device)? == json!(["term.example"]));
    ensure!(status(&device)?.get("clock_behind") == Some(&json!("slice")));

    town.forger()?
        .sign_online_at(now + SignedDuration::from_mins(1))?;
    device.agent(&["once"])?.success()?;
    ensure!(blocked(&device)? == json!(["*"]), "{:#}", status(&device)?);
    let status = status(&device)?;
    ensure!(
        status.get("clock_behind") == Some(&Value::Null),
        "{status:#}"
    );
    ensure!(
        status.pointer("/freshness/state") == Some(&json!("fresh")),
        "{status:#}"
    );
    Ok(())
}

#[test]
fn a_signed_time_that_contradicts_a_clock_that_is_set_back_does_not_undo_the_slice() -> Result<()> {
    let town = Town::new()?;
    let now = Timestamp::now();
    let device = device_that_was_ahead(&town, now)?;
    let forger = town.forger()?;
    let hours = SignedDuration::from_hours;
    // The clock was right, and was then set back: by a week, or to the hour before the slice. The time
    // that is signed is of the same day, and of the day before.
    let slice = day(now, 5)?.to_zoned(TimeZone::UTC)?.timestamp();
    for (signed, clock) in [
        (slice - hours(25), slice - hours(1)),
        (now + hours(7 * 24), now),
    ] {
        forger.sign_online_at(signed)?;
        device.agent_ahead(clock.duration_since(Timestamp::now()), &["once"])?;
        ensure!(blocked(&device)? == json!(["term.example"]), "{signed}");
    }
    Ok(())
}

#[test]
fn a_new_timestamp_key_ends_a_slice_that_a_thief_and_a_clock_ahead_put_in_force() -> Result<()> {
    let mut town = Town::new()?;
    let now = Timestamp::now();
    town.publish(with_term(1, now, 290)?)?;
    let device = town.settled_device()?;
    let ahead = SignedDuration::from_hours(300 * 24);
    town.forger()?.sign_online_at(now + ahead)?;
    device.agent_ahead(ahead, &["once"])?.success()?;
    device.agent(&["once"])?;
    ensure!(blocked(&device)? == json!(["term.example"]));

    town.replace_online_keys();
    town.publish(with_term(2, now, 290)?)?;
    device.agent(&["once"])?.success()?;
    ensure!(blocked(&device)? == json!(["*"]), "{:#}", status(&device)?);
    Ok(())
}

#[test]
fn a_thief_who_signs_ahead_extends_no_slice_beyond_the_metadata_that_the_device_has() -> Result<()>
{
    let town = Town::new()?;
    let now = Timestamp::now();
    town.publish(examining(1, now)?)?;
    let device = town.settled_device()?;
    let days = |days: i64| SignedDuration::from_hours(days * 24);
    // The metadata comes while the clock is right and is signed far ahead. Later the clock is ahead.
    town.forger()?.sign_online_at(now + days(300))?;
    device.agent(&["once"])?;
    device.agent_ahead(days(200), &["once"])?;
    device.agent(&["once"])?;
    ensure!(blocked(&device)? == json!(["*"]), "{:#}", status(&device)?);
    Ok(())
}

#[test]
fn a_clock_that_is_set_back_again_and_again_keeps_no_running_device_fresh() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    // The system runs on while its clock stays where it is.
    let fresh = |days: u64| -> Result<bool> {
        device.agent_after(days * 24 * 3600, &["once"])?;
        Ok(status(&device)?.pointer("/freshness/state") == Some(&json!("fresh")))
    };
    ensure!(fresh(0)?);
    ensure!(fresh(10)?);
    ensure!(!fresh(15)?);
    // A restart of the system counts from zero again and forgets nothing.
    ensure!(!fresh(0)?);
    town.forger()?.sign_online_at(Timestamp::now())?;
    ensure!(fresh(0)?);
    Ok(())
}
