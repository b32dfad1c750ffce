//! Categories from lists: R12, a browser's limit of a thousand entries, and what is not in a
//! category although its files say it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use fyr_fixtures::Replaced as _;
use fyr_schemas::HostName;
use fyr_schemas::bundle::{Bundle, ClosedList, Coverage, Engine};
use serde_json::Value;

use crate::source::{Source, stderr, stdout};

const DAY: &str = "2026-11-23";

/// A category whose files are these, below `lists/`.
fn category(name: &str, files: &str) -> String {
    format!(
        "category: {name}\ntitle: {{ da: {name} }}\nsource: Medierådet\nlicence: CC0-1.0\nfiles: [{files}]\n"
    )
}

/// So many sites of their own.
fn sites(name: &str, count: usize) -> String {
    let mut list = String::new();
    for number in 0..count {
        // Writing to a string cannot fail.
        let _ = writeln!(list, "{name}-{number}.example");
    }
    list
}

/// A rule of the school board over its pupils.
fn rule(name: &str, strength: &str, sites: &str) -> String {
    format!(
        "rule: {name}\ndecision: SK-2025-7\nfor: {{ unit: /skoler, who: pupils }}\nstrength: {strength}\n\
         sites:\n{sites}why:\n  da: Prøve.\nguidance:\n  da: Pas på.\n"
    )
}

/// The small policy with a category of so many sites, which a rule closes.
fn closing(count: usize) -> Source {
    let block = "  block: [category:spil]\n";
    let rule = rule("luk", "minimum", block).replaced("guidance:\n  da: Pas på.\n", "");
    Source::small()
        .with("lists/lists.yaml", &category("spil", "spil"))
        .with("lists/spil", &sites("spil", count))
        .with("rules/luk.yaml", &rule)
}

fn coverage<'a>(bundle: &'a Bundle, control: &str, engine: Engine) -> &'a Coverage {
    let mut controls = bundle.controls.iter();
    let control = controls.find(|found| found.id.as_str() == control);
    &control.expect("the control").coverage[&engine]
}

fn entries(bundle: &Bundle, list: &str) -> BTreeSet<String> {
    let list = bundle.chromium.get(list).and_then(Value::as_array);
    let entries = list.into_iter().flatten().filter_map(Value::as_str);
    entries.map(str::to_owned).collect()
}

fn closed<'a>(bundle: &'a Bundle, category: &str) -> Option<&'a ClosedList> {
    bundle.closed.get(&category.parse().expect("a category"))
}

#[test]
fn r12_a_new_member_is_closed_without_a_new_decision_and_the_block_names_the_decision() {
    let before = closing(3);
    let quiz = ["--url", "https://quiz.example/"];
    let open = before.explain(DAY, "oest-2021", quiz);
    assert!(open.contains("No rule speaks of it"), "{open}");
    let after = before.with("lists/spil", "spil-0.example\nquiz.example\n");
    insta::assert_snapshot!(after.explain(DAY, "oest-2021", quiz));
}

#[test]
fn a_category_that_fits_is_in_the_browsers_own_lists() {
    let bundle = closing(300).bundle("oest-2021", DAY);
    assert!(entries(&bundle, "URLBlocklist").contains("spil-299.example"));
    assert_eq!(bundle.closed.len(), 0);
    for engine in Engine::ALL {
        let by = coverage(&bundle, "sites.block.luk", engine);
        assert!(matches!(by, Coverage::Policy(_)), "{by:?}");
    }
}

#[test]
fn a_category_that_does_not_fit_is_closed_by_names_and_what_they_leave_open_is_reported() {
    let source = closing(1001);
    let bundle = source.bundle("oest-2021", DAY);
    assert!(!entries(&bundle, "URLBlocklist").contains("spil-0.example"));
    let spil = "spil".parse().expect("a category");
    for engine in Engine::ALL {
        let by = coverage(&bundle, "sites.block.luk", engine);
        assert_eq!(by, &Coverage::Lists(vec![Clone::clone(&spil)]));
    }
    let list = closed(&bundle, "spil").expect("the list");
    let text = fs::read(source.compiled(DAY).join("lists/spil.txt")).expect("the list's text");
    assert_eq!((list.names, list.length), (1001, text.len() as u64));
    let out = source.compiled(DAY).display().to_string();
    let summary = stdout(&source.fyr("compile", &["--date", DAY, "--out", &out]));
    insta::assert_snapshot!(summary.replaced(&out, "OUT"));
    let explain = |url| source.explain(DAY, "oest-2021", ["--url", url]);
    insta::assert_snapshot!(explain("https://spil-7.example/"));
    let below = explain("https://m.spil-7.example/");
    assert!(below.contains("the device closes the name `spil-7.example`, and this lies below it"));
}

#[test]
fn lists_are_written_once_for_all_groups() {
    let source = closing(1001);
    let lists = fs::read_dir(source.compiled(DAY).join("lists")).expect("the lists");
    assert_eq!(lists.count(), 1);
    let digests: BTreeSet<_> = ["oest-2021", "oest-2024", "vest-2018"]
        .map(|group| closed(&source.bundle(group, DAY), "spil").map(|list| list.digest.clone()))
        .into();
    assert_eq!(digests.len(), 1);
    let staff = source.bundle("oest-personale", DAY);
    assert_eq!(closed(&staff, "spil"), None, "the rule is for pupils");
}

