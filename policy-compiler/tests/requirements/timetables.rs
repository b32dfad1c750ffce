//! What holds when: school hours, holidays, exams, lessons, and the days on which clocks are set:
//! R03, R14, R15, R25, and journey 4.

use fyr_fixtures::Replaced as _;
use fyr_schemas::bundle::Bundle;
use jiff::Timestamp;
use serde_json::json;

use crate::source::{Source, stdout};

const DAY: &str = "2026-11-23";

const TIMETABLE: &str = "\
decision: BY-2025-1
periods:
  skoletid: { days: mon-fri, hours: 08:00-15:00 }
  nat: { days: mon-sun, hours: 01:30-02:30 }
  exam:matematik-9:
    on: 2026-12-22
    hours: 09:00-13:00
    for: { unit: /skoler, stage: udskoling }
  lesson:film: { days: tue, hours: 10:00-10:40, for: /skoler/oest, until: 2027-06-22 }
holidays:
  - { name: Juleferie, from: 2026-12-21, until: 2027-01-03 }
";

const RULES: &str = "\
rule: ro
decision: SK-2025-7
for: { unit: /skoler, who: pupils }
during: skoletid
strength: default
sites:
  block: [spil.example, film.example]
why:
  da: Ro i skoletiden.
---
rule: soevn
decision: SK-2025-7
for: { unit: /skoler, who: pupils }
during: nat
strength: default
sites:
  block: [spil.example]
why:
  da: Søvn.
---
rule: proeve
decision: SK-2025-7
for: { unit: /skoler, stage: udskoling }
during: exam:matematik-9
strength: minimum
sites:
  block: ['*']
  allow: [proever.example, login.fyrby.example]
why:
  da: Kun prøvens sider.
---
rule: filmklip
decision: OEST-3
for: { unit: /skoler/oest, who: pupils }
during: lesson:film
strength: default
sites:
  allow: [film.example]
why:
  da: Klassen klipper film.
";

/// The small policy with a timetable and rules that hold for a time.
fn timed() -> Source {
    let help = "sites:\n  allow: [service:hjaelpelinjen]";
    Source::small()
        .with_edit(
            "rules/floor.yaml",
            &format!("strength: default\n{help}"),
            &format!("strength: locked\n{help}"),
        )
        .with("timetable.yaml", TIMETABLE)
        .with("rules/tider.yaml", RULES)
}

/// What is closed to a group at moments of Danish time, as its device has it from the bundle alone.
#[track_caller]
fn closed_at<const N: usize>(group: &str, moments: [&str; N]) -> [Vec<String>; N] {
    let bundle = timed().bundle(group, DAY);
    moments.map(|moment| closed(&bundle, moment))
}

/// Of the sites that the rules here speak of, those that are closed then.
fn closed(bundle: &Bundle, moment: &str) -> Vec<String> {
    let moment: Timestamp = moment.parse().expect("a moment");
    let in_force = bundle.in_force(moment);
    let listed = in_force.chromium.get("URLBlocklist").cloned();
    let listed: Vec<String> = serde_json::from_value(listed.unwrap_or(json!([]))).expect("a list");
    let ours = ["*", "film.example", "spil.example"];
    listed
        .into_iter()
        .filter(|site| ours.contains(&site.as_str()))
        .collect()
}

#[test]
fn r15_what_holds_in_school_hours_is_open_before_after_and_in_the_holidays() {
    let [before, from, until, after, holiday, school] = closed_at(
        "vest-2018",
        [
            "2026-11-23T07:59:59+01",
            "2026-11-23T08:00:00+01",
            "2026-11-23T14:59:59+01",
            "2026-11-23T15:00:00+01",
            "2026-12-23T09:10:00+01",
            "2027-01-04T09:10:00+01",
        ],
    );
    let nothing: [&str; 0] = [];
    assert_eq!(before, nothing);
    assert_eq!(from, ["film.example", "spil.example"]);
    assert_eq!(until, from);
    assert_eq!(after, nothing);
    assert_eq!(holiday, nothing);
    assert_eq!(school, from);
}

