//! What a browser would take without a word and not obey is refused or reported: every class of it.

use fyr_schemas::bundle::{Bundle, Coverage, Engine};

use crate::source::{Source, stderr};

const DAY: &str = "2026-11-23";

/// The small policy with one rule more, which sets this.
fn with(settings: &str) -> Source {
    let rule = format!(
        "rule: proeve\ndecision: SK-2025-7\nfor: /skoler\nstrength: default\nset:\n{settings}\n\
         why:\n  da: Prøve.\n"
    );
    Source::small().with("rules/proeve.yaml", &rule)
}

#[track_caller]
fn refuses(setting: &str, code: &str, message: &str, help: &str) {
    let found = with(&format!("  {setting}")).check(DAY);
    // A message is broken into lines where the screen ends.
    let words: Vec<&str> = found
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    let found_words = words.join(" ");
    for expected in [code, message, help] {
        assert!(
            found_words.contains(expected),
            "no `{expected}` in:\n{found}"
        );
    }
}

#[test]
fn a_value_outside_an_enum_is_refused_on_every_level_of_it() {
    // A browser takes this one without a word, and sends no header.
    refuses(
        "chromium.ForceYouTubeRestrict: 3",
        "FYR0302",
        "the value `3` is not one of `0`, `1`, `2`",
        "write one of `0`, `1`, `2`",
    );
    refuses(
        "chromium.ProxySettings: { ProxyMode: sideways }",
        "FYR0302",
        "in `ProxyMode`, `sideways` is not one of `direct`",
        "write a table",
    );
    refuses(
        "firefox.AIControls: { SidebarChatbot: { Value: maybe, Locked: true } }",
        "FYR0302",
        "in `SidebarChatbot.Value`, `maybe` is not one of `available`, `blocked`",
        "write a table",
    );
}

#[test]
fn a_value_of_a_wrong_type_or_beyond_its_bounds_is_refused() {
    refuses(
        "chromium.HomepageIsNewTabPage: perhaps",
        "FYR0302",
        "the value `perhaps` is not `true` or `false`",
        "write `true` or `false`",
    );
    refuses(
        "chromium.ExtensionInstallForcelist: once",
        "FYR0302",
        "the value `once` is not a list",
        "write a list",
    );
    refuses(
        "chromium.RelaunchNotificationPeriod: 5",
        "FYR0302",
        "the value `5` is not a whole number of at least 3600000",
        "write a whole number of at least 3600000",
    );
    refuses(
        "firefox.Proxy: { Mode: none, Lokced: true }",
        "FYR0302",
        "`Lokced` is not one of the members",
        "write a table",
    );
}

#[test]
fn a_policy_that_a_browser_ignores_from_a_file_is_refused_with_the_reason() {
    for (policy, reason) in [
        (
            "DataControlsRules: []",
            "obeys this policy only from Google's cloud",
        ),
        (
            "RegisteredProtocolHandlers: []",
            "takes this policy only as a recommendation",
        ),
        ("ProxyMode: direct", "calls this policy deprecated"),
        (
            "VariationsRestrictParameter: x",
            "for the browser vendor's own use",
        ),
        (
            "SecondaryGoogleAccountSigninAllowed: false",
            "does not obey this policy on Linux",
        ),
        (
            "UserAgentReduction: 0",
            "Chromium 144 was the last version that knew it",
        ),
        (
            "SafeSitesFilterBehavior: 1",
            "sends every visited address to Google",
        ),
        ("URLBlocklist: [x.example]", "rules about sites write it"),
    ] {
        refuses(
            &format!("chromium.{policy}"),
            "FYR0301",
            "this policy exists but cannot be set",
            reason,
        );
    }
}

#[test]
fn what_the_oldest_browser_does_not_know_is_a_gap_there_and_is_written_for_the_others() {
    let source = with(
        "  chromium.AIModeSettings: 1\n  \
         firefox.Permissions: { ScreenShare: { BlockNewRequests: true } }",
    )
    .with_edit(
        "fyr.yaml",
        "always-reachable",
        "browsers: { chromium: 120, firefox: 140.1 }\nalways-reachable",
    );
    insta::assert_snapshot!(source.check(DAY));
    let bundle = source.bundle("oest-2024", DAY);
    assert_eq!(bundle.chromium["AIModeSettings"], 1);
    assert_eq!(
        gap(&bundle, "chromium.AIModeSettings", Engine::Chromium),
        "`AIModeSettings` needs Chromium 138; Chromium 120 does not know it"
    );
    assert_eq!(
        gap(&bundle, "firefox.Permissions", Engine::Firefox),
        "`Permissions.ScreenShare` needs Firefox 142 or Firefox ESR 140.2; \
         Firefox 140.1 does not know it"
    );
}

/// Why an engine does not enforce a control, in words.
fn gap(bundle: &Bundle, control: &str, engine: Engine) -> String {
    let mut controls = bundle.controls.iter();
    let control = controls.find(|each| each.id.as_str() == control);
    match &control.expect("a control").coverage[&engine] {
        Coverage::Gap(gap) => gap.detail.clone(),
        other => format!("no gap but {other:?}"),
    }
}

#[test]
fn a_fleet_whose_browsers_know_everything_has_nothing_to_report_and_neither_has_one_not_said() {
    let new = "browsers: { chromium: 156, firefox: 153 }\nalways-reachable";
    let source = with("  chromium.AIModeSettings: 1");
    assert_eq!(source.codes(DAY), [""; 0]);
    let source = source.with_edit("fyr.yaml", "always-reachable", new);
    assert_eq!(source.codes(DAY), [""; 0]);
}

#[test]
fn a_bundle_that_devices_would_not_take_is_not_compiled() {
    let rule = |name: &str, when: &str, sites: &str| {
        format!(
            "rule: {name}\ndecision: BY-2025-1\nfor: /skoler\nstrength: default\n{when}\
             sites: {{ block: [{sites}] }}\nwhy: {{ da: Lukket. }}\n"
        )
    };
    let long = "a".repeat(2000);
    let mut policy = Source::small();
    for part in 0..2 {
        let sites: Vec<String> = (0..450)
            .map(|site| format!("side-{part}-{site}.example/{long}"))
            .collect();
        let name = format!("lange-{part}");
        let text = rule(&name, "", &sites.join(", "));
        policy = policy.with(&format!("rules/{name}.yaml"), &text);
    }
    // Every day on which something begins repeats the lists.
    for day in 1..=3 {
        let (name, when) = (format!("fra-{day}"), format!("from: 2026-12-0{day}\n"));
        let text = rule(&name, &when, &format!("fra-{day}.example/a"));
        policy = policy.with(&format!("rules/{name}.yaml"), &text);
    }
    let out = tempfile::tempdir().expect("a temporary directory");
    let path = out.path().join("compiled");
    let arguments = [
        "--date",
        "2026-11-23",
        "--out",
        path.to_str().expect("Unicode"),
    ];
    let output = policy.fyr("compile", &arguments);
    assert_eq!(output.status.code(), Some(1));
    let reported = stderr(&output);
    assert!(
        reported.contains("the bundle of `oest-2021` has "),
        "{reported}"
    );
    assert!(
        reported.contains("devices take 8388608 at most; write fewer"),
        "{reported}"
    );
    assert!(!path.exists());
}
