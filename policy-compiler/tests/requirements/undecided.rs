//! Rules that cite no decision beside those that do: R21.

use crate::source::Source;

const DAY: &str = "2026-11-23";

/// The small policy with a default of the council, and a rule without a decision below it.
fn undecided(says: &str) -> Source {
    Source::small()
        .with(
            "rules/byen.yaml",
            "rule: byen\ndecision: BY-2025-1\nfor: /\nstrength: default\nset:\n  \
             youtube.identity: closed\nsites:\n  block: [kasino.example]\nwhy:\n  da: Prøve.\n",
        )
        .with(
            "rules/nogen.yaml",
            &format!("rule: nogen\nfor: /skoler\nstrength: default\n{says}\nwhy:\n  da: Prøve.\n"),
        )
}

#[test]
fn r21_a_rule_without_a_decision_loosens_nothing_that_was_decided_above() {
    for says in [
        "set:\n  youtube.identity: open",
        "sites:\n  allow: [kasino.example]",
        "sites:\n  allow: [kasino.example/spil]",
        "sites:\n  allow: ['*']",
    ] {
        let source = undecided(says);
        let found = source.codes(DAY);
        assert!(found.contains(&"FYR0503".to_owned()), "{says}: {found:?}");
    }
    let said = "set:\n  youtube.identity: open\nsites:\n  allow: [kasino.example]";
    insta::assert_snapshot!(undecided(said).check(DAY));
}

#[test]
fn r21_a_rule_without_a_decision_may_tighten() {
    let source = undecided("set:\n  safesearch.google: on\nsites:\n  block: [spil.example]");
    assert_eq!(source.codes(DAY), ["FYR0501"], "{}", source.check(DAY));
}

/// The small policy with a floor of the committee for its schools, and a rule without a decision.
fn beside_a_floor(unit: &str, strength: &str, says: &str) -> Source {
    let floor = "rule: gulv\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nset:\n  \
                 camera.access: block\nsites:\n  \
                 block: [kasino.example, spil.example/poker, 'category:vaeddemaal']\n\
                 why:\n  da: Prøve.\n";
    let categories = [
        ("vaeddemaal", "odds.example\ntoto.example\n"),
        ("leg", "klods.example\nsjov.kasino.example\n"),
        ("tal", "tal.example\nlive.odds.example\n"),
    ];
    let written = categories.map(|(name, _)| {
        format!(
            "category: {name}\ntitle: {{ da: {name} }}\nsource: Prøve\nlicence: CC0-1.0\n\
             files: [{name}]\n"
        )
    });
    let lists = categories
        .iter()
        .fold(Source::small(), |source, (name, domains)| {
            source.with(&format!("lists/{name}/domains"), domains)
        });
    lists
        .with("rules/gulv.yaml", floor)
        .with("lists/lists.yaml", &written.join("---\n"))
        .with(
            "rules/nogen.yaml",
            &format!(
                "rule: nogen\nfor: {unit}\nstrength: {strength}\n{says}\nwhy:\n  da: Prøve.\n"
            ),
        )
}

#[test]
fn r21_no_rule_without_a_decision_opens_a_decided_floor_from_above_it_or_from_beside_it() {
    for (unit, strength) in [
        ("/", "locked"),
        ("/skoler", "locked"),
        ("/skoler", "minimum"),
    ] {
        for says in [
            "sites:\n  allow: [kasino.example/chat]",
            "sites:\n  allow: [www.kasino.example]",
            "sites:\n  allow: [kasino.example:8443]",
            "sites:\n  warn: [kasino.example/chat]",
            "sites:\n  allow: [live.odds.example]",
            "sites:\n  allow: ['category:leg']",
            "sites:\n  allow: ['category:tal']",
            "set:\n  camera.sites: ['https://meet.example']",
            "set:\n  chromium.VideoCaptureAllowedUrls: ['https://meet.example']",
        ] {
            let source = beside_a_floor(unit, strength, says);
            let found = source.codes(DAY);
            let is_reported = found
                .iter()
                .any(|code| code == "FYR0503" || code == "FYR0307");
            assert!(is_reported, "{unit}, {strength}, {says}: {found:?}");
        }
    }
    let across = "sites:\n  allow: ['https://spil.example']";
    let source = beside_a_floor("/", "locked", across);
    assert!(source.codes(DAY).contains(&"FYR0503".to_owned()));
}

#[test]
fn r21_what_opens_a_floor_without_a_decision_is_shown_beside_it() {
    let says = "set:\n  camera.sites: ['https://meet.example']\nsites:\n  \
                allow: [kasino.example/chat]";
    insta::assert_snapshot!(beside_a_floor("/", "locked", says).check(DAY));
}

#[test]
fn r21_who_cites_a_decision_may_open_what_a_unit_below_closes() {
    let says = "decision: BY-2025-1\nset:\n  camera.sites: ['https://meet.example']\nsites:\n  \
                allow: [kasino.example/chat, 'category:leg']";
    let found = beside_a_floor("/", "locked", says).codes(DAY);
    assert!(!found.contains(&"FYR0503".to_owned()), "{found:?}");
}

#[test]
fn r21_what_is_open_without_a_decision_beside_a_floor_is_nobodys_concern() {
    let says = "sites:\n  allow: [klods.example, spil.example/skak, 'category:tal']";
    let found = beside_a_floor("/skoler", "default", says).codes(DAY);
    assert!(!found.contains(&"FYR0503".to_owned()), "{found:?}");
}

#[test]
fn r21_calling_a_closed_site_a_helpline_does_not_open_a_decided_floor() {
    let helpline = "service: nogen\nname: Nogen\nkind: helpline\nsites: [kasino.example]\n";
    let says = "sites:\n  allow: ['service:nogen']";
    let source = beside_a_floor("/", "locked", says).with("services/nogen.yaml", helpline);
    let found = source.codes(DAY);
    assert!(found.contains(&"FYR0503".to_owned()), "{found:?}");
}

#[test]
fn r03_nothing_without_a_decision_pushes_a_floor_out_of_a_browsers_list() {
    let floor = "rule: gulv\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nsites:\n  \
                 block: [gulv.example, 'category:spil']\nwhy:\n  da: Prøve.\n";
    let many = |name: &str| {
        let sites: Vec<String> = (0..1100)
            .map(|number| format!("{name}{number}.example"))
            .collect();
        sites.join(", ")
    };
    let undecided = format!(
        "rule: x\nfor: /\nstrength: locked\nsites: {{ block: [{}] }}\nwhy: {{ da: x }}\n",
        many("x")
    );
    let joins = format!(
        "service: z\nname: Z\ncategory: spil\nsites: [{}]\n",
        many("z")
    );
    let base = || {
        Source::small().with("rules/gulv.yaml", floor).with(
            "services/spil.yaml",
            "service: spil\nname: Spil\ncategory: spil\nsites: [spil.example]\n",
        )
    };
    for source in [
        base().with("rules/x.yaml", &undecided),
        base().with("services/z.yaml", &joins),
    ] {
        let bundle = source.bundle("oest-2021", DAY);
        let blocked = bundle.chromium["URLBlocklist"]
            .as_array()
            .expect("a list")
            .clone();
        assert!(blocked.iter().any(|entry| entry == "gulv.example"));
        assert!(blocked.len() <= 1000);
    }
}