#[test]
fn r15_an_exam_leaves_open_only_its_own_sites_and_help_on_its_day_and_for_its_pupils() {
    let bundle = timed().bundle("vest-2018", DAY);
    // It lies in the holidays, and on single days those do not count.
    assert_eq!(closed(&bundle, "2026-12-22T09:00:00+01"), ["*"]);
    assert_eq!(closed(&bundle, "2026-12-22T13:00:00+01").len(), 0);
    let exam: Timestamp = "2026-12-22T10:00:00+01".parse().expect("a moment");
    let in_force = bundle.in_force(exam);
    let open = &in_force.chromium["URLAllowlist"];
    assert_eq!(
        *open,
        json!(["hjaelp.example", "login.fyrby.example", "proever.example"])
    );
    let [younger] = closed_at("oest-2024", ["2026-12-22T10:00:00+01"]);
    assert_eq!(younger.len(), 0);
}

#[test]
fn r15_hours_are_the_organisations_on_the_days_on_which_its_clocks_are_set() {
    // 2027-03-28: the hour from 02:00 is skipped. 2026-10-25: the hour from 02:00 comes twice.
    let [spring, skipped, autumn, again, between, done] = closed_at(
        "vest-2018",
        [
            "2027-03-28T00:59:59Z",
            "2027-03-28T01:00:00Z",
            "2026-10-25T00:00:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:30:00Z",
        ],
    );
    let nothing: [&str; 0] = [];
    assert_eq!(spring, ["spil.example"]);
    assert_eq!(skipped, nothing);
    assert_eq!(autumn, ["spil.example"]);
    assert_eq!(between, nothing);
    assert_eq!(again, ["spil.example"]);
    assert_eq!(done, nothing);
    // Summer and winter, school begins at eight by the clock on the wall.
    let [summer, winter] = closed_at(
        "vest-2018",
        ["2027-06-07T06:00:00Z", "2027-02-01T07:00:00Z"],
    );
    assert_eq!(summer, winter);
    assert_eq!(summer, ["film.example", "spil.example"]);
}

#[test]
fn r14_a_lesson_opens_for_its_class_what_is_closed_in_school_hours_and_ends_automatically() {
    let moments = [
        "2026-11-24T09:59:59+01",
        "2026-11-24T10:00:00+01",
        "2026-11-24T10:40:00+01",
    ];
    let [before, lesson, after] = closed_at("oest-2021", moments);
    assert_eq!(before, ["film.example", "spil.example"]);
    assert_eq!(lesson, ["spil.example"]);
    assert_eq!(after, before);
    let [.., elsewhere, _] = closed_at("vest-2018", moments);
    assert_eq!(elsewhere, before);
}

#[test]
fn r14_a_lesson_does_not_open_what_is_closed_by_a_floor_unless_lessons_may() {
    let hours = "during: skoletid\nstrength: ";
    let floor = |strength: &str| {
        let (before, after) = (format!("{hours}default"), format!("{hours}{strength}"));
        timed().with_edit("rules/tider.yaml", &before, &after)
    };
    assert_eq!(floor("minimum").codes(DAY), ["FYR0404"]);
    let source = floor("minimum\noverridable: lessons");
    let bundle = source.bundle("oest-2021", DAY);
    assert_eq!(closed(&bundle, "2026-11-24T10:00:00+01"), ["spil.example"]);
    assert_eq!(closed(&bundle, "2026-11-24T10:40:00+01").len(), 2);
}

#[test]
fn r03_of_two_floors_alike_the_one_that_is_closed_to_lessons_bounds_a_lesson() {
    let floor = |name: &str, overridable: &str| {
        format!(
            "rule: {name}\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\n{overridable}\
             sites: {{ block: [film.example] }}\nwhy: {{ da: Lukket. }}\n"
        )
    };
    for (first, second) in [("a-fast", "b-aaben"), ("b-fast", "a-aaben")] {
        let source = timed()
            .with("rules/fast.yaml", &floor(first, ""))
            .with("rules/aaben.yaml", &floor(second, "overridable: lessons\n"));
        assert!(source.codes(DAY).contains(&"FYR0404".to_owned()), "{first}");
    }
}

