//! Time is taken from a floor exactly where the finding says so: held against a model that reads
//! what was drawn and nothing of the compiler's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fyr_policy_core::{Code, Sources, check};
use proptest::prelude::*;

use crate::DAY;
use crate::municipality::{DECISION, FYR, UNITS_FILE};

const UNITS: [&str; 5] = ["/", "/nord", "/nord/skole", "/nord/skole/klasse", "/syd"];

/// The units that the groups stand on.
const GROUPS: [&str; 4] = ["/nord", "/nord/skole", "/nord/skole/klasse", "/syd"];

/// Each case with the unit that its body may decide for.
const CASES: [(&str, &str); 3] = [("R-1", "/"), ("N-1", "/nord"), ("S-1", "/nord/skole")];

/// Hours as they are written, and as half hours of the day.
const HOURS: [(&str, &[(usize, usize)]); 6] = [
    ("08:00-15:00", &[(16, 30)]),
    ("07:00-16:00", &[(14, 32)]),
    ("08:00-13:30", &[(16, 27)]),
    ("09:00-15:00", &[(18, 30)]),
    ("[08:00-12:00, 12:00-15:00]", &[(16, 24), (24, 30)]),
    ("[08:00-11:00, 12:00-16:00]", &[(16, 22), (24, 32)]),
];

/// Tuesday, Wednesday and Thursday.
const DAYS: [&str; 3] = ["2026-11-24", "2026-11-25", "2026-11-26"];

type Case = Option<usize>;

/// A timetable with a floor or several that hang on it.
#[derive(Debug, Clone)]
struct Drawn {
    of_file: Case,
    of_period: Case,
    /// By unit, so that no two are of equal rank.
    exceptions: BTreeMap<usize, (usize, Case)>,
    holidays: Vec<(usize, usize, Case)>,
    floors: Vec<(usize, &'static str)>,
}

impl Drawn {
    fn sources(&self) -> Sources {
        let bodies = "bodies: { raad: { name: Rådet, competent-for: / }, nord: { name: Nord, \
                      competent-for: /nord }, skole: { name: Skolen, competent-for: /nord/skole } }";
        let fyr = FYR.replace(
            "bodies: { raad: { name: Rådet, competent-for: / } }",
            bodies,
        );
        let others = [("N-1", "nord"), ("S-1", "skole")].map(|(case, body)| {
            let decision = DECISION.replace("R-1", case);
            decision.replace("body: raad", &format!("body: {body}"))
        });
        let cites = |case: Case| {
            case.map_or_else(String::new, |case| format!("decision: {}", CASES[case].0))
        };
        let mut timetable = format!(
            "{}\nperiods:\n  skoletid:\n    days: mon-fri\n    hours: {}\n    {}\n    except:{}\n",
            cites(self.of_file),
            HOURS[0].0,
            cites(self.of_period),
            if self.exceptions.is_empty() {
                " []"
            } else {
                ""
            },
        );
        for (unit, (hours, case)) in &self.exceptions {
            let (unit, hours, case) = (UNITS[*unit], HOURS[*hours].0, cites(*case));
            let _ = writeln!(
                timetable,
                "      - for: {unit}\n        hours: {hours}\n        {case}"
            );
        }
        timetable.push_str("holidays:");
        timetable.push_str(if self.holidays.is_empty() {
            " []\n"
        } else {
            "\n"
        });
        for (unit, day, case) in &self.holidays {
            let (unit, day, case) = (UNITS[*unit], DAYS[*day], cites(*case));
            let _ = writeln!(
                timetable,
                "  - name: Fri\n    for: {unit}\n    on: {day}\n    {case}"
            );
        }
        let floors = self.floors.iter().enumerate();
        let floors = floors.map(|(number, (unit, strength))| {
            format!(
                "rule: regel-{number}\ndecision: R-1\nfor: {}\nduring: skoletid\n\
                 strength: {strength}\nsites: {{ block: [x.example] }}\nwhy: {{ da: derfor }}\n",
                UNITS[*unit]
            )
        });
        [
            ("fyr.yaml", fyr),
            ("units.yaml", UNITS_FILE.to_owned()),
            ("timetable.yaml", timetable),
            (
                "decisions/all.yaml",
                [DECISION, &others[0], &others[1]].join("---\n"),
            ),
            ("rules/all.yaml", floors.collect::<Vec<_>>().join("---\n")),
        ]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text))
        .collect()
    }

    /// Whether some floor has less time for some group than those allow who may decide it.
    fn takes_time(&self) -> bool {
        let floors = self
            .floors
            .iter()
            .filter(|(_, strength)| *strength != "default");
        floors.into_iter().any(|(floor, _)| {
            let mut groups = GROUPS
                .iter()
                .filter(|group| is_within(group, UNITS[*floor]));
            groups.any(|group| self.takes_from(UNITS[*floor], group))
        })
    }

    fn takes_from(&self, floor: &str, group: &str) -> bool {
        let of_period = self.of_period.or(self.of_file);
        let counts = |case: Case| match case {
            Some(case) => is_within(floor, CASES[case].1),
            None => of_period.is_none(),
        };
        if !counts(of_period) {
            return true;
        }
        let theirs: Vec<(usize, Case)> = self
            .exceptions
            .iter()
            .filter(|(unit, _)| is_within(group, UNITS[**unit]))
            .map(|(_, (hours, case))| (*hours, case.or(of_period)))
            .collect();
        let runs = |hours: Option<&(usize, Case)>| half_hours(hours.map_or(0, |(hours, _)| *hours));
        // Units further down have higher numbers.
        let allowed = runs(theirs.iter().rfind(|(_, case)| counts(*case)));
        let is_shorter = match theirs.last() {
            Some((_, case)) if counts(*case) => false,
            last => !allowed.is_subset(&runs(last)),
        };
        let free = |allowed: bool| -> BTreeSet<usize> {
            let holidays = self.holidays.iter();
            let theirs = holidays.filter(|(unit, ..)| is_within(group, UNITS[*unit]));
            let theirs = theirs.filter(|(_, _, case)| counts(case.or(self.of_file)) == allowed);
            theirs.map(|(_, day, _)| *day).collect()
        };
        is_shorter || !free(false).is_subset(&free(true))
    }
}