#[test]
fn a_member_that_is_allowed_is_open_in_the_browser_and_among_the_names() {
    let allow = "  allow: [spil-7.example, turnering.spil-8.example, www.spil-9.example]\n  block: [category:spil]\n";
    let rule = rule("luk", "minimum", allow).replaced("guidance:\n  da: Pas på.\n", "");
    let source = closing(1001).with("rules/luk.yaml", &rule);
    let bundle = source.bundle("oest-2021", DAY);
    let list = closed(&bundle, "spil").expect("the list");
    let except: Vec<&str> = list.except.iter().map(HostName::as_str).collect();
    assert_eq!(except, ["spil-7.example", "spil-9.example"]);
    let (open, shut) = (
        entries(&bundle, "URLAllowlist"),
        entries(&bundle, "URLBlocklist"),
    );
    for allowed in [
        "spil-7.example",
        "turnering.spil-8.example",
        "www.spil-9.example",
    ] {
        assert!(open.contains(allowed), "{open:?}");
    }
    assert!(shut.contains("spil-9.example"), "{shut:?}");
}

#[test]
fn a_category_that_is_warned_of_is_never_closed_and_the_missing_warning_is_reported() {
    let warn = rule("luk", "minimum", "  warn: [category:spil]\n");
    let source = closing(1001).with("rules/luk.yaml", &warn);
    let bundle = source.bundle("oest-2021", DAY);
    assert_eq!(bundle.closed.len(), 0);
    assert!(!entries(&bundle, "URLBlocklist").contains("spil-0.example"));
    let Coverage::Gap(gap) = coverage(&bundle, "sites.warn.luk", Engine::Chromium) else {
        panic!("a warning that is not shown is a gap");
    };
    assert_eq!(
        gap.detail,
        "`category:spil` opens, and the browser cannot show the guidance first"
    );
}

#[test]
fn what_is_locked_keeps_its_place_in_a_full_list() {
    let source = Source::small()
        .with(
            "lists/lists.yaml",
            &[category("spil", "spil"), category("chat", "chat")].join("---\n"),
        )
        .with("lists/spil", &sites("spil", 700))
        .with("lists/chat", &sites("chat", 400))
        .with(
            "rules/luk.yaml",
            &[
                rule(
                    "chat",
                    "default",
                    "  block: [category:chat, enlig.example]\n",
                ),
                rule("spil", "locked", "  block: [category:spil]\n"),
            ]
            .join("---\n")
            .replaced_all("guidance:\n  da: Pas på.\n", ""),
        );
    let bundle = source.bundle("oest-2021", DAY);
    let shut = entries(&bundle, "URLBlocklist");
    assert!(shut.contains("spil-0.example") && shut.contains("enlig.example"));
    assert!(!shut.contains("chat-0.example"));
    assert!(closed(&bundle, "chat").is_some() && closed(&bundle, "spil").is_none());
}

#[test]
fn no_schools_own_list_pushes_out_what_the_board_closed() {
    let of_the_school: Vec<String> = (0..1200)
        .map(|number| format!("s{number}.example/spil"))
        .collect();
    let lock = format!(
        "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: locked\n\
         sites:\n  block: [{}]\nwhy:\n  da: Prøve.\n",
        of_the_school.join(", ")
    );
    let floor = rule("byens", "minimum", "  block: [byens.example/spil]\n")
        .replaced("guidance:\n  da: Pas på.\n", "");
    let source = Source::small()
        .with("rules/oest.yaml", &lock)
        .with("rules/byens.yaml", &floor);
    let shut = entries(&source.bundle("oest-2021", DAY), "URLBlocklist");
    assert!(shut.contains("byens.example/spil"));
    assert!(!of_the_school.iter().all(|site| shut.contains(site)));
}

#[test]
fn every_line_that_is_not_in_a_category_is_counted_with_its_reason() {
    let list = "# spil\n0.0.0.0 bet.example www.bet.example\n||casino.example^\n\
                https://avis.example/spil/\nBINGO.example.\nxn--bingo\ngithub.io\nintranet\n\
                192.168.0.1\n203.0.113.9\n##.banner\n@@||casino.example^\nbet.example\n";
    let source = closing(1).with("lists/spil", list).with(
        "lists/lists.yaml",
        &category("spil", "spil").replaced("files", "as-of: 2026-11-01\nfiles"),
    );
    insta::assert_snapshot!(stdout(&source.fyr("lists", &["--date", DAY])));
}

/// The small policy with a category of so many sites and of so many parts of others.
fn closing_parts(sites_listed: usize, parts: usize) -> Source {
    let mut list = sites("spil", sites_listed);
    for number in 0..parts {
        // Writing to a string cannot fail.
        let _ = writeln!(list, "n{number}.side.example/spil");
    }
    closing(0).with("lists/spil", &list)
}