/// The school's rule of journey 4: YouTube without a limit for a project.
fn project(time: &str) -> Source {
    let rule = format!(
        "rule: projekt\ndecision: OEST-3\nfor: {{ unit: /skoler/oest, who: pupils }}\n{time}\
         strength: default\nset:\n  youtube.level: off\nwhy:\n  da: Et filmprojekt.\n"
    );
    let floor = "strength: minimum\nset:\n  youtube.level";
    Source::small().with("rules/projekt.yaml", &rule).with_edit(
        "rules/floor.yaml",
        floor,
        &floor.replaced("minimum\n", "minimum\noverridable: lessons\n"),
    )
}

fn youtube(bundle: &Bundle, moment: &str) -> Option<i64> {
    let moment: Timestamp = moment.parse().expect("a moment");
    let in_force = bundle.in_force(moment);
    in_force.chromium.get("ForceYouTubeRestrict")?.as_i64()
}

#[test]
fn journey_4_a_weakened_floor_is_refused_with_both_lines_the_board_and_the_lesson_instead() {
    insta::assert_snapshot!(project("").check(DAY));
}

#[test]
fn journey_4_the_lesson_that_was_offered_holds_for_its_time_and_ends_automatically() {
    let lesson = "periods:\n  lesson:projekt: { on: 2026-11-26, hours: 10:00-10:40 }\n";
    let source = project("during: lesson:projekt\n").with("timetable.yaml", lesson);
    assert_eq!(source.check(DAY), "nothing to report\n");
    let bundle = source.bundle("oest-2021", DAY);
    assert_eq!(youtube(&bundle, "2026-11-26T09:59:00+01"), Some(1));
    assert_eq!(youtube(&bundle, "2026-11-26T10:00:00+01"), None);
    assert_eq!(youtube(&bundle, "2026-11-26T10:40:00+01"), Some(1));
    // A class of another school has no such lesson.
    let elsewhere = source.bundle("vest-2018", DAY);
    assert_eq!(youtube(&elsewhere, "2026-11-26T10:00:00+01"), Some(1));
}

#[test]
fn r03_a_floor_that_is_open_to_lessons_is_open_to_nothing_else() {
    let timetable = "periods:\n  skoletid: { days: mon-fri, hours: 08:00-15:00 }\n";
    let hours = project("during: skoletid\n").with("timetable.yaml", timetable);
    assert_eq!(hours.codes(DAY), ["FYR0401"]);
    let days = project("from: 2026-12-01\nuntil: 2026-12-19\n");
    assert_eq!(days.codes(DAY), ["FYR0401"]);
}

#[test]
fn r15_the_explanation_of_a_moment_names_the_periods_their_end_and_what_holds_at_other_times() {
    let explain = |moment: &str| {
        let question = ["--group", "oest-2021", "--url", "film.example", "--at"];
        stdout(&timed().fyr("explain", &[&question[..], &[moment]].concat()))
    };
    insta::assert_snapshot!(explain("2026-11-24T10:10"));
    let night = explain("2026-11-24T04:00");
    let head = "on 2026-11-24 at 04:00, while no period runs, until 08:00\n";
    assert!(night.contains(head), "{night}");
}

#[test]
fn r15_a_group_without_rules_for_a_time_carries_no_timetable() {
    let bundle = timed().bundle("oest-personale", DAY);
    assert_eq!((bundle.timetable, bundle.variants), (None, Vec::new()));
}

/// What `fyr diff` says of the timed policy and the same with one text put for another.
fn changes_of(path: &str, old: &str, new: &str) -> String {
    let after = timed().with_edit(path, old, new);
    let after = after.path().to_str().expect("a path in Unicode");
    stdout(&timed().fyr("diff", &[after, "--date", DAY]))
}

#[test]
fn r25_a_change_that_touches_only_a_lesson_is_reported_with_the_lesson() {
    let more = "allow: [film.example, spil.example]";
    insta::assert_snapshot!(changes_of(
        "rules/tider.yaml",
        "allow: [film.example]",
        more
    ));
}

#[test]
fn r25_other_hours_and_holidays_are_reported_for_those_they_are_for() {
    let hours = changes_of("timetable.yaml", "08:00-15:00", "08:00-15:30");
    let change = "skoletid  mon-fri 08:00-15:00 → mon-fri 08:00-15:30  pupils in /skoler";
    assert!(hours.contains(change), "{hours}");
    let holidays = changes_of("timetable.yaml", "until: 2027-01-03", "until: 2027-01-04");
    let change = "2026-12-21 until 2027-01-03 → 2026-12-21 until 2027-01-04";
    assert!(holidays.contains(change), "{holidays}");
}

