//! What is found about who decided the hours and the holidays of the timetable.

use super::{check, finds, rule};

/// A floor of the school board that holds in school hours, below that timetable.
fn files(timetable: &str) -> [(&str, String); 2] {
    let floor = rule(
        "for: { unit: /skoler, who: pupils }\nduring: skoletid\nstrength: minimum\n\
         sites:\n  block: [spil.example]\n",
    );
    [
        ("timetable.yaml", timetable.to_owned()),
        ("rules/proeve.yaml", floor),
    ]
}

#[track_caller]
fn finds_in(code: &str, timetable: &str) {
    let files = files(timetable);
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    finds(code, &files);
}

/// What is reported a timetable.
fn reported(timetable: &str) -> String {
    let files = files(timetable);
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    String::from_utf8(check(&files).stdout).expect("text")
}

#[test]
fn a_school_that_takes_time_from_a_floor_above_it_is_reported_with_both_places() {
    finds_in(
        "FYR0914",
        "decision: BY-2025-1
periods:
  skoletid:
    days: mon-fri
    hours: 08:00-15:00
    except:
      - { for: { unit: /skoler, stage: indskoling }, hours: 08:00-13:45 }
      - { for: /skoler/oest, hours: [07:00-12:00, 12:30-16:00], decision: OEST-3 }
holidays:
  - { name: Juleferie, from: 2026-12-21, until: 2027-01-03 }
  - { name: Fagdage, on: [2026-12-03, 2026-12-04], for: /skoler/oest, decision: OEST-3 }
  - { name: Skolefest, on: 2026-12-10, for: /skoler/oest, decision: OEST-3 }
",
    );
}

#[test]
fn no_unit_takes_days_from_a_decided_floor_without_a_decision() {
    let reported = reported(
        "periods:
  skoletid: { days: mon-fri, hours: 08:00-15:00, decision: SK-2025-7, for: /skoler }
holidays:
  - { name: Fridag, on: 2026-12-03 }
",
    );
    insta::assert_snapshot!(reported);
}

#[test]
fn a_period_that_a_school_puts_in_the_place_of_the_boards_is_reported() {
    let reported = reported(
        "periods:
  skoletid: { days: mon-fri, hours: 08:00-08:05, decision: OEST-3, for: /skoler/oest }
",
    );
    insta::assert_snapshot!(reported);
}

#[test]
fn hours_without_a_decision_on_which_a_floor_depends_are_reported_once() {
    finds_in(
        "FYR0915",
        "periods:
  skoletid:
    days: mon-fri
    hours: 08:00-15:00
    except:
      - { for: { unit: /skoler, stage: indskoling }, hours: 08:00-13:45 }
holidays:
  - { name: Juleferie, from: 2026-12-21, until: 2027-01-03 }
",
    );
}

#[test]
fn hours_of_a_decision_that_is_not_in_force_are_reported() {
    let case = "decision: SK-9\ntitle: Skoletid\nbody: skoleudvalget\ndate: 2026-11-02\nfrom: 2027-08-01\n\
                status: decided\npurpose: Ens skoletid\nlegal-basis: folkeskoleloven § 40\n\
                owner: skolechef\nreview: 2028-05-01\n";
    let timetable = "periods:
  skoletid: { days: mon-fri, hours: 08:00-15:00, for: /skoler, decision: SK-9 }
";
    let [timetable, floor] = files(timetable);
    finds(
        "FYR0916",
        &[
            ("decisions/tid.yaml", case),
            (timetable.0, &timetable.1),
            (floor.0, &floor.1),
        ],
    );
}

#[test]
fn an_exam_in_fourteen_months_loses_no_hours_to_a_school() {
    let text = reported(
        "decision: BY-2025-1
periods:
  skoletid:
    on: 2028-01-20
    hours: 08:00-15:00
    except:
      - { for: /skoler/oest, on: 2028-01-20, hours: 09:00-15:00, decision: OEST-3 }
",
    );
    assert!(text.contains("lost on 2028-01-20, 08:00-09:00"), "{text}");
}

#[test]
fn no_unit_takes_time_from_a_floor_beyond_the_days_that_were_listed() {
    // Every school day of the coming year but none behind it, and a stretch that is left out.
    let day = jiff::civil::date(2026, 11, 2);
    let days: Vec<String> = (0..420)
        .map(|ahead| day + jiff::Span::new().days(ahead))
        .filter(|day| {
            !(jiff::civil::date(2027, 12, 1)..jiff::civil::date(2027, 12, 9)).contains(day)
        })
        .map(|day| day.to_string())
        .collect();
    let listed = |until: &str| {
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        let last = days.iter().position(|day| *day == until).expect(until);
        let days = days[..=last].join(", ");
        reported(&format!(
            "decision: BY-2025-1
periods:
  skoletid:
    days: mon-fri
    hours: 08:00-15:00
    except:
      - {{ for: /skoler/oest, on: [{days}], hours: 08:00-15:00, decision: OEST-3 }}
"
        ))
    };
    let text = listed("2027-11-26");
    assert!(text.contains("lost on 2027-11-29, 08:00-15:00"), "{text}");
    let text = listed("2027-12-15");
    assert!(text.contains("lost on 2027-12-01, 08:00-15:00"), "{text}");
}

#[test]
fn a_school_does_not_shorten_a_floor_on_a_case_that_it_does_not_cite() {
    let shortened = |decision: &str, by: &str| {
        reported(&format!(
            "{decision}periods:
  skoletid:
    days: mon-fri
    hours: 08:00-15:00
    except:
      - {{ for: /skoler/oest, hours: 08:00-12:00{by} }}
holidays:
  - {{ name: Fagdag, on: 2026-12-03, for: /skoler/oest{by} }}
"
        ))
    };
    for decision in ["decision: BY-2025-1\n", ""] {
        let text = shortened(decision, "");
        assert!(text.contains("FYR0914"), "{decision}: {text}");
        assert!(
            text.contains("cites no decision of its own: lost on"),
            "{text}"
        );
    }
    let of_the_board = shortened("decision: BY-2025-1\n", ", decision: SK-2025-7");
    assert_eq!(of_the_board, "nothing to report\n");
}
