//! Stages, layers and floors: R01, R03, R09, R40.

use std::collections::BTreeSet;

use fyr_fixtures::Replaced as _;
use fyr_schemas::bundle::{Audience, Bundle, Coverage, Engine, GapReason};
use serde_json::Value;

use crate::source::Source;

const DAY: &str = "2026-11-23";

fn level(source: &Source, group: &str) -> String {
    let bundle = source.bundle(group, DAY);
    let control = |id: &str| {
        bundle
            .controls
            .iter()
            .find(|control| control.id.as_str() == id)
    };
    control("youtube.level").map_or_else(|| "none".to_owned(), |control| control.value.clone())
}

#[test]
fn r01_three_audiences_have_three_youtube_modes() {
    let ballerup = Source::example("ballerup");
    let force = |group: &str| {
        let bundle = ballerup.bundle(group, DAY);
        bundle.chromium.get("ForceYouTubeRestrict").cloned()
    };
    assert_eq!(force("skovlunde-2026"), Some(2.into()), "indskoling");
    assert_eq!(force("skovlunde-2022"), Some(1.into()), "mellemtrin");
    assert_eq!(force("skovlunde-2018"), Some(1.into()), "udskoling");
    assert_eq!(force("skovlunde-personale"), None, "personale");
    assert_eq!(
        ballerup.bundle("skovlunde-personale", DAY).audience,
        Audience::Staff
    );
}

/// A rule of the Øst school for its own pupils.
fn of_the_school(strength: &str, level: &str) -> String {
    format!(
        "rule: oest-youtube\ndecision: OEST-3\nfor: {{ unit: /skoler/oest, who: pupils }}\n\
         strength: {strength}\nset:\n  youtube.level: {level}\nwhy:\n  da: Et projekt.\n"
    )
}

#[test]
fn r03_a_floor_cannot_be_weakened_by_a_school_and_the_message_shows_both_lines() {
    let source = Source::small().with("rules/oest.yaml", &of_the_school("default", "off"));
    assert_eq!(source.codes(DAY), ["FYR0401"]);
    insta::assert_snapshot!(source.check(DAY));
}

#[test]
fn r03_a_school_may_tighten_a_floor() {
    let source = Source::small().with("rules/oest.yaml", &of_the_school("default", "strict"));
    assert_eq!(level(&source, "oest-2021"), "strict");
    assert_eq!(level(&source, "vest-2018"), "moderate");
}

#[test]
fn r03_what_is_marked_as_a_default_may_be_weakened() {
    let source = Source::small()
        .with_edit("rules/floor.yaml", "strength: minimum", "strength: default")
        .with("rules/oest.yaml", &of_the_school("default", "off"));
    assert_eq!(level(&source, "oest-2021"), "off");
    assert_eq!(level(&source, "vest-2018"), "moderate");
}

/// The city, the administration, the school and the class each say something of one setting.
#[test]
fn r09_every_layer_speaks_in_one_order_and_the_explanation_names_all() {
    let class = "rule: klassen\ndecision: OEST-3\nfor: { unit: /skoler/oest, stage: mellemtrin }\n\
                 strength: default\nset:\n  youtube.level: strict\nwhy:\n  da: Klassen øver sig.\n";
    let city = "rule: byen\ndecision: BY-2025-1\nfor: /\nstrength: default\n\
                set:\n  youtube.level: { pupils: moderate }\nwhy:\n  da: Byens udgangspunkt.\n";
    let source = Source::small()
        .with("rules/byen.yaml", city)
        .with("rules/klassen.yaml", class);
    assert_eq!(level(&source, "oest-2021"), "strict");
    assert_eq!(level(&source, "oest-2024"), "moderate");
    let explained = source.explain(DAY, "oest-2021", ["--setting", "youtube.level"]);
    insta::assert_snapshot!(explained);
}

#[test]
fn r09_both_examples_are_a_whole_municipality_with_something_decided_on_every_layer() {
    for (name, class, lesson) in [
        ("ballerup", "b-2021", "2026-11-26T10:10"),
        ("malmo", "b-2020", "2026-11-25T10:10"),
    ] {
        let example = Source::example(name);
        let bundles = std::fs::read_dir(example.compiled(DAY).join("bundles")).expect("bundles");
        let units = bundles.map(|bundle| {
            let text = std::fs::read(bundle.expect("an entry").path()).expect("a bundle");
            let bundle: Bundle = serde_json::from_slice(&text).expect("a bundle");
            bundle.unit.to_string()
        });
        let schools: BTreeSet<String> = units
            .filter_map(|unit| Some(unit.split('/').nth(2)?.to_owned()))
            .collect();
        assert!(schools.len() >= 60, "{name}: {} schools", schools.len());

        let reported = example.fyr("explain", &["--group", class, "--at", lesson, "--json"]);
        let reported: Value = serde_json::from_slice(&reported.stdout).expect("JSON");
        let settings = reported["settings"].as_object().expect("settings").values();
        let sites = reported["sites"].as_array().expect("sites");
        let units = settings
            .chain(sites)
            .filter_map(|held| held["unit"].as_str());
        let names = |unit: &str| unit.split('/').filter(|name| !name.is_empty()).count();
        let layers: BTreeSet<usize> = units.map(names).collect();
        assert!(
            layers.is_superset(&BTreeSet::from([0, 1, 3])),
            "{name}: {reported:#}"
        );
        let during = reported["at"]["during"].as_array().expect("periods");
        let is_lesson = |period: &Value| {
            period
                .as_str()
                .is_some_and(|name| name.starts_with("lesson:"))
        };
        assert!(during.iter().any(is_lesson), "{name}: {during:?}");
    }
}