#[test]
fn r25_a_floor_that_is_opened_to_lessons_is_weaker_though_the_same_value_holds() {
    let floor = "for: /skoler\nstrength: minimum\n";
    let opened = format!("{floor}overridable: lessons\n");
    let reported = changes_of("rules/floor.yaml", floor, &opened);
    let change = "moderate: minimum → minimum, except lessons";
    assert!(
        reported.contains(change) && reported.contains("weaker"),
        "{reported}"
    );
}

/// The small policy with a floor in the school hours that the committee decided, and what a
/// school writes besides.
fn decided_hours(floor: &str, except: &str, holidays: &str) -> Source {
    let timetable = format!(
        "periods:\n  skoletid:\n    decision: SK-2025-7\n    for: /skoler\n    days: mon-fri\n    \
         hours: 08:00-15:00\n    except: [{except}]\nholidays: [{holidays}]\n"
    );
    let rule = format!(
        "rule: ro\ndecision: SK-2025-7\nfor: {{ unit: /skoler, who: pupils }}\nduring: skoletid\n\
         strength: {floor}\nsites:\n  block: [spil.example]\nwhy:\n  da: Ro i skoletiden.\n"
    );
    Source::small()
        .with("timetable.yaml", &timetable)
        .with("rules/ro.yaml", &rule)
}

#[test]
fn r03_a_school_gives_a_floor_more_hours_and_never_fewer() {
    let school = |hours: &str| format!("{{ for: /skoler/oest, hours: {hours}, decision: OEST-3 }}");
    for floor in ["minimum", "locked"] {
        for (hours, codes) in [
            ("07:30-15:30", &[][..]),
            ("[08:00-12:00, 12:00-15:00]", &[]),
            ("08:00-14:59", &["FYR0914"]),
            ("[07:00-12:00, 12:01-16:00]", &["FYR0914"]),
        ] {
            let source = decided_hours(floor, &school(hours), "");
            assert_eq!(source.codes(DAY), codes, "{floor} {hours}");
        }
    }
    let longer = decided_hours("minimum", &school("07:30-15:30"), "");
    let bundle = longer.bundle("oest-2021", DAY);
    assert_eq!(closed(&bundle, "2026-11-24T07:30:00+01"), ["spil.example"]);
    // What is no floor is the school's to change.
    let default = decided_hours("default", &school("09:00-12:00"), "");
    assert_eq!(default.codes(DAY), [""; 0]);
}

#[test]
fn r03_a_school_takes_no_days_from_a_floor_but_those_that_are_free_already() {
    let free =
        |day: &str| format!("{{ name: Fri, for: /skoler/oest, on: {day}, decision: OEST-3 }}");
    let holidays = |more: &str| {
        format!(
            "{{ name: Jul, for: /skoler, from: 2026-12-21, until: 2027-01-03, decision: SK-2025-7 }}, {more}"
        )
    };
    for (day, codes) in [
        ("2026-12-18", &["FYR0914"][..]),
        ("2026-12-22", &[]),
        // A Saturday, and a day that is over.
        ("2026-12-19", &[]),
        ("2026-11-20", &[]),
    ] {
        let source = decided_hours("minimum", "", &holidays(&free(day)));
        assert_eq!(source.codes(DAY), codes, "{day}");
    }
}

