//! Random organisations: a tree of any shape, rules anywhere in it that hold at some times, a
//! service with an age, and settings of every kind that has an order.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use fyr_fixtures::Replaced as _;
use fyr_policy_core::Sources;
use proptest::prelude::*;

use crate::municipality::{DECISION, FYR};

/// An organisation as it was drawn. Unit 0 is the organisation itself.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    /// The unit above each unit but the first.
    above: Vec<usize>,
    /// The pupils or staff of each unit's group.
    groups: Vec<Kind>,
    pub(crate) rules: Vec<DrawnRule>,
}

/// Who is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Younger,
    Older,
    Staff,
}

/// A rule as it was drawn.
#[derive(Debug, Clone)]
pub(crate) struct DrawnRule {
    pub(crate) unit: usize,
    who: Option<&'static str>,
    pub(crate) strength: Strength,
    is_open_to_lessons: bool,
    pub(crate) time: Time,
    pub(crate) days: Span,
    /// The numbers of settings, each with the values for pupils and for staff.
    pub(crate) settings: Vec<(usize, usize, usize)>,
    pub(crate) sites: Vec<(Verdict, Site)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    Locked,
    Minimum,
    Default,
}

/// When a rule holds, in the order in which rules of a unit decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Time {
    Always,
    SchoolHours,
    Lesson,
}

/// The days on which a rule holds, by its own word and by that of the decision it cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    own: (&'static str, &'static str),
    case: &'static str,
}

/// What a rule says of its days, for those that it says nothing of a day before or after all.
const OWN: [(&str, &str); 4] = [
    ("", ""),
    ("2027-01-01", ""),
    ("", "2027-02-28"),
    ("2027-01-15", "2027-04-30"),
];

/// Every case with its first and its last day: `R-3` takes the place of `R-2`.
const CASES: [(&str, &str, &str); 4] = [
    ("R-1", "", ""),
    ("R-2", "", "2027-01-31"),
    ("R-3", "2027-02-01", ""),
    ("R-4", "2027-01-01", "2027-03-31"),
];

/// The verdicts, the most open first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Allow,
    Warn,
    Block,
}

/// A site: a host with everything below it, and a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) host: &'static str,
    pub(crate) path: &'static str,
    pub(crate) is_service: bool,
}

/// A setting and its values, the weakest first.
pub(crate) struct Ordered {
    pub(crate) name: &'static str,
    values: &'static [&'static str],
    /// Whether all but the weakest value lie beside each other: none is as strict as another.
    is_flat: bool,
}

pub(crate) const SETTINGS: [Ordered; 5] = [
    Ordered::new("youtube.level", &["off", "moderate", "strict"]),
    Ordered::new("escape.incognito", &["open", "closed"]),
    Ordered::new("password.min-length", &["8", "12", "16"]),
    Ordered::new("screen.lock-after", &["15", "10", "5"]),
    Ordered {
        name: "sign-in.domains",
        values: &["[a.example, b.example]", "[a.example]", "[b.example]"],
        is_flat: true,
    },
];

const SITES: [Site; 6] = [
    Site::new("x.example", ""),
    Site::new("x.example", "/p"),
    Site::new("a.x.example", ""),
    Site::new("film.example", ""),
    Site::new("film.example", "/alt"),
    Site {
        is_service: true,
        ..Site::new("film.example", "")
    },
];

/// Addresses that the sites tell apart.
pub(crate) const ADDRESSES: [&str; 7] = [
    "x.example/",
    "x.example/p",
    "a.x.example/",
    "a.x.example/p",
    "film.example/",
    "film.example/alt",
    "www.film.example/",
];

const SERVICE: &str = "service: film
name: Film
sites: [film.example]
minimum-age: { age: 13, below: block }
";

const TIMETABLE: &str = "periods:
  skoletid: { days: mon-fri, hours: 08:00-15:00 }
  lesson:film: { days: tue, hours: 10:00-10:40, until: 2027-06-22 }
  lesson:aften: { days: wed, hours: 18:00-19:00, until: 2027-06-23 }
";

