//! What can be wrong with the timetable, and with rules that hold for a time.

use super::{base, check, finds, finds_in_base, rule};

/// A timetable, and a rule that holds at some time.
#[track_caller]
fn finds_in(code: &str, timetable: &str, during: &str) {
    let rule = rule(&format!(
        "for: /skoler\nstrength: default\n{during}set:\n  youtube.level: {{ pupils: strict }}\n"
    ));
    finds(
        code,
        &[("timetable.yaml", timetable), ("rules/proeve.yaml", &rule)],
    );
}

#[test]
fn an_unknown_period_is_reported_with_the_one_that_was_meant() {
    let timetable = "periods:\n  skoletid: { days: mon-fri, hours: 08:00-15:30 }\n";
    let other = "rule: andet\ndecision: SK-2025-7\nfor: /skoler\nstrength: default\nduring: skoletid\n\
                 sites:\n  block: [spil.example]\nwhy:\n  da: Prøve.\n";
    let wrong = rule(
        "for: /skoler\nstrength: default\nduring: [skoletid, skoletiden]\nset:\n  youtube.level: { pupils: strict }\n",
    );
    finds(
        "FYR0901",
        &[
            ("timetable.yaml", timetable),
            ("rules/andet.yaml", other),
            ("rules/proeve.yaml", &wrong),
        ],
    );
}

#[test]
fn hours_that_no_day_has_are_reported_with_what_to_write() {
    finds_in(
        "FYR0902",
        "periods:
  nat: { days: mon-fri, hours: 22:00-06:00 }
  omvendt: { days: mon-fri, hours: [15:30-08:00] }
  tom: { days: mon-fri, hours: 08:00-08:00 }
  forkert: { days: mon-fri, hours: 8-15 }
  punktum: { days: mon-fri, hours: 08.00-15.00 }
  oven-i: { days: mon-fri, hours: { mon: [08:00-10:00, 09:45-11:30] } }
",
        "during: [nat, omvendt, tom, forkert, punktum, oven-i]\n",
    );
}

#[test]
fn days_that_no_week_has_are_reported() {
    finds_in(
        "FYR0903",
        "periods:
  dansk: { days: man-fre, hours: 08:00-15:30 }
  lang: { days: [monday, wed], hours: 08:00-15:30 }
  rundt: { days: fri-mon, hours: 08:00-15:30 }
  dobbelt: { hours: { mon-thu: 08:00-15:30, wed: 08:00-12:00 } }
",
        "during: [dansk, lang, rundt, dobbelt]\n",
    );
}

#[test]
fn a_period_that_contradicts_itself_is_reported() {
    finds_in(
        "FYR0904",
        "periods:
  aldrig: { hours: 08:00-15:30 }
  begge: { days: mon-fri, on: 2027-05-04 }
  to-gange: { days: mon-fri, hours: { mon-fri: 08:00-15:30 } }
  baglaens: { days: mon-fri, from: 2027-05-07, until: 2027-05-03 }
  dage: { on: 2027-05-04, until: 2027-05-07 }
  from:2027: { days: mon-fri }
  ens:
    hours: { mon-thu: 08:00-15:30, fri: 08:00-14:00 }
    except:
      - { for: /skoler/oest }
  uklar:
    hours: { mon-thu: 08:00-15:30, fri: 08:00-14:00 }
    except:
      - { for: /skoler/oest, days: mon-tue }
holidays:
  - { name: Sommerferie, from: 2027-06-26 }
  - { name: Store bededag, on: 2027-04-23, from: 2027-04-23, until: 2027-04-23 }
",
        "during: [aldrig, begge, to-gange, baglaens, dage, ens, uklar]\n",
    );
}

#[test]
fn a_rule_that_ends_before_it_begins_is_reported() {
    super::check_snapshot(
        "a_rule_that_ends_before_it_begins",
        &[(
            "rules/proeve.yaml",
            &rule(
                "for: /skoler\nstrength: default\nfrom: 2027-01-31\nuntil: 2027-01-01\n\
                 set:\n  youtube.level: { pupils: strict }\n",
            ),
        )],
    );
}

