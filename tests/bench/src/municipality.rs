//! A municipality of the size that the aims are about, written anew for every run: 60 schools of
//! five groups, and 250,000 listed domains. Every name in it is made up.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::names::Names;

/// How many schools there are.
pub const SCHOOLS: usize = 60;

/// The groups of each school: four years of pupils, and its staff.
pub const GROUPS: [&str; 5] = ["2018", "2021", "2023", "2025", "personale"];

/// The units beside the schools, of staff alone.
const OFFICES: [&str; 3] = ["forvaltning", "bibliotek", "musikskole"];

/// How many groups a municipality of `schools` schools has.
pub fn groups(schools: usize) -> usize {
    schools * GROUPS.len() + OFFICES.len()
}

/// The categories, with how many lines each one's list has.
const CATEGORIES: [(&str, usize); 8] = [
    ("porno", 100_000),
    ("gambling", 60_000),
    ("malware", 40_000),
    ("games", 25_000),
    ("proxies", 12_000),
    ("dating", 9_000),
    ("ai", 3_600),
    ("helplines", 400),
];

/// How many lines the lists have together.
pub fn listed() -> usize {
    CATEGORIES.iter().map(|(_, lines)| lines).sum()
}

/// The day of the policy.
pub const DAY: &str = "2026-11-24";

/// Writes the policy of a municipality of `schools` schools into a directory that is new.
pub fn write(directory: &Path, schools: usize) -> Result<()> {
    let mut names = Names::seeded(20_261_124);
    let write = |path: &str, text: &str| {
        let path = directory.join(path);
        let parent = path.parent().context("a file stands in a directory")?;
        fs::create_dir_all(parent)?;
        fs::write(&path, text).with_context(|| format!("write `{}`", path.display()))
    };
    write("fyr.yaml", &organisation(schools))?;
    write("units.yaml", &units(schools))?;
    write("lists/lists.yaml", &categories())?;
    let mut known: Vec<(&str, Vec<String>)> = Vec::new();
    for (category, lines) in CATEGORIES {
        // One domain in fifty stands in another list too.
        let lists = known.iter().map(|(_, list)| list.as_slice());
        let list = names.list(lines, &lists.collect::<Vec<_>>());
        write(&format!("lists/{category}"), &(list.join("\n") + "\n"))?;
        known.push((category, list));
    }
    write("rules/kommune.yaml", WHOLE_MUNICIPALITY)?;
    write("decisions/kommune.yaml", &decision("K-1", "raad"))?;
    let games = of_games_alone(&known);
    for school in 0..schools {
        let body = format!("bestyrelse-{school}");
        write(
            &format!("decisions/skole-{school}.yaml"),
            &decision(&format!("S-{school}"), &body),
        )?;
        write(
            &format!("rules/skole-{school}.yaml"),
            &of_school(school, &games, &mut names),
        )?;
    }
    Ok(())
}

fn organisation(schools: usize) -> String {
    let mut text =
        "organisation: fyrby\nname: Fyrby Kommune\ncountry: DK\ntime-zone: Europe/Copenhagen\n\
        languages: [da]\nsign-in: { domains: [fyrby.example] }\n\
        stages: { indskoling: 0-3, mellemtrin: 4-6, udskoling: 7-10, personale: staff }\n\
        bodies:\n  raad: { name: Kommunalbestyrelsen, competent-for: / }\n"
            .to_owned();
    for school in 0..schools {
        let _ = writeln!(
            text,
            "  bestyrelse-{school}: {{ name: Bestyrelse {school}, competent-for: /skoler/skole-{school} }}"
        );
    }
    text
}

fn units(schools: usize) -> String {
    let groups = GROUPS.join(", ");
    let mut text = "units:\n  /skoler: { name: Skolerne }\n".to_owned();
    for office in OFFICES {
        let _ = writeln!(
            text,
            "  /{office}: {{ name: {office}, groups: [personale] }}"
        );
    }
    for school in 0..schools {
        let _ = writeln!(
            text,
            "  /skoler/skole-{school}: {{ name: Skole {school}, groups: [{groups}] }}"
        );
    }
    text
}

fn categories() -> String {
    let documents = CATEGORIES.map(|(category, _)| {
        format!(
            "category: {category}\ntitle: {{ da: {category} }}\nsource: opdigtet\nlicence: CC0-1.0\nfiles: [{category}]\n"
        )
    });
    documents.join("---\n")
}