impl Ordered {
    const fn new(name: &'static str, values: &'static [&'static str]) -> Self {
        Self {
            name,
            values,
            is_flat: false,
        }
    }

    /// The number of a value, as the compiler writes it.
    pub(crate) fn rank(&self, written: &str) -> usize {
        let plain = |text: &str| text.replace(['[', ']', ' '], "");
        let mut values = self.values.iter();
        let rank = values.position(|value| plain(value) == plain(written));
        rank.expect("one of the values")
    }

    /// Whether one value is less strict than another.
    pub(crate) fn is_less(&self, value: usize, other: usize) -> bool {
        if self.is_flat {
            value == 0 && other != 0
        } else {
            value < other
        }
    }

    /// Whether a value is as strict as a floor.
    pub(crate) fn keeps(&self, value: usize, floor: usize) -> bool {
        value == floor || floor == 0 || (!self.is_flat && value > floor)
    }
}

impl Site {
    const fn new(host: &'static str, path: &'static str) -> Self {
        Self {
            host,
            path,
            is_service: false,
        }
    }

    pub(crate) fn speaks_of(&self, address: &str) -> bool {
        let (host, path) = address.split_once('/').expect("an address");
        let below = host.strip_suffix(self.host);
        below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
            && format!("/{path}").starts_with(self.path)
    }

    fn written(&self) -> String {
        if self.is_service {
            "service:film".to_owned()
        } else {
            format!("{}{}", self.host, self.path)
        }
    }
}

impl Verdict {
    const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Block];

    fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }

    pub(crate) fn of(word: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|verdict| verdict.word() == word)
            .expect("a verdict")
    }
}

impl Time {
    fn written(self) -> &'static str {
        match self {
            Self::Always => "",
            Self::SchoolHours => "during: skoletid\n",
            Self::Lesson => "during: [lesson:film, lesson:aften]\n",
        }
    }

    pub(crate) fn holds_while(self, running: &BTreeSet<&str>) -> bool {
        match self {
            Self::Always => true,
            Self::SchoolHours => running.contains("skoletid"),
            Self::Lesson => running.contains("lesson:film") || running.contains("lesson:aften"),
        }
    }
}

impl Span {
    /// Whether a day is one of them: days that are written alike sort as they come.
    pub(crate) fn contains(self, day: &str) -> bool {
        let mut cases = CASES.iter();
        let case = cases.find(|case| case.0 == self.case);
        let (_, first, last) = case.unwrap_or(&("", "", ""));
        [self.own, (*first, *last)]
            .iter()
            .all(|(first, last)| *first <= day && (last.is_empty() || day <= *last))
    }

    fn written(self) -> String {
        let (first, last) = self.own;
        let day = |word: &str, day: &str| {
            if day.is_empty() {
                String::new()
            } else {
                format!("{word}: {day}\n")
            }
        };
        let case = match self.case {
            "" => String::new(),
            case => format!("decision: {case}\n"),
        };
        format!("{case}{}{}", day("from", first), day("until", last))
    }
}

/// The decisions as files have them.
fn decisions() -> String {
    let others = [
        ("R-2", ""),
        ("R-3", "from: 2027-02-01\nreplaces: R-2\n"),
        ("R-4", "from: 2027-01-01\nuntil: 2027-03-31\n"),
    ];
    let others = others.map(|(case, days)| {
        format!("{}{days}", DECISION.replaced("R-1", case)).replaced("in-force", "decided")
    });
    format!("{DECISION}---\n{}", others.join("---\n"))
}

impl DrawnRule {
    /// The same rule on another unit.
    pub(crate) fn on(self, unit: usize) -> Self {
        Self { unit, ..self }
    }

    /// The same rule without a decision.
    pub(crate) fn undecided(self) -> Self {
        let days = Span {
            case: "",
            ..self.days
        };
        Self { days, ..self }
    }

    pub(crate) fn is_decided(&self) -> bool {
        !self.days.case.is_empty()
    }

    pub(crate) fn is_overridable(&self) -> bool {
        self.is_open_to_lessons && self.strength == Strength::Minimum
    }
}

impl Tree {
    pub(crate) fn sources(&self) -> Sources {
        let rules = self.rules.iter().enumerate();
        let rules: Vec<String> = rules
            .map(|(number, rule)| self.written(number, rule))
            .collect();
        let files = [
            ("fyr.yaml", FYR.to_owned()),
            ("units.yaml", self.units()),
            ("timetable.yaml", TIMETABLE.to_owned()),
            ("decisions/all.yaml", decisions()),
            ("services/film.yaml", SERVICE.to_owned()),
            ("rules/all.yaml", rules.join("---\n")),
        ];
        let files = files.into_iter();
        files.map(|(path, text)| (path.to_owned(), text)).collect()
    }