#[test]
fn a_period_that_never_runs_again_is_reported_with_the_rule_that_holds_during_it() {
    finds_in(
        "FYR0905",
        "periods:
  exam:sidste-aar: { on: [2026-05-04, 2026-05-06], hours: 09:00-14:00 }
  mellem-jul-og-nytaar: { days: mon-fri, from: 2026-12-21, until: 2027-01-01 }
holidays:
  - { name: Juleferie, from: 2026-12-19, until: 2027-01-03 }
",
        "during: [exam:sidste-aar, mellem-jul-og-nytaar]\n",
    );
}

#[test]
fn a_period_that_no_rule_speaks_of_is_reported() {
    finds_in(
        "FYR0906",
        "periods:
  skoletid: { days: mon-fri, hours: 08:00-15:30 }
  fritid: { days: mon-fri, hours: 15:30-18:00 }
",
        "during: skoletid\n",
    );
}

#[test]
fn two_lessons_of_one_group_at_one_time_are_reported() {
    finds_in(
        "FYR0907",
        "periods:
  lesson:projekt: { on: 2026-11-24, hours: 10:00-10:40, for: /skoler/oest }
  lesson:musik: { days: tue, hours: [08:00-08:45, 10:30-11:15], for: { unit: /skoler/oest, stage: mellemtrin }, until: 2027-06-22 }
",
        "during: [lesson:projekt, lesson:musik]\n",
    );
}

#[test]
fn a_lesson_that_goes_on_for_good_is_none() {
    finds_in(
        "FYR0917",
        "periods:
  lesson:projekt: { days: mon-fri, hours: 10:00-10:40, for: /skoler/oest }
  lesson:valgfag: { days: wed, hours: 13:00-14:00, for: /skoler/vest, until: 2031-06-25 }
  lesson:musik: { days: thu, hours: 13:00-14:00, for: /skoler/vest, from: 2027-08-12, until: 2028-06-22 }
",
        "during: [lesson:projekt, lesson:valgfag, lesson:musik]\n",
    );
}

#[test]
fn lessons_round_the_clock_are_reported() {
    finds_in(
        "FYR0918",
        "periods:
  lesson:foer: { days: mon-fri, hours: 00:00-08:00, for: /skoler, until: 2027-06-25 }
  lesson:efter: { days: tue, hours: 08:00-16:00, for: /skoler/oest, until: 2027-06-25 }
",
        "during: [lesson:foer, lesson:efter]\n",
    );
}

#[test]
fn a_rule_whose_time_never_comes_is_reported() {
    let timetable =
        "periods:\n  lesson:vest: { on: 2026-11-24, hours: 10:00-10:40, for: /skoler/vest }\n";
    let says = "strength: default\nset:\n  youtube.level: { pupils: strict }\n";
    let past = rule(&format!("for: /skoler\nuntil: 2026-08-01\n{says}"));
    let elsewhere = rule(&format!("for: /skoler/oest\nduring: lesson:vest\n{says}"));
    finds(
        "FYR0908",
        &[
            ("timetable.yaml", timetable),
            ("rules/fortid.yaml", &past.replace("proeve", "fortid")),
            ("rules/proeve.yaml", &elsewhere),
        ],
    );
}

#[test]
fn a_rule_and_a_decision_whose_days_do_not_meet_are_reported() {
    let cases = base(
        "decisions/cases.yaml",
        "date: 2025-05-12\n",
        "date: 2025-05-12\nuntil: 2027-06-30\n",
    );
    let late = rule(
        "for: /skoler\nstrength: default\nfrom: 2027-08-01\nset:\n  youtube.level: { pupils: strict }\n",
    );
    let files = [
        ("decisions/cases.yaml", cases.as_str()),
        ("rules/proeve.yaml", &late),
    ];
    let reported = String::from_utf8(check(&files).stdout).expect("text");
    insta::assert_snapshot!(reported);
}