fn is_within(unit: &str, other: &str) -> bool {
    other == "/" || unit == other || unit.starts_with(&format!("{other}/"))
}

fn half_hours(hours: usize) -> BTreeSet<usize> {
    let parts = HOURS[hours].1.iter();
    parts.flat_map(|(from, until)| *from..*until).collect()
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let case = || prop::option::of(0..CASES.len());
    let exceptions = prop::collection::btree_map(0..UNITS.len(), (0..HOURS.len(), case()), 0..4);
    let holidays = prop::collection::vec((0..UNITS.len(), 0..DAYS.len(), case()), 0..4);
    let strength = prop::sample::select(vec!["locked", "minimum", "default"]);
    let floors = prop::collection::vec((0..UNITS.len(), strength), 1..3);
    let of_period = prop_oneof![Just(None), Just(Some(0)), Just(Some(0)), Just(Some(1))];
    let of_file = prop_oneof![Just(None), Just(Some(0)), Just(Some(1))];
    (of_file, of_period, exceptions, holidays, floors).prop_map(
        |(of_file, of_period, exceptions, holidays, floors)| Drawn {
            of_file,
            of_period,
            exceptions,
            holidays,
            floors,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn time_is_taken_from_a_floor_exactly_where_it_is_told(drawn in drawn()) {
        let found = check(&drawn.sources(), DAY).diagnostics;
        let is_told = found.iter().any(|finding| finding.code == Code::HoursTaken);
        prop_assert_eq!(is_told, drawn.takes_time(), "{:#?}", found);
    }
}