#[test]
fn r09_a_conflict_within_one_layer_is_reported_and_nothing_wins_silently() {
    let source = Source::small().with(
        "rules/oest.yaml",
        &format!(
            "{}---\n{}",
            of_the_school("default", "strict"),
            of_the_school("default", "moderate").replaced("oest-youtube", "oest-andet")
        ),
    );
    assert_eq!(source.codes(DAY), ["FYR0403"]);
}

const WARNING: &str = "rule: ai-med-omtanke
decision: SK-2025-7
for: { unit: /skoler, who: pupils }
strength: minimum
sites:
  warn: [sprogmodel.example]
guidance:
  da: Skriv aldrig personoplysninger. Svarene kan være forkerte.
why:
  da: Vejledning hellere end spærring.
";

#[test]
fn r40_a_warning_leaves_the_site_open_and_says_that_no_browser_shows_the_guidance() {
    let source = Source::small().with("rules/ai.yaml", WARNING);
    let bundle = source.bundle("oest-2021", DAY);
    let control = bundle
        .controls
        .iter()
        .find(|control| control.id.as_str() == "sites.warn.ai-med-omtanke")
        .expect("the control of the warning");
    for engine in Engine::ALL {
        match &control.coverage[&engine] {
            Coverage::Gap(gap) => assert_eq!(gap.reason, GapReason::Partial),
            other => panic!("{engine} cannot warn, and claims {other:?}"),
        }
    }
    let blocked = bundle.chromium["URLBlocklist"].to_string();
    assert!(!blocked.contains("sprogmodel.example"), "{blocked}");
    let url = ["--url", "https://sprogmodel.example/chat"];
    insta::assert_snapshot!(source.explain(DAY, "oest-2021", url));
}

#[test]
fn r40_a_school_may_block_what_is_warned_of_above_and_may_not_silence_the_warning() {
    let school = |verdict: &str| {
        format!(
            "rule: oest-ai\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\n\
             sites:\n  {verdict}: [sprogmodel.example]\nwhy:\n  da: Skolens valg.\n"
        )
    };
    let source = Source::small().with("rules/ai.yaml", WARNING);
    let stricter = source.with("rules/oest-ai.yaml", &school("block"));
    let url = ["--url", "https://sprogmodel.example/"];
    assert!(
        stricter
            .explain(DAY, "oest-2021", url)
            .starts_with("https://sprogmodel.example/: block")
    );
    assert!(
        stricter
            .explain(DAY, "vest-2018", url)
            .starts_with("https://sprogmodel.example/: warn")
    );
    let weaker = stricter.with("rules/oest-ai.yaml", &school("allow"));
    assert_eq!(weaker.codes(DAY), ["FYR0404"]);
}

/// Two rules of the school board over one site.
fn beside_each_other(one: &str, other: &str) -> Source {
    let rule = |name: &str, says: &str| {
        format!("rule: {name}\ndecision: SK-2025-7\nfor: /skoler\n{says}\nwhy: {{ da: Prøve. }}\n")
    };
    Source::small()
        .with("rules/en.yaml", &rule("en", one))
        .with("rules/to.yaml", &rule("to", other))
}

#[test]
fn r09_beside_a_floor_a_rule_may_tighten_as_it_may_below() {
    let source = beside_each_other(
        "strength: minimum\nguidance: { da: Pas på. }\nsites: { warn: [ai.example] }",
        "strength: default\nsites: { block: [ai.example] }",
    );
    assert_eq!(source.codes(DAY), Vec::<String>::new());
    let reported = source.explain(DAY, "oest-2024", ["--url", "ai.example"]);
    assert!(
        reported.starts_with("https://ai.example/: block"),
        "{reported}"
    );
}

#[test]
fn r09_a_lock_and_a_block_beside_it_disagree_and_neither_is_above() {
    let source = beside_each_other(
        "strength: default\nsites: { block: [spil.example] }",
        "strength: locked\nsites: { allow: [spil.example] }",
    );
    assert_eq!(source.codes(DAY), ["FYR0403"]);
}

#[test]
fn r09_a_school_may_lock_open_what_was_closed_by_default() {
    let open = "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: locked\n\
                sites: { allow: [spil.example] }\nwhy: { da: Prøve. }\n";
    let source = beside_each_other(
        "strength: default\nsites: { block: [spil.example] }",
        "strength: default\nsites: { block: [andet.example] }",
    )
    .with("rules/oest.yaml", open);
    assert_eq!(source.codes(DAY), Vec::<String>::new());
    let reported = source.explain(DAY, "oest-2024", ["--url", "spil.example"]);
    assert!(
        reported.starts_with("https://spil.example/: allow"),
        "{reported}"
    );
}

#[test]
fn r40_the_guidance_stands_with_the_vendors_country_and_what_may_be_entered() {
    let malmo = Source::example("malmo");
    let reported = malmo.explain(DAY, "mollevang-2018", ["--url", "chat.deepseek.com"]);
    assert!(
        reported.starts_with("https://chat.deepseek.com/: warn"),
        "{reported}"
    );
    for said in [
        "shown     Skriv aldrig in personuppgifter.",
        "service   DeepSeek, Hangzhou DeepSeek Artificial Intelligence, CN: not-assessed",
        "may be entered: öppna uppgifter",
    ] {
        assert!(reported.contains(said), "{reported}");
    }
}