fn decision(case: &str, body: &str) -> String {
    format!(
        "decision: {case}\ntitle: Sager\nbody: {body}\ndate: 2025-01-01\nstatus: in-force\npurpose: Ro og tryghed\n\
         legal-basis: folkeskoleloven § 40\nowner: skolechef\nreview: 2028-01-01\n"
    )
}

/// What holds for all: floors at the top, and what schools may tighten below.
const WHOLE_MUNICIPALITY: &str = "rule: sikkerhed
decision: K-1
for: /
strength: locked
set:
  escape.incognito: closed
  escape.guest: closed
  escape.profiles: closed
  escape.developer-tools: closed
  escape.task-manager: closed
  escape.javascript-urls: closed
  escape.dns-over-https: closed
  escape.proxy: closed
  escape.extensions: closed
  escape.browser-configuration: closed
  escape.page-viewers: closed
sites:
  block: [category:malware, category:proxies]
why: { da: \"En regel, der kan omgås, gælder ikke.\" }
---
rule: hjaelp
decision: K-1
for: /
strength: locked
sites:
  allow: [category:helplines]
why: { da: \"Hjælp kan altid nås.\" }
---
rule: elever
decision: K-1
for: { unit: /skoler, who: pupils }
strength: minimum
set:
  youtube.level: { indskoling: strict, mellemtrin: moderate, udskoling: moderate }
  safesearch.google: on
  safesearch.bing: on
  camera.access: block
sites:
  block: [category:porno, category:gambling, category:dating]
why: { da: \"Ikke for børn.\" }
---
rule: ai
decision: K-1
for: { unit: /skoler, stage: [udskoling, personale] }
strength: default
sites:
  warn: [category:ai]
why: { da: \"Med omtanke.\" }
guidance: { da: \"Skriv ikke om personer.\" }
---
rule: ai-yngre
decision: K-1
for: { unit: /skoler, stage: [indskoling, mellemtrin] }
strength: default
sites:
  block: [category:ai]
why: { da: \"Ikke endnu.\" }
---
rule: spil
decision: K-1
for: { unit: /skoler, who: pupils }
strength: default
sites:
  block: [category:games]
why: { da: \"Ro om undervisningen.\" }
";

/// The games that no floor closes: no other list has them, or a name above them.
fn of_games_alone(lists: &[(&str, Vec<String>)]) -> Vec<String> {
    let (games, others): (Vec<_>, Vec<_>) =
        lists.iter().partition(|(category, _)| *category == "games");
    let others: BTreeSet<&str> = others
        .iter()
        .flat_map(|(_, list)| list.iter().map(String::as_str))
        .collect();
    let is_alone = |name: &&String| {
        let above = name
            .match_indices('.')
            .filter_map(|(at, _)| name.get(at + 1..));
        std::iter::once(name.as_str())
            .chain(above)
            .all(|name| !others.contains(name))
    };
    let games = games.iter().flat_map(|(_, list)| list);
    games.filter(is_alone).cloned().collect()
}

/// What one school decides: sites of its own, and games that it opens.
fn of_school(school: usize, games: &[String], names: &mut Names) -> String {
    let opened = [names.one_of(games), names.one_of(games), names.fresh()];
    let closed: Vec<String> = (0..8).map(|_| names.fresh()).collect();
    let part = format!("{}/chat", names.fresh());
    let mut text = format!(
        "rule: skole-{school}-sider\ndecision: S-{school}\nfor: {{ unit: /skoler/skole-{school}, who: pupils }}\n\
         strength: default\nsites:\n  allow: [{}]\n  block: [{}, {part}]\nwhy: {{ da: Skolens eget valg. }}\n",
        opened.join(", "),
        closed.join(", "),
    );
    let _ = write!(
        text,
        "---\nrule: skole-{school}-personale\ndecision: S-{school}\nfor: {{ unit: /skoler/skole-{school}, stage: personale }}\n\
         strength: default\nsites:\n  warn: [{}]\nwhy: {{ da: Skolens eget valg. }}\nguidance: {{ da: Med omtanke. }}\n",
        names.fresh(),
    );
    if school.is_multiple_of(3) {
        let _ = write!(
            text,
            "---\nrule: skole-{school}-video\ndecision: S-{school}\nfor: {{ unit: /skoler/skole-{school}, stage: mellemtrin }}\n\
             strength: default\nset: {{ youtube.level: strict }}\nwhy: {{ da: Skolens eget valg. }}\n",
        );
    }
    text
}
