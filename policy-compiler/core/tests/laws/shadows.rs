//! What is told to change nothing changes nothing: without it, browsers are told the same.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_core::source::Place;
use fyr_policy_core::{Code, Compilation, Sources, compile};
use proptest::prelude::*;
use serde_json::Value;

use crate::DAY;
use crate::municipality::municipality;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_never_holds_or_holds_already_can_be_removed(municipality in municipality()) {
        let mut sources = municipality.sources();
        let compiled = compile(&sources, DAY);
        if compiled.failed() {
            return Ok(());
        }
        let before = told(&compiled);
        let mut removed = 0;
        while let Some(place) = shadowed(&sources) {
            sources = without(&sources, place, removed);
            removed += 1;
            prop_assert!(removed < 50, "there is no end to it");
            let compiled = compile(&sources, DAY);
            prop_assert!(!compiled.failed(), "{:#?} in {:#?}", compiled.diagnostics, sources);
            prop_assert_eq!(&told(&compiled), &before, "{:#?}", sources);
        }
    }
}

/// The first thing that is told to change nothing and was not put aside already.
fn shadowed(sources: &Sources) -> Option<Place> {
    compile(sources, DAY)
        .diagnostics
        .into_iter()
        .filter(|finding| matches!(finding.code, Code::NeverHolds | Code::Repeats))
        .map(|finding| finding.labels.first().expect("a place").place)
        .find(|place| {
            let file = sources.file(place.file).expect("a file");
            !file.text[place.span.start..].starts_with("'aside")
        })
}

/// The same policy without what is written at a place: a site becomes one that nothing else speaks
/// of, and a value goes with its key.
fn without(sources: &Sources, place: Place, number: usize) -> Sources {
    let (start, end) = (place.span.start, place.span.start + place.span.length);
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
        .collect()
}

/// What the browsers of each group are told, apart from what was put aside.
fn told(compilation: &Compilation) -> BTreeMap<String, BTreeSet<String>> {
    compilation
        .bundles
        .iter()
        .map(|(group, bundle)| {
            let files = bundle.chromium.iter().chain(&bundle.firefox);
            let mut told: BTreeSet<String> = bundle.hosts.keys().map(ToString::to_string).collect();
            for (policy, value) in files {
                tell(policy, value, &mut told);
            }
            (group.to_string(), told)
        })
        .collect()
}

fn tell(path: &str, value: &Value, told: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| tell(path, item, told)),
        Value::Object(members) => {
            for (name, member) in members {
                tell(&format!("{path}.{name}"), member, told);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let said = format!("{path}: {value}");
            if !said.contains("aside") {
                told.insert(said);
            }
        }
    }
}
