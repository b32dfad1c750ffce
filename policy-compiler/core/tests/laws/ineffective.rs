//! What is reported to change nothing changes nothing: without it, browsers do the same.

use std::collections::{BTreeMap, BTreeSet};

use fyr_fixtures::Replaced as _;
use fyr_policy_core::judge::Judge;
use fyr_policy_core::lower::FlatLists;
use fyr_policy_core::resolve::resolve;
use fyr_policy_core::source::Place;
use fyr_policy_core::url_filter::Verdict;
use fyr_policy_core::{Code, Compilation, Language, Sources, compile, word};
use proptest::prelude::*;
use serde_json::Value;

use crate::municipality::{DECISION, FYR, UNITS_FILE, address, municipality};
use crate::{DAY, policy};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_never_holds_or_holds_already_can_be_removed(
        municipality in municipality(), addresses in proptest::collection::vec(address(), 16),
    ) {
        let mut sources = municipality.sources();
        let compiled = compile(&sources, DAY);
        if compiled.failed() {
            return Ok(());
        }
        let before = (outcome(&compiled), verdicts(&sources, &addresses));
        let mut removed = 0;
        while let Some(place) = ineffective(&sources) {
            sources = without(&sources, place, removed);
            removed += 1;
            prop_assert!(removed < 50, "there is no end to it");
            let compiled = compile(&sources, DAY);
            let mut errors = compiled.diagnostics.iter().filter(|finding| finding.is_error());
            // What is put aside is not quite gone: a rule over `*` may disagree with it.
            if errors.clone().any(|error| word(error, Language::English).message.contains("aside")) {
                return Ok(());
            }
            prop_assert!(errors.next().is_none(), "{:#?} in {:#?}", compiled.diagnostics, sources);
            let after = (outcome(&compiled), verdicts(&sources, &addresses));
            prop_assert_eq!(&after, &before, "{:#?}", sources);
        }
    }
}

/// What happens to each address in the browsers of each group. Their lists may say it in other
/// words: of two entries that say the same, one can be enough.
fn verdicts(sources: &Sources, addresses: &[String]) -> BTreeMap<String, Vec<Verdict>> {
    let policy = policy(sources);
    let resolution = resolve(&policy);
    let lists = FlatLists::default();
    let groups = resolution.groups.iter().map(|(id, resolved)| {
        let judge = Judge::new(&policy, resolved, &lists);
        let urls = addresses.iter().filter_map(|address| address.parse().ok());
        let verdicts = urls.map(|url| judge.verdict(&url)).collect();
        (id.to_string(), verdicts)
    });
    groups.collect()
}

/// The policies whose entries are compared by what they come to.
const LISTS: [&str; 3] = ["URLAllowlist", "URLBlocklist", "WebsiteFilter"];

/// The first thing that is reported to change nothing and was not put aside already.
fn ineffective(sources: &Sources) -> Option<Place> {
    compile(sources, DAY)
        .diagnostics
        .into_iter()
        .filter(|finding| matches!(finding.code(), Code::NeverHolds | Code::Repeats))
        .map(|finding| finding.places.first().expect("a place").place)
        .find(|place| {
            let file = sources.file(place.file).expect("a file");
            !file.text[place.span.start..].starts_with("'aside")
        })
}

/// The same policy without what is written at a place: a site becomes one that nothing else speaks
/// of, and a value goes with its key.
fn without(sources: &Sources, place: Place, number: usize) -> Sources {
    let (start, end) = (place.span.start, place.span.start + place.span.length);
    let lists = sources.lists().iter().map(|list| {
        let text = String::from_utf8(list.bytes.clone()).expect("text");
        (list.path.clone(), text)
    });
    sources
        .files()
        .map(|(id, file)| {
            let mut text = file.text.clone();
            if id == place.file {
                let before = &text[..start];
                if before.ends_with("pupils: ") {
                    let key = start - "pupils: ".len();
                    text.replace_range(key..end + ", ".len(), "");
                } else if before.ends_with("staff: ") {
                    let key = start - "staff: ".len();
                    let comma = if before[..key].ends_with(", ") { 2 } else { 0 };
                    text.replace_range(key - comma..end, "");
                } else {
                    text.replace_range(start..end, &format!("'aside{number}.test'"));
                }
            }
            (file.path.clone(), text)
        })
        .chain(lists)
        .collect()
}