#[test]
fn r03_no_number_of_rules_below_keeps_a_coming_floor_from_devices() {
    use std::fmt::Write as _;
    let mut rules = "rule: gulv\ndecision: SK-2025-7\nfrom: 2027-06-01\nfor: /skoler\nstrength: minimum\nsites:\n  \
                     block: [gulv.example]\nwhy:\n  da: Ro.\n"
        .to_owned();
    for number in 0..90_i64 {
        let day = jiff::civil::date(2026, 12, 1) + jiff::Span::new().days(number);
        let strength = if number % 2 == 0 {
            "default"
        } else {
            "minimum"
        };
        let _ = write!(
            rules,
            "---\nrule: skolen-{number}\ndecision: OEST-3\nfrom: {day}\nfor: /skoler/oest\nstrength: {strength}\n\
             sites:\n  block: [side-{number}.example]\nwhy:\n  da: Ro.\n"
        );
    }
    let source = Source::small().with("rules/dage.yaml", &rules);
    let bundle = source.bundle("oest-2021", DAY);
    let blocks = |moment: &str, control: &str| {
        let held = bundle.in_force(moment.parse().expect("a moment"));
        let mut controls = held.controls.iter();
        controls.any(|each| each.id.as_str() == control)
    };
    assert!(!blocks("2027-05-31T12:00:00Z", "sites.block.gulv"));
    assert!(blocks("2027-06-01T12:00:00Z", "sites.block.gulv"));
    // What the school says itself goes by weight too, and the next days first.
    assert!(blocks("2026-12-03T12:00:00Z", "sites.block.skolen-1"));
    assert!(blocks("2027-06-01T12:00:00Z", "sites.block.skolen-89"));
    assert!(!blocks("2027-06-01T12:00:00Z", "sites.block.skolen-88"));
    assert_eq!(source.codes(DAY), ["FYR0913"]);
}

#[test]
fn a_device_carries_a_period_until_its_last_day_and_no_longer() {
    let carried = |last: &str| {
        let source = timed().with_edit(
            "timetable.yaml",
            "until: 2027-06-22",
            &format!("until: {last}"),
        );
        let timetable = source
            .bundle("oest-2021", DAY)
            .timetable
            .expect("a timetable");
        timetable
            .periods
            .keys()
            .any(|name| name.as_str() == "lesson:film")
    };
    assert!(carried(DAY));
    assert!(!carried("2026-11-22"));
}

#[test]
fn r03_holidays_that_begin_beyond_a_year_take_no_days_from_a_floor_either() {
    let free = |unit: &str, case: &str| {
        format!(
            "{{ name: Fri, for: {unit}, from: 2028-02-14, until: 2029-02-18, decision: {case} }}"
        )
    };
    let school = decided_hours("minimum", "", &free("/skoler/oest", "OEST-3"));
    assert_eq!(school.codes(DAY), ["FYR0914"]);
    let committee = decided_hours("minimum", "", &free("/skoler", "SK-2025-7"));
    assert_eq!(committee.codes(DAY), [""; 0]);
}

#[test]
fn r03_longer_hours_by_the_week_keep_the_single_days_of_a_floor_in_the_holidays() {
    let single = |hours: &str| {
        let timetable = format!(
            "decision: SK-2025-7\nperiods:\n  skoletid:\n    on: [2026-11-26, 2026-12-22]\n    \
             hours: 08:00-15:00\n    for: /skoler\n    except: [{hours}]\nholidays:\n  \
             - {{ name: Jul, for: /skoler, from: 2026-12-21, until: 2027-01-03 }}\n"
        );
        decided_hours("minimum", "", "").with("timetable.yaml", &timetable)
    };
    let weekly = "{ for: /skoler/oest, days: mon-sun, hours: 00:00-24:00, decision: OEST-3 }";
    assert_eq!(single(weekly).codes(DAY), ["FYR0914"]);
    let longer = "{ for: /skoler/oest, hours: 07:00-16:00, decision: OEST-3 }";
    assert_eq!(single(longer).codes(DAY), [""; 0]);
}

#[test]
fn r03_two_that_may_not_take_time_do_not_cover_for_one_another() {
    let both = "{ for: /skoler/oest, hours: 08:00-09:00, decision: OEST-3 }, \
                { for: { unit: /skoler/oest, who: pupils }, hours: 08:00-09:00, decision: OEST-3 }";
    assert_eq!(decided_hours("minimum", both, "").codes(DAY), ["FYR0914"]);
    let free = "{ name: Fri, for: /skoler/oest, on: 2026-12-18, decision: OEST-3 }, \
                { name: Fest, for: /skoler/oest, on: 2026-12-18, decision: OEST-3 }";
    assert_eq!(decided_hours("minimum", "", free).codes(DAY), ["FYR0914"]);
}

