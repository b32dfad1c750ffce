//! Bypasses of a restriction: R28.

use fyr_schemas::bundle::{Coverage, Engine};
use serde_json::Value;

use crate::source::Source;

const DAY: &str = "2026-11-23";

/// The small policy, in which one rule more restricts and some bypasses are open.
fn open(ways: &[&str], restricts: &str) -> Source {
    let rule = format!(
        "rule: proeve\ndecision: SK-2025-7\nfor: {{ unit: /skoler, who: pupils }}\n\
         strength: minimum\n{restricts}\nwhy:\n  da: Prøve.\n"
    );
    let source = Source::small().with("rules/proeve.yaml", &rule);
    ways.iter().fold(source, |source, way| {
        source.with_edit("rules/floor.yaml", &format!("  {way}: closed\n"), "")
    })
}

#[test]
fn r28_each_rule_is_reported_with_exactly_its_bypasses() {
    let source = open(
        &["escape.incognito", "escape.profiles", "escape.page-viewers"],
        "set:\n  camera.access: block\n  sign-in.domains: [fyrby.example]\n\
         sites:\n  block: [spil.example]",
    );
    insta::assert_snapshot!(source.check(DAY));
}

#[test]
fn r28_a_camera_is_reached_through_a_second_profile_and_not_through_a_private_window() {
    let restricts = "set:\n  camera.access: block";
    let source = open(&["escape.profiles"], restricts);
    let is_it = |role: &Value| role["role"] == "restricts" && role["rule"] == "proeve";
    assert!(source.roles(DAY).iter().any(is_it));
    let source = open(&["escape.incognito"], restricts);
    assert!(
        !source.check(DAY).contains("`proeve`"),
        "{}",
        source.check(DAY)
    );
}

#[test]
fn r28_a_way_that_a_rule_leaves_open_was_decided() {
    let source = open(&["escape.page-viewers"], "sites:\n  block: [spil.example]");
    assert_eq!(source.codes(DAY), ["FYR0603"]);
    let decided = "rule: oversaetter\ndecision: SK-2025-7\nfor: /skoler\nstrength: default\n\
                   set:\n  escape.page-viewers: open\nwhy:\n  da: Sprogfagene oversætter.\n";
    let source = source.with("rules/oversaetter.yaml", decided);
    assert_eq!(source.codes(DAY), [""; 0]);
}

/// What was decided and a browser cannot do is a gap, never a finding that cannot be fixed.
#[test]
fn r28_a_way_that_one_browser_cannot_close_is_a_gap_there() {
    let source = Source::small();
    assert_eq!(source.codes(DAY), [""; 0]);
    let bundle = source.bundle("oest-2024", DAY);
    let mut controls = bundle.controls.iter();
    let way = controls.find(|control| control.id.as_str() == "escape.javascript-urls");
    let coverage = &way.expect("the way").coverage;
    assert!(matches!(coverage[&Engine::Chromium], Coverage::Policy(_)));
    assert!(matches!(coverage[&Engine::Firefox], Coverage::Gap(_)));
}

/// Nothing can be closed on a device that the organisation does not run.
#[test]
fn r28_personal_devices_have_no_ways_to_close() {
    let source = Source::small()
        .with_edit(
            "units.yaml",
            "vest-2018: { unit: /skoler/vest, start: 2018 }",
            "vest-2018: { unit: /skoler/vest, start: 2018 }\n  \
             vest-egne: { unit: /skoler/vest, start: 2018, ownership: personal }",
        )
        .with_edit(
            "rules/floor.yaml",
            "for: /\n",
            "for: { unit: /, ownership: managed }\n",
        )
        .with_edits(
            "rules/floor.yaml",
            "for: /skoler\n",
            "for: { unit: /skoler, ownership: managed }\n",
        )
        .with(
            "rules/egne.yaml",
            "rule: egne\ndecision: SK-2025-7\nfor: { unit: /skoler, ownership: personal }\n\
             strength: minimum\nset:\n  sign-in.domains: [fyrby.example]\nwhy:\n  da: Prøve.\n",
        );
    // No bypass is among what is reported: only that nothing reaches the account.
    assert_eq!(source.codes(DAY), ["FYR0610"], "{}", source.check(DAY));
}

#[test]
fn r28_an_allow_list_stands_beside_every_way_that_is_closed() {
    let source = open(
        &[],
        "sites:\n  block: ['*']\n  allow: [classroom.google.com, docs.google.com, \
         login.fyrby.example, hjaelp.example]",
    );
    assert_eq!(source.codes(DAY), [""; 0], "{}", source.check(DAY));
    let bundle = source.bundle("oest-2021", DAY);
    let allowed = bundle.chromium["URLAllowlist"].as_array().expect("a list");
    assert!(allowed.contains(&"classroom.google.com".into()));
    let exceptions = &bundle.firefox["WebsiteFilter"]["Exceptions"];
    let exceptions = exceptions.as_array().expect("a list");
    assert!(exceptions.contains(&"*://*.classroom.google.com/*".into()));
}
