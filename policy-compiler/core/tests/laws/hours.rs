//! Time is taken from a floor exactly where the finding says so: held against a model that reads
//! what was drawn and nothing of the compiler's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fyr_fixtures::Replaced as _;
use fyr_policy_core::{Code, Sources, check};
use proptest::prelude::*;

use crate::DAY;
use crate::municipality::{DECISION, FYR, UNITS_FILE};

const UNITS: [&str; 5] = ["/", "/nord", "/nord/skole", "/nord/skole/klasse", "/syd"];

/// The units of the groups.
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

/// On which days hours are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    /// Every working day outside the holidays.
    Weekly,
    /// The first and the second of the three days, holidays or not.
    Single,
    /// As the period says: an exception may leave it out.
    AsUsual,
}

impl Run {
    fn written(self) -> String {
        match self {
            Self::Weekly => "days: mon-fri".to_owned(),
            Self::Single => format!("on: [{}, {}]", DAYS[0], DAYS[1]),
            Self::AsUsual => String::new(),
        }
    }

    fn or(self, usual: Self) -> Self {
        if self == Self::AsUsual { usual } else { self }
    }
}

/// Some of the hours, and on which days.
type When = (usize, Run);

/// A timetable with a floor or several that depend on it.
#[derive(Debug, Clone)]
struct Drawn {
    of_file: Case,
    of_period: Case,
    usual: Run,
    /// By unit, so that no two are of equal rank.
    exceptions: BTreeMap<usize, (When, Case)>,
    holidays: Vec<(usize, usize, Case)>,
    floors: Vec<(usize, &'static str)>,
}

impl Drawn {
    fn sources(&self) -> Sources {
        let bodies = "bodies: { raad: { name: Rådet, competent-for: / }, nord: { name: Nord, \
                      competent-for: /nord }, skole: { name: Skolen, competent-for: /nord/skole } }";
        let fyr = FYR.replaced(
            "bodies: { raad: { name: Rådet, competent-for: / } }",
            bodies,
        );
        let others = [("N-1", "nord"), ("S-1", "skole")].map(|(case, body)| {
            let decision = DECISION.replaced("R-1", case);
            decision.replaced("body: raad", &format!("body: {body}"))
        });
        let cites = |case: Case| {
            case.map_or_else(String::new, |case| format!("decision: {}", CASES[case].0))
        };
        let mut timetable = format!(
            "{}\nperiods:\n  skoletid:\n    {}\n    hours: {}\n    {}\n    except:{}\n",
            cites(self.of_file),
            self.usual.written(),
            HOURS[0].0,
            cites(self.of_period),
            if self.exceptions.is_empty() {
                " []"
            } else {
                ""
            },
        );
        for (unit, ((hours, run), case)) in &self.exceptions {
            let (unit, hours, case) = (UNITS[*unit], HOURS[*hours].0, cites(*case));
            let run = run.written();
            let _ = writeln!(
                timetable,
                "      - for: {unit}\n        {run}\n        hours: {hours}\n        {case}"
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
        let is_theirs = |case: Case| match case {
            Some(case) => is_within(floor, CASES[case].1),
            None => of_period.is_none(),
        };
        if !is_theirs(of_period) {
            return true;
        }
        // A part below the floor does not cite what was decided for all.
        let counts = |unit: usize, case: Case, of_all: Case| {
            let is_below = UNITS[unit] != floor && is_within(UNITS[unit], floor);
            match case {
                None if is_below => false,
                case => is_theirs(case.or(of_all)),
            }
        };
        let theirs: Vec<(When, bool)> = self
            .exceptions
            .iter()
            .filter(|(unit, _)| is_within(group, UNITS[**unit]))
            .map(|(unit, (when, case))| (*when, counts(*unit, *case, of_period)))
            .collect();
        let usual = (0, self.usual);
        let when = |last: Option<&(When, bool)>| -> When {
            last.map_or(usual, |((hours, run), _)| (*hours, run.or(self.usual)))
        };
        // Units further down have higher numbers.
        let allowed = when(theirs.iter().rfind(|(_, counts)| *counts));
        let holds = when(theirs.last());
        let is_free = |day: usize, all: bool| {
            let mut holidays = self.holidays.iter();
            holidays.any(|(unit, on, case)| {
                let is_considered = all || counts(*unit, *case, self.of_file);
                *on == day && is_within(group, UNITS[*unit]) && is_considered
            })
        };
        // The three days, and one like all the others.
        (0..=DAYS.len()).any(|day| {
            let allowed = half_hours(allowed, day, is_free(day, false));
            !allowed.is_subset(&half_hours(holds, day, is_free(day, true)))
        })
    }
}

fn is_within(unit: &str, other: &str) -> bool {
    other == "/" || unit == other || unit.starts_with(&format!("{other}/"))
}

/// The half hours of a day.
fn half_hours((hours, run): When, day: usize, is_holiday: bool) -> BTreeSet<usize> {
    let runs = match run {
        Run::Weekly | Run::AsUsual => !is_holiday,
        Run::Single => day < 2,
    };
    let parts = HOURS[hours].1.iter().filter(|_| runs);
    parts.flat_map(|(from, until)| *from..*until).collect()
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let case = || prop::option::of(0..CASES.len());
    let run = prop::sample::select(vec![Run::AsUsual, Run::AsUsual, Run::Weekly, Run::Single]);
    let when = (0..HOURS.len(), run);
    let exceptions = prop::collection::btree_map(0..UNITS.len(), (when, case()), 0..4);
    let usual = prop::sample::select(vec![Run::Weekly, Run::Weekly, Run::Single]);
    let holidays = prop::collection::vec((0..UNITS.len(), 0..DAYS.len(), case()), 0..4);
    let strength = prop::sample::select(vec!["locked", "minimum", "default"]);
    let floors = prop::collection::vec((0..UNITS.len(), strength), 1..3);
    let of_period = prop_oneof![Just(None), Just(Some(0)), Just(Some(0)), Just(Some(1))];
    let of_file = prop_oneof![Just(None), Just(Some(0)), Just(Some(1))];
    (of_file, of_period, usual, exceptions, holidays, floors).prop_map(
        |(of_file, of_period, usual, exceptions, holidays, floors)| Drawn {
            of_file,
            of_period,
            usual,
            exceptions,
            holidays,
            floors,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn time_is_taken_from_a_floor_exactly_where_it_is_reported(drawn in drawn()) {
        let found = check(&drawn.sources(), DAY).diagnostics;
        let is_reported = found.iter().any(|finding| finding.code() == Code::HoursTaken);
        prop_assert_eq!(is_reported, drawn.takes_time(), "{:#?}", found);
    }
}