#[test]
fn r21_the_body_that_decided_the_floor_may_shorten_its_hours_for_a_school() {
    for case in ["SK-2025-7", "BY-2025-1"] {
        let shorter = format!("{{ for: /skoler/oest, hours: 08:00-12:00, decision: {case} }}");
        assert_eq!(decided_hours("minimum", &shorter, "").codes(DAY), [""; 0]);
    }
    // What the period cites was decided for all of them.
    let uncited = "{ for: /skoler/oest, hours: 08:00-12:00 }";
    assert_eq!(
        decided_hours("minimum", uncited, "").codes(DAY),
        ["FYR0914"]
    );
    let for_all = "{ for: { unit: /skoler, stage: indskoling }, hours: 08:00-12:00 }";
    assert_eq!(decided_hours("minimum", for_all, "").codes(DAY), [""; 0]);
}

#[test]
fn r21_no_body_decides_hours_or_holidays_for_others() {
    let for_all = "{ for: /skoler, hours: 07:00-16:00, decision: OEST-3 }";
    assert_eq!(
        decided_hours("minimum", for_all, "").codes(DAY),
        ["FYR0503"]
    );
    let everybodys = "{ name: Fri, on: 2026-12-19, decision: OEST-3 }";
    assert_eq!(
        decided_hours("minimum", "", everybodys).codes(DAY),
        ["FYR0503"]
    );
}

#[test]
fn r20_hours_on_which_a_decided_floor_depends_cite_a_decision_of_their_own_or_of_their_file() {
    let uncited = decided_hours("minimum", "", "").with_edit(
        "timetable.yaml",
        "    decision: SK-2025-7\n",
        "",
    );
    assert_eq!(uncited.codes(DAY), ["FYR0915"]);
    let in_file = uncited.with_edit(
        "timetable.yaml",
        "periods:",
        "decision: SK-2025-7\nperiods:",
    );
    assert_eq!(in_file.codes(DAY), [""; 0]);
    // If nothing decided depends on the hours, none is needed.
    let default = decided_hours("default", "", "").with_edit(
        "timetable.yaml",
        "    decision: SK-2025-7\n",
        "",
    );
    assert_eq!(default.codes(DAY), [""; 0]);
}

#[test]
fn r22_hours_depend_on_what_is_decided() {
    let cited = |status: &str| {
        let case = format!(
            "decision: SK-9\ntitle: Skoletid\nbody: skoleudvalget\ndate: 2026-03-02\nstatus: {status}\n\
             purpose: Ens skoletid\nlegal-basis: folkeskoleloven § 40\nowner: skolechef\n\
             review: 2028-03-01\n"
        );
        decided_hours("minimum", "", "")
            .with("decisions/tid.yaml", &case)
            .with_edit("timetable.yaml", "SK-2025-7", "SK-9")
    };
    for (status, codes) in [
        ("decided", &[][..]),
        ("draft", &["FYR0502"]),
        ("hearing", &["FYR0502"]),
        ("rejected", &["FYR0502"]),
        ("decided\nuntil: 2026-11-01", &["FYR0916"]),
        ("decided\nfrom: 2026-12-01", &["FYR0916"]),
    ] {
        assert_eq!(cited(status).codes(DAY), codes, "{status}");
    }
    let unknown = cited("decided").with_edit("timetable.yaml", "SK-9", "SK-10");
    assert_eq!(unknown.codes(DAY), ["FYR0202"]);
}

#[test]
fn r20_the_explanation_of_a_moment_names_the_decision_behind_the_hours() {
    let school = "{ for: /skoler/oest, hours: 07:30-15:30, decision: OEST-3 }";
    let source = decided_hours("minimum", school, "");
    let reported = |group: &str| {
        let question = ["--group", group, "--url", "spil.example", "--at"];
        stdout(&source.fyr("explain", &[&question[..], &["2026-11-24T10:10"]].concat()))
    };
    let east = reported("oest-2021");
    let hours = "hours     `skoletid` by OEST-3, Øst strammer\n          \
                 Skolebestyrelsen på Øst, 2025-09-01, decided\n";
    assert!(east.contains(hours), "{east}");
    let west = reported("vest-2018");
    assert!(west.contains("hours     `skoletid` by SK-2025-7"), "{west}");
}