    pub(crate) fn units_count(&self) -> usize {
        self.above.len() + 1
    }

    /// The same tree, where the first rule is a floor of the organisation over something.
    pub(crate) fn with_floor_on_top(mut self) -> Self {
        if let Some(first) = self.rules.first_mut() {
            first.unit = 0;
            first.who = None;
            if first.strength == Strength::Default {
                first.strength = Strength::Minimum;
            }
            if first.settings.is_empty() && first.sites.is_empty() {
                first.settings.push((0, 1, 1));
            }
            for (_, pupils, staff) in &mut first.settings {
                *pupils = (*pupils).max(1);
                *staff = (*staff).max(1);
            }
            for (verdict, _) in &mut first.sites {
                *verdict = Verdict::Block;
            }
        }
        self
    }

    /// The same tree with other rules.
    pub(crate) fn with_rules(&self, rules: Vec<DrawnRule>) -> Self {
        Self {
            rules,
            ..self.clone()
        }
    }

    /// Every rule that says one thing of what a rule says, as weakly as can be, always and to all groups
    /// in a unit that the rule reaches.
    pub(crate) fn tempting(&self, floor: &DrawnRule) -> Vec<DrawnRule> {
        let settings = floor.settings.iter();
        let settings = settings.map(|(setting, ..)| (vec![(*setting, 0, 0)], Vec::new()));
        let sites = floor.sites.iter();
        let sites = sites.map(|(_, site)| {
            let site = Site {
                is_service: false,
                ..*site
            };
            (Vec::new(), vec![(Verdict::Allow, site)])
        });
        let says: Vec<_> = settings.chain(sites).collect();
        let units = (0..self.units_count()).filter(|unit| self.is_within(*unit, floor.unit));
        let tempting = units.flat_map(|unit| {
            says.iter().map(move |(settings, sites)| DrawnRule {
                unit,
                who: None,
                strength: Strength::Default,
                is_open_to_lessons: false,
                time: Time::Always,
                days: Span {
                    own: OWN[0],
                    case: "R-1",
                },
                settings: settings.clone(),
                sites: sites.clone(),
            })
        });
        tempting.collect()
    }

    pub(crate) fn depth(&self, unit: usize) -> usize {
        match self.above(unit) {
            Some(above) => self.depth(above) + 1,
            None => 0,
        }
    }

    pub(crate) fn selects(&self, rule: &DrawnRule, group: usize) -> bool {
        let is_who = match rule.who {
            Some("staff") => self.is_staff(group),
            Some(_) => !self.is_staff(group),
            None => true,
        };
        is_who && self.is_within(group, rule.unit)
    }

    pub(crate) fn is_staff(&self, group: usize) -> bool {
        self.groups[group] == Kind::Staff
    }

    pub(crate) fn is_too_young(&self, group: usize) -> bool {
        self.groups[group] == Kind::Younger
    }

    fn above(&self, unit: usize) -> Option<usize> {
        self.above.get(unit.checked_sub(1)?).copied()
    }

    fn is_within(&self, unit: usize, other: usize) -> bool {
        unit == other
            || self
                .above(unit)
                .is_some_and(|above| self.is_within(above, other))
    }

    fn path(&self, unit: usize) -> String {
        match self.above(unit) {
            None => "/".to_owned(),
            Some(0) => format!("/u{unit}"),
            Some(above) => format!("{}/u{unit}", self.path(above)),
        }
    }

    fn units(&self) -> String {
        let mut text = "units:\n".to_owned();
        for unit in 1..=self.above.len() {
            let _ = writeln!(text, "  {}: {{ name: Enhed }}", self.path(unit));
        }
        text.push_str("groups:\n");
        for (unit, kind) in self.groups.iter().enumerate() {
            let who = match kind {
                Kind::Younger => "start: 2024",
                Kind::Older => "start: 2018",
                Kind::Staff => "stage: personale",
            };
            let path = self.path(unit);
            let _ = writeln!(text, "  gruppe-{unit}: {{ unit: {path}, {who} }}");
        }
        text
    }

