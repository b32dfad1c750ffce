//! Random municipalities: a small tree, a group in every part of it, and rules that often
//! disagree.

use std::fmt::Write as _;

use fyr_fixtures::Replaced as _;
use fyr_policy_core::Sources;
use proptest::prelude::*;

const UNITS: [&str; 5] = ["/", "/nord", "/nord/skole", "/nord/skole/klasse", "/syd"];

pub(crate) const FYR: &str = "organisation: fyrby
name: Fyrby
country: DK
time-zone: Europe/Copenhagen
languages: [da]
sign-in: { domains: [fyrby.example] }
stages: { indskoling: 0-3, mellemtrin: 4-6, udskoling: 7-10, personale: staff }
bodies: { raad: { name: Rådet, competent-for: / } }
";

pub(crate) const UNITS_FILE: &str = "units:
  /nord: { name: Nord }
  /nord/skole: { name: Skolen }
  /nord/skole/klasse: { name: Klassen }
  /syd: { name: Syd }
groups:
  nord-personale: { unit: /nord, stage: personale }
  skole-2024: { unit: /nord/skole, start: 2024 }
  klasse-2021: { unit: /nord/skole/klasse, start: 2021 }
  syd-2018: { unit: /syd, start: 2018 }
";

pub(crate) const DECISION: &str = "decision: R-1
title: Alt
body: raad
date: 2025-01-01
status: in-force
purpose: Alt
legal-basis: alt
owner: alle
review: 2099-01-01
";

/// A policy as its rules, each a document with the file it is in.
#[derive(Debug, Clone)]
pub(crate) struct Municipality {
    rules: Vec<(u8, String)>,
    /// What the categories `a`, `b` and `c` list.
    lists: Vec<Vec<String>>,
    /// What `timetable.yaml` says, if it is there.
    timetable: Option<&'static str>,
}

impl Municipality {
    pub(crate) fn sources(&self) -> Sources {
        self.sources_with(UNITS_FILE.to_owned())
    }

    /// The same as if there were no other group.
    pub(crate) fn sources_for(&self, group: &str) -> Sources {
        let is_kept = |line: &&str| !line.contains("unit:") || line.contains(group);
        let lines: Vec<&str> = UNITS_FILE.lines().filter(is_kept).collect();
        self.sources_with(lines.join("\n"))
    }

    fn sources_with(&self, units: String) -> Sources {
        let mut files = vec![
            ("fyr.yaml".to_owned(), FYR.to_owned()),
            ("units.yaml".to_owned(), units),
            ("decisions/all.yaml".to_owned(), DECISION.to_owned()),
        ];
        let timetable = self.timetable.map(str::to_owned);
        files.extend(timetable.map(|text| ("timetable.yaml".to_owned(), text)));
        for file in 0..3 {
            let documents: Vec<&str> = self
                .rules
                .iter()
                .filter(|(in_file, _)| *in_file == file)
                .map(|(_, document)| document.as_str())
                .collect();
            if !documents.is_empty() {
                files.push((format!("rules/{file}.yaml"), documents.join("---\n")));
            }
        }
        for (category, listed) in CATEGORIES.into_iter().zip(&self.lists) {
            let list = format!(
                "category: {category}\ntitle: {{ da: {category} }}\nsource: os\nlicence: fri\nfiles: [{category}]\n"
            );
            files.push((format!("lists/{category}.yaml"), list));
            files.push((format!("lists/{category}"), listed.join("\n")));
        }
        files.into_iter().collect()
    }

    /// The same rules in other files and in another order.
    pub(crate) fn shuffled(&self, seed: prop::sample::Index) -> Self {
        let mut rules = self.rules.clone();
        rules.reverse();
        let count = rules.len().max(1);
        rules.rotate_left(seed.index(count));
        for (file, _) in &mut rules {
            *file = (*file + 1) % 3;
        }
        Self {
            rules,
            ..self.clone()
        }
    }