#[test]
fn days_that_a_bundle_omits_are_reported() {
    use std::fmt::Write as _;
    let (mut cases, mut rules) = (String::new(), String::new());
    for number in 0..70_i64 {
        let day = jiff::civil::date(2026, 12, 1) + jiff::Span::new().days(number);
        let begins = if number == 0 { "" } else { "---\n" };
        let _ = write!(
            cases,
            "{begins}decision: SK-{number}\ntitle: Spil\nbody: skoleudvalget\ndate: 2026-11-02\nfrom: {day}\n\
             status: decided\npurpose: Ro\nlegal-basis: folkeskoleloven § 40\nowner: skolechef\nreview: 2028-03-01\n"
        );
        let _ = write!(
            rules,
            "{begins}rule: spil-{number}\ndecision: SK-{number}\nfor: /skoler\nstrength: minimum\n\
             sites:\n  block: [spil-{number}.example]\nwhy:\n  da: Ro.\n"
        );
    }
    finds(
        "FYR0913",
        &[("decisions/spil.yaml", &cases), ("rules/spil.yaml", &rules)],
    );
}

#[test]
fn a_time_zone_that_does_not_exist_is_reported_with_the_nearest() {
    finds_in_base(
        "FYR0909",
        "fyr.yaml",
        "Europe/Copenhagen",
        "Europe/Kopenhagen",
    );
}

#[test]
fn two_exceptions_between_which_nothing_decides_are_reported() {
    finds_in(
        "FYR0910",
        "periods:
  skoletid:
    days: mon-fri
    hours: 08:00-15:30
    except:
      - { for: { unit: /skoler, stage: indskoling }, hours: 08:00-13:45 }
      - { for: { unit: /skoler, who: pupils }, hours: 08:00-14:30 }
      - { for: /skoler/vest, hours: 08:15-15:00 }
",
        "during: skoletid\n",
    );
}

#[test]
fn lessons_cannot_override_what_is_no_floor() {
    let rule = |name: &str, strength: &str| {
        rule(&format!(
            "for: /skoler\nstrength: {strength}\noverridable: lessons\nset:\n  {name}\n"
        ))
    };
    let locked = rule("password.min-length: 12", "locked");
    let default = rule("screen.lock-after: 10", "default").replace("proeve", "skaerm");
    finds(
        "FYR0912",
        &[
            ("rules/proeve.yaml", &locked),
            ("rules/skaerm.yaml", &default),
        ],
    );
}

#[test]
fn more_combinations_than_a_device_carries_are_reported() {
    use std::fmt::Write as _;
    let (mut timetable, mut during) = ("periods:\n".to_owned(), Vec::new());
    for number in 0..70 {
        let (hour, minute) = (8 + number / 10, 5 * (number % 10));
        let name = format!("lektion-{number}");
        let _ = writeln!(
            timetable,
            "  {name}: {{ on: 2026-11-24, hours: {hour:02}:{minute:02}-{hour:02}:{:02} }}",
            minute + 5
        );
        during.push(name);
    }
    let during = format!("during: [{}]\n", during.join(", "));
    finds_in("FYR0911", &timetable, &during);
}

/// Thousands of exceptions, each of them for days that never end and are holidays throughout: a
/// walk over every day of every one would take minutes.
#[test]
fn a_period_that_holidays_cover_to_the_end_of_time_is_over_at_once() {
    let exceptions = "      - { for: /skoler/oest, hours: 08:00-15:00 }\n".repeat(2_000);
    let timetable = format!(
        "periods:\n  skoletid:\n    days: mon-fri\n    hours: 08:00-15:30\n    until: 9999-12-31\n    \
         except:\n{exceptions}holidays:\n  - {{ name: Altid, from: 2020-01-01, until: 9999-12-31 }}\n"
    );
    let output = check(&[("timetable.yaml", &timetable)]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("FYR0905"), "{text}");
    assert!(!text.contains("FYR0910"), "{text}");
}

#[test]
fn many_exceptions_of_equal_rank_are_one_finding() {
    let exceptions: Vec<String> = (0..300)
        .map(|number| {
            let (hour, minute) = (8 + number / 60, number % 60);
            format!("      - {{ for: /skoler/oest, hours: {hour:02}:{minute:02}-15:00 }}\n")
        })
        .collect();
    let timetable = format!(
        "periods:\n  skoletid:\n    days: mon-fri\n    hours: 08:00-15:30\n    except:\n{}",
        exceptions.concat()
    );
    let output = check(&[("timetable.yaml", &timetable)]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(text.matches(" FYR0910: ").count(), 1, "{text}");
}