/// What else the browsers of each group are given, apart from what was put aside.
fn outcome(compilation: &Compilation) -> BTreeMap<String, BTreeSet<String>> {
    compilation
        .bundles
        .iter()
        .map(|(group, bundle)| {
            let files = bundle.chromium.iter().chain(&bundle.firefox);
            let mut outcome: BTreeSet<String> =
                bundle.hosts.keys().map(ToString::to_string).collect();
            let others = files.filter(|(policy, _)| !LISTS.contains(&policy.as_str()));
            for (policy, value) in others {
                add(policy, value, &mut outcome);
            }
            (group.to_string(), outcome)
        })
        .collect()
}

fn add(path: &str, value: &Value, outcome: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| add(path, item, outcome)),
        Value::Object(members) => {
            for (name, member) in members {
                add(&format!("{path}.{name}"), member, outcome);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let said = format!("{path}: {value}");
            if !said.contains("aside") {
                outcome.insert(said);
            }
        }
    }
}

/// The codes that are found where these rules and decisions stand beside the others.
fn codes(rules: &[&str], decisions: &str) -> Vec<&'static str> {
    let rules: Vec<String> = rules
        .iter()
        .map(|rule| format!("{rule}\nwhy: {{ da: derfor }}\n"))
        .collect();
    let sources: Sources = [
        ("fyr.yaml", FYR.to_owned()),
        ("units.yaml", UNITS_FILE.to_owned()),
        ("decisions/all.yaml", format!("{DECISION}{decisions}")),
        ("rules/all.yaml", rules.join("---\n")),
    ]
    .into_iter()
    .collect();
    let compiled = compile(&sources, DAY);
    assert!(!compiled.failed(), "{:#?}", compiled.diagnostics);
    let codes = compiled
        .diagnostics
        .iter()
        .map(fyr_policy_core::Diagnostic::code);
    codes
        .filter(|code| matches!(code, Code::NeverHolds | Code::Repeats))
        .map(Code::as_str)
        .collect()
}

const BLOCK: &str =
    "rule: a\ndecision: R-1\nfor: /nord\nstrength: minimum\nsites: { block: [x.example] }";

#[test]
fn what_another_rule_says_above_is_reported_and_what_an_emergency_says_is_not() {
    let above = |case: &str| {
        format!(
            "rule: b\ndecision: {case}\nfor: /\nstrength: locked\nsites: {{ block: [x.example] }}"
        )
    };
    assert_eq!(codes(&[BLOCK, &above("R-1")], ""), ["FYR0702"]);
    for (status, more) in [
        ("emergency", "decide-by: 2026-12-07"),
        (
            "in-force",
            "until: 2026-12-31\nlegal-basis: alt\nreview: 2026-12-01",
        ),
    ] {
        let decision = format!(
            "---\ndecision: N-1\ntitle: Nu\nbody: raad\ndate: 2026-11-20\nstatus: {status}\n{more}\n\
             purpose: Alt\nowner: alle\n"
        );
        assert_eq!(
            codes(&[BLOCK, &above("N-1")], &decision),
            [""; 0],
            "{status}"
        );
    }
    let replaced = "---\ndecision: N-1\ntitle: Nu\nbody: raad\ndate: 2026-11-20\nfrom: 2027-08-01\n\
                    replaces: R-2\nstatus: decided\nlegal-basis: alt\nreview: 2029-12-01\npurpose: Alt\n\
                    owner: alle\n---\ndecision: R-2\ntitle: Nu\nbody: raad\ndate: 2025-11-20\n\
                    status: decided\nlegal-basis: alt\nreview: 2029-12-01\npurpose: Alt\nowner: alle\n";
    assert_eq!(codes(&[BLOCK, &above("R-2")], replaced), [""; 0]);
}

#[test]
fn a_promise_and_a_bound_for_groups_to_come_are_meant() {
    let promise = "rule: a\ndecision: R-1\nfor: /\nstrength: locked\nsites: { allow: [x.example] }";
    assert_eq!(codes(&[promise], ""), [""; 0]);
    let bound = "rule: a\ndecision: R-1\nfor: /nord\nstrength: minimum\n\
                 set: { youtube.level: moderate }";
    let below = |unit: &str, name: &str| {
        format!(
            "rule: {name}\ndecision: R-1\nfor: {unit}\nstrength: default\nset: {{ youtube.level: strict }}"
        )
    };
    assert_eq!(codes(&[bound, &below("/nord", "b")], ""), [""; 0]);
    let default = bound
        .replaced("minimum", "default")
        .replaced("for: /nord", "for: /");
    let everywhere = [below("/nord", "b"), below("/syd", "c")];
    assert_eq!(
        codes(&[&default, &everywhere[0], &everywhere[1]], ""),
        ["FYR0701"]
    );
}