    fn written(&self, number: usize, rule: &DrawnRule) -> String {
        let who = rule
            .who
            .map_or_else(String::new, |who| format!(", who: {who}"));
        let (path, time) = (self.path(rule.unit), rule.time.written());
        let days = rule.days.written();
        let strength = match rule.strength {
            Strength::Locked => "locked",
            Strength::Minimum if rule.is_overridable() => "minimum\noverridable: lessons",
            Strength::Minimum => "minimum",
            Strength::Default => "default",
        };
        let mut text = format!(
            "rule: regel-{number}\n{days}for: {{ unit: {path}{who} }}\n\
             strength: {strength}\n{time}why: {{ da: derfor }}\n"
        );
        if !rule.settings.is_empty() {
            text.push_str("set:\n");
        }
        for (setting, pupils, staff) in &rule.settings {
            let Ordered { name, values, .. } = &SETTINGS[*setting];
            let (pupils, staff) = (values[*pupils], values[*staff]);
            let _ = writeln!(text, "  {name}: {{ pupils: {pupils}, staff: {staff} }}");
        }
        text.push_str("sites:\n");
        for verdict in Verdict::ALL {
            let sites = rule.sites.iter().filter(|(says, _)| *says == verdict);
            let sites: Vec<String> = sites.map(|(_, site)| site.written()).collect();
            let _ = writeln!(text, "  {}: [{}]", verdict.word(), sites.join(", "));
        }
        text
    }
}

/// An organisation of any shape with up to seven units below it.
pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let kind = prop::sample::select(vec![Kind::Younger, Kind::Older, Kind::Staff]);
    let unit = (any::<prop::sample::Index>(), kind.clone());
    let units = prop::collection::vec(unit, 1..8);
    let rules = prop::collection::vec((any::<prop::sample::Index>(), rule()), 2..14);
    (kind, units, rules).prop_map(|(kind, units, rules)| {
        let above = units.iter().enumerate();
        let above: Vec<usize> = above
            .map(|(number, (above, _))| above.index(number + 1))
            .collect();
        let groups = std::iter::once(kind).chain(units.iter().map(|(_, kind)| *kind));
        let rules = rules.into_iter().map(|(unit, rule)| DrawnRule {
            unit: unit.index(above.len() + 1),
            ..rule
        });
        Tree {
            groups: groups.collect(),
            rules: rules.collect(),
            above: above.clone(),
        }
    })
}

/// A rule, for the organisation until a unit is drawn for it.
fn rule() -> impl Strategy<Value = DrawnRule> {
    let who = prop::sample::select(vec![None, None, Some("pupils"), Some("staff")]);
    let strength =
        prop::sample::select(vec![Strength::Locked, Strength::Minimum, Strength::Default]);
    let time = prop::sample::select(vec![
        Time::Always,
        Time::Always,
        Time::SchoolHours,
        Time::Lesson,
    ]);
    let settings = prop::sample::subsequence((0..SETTINGS.len()).collect::<Vec<_>>(), 0..3);
    let values = prop::collection::vec(any::<[prop::sample::Index; 2]>(), SETTINGS.len());
    let verdict = prop::sample::select(Verdict::ALL.to_vec());
    let site = prop::sample::select(SITES.to_vec());
    let sites = prop::collection::vec((verdict, site), 0..3);
    (
        who,
        strength,
        any::<bool>(),
        time,
        days(),
        settings,
        values,
        sites,
    )
        .prop_map(
            |(who, strength, is_open_to_lessons, time, days, settings, values, sites)| DrawnRule {
                unit: 0,
                who,
                strength,
                is_open_to_lessons,
                time,
                days,
                settings: settings
                    .into_iter()
                    .zip(values)
                    .map(|(setting, [pupils, staff])| {
                        let count = SETTINGS[setting].values.len();
                        (setting, pupils.index(count), staff.index(count))
                    })
                    .collect(),
                sites,
            },
        )
}

/// Often always.
fn days() -> impl Strategy<Value = Span> {
    let own = prop::sample::select(vec![OWN[0], OWN[0], OWN[0], OWN[1], OWN[2], OWN[3]]);
    let case = prop::sample::select(vec!["R-1", "R-1", "R-1", "R-2", "R-3", "R-4"]);
    (own, case).prop_map(|(own, case)| Span { own, case })
}