    /// The same rules, each at a time of its own and, where it is a floor, open to lessons or not.
    fn at_times(mut self, times: Vec<(&'static str, bool)>) -> Self {
        for ((_, rule), (during, is_overridable)) in self.rules.iter_mut().zip(times) {
            let floor = "strength: minimum\n";
            if is_overridable {
                *rule = rule.replaced(floor, &format!("{floor}overridable: lessons\n"));
            }
            *rule = rule.replaced("why:", &format!("{during}why:"));
        }
        self.timetable = Some(TIMETABLE);
        self
    }
}

/// A municipality with at most one rule about YouTube a unit, and any number about sites.
pub(crate) fn municipality() -> impl Strategy<Value = Municipality> {
    let levels = UNITS.map(|unit| prop::option::of(level(unit)));
    let sites = prop::collection::vec(sites(), 0..6);
    let lists = prop::collection::vec(prop::collection::vec(member(), 1..5), CATEGORIES.len());
    (levels, sites, lists).prop_map(|(levels, sites, lists)| Municipality {
        lists,
        timetable: None,
        rules: levels
            .into_iter()
            .flatten()
            .chain(sites)
            .enumerate()
            .map(|(number, (file, says))| (file, format!("rule: regel-{number}\n{says}")))
            .collect(),
    })
}

/// A municipality whose rules and categories say much of the query parts of a few sites.
pub(crate) fn municipality_of_queries() -> impl Strategy<Value = Municipality> {
    let category = prop::sample::select(&CATEGORIES[..]);
    let site = prop_oneof![
        9 => queried(),
        1 => category.prop_map(|category| format!("category:{category}")),
        1 => filter(),
    ];
    let verdict = prop::sample::select(&VERDICTS[..]);
    let verdicts = prop::collection::vec((verdict, site), 1..8);
    let sites = (prop::sample::select(&UNITS[..2]), strength(), verdicts)
        .prop_map(|(unit, strength, verdicts)| rule(unit, strength, &says(&verdicts)));
    let rules = prop::collection::vec(sites, 1..4);
    let lists = prop::collection::vec(
        prop::collection::vec(prop_oneof![3 => queried(), 1 => member()], 1..8),
        CATEGORIES.len(),
    );
    (rules, lists).prop_map(|(rules, lists)| Municipality {
        lists,
        timetable: None,
        rules: rules
            .into_iter()
            .enumerate()
            .map(|(number, says)| (0, format!("rule: regel-{number}\n{says}")))
            .collect(),
    })
}

/// Filters that cross: none contains another that asks for something else.
fn queried() -> impl Strategy<Value = String> {
    let host = prop::sample::select(vec!["x.example", "x.example", "a.x.example"]);
    let path = prop::sample::select(vec!["/", "/", "/p", "/p/q"]);
    let conditions = prop::sample::subsequence(vec!["k=1", "j=2", "l=3", "m=4"], 0..4);
    (host, path, conditions).prop_map(|(host, path, conditions)| {
        let ask = if conditions.is_empty() { "" } else { "?" };
        format!("{host}{path}{ask}{}", conditions.join("&"))
    })
}

/// Addresses that such filters tell apart.
pub(crate) fn queried_address() -> impl Strategy<Value = String> {
    queried().prop_map(|site| format!("https://{site}"))
}

const TIMETABLE: &str = "periods:
  skoletid: { days: mon-fri, hours: 08:00-15:00 }
  lesson:film: { days: tue, hours: 10:00-10:40, until: 2027-06-22 }
  lesson:aften: { days: wed, hours: 18:00-19:00, until: 2027-06-23 }
";

/// A municipality of which some rules hold for a time, and some floors are open to lessons.
pub(crate) fn municipality_at_times() -> impl Strategy<Value = Municipality> {
    let time = prop::sample::select(vec![
        "",
        "",
        "during: skoletid\n",
        "during: lesson:film\n",
        "during: lesson:aften\n",
        "during: [skoletid, lesson:film]\n",
        "until: 2026-12-31\n",
    ]);
    let times = prop::collection::vec((time, any::<bool>()), 11);
    (municipality(), times).prop_map(|(municipality, times)| municipality.at_times(times))
}

fn strength() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["locked", "minimum", "default"])
}