#[test]
fn more_parts_of_sites_than_a_browser_reads_are_a_reported_gap_and_explained() {
    let source = closing_parts(1, 1202);
    let bundle = source.bundle("oest-2021", DAY);
    let mut controls = bundle.controls.iter();
    let control = controls.find(|control| control.id.as_str() == "sites.block.luk");
    assert_eq!(control.expect("the control").value, "1203 sites");
    for engine in Engine::ALL {
        let by = coverage(&bundle, "sites.block.luk", engine);
        assert!(matches!(by, Coverage::Gap(_)), "{by:?}");
    }
    let explain = |url| source.explain(DAY, "oest-2021", ["--url", url]);
    insta::assert_snapshot!(explain("https://n7.side.example/spil/1"));
    let beside = explain("https://n7.side.example/");
    assert!(beside.contains("No rule speaks of it"), "{beside}");
}

#[test]
fn parts_that_browsers_close_anyhow_are_no_gap() {
    let rule = rule("luk", "minimum", "  block: [category:spil, side.example]\n")
        .replaced("guidance:\n  da: Pas på.\n", "");
    let source = closing_parts(1, 1202).with("rules/luk.yaml", &rule);
    let bundle = source.bundle("oest-2021", DAY);
    for engine in Engine::ALL {
        let by = coverage(&bundle, "sites.block.luk", engine);
        assert!(matches!(by, Coverage::Policy(_)), "{by:?}");
    }
}

/// The small policy with more of everything than a browser's list holds.
fn closing_too_much() -> Source {
    let rule = rule(
        "luk",
        "minimum",
        "  block: [category:spil, side.example:8443]\n",
    )
    .replaced("guidance:\n  da: Pas på.\n", "");
    let mut list = sites("spil", 1001);
    list.push_str("uden_navn.example\n");
    for number in 0..1202 {
        // Writing to a string cannot fail.
        let _ = writeln!(list, "n{number}.side.example/spil");
    }
    closing(0)
        .with("rules/luk.yaml", &rule)
        .with("lists/spil", &list)
}

#[test]
fn every_site_is_listed_with_its_placement_or_the_reason() {
    let source = closing_too_much();
    let one = ["--date", DAY, "--group", "oest-2021"];
    let reported = stdout(&source.fyr("sites", &one));
    insta::assert_snapshot!(reported.replaced(&source.path().display().to_string(), "DIR"));
    let all = stdout(&source.fyr("sites", &["--date", DAY, "--json"]));
    let report: Value = serde_json::from_str(&all).expect("JSON");
    let of_group = |group: &str| {
        let report = report.as_array().expect("a list").iter();
        let is_of = |one: &&Value| {
            let mut groups = one["groups"].as_array().expect("groups").iter();
            groups.any(|at| at["group"] == group)
        };
        report.filter(is_of).collect::<Vec<_>>()
    };
    let pupils = of_group("oest-2021");
    assert_eq!(pupils, of_group("vest-2018"), "equal items are listed once");
    assert_ne!(pupils, of_group("oest-personale"), "the rule is for pupils");
    for one in pupils {
        let mut controls = one["controls"].as_array().expect("controls").iter();
        let luk = controls.find(|control| control["control"] == "sites.block.luk");
        let luk = luk.expect("the control");
        assert_eq!(luk["decision"], "SK-2025-7");
        let places = luk["sites"].as_array().expect("places");
        let count = places
            .iter()
            .filter_map(|place| place["count"].as_u64())
            .sum::<u64>();
        assert_eq!(count, 1001 + 1 + 1202 + 1);
        let parts = places
            .iter()
            .find(|place| place["reason"] == "too-many-parts")
            .expect("a place");
        let parts = parts["sites"].as_array().expect("sites");
        assert!(
            (0..1202).all(|number| parts.contains(&format!("n{number}.side.example/spil").into()))
        );
    }
}

#[test]
fn the_sites_of_a_group_that_is_not_there_or_of_a_faulty_policy_are_not_reported() {
    let source = closing(3);
    let misspelt = source.fyr("sites", &["--date", DAY, "--group", "oest-2012"]);
    assert_eq!(misspelt.status.code(), Some(1));
    assert!(stderr(&misspelt).contains("did you mean `oest-2021`?"));
    let faulty = source.with("rules/luk.yaml", "rule: luk\n");
    let reported = faulty.fyr("sites", &["--date", DAY]);
    assert_eq!(
        (reported.status.code(), stdout(&reported)),
        (Some(1), String::new())
    );
    assert!(stderr(&reported).contains("FYR"));
}

#[test]
fn what_is_enforced_nowhere_is_explained_as_it_is_reported() {
    let source = closing_too_much();
    let explain = |url| source.explain(DAY, "oest-2021", ["--url", url]);
    let enforced = |url| {
        let explained = explain(url);
        let (_, enforced) = explained.split_once("enforced  ").expect("where");
        enforced.trim().to_owned()
    };
    insta::assert_snapshot!(
        [
            "https://spil-7.example/",
            "https://uden_navn.example/",
            "https://n7.side.example/spil",
            "https://side.example:8443/"
        ]
        .map(|url| format!("{url}\n{}\n", enforced(url)))
        .join("\n")
    );
}