fn rule(unit: &str, strength: &str, says: &str) -> String {
    format!("decision: R-1\nfor: {unit}\nstrength: {strength}\n{says}why: {{ da: derfor }}\n")
}

fn level(unit: &'static str) -> impl Strategy<Value = (u8, String)> {
    let word = || prop::sample::select(vec!["off", "moderate", "strict"]);
    (0..3_u8, strength(), word(), word()).prop_map(move |(file, strength, pupils, staff)| {
        let says = format!("set:\n  youtube.level: {{ pupils: {pupils}, staff: {staff} }}\n");
        (file, rule(unit, strength, &says))
    })
}

fn sites() -> impl Strategy<Value = (u8, String)> {
    let verdicts = prop::collection::vec((prop::sample::select(&VERDICTS[..]), filter()), 1..4);
    (
        0..3_u8,
        prop::sample::select(&UNITS[..]),
        strength(),
        verdicts,
    )
        .prop_map(|(file, unit, strength, verdicts)| (file, rule(unit, strength, &says(&verdicts))))
}

fn says(verdicts: &[(&str, String)]) -> String {
    let mut says = "sites:\n".to_owned();
    for verdict in VERDICTS {
        let filters: Vec<String> = verdicts
            .iter()
            .filter(|(says, _)| *says == verdict)
            .map(|(_, filter)| format!("'{filter}'"))
            .collect();
        let _ = writeln!(says, "  {verdict}: [{}]", filters.join(", "));
    }
    says
}

const VERDICTS: [&str; 3] = ["allow", "warn", "block"];

const HOSTS: [&str; 4] = ["x.example", "a.x.example", "b.a.x.example", "y.example"];

/// Filters that lie close to one another.
fn filter() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec!["", "", "", "", "https://"]);
    let dot = prop::sample::select(vec!["", "", "."]);
    let path = prop::sample::select(vec!["", "", "/p", "/p/q", "/r"]);
    let query = prop::sample::select(vec!["", "", "", "", "", "?k=1", "?k=1&j=2"]);
    let host = prop::sample::select(&HOSTS[..]);
    let whole = (scheme, dot, host, path, query)
        .prop_map(|(scheme, dot, host, path, query)| format!("{scheme}{dot}{host}{path}{query}"));
    let category = prop::sample::select(&CATEGORIES[..]);
    prop_oneof![
        20 => whole,
        8 => category.prop_map(|category| format!("category:{category}")),
        1 => Just("*".to_owned()),
        1 => Just("https://*".to_owned()),
    ]
}

const CATEGORIES: [&str; 3] = ["a", "b", "c"];

/// What a category lists of the same sites.
fn member() -> impl Strategy<Value = String> {
    let below = prop::sample::select(vec!["", "", "", "www."]);
    let path = prop::sample::select(vec!["", "", "", "", "/p", "/p/q"]);
    let host = prop::sample::select(&HOSTS[..]);
    (below, host, path).prop_map(|(below, host, path)| format!("{below}{host}{path}"))
}

/// Addresses that such filters tell apart.
pub(crate) fn address() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec!["https", "http"]);
    let below = prop::sample::select(vec!["", "", "www."]);
    let path = prop::sample::select(vec!["/", "/p", "/p/q/s", "/r/"]);
    let query = prop::sample::select(vec!["", "", "?k=1", "?k=2", "?j=2&k=1"]);
    let host = prop::sample::select(&HOSTS[..]);
    (scheme, below, host, path, query).prop_map(|(scheme, below, host, path, query)| {
        format!("{scheme}://{below}{host}{path}{query}")
    })
}
