//! Browsers' own policies beside settings, and exceptions from them: R03, R28.

use fyr_fixtures::Replaced as _;

use crate::source::Source;

const DAY: &str = "2026-11-23";

/// The small policy in which the town locks what devices are for.
fn locked() -> Source {
    Source::small().with(
        "rules/laast.yaml",
        "rule: laast\ndecision: BY-2025-1\nfor: /\nstrength: locked\nset:\n  \
         camera.access: block\n  camera.sites: []\n  microphone.access: block\n  \
         microphone.sites: []\n  extensions.allowed: []\n  location.access: block\n  \
         screen-sharing.access: block\n  privacy.popups: block\n  privacy.telemetry: block\n  \
         sign-in.browser: off\n  sign-in.second-account: closed\n  youtube.identity: closed\nwhy:\n  da: Enhederne er til undervisning.\n",
    )
}

/// A rule of a school's board.
fn of_the_school(says: &str) -> String {
    format!(
        "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nset:\n  {says}\n\
         why:\n  da: Et projekt.\n"
    )
}

const UNDOING: [&str; 22] = [
    "chromium.ExtensionSettings: { '*': { installation_mode: allowed } }",
    "chromium.ExtensionInstallForcelist: [cjpalhdlnbpafiamejdnhcphjbkeiagm]",
    "chromium.ExtensionInstallAllowlist: [cjpalhdlnbpafiamejdnhcphjbkeiagm]",
    "chromium.ExtensionInstallBlocklist: []",
    "chromium.VideoCaptureAllowedUrls: ['https://x.example']",
    "chromium.AudioCaptureAllowedUrls: ['https://x.example']",
    "chromium.ScreenCaptureAllowedByOrigins: ['https://x.example']",
    "chromium.IncognitoModeUrlAllowlist: ['*']",
    "chromium.DeveloperToolsAvailabilityAllowlist: ['*']",
    "chromium.PopupsAllowedForUrls: ['https://x.example']",
    "chromium.BrowserGuestModeEnabled: true",
    "chromium.DnsOverHttpsTemplates: 'https://dns.example/'",
    "firefox.Preferences: { network.trr.mode: { Value: 3 } }",
    "firefox.Preferences: { network.proxy.type: { Value: 1 } }",
    "firefox.Proxy: { HTTPProxy: proxy.example }",
    "firefox.DNSOverHTTPS: { Enabled: true }",
    "firefox.ExtensionSettings: { x@y.example: { installation_mode: force_installed } }",
    "firefox.Extensions: { Install: ['https://x.example/x.xpi'] }",
    "firefox.InstallAddonsPermission: { Allow: ['https://x.example'] }",
    "firefox.Permissions: { Camera: { Allow: ['https://x.example'] } }",
    "firefox.PrivateBrowsingModeAvailability: 2",
    "firefox.DisableTelemetry: false",
];

#[test]
fn r03_no_policy_of_a_browser_undoes_what_is_locked_above() {
    for undoing in UNDOING {
        let source = locked().with("rules/oest.yaml", &of_the_school(undoing));
        assert_eq!(
            source.codes(DAY),
            ["FYR0307"],
            "{undoing}: {}",
            source.check(DAY)
        );
    }
}

#[test]
fn r03_nor_does_one_of_the_same_unit_by_another_rule() {
    let beside = of_the_school("chromium.IncognitoModeUrlAllowlist: ['*']")
        .replaced("OEST-3", "BY-2025-1")
        .replaced("/skoler/oest", "/");
    let source = locked().with("rules/oest.yaml", &beside);
    assert_eq!(source.codes(DAY), ["FYR0307"]);
}

#[test]
fn r03_a_browsers_own_policy_that_tightens_a_floor_is_reported_as_the_setting() {
    let codes = |level: u8| {
        let says = format!("chromium.ForceYouTubeRestrict: {level}");
        let source = Source::small().with("rules/oest.yaml", &of_the_school(&says));
        (source.codes(DAY), source.found(DAY))
    };
    // The floor is `moderate`: what is stricter undoes nothing, and has a setting to be said with.
    let (strict, found) = codes(2);
    assert_eq!(strict, ["FYR0305"]);
    assert_eq!(found[0]["data"]["keep"], "youtube.level");
    let (off, found) = codes(0);
    assert_eq!(off, ["FYR0307"], "{found:?}");
}

#[test]
fn r03_a_school_that_repeats_a_lock_has_not_made_it_its_own() {
    let says = "escape.incognito: closed\n  chromium.IncognitoModeUrlAllowlist: ['*']";
    let source = locked().with("rules/oest.yaml", &of_the_school(says));
    assert!(source.codes(DAY).contains(&"FYR0307".to_owned()));
}

#[test]
fn r03_the_rule_that_closes_and_those_above_it_may_name_what_a_browser_excepts() {
    let forced = "chromium.ExtensionInstallForcelist: [cjpalhdlnbpafiamejdnhcphjbkeiagm]";
    let closes = format!("  escape.extensions: closed\n  {forced}\n");
    let source = locked().with_edit("rules/floor.yaml", "  escape.extensions: closed\n", &closes);
    // The lock on the empty list of exceptions is another rule, and admits none.
    assert_eq!(source.codes(DAY), ["FYR0307"]);
    let source =
        Source::small().with_edit("rules/floor.yaml", "  escape.extensions: closed\n", &closes);
    assert_eq!(source.codes(DAY), [""; 0], "{}", source.check(DAY));
    let bundle = source.bundle("oest-2024", DAY);
    assert!(bundle.chromium.contains_key("ExtensionInstallForcelist"));
    assert!(bundle.chromium.contains_key("ExtensionInstallBlocklist"));
}

#[test]
fn a_browsers_own_policy_that_no_setting_speaks_of_is_everybodys() {
    for says in [
        "chromium.BookmarkBarEnabled: true",
        "chromium.BrowserGuestModeEnabled: false",
        "firefox.Permissions: { Notifications: { BlockNewRequests: true } }",
        "firefox.Preferences: { browser.zoom.full: { Value: true } }",
    ] {
        let source = locked().with("rules/oest.yaml", &of_the_school(says));
        assert_eq!(source.codes(DAY), [""; 0], "{says}: {}", source.check(DAY));
    }
}

#[test]
fn what_starts_programs_or_brings_policies_is_for_the_organisation() {
    for says in [
        "chromium.BrowserSwitcherEnabled: true",
        "chromium.AlternativeBrowserPath: /usr/bin/xterm",
        "chromium.PolicyListMultipleSourceMergeList: ['*']",
        "chromium.CloudPolicyOverridesPlatformPolicy: true",
    ] {
        let source = locked().with("rules/oest.yaml", &of_the_school(says));
        assert_eq!(source.codes(DAY), ["FYR0308"], "{says}");
        let town = of_the_school(says)
            .replaced("OEST-3", "BY-2025-1")
            .replaced("/skoler/oest", "/");
        let source = locked().with("rules/oest.yaml", &town);
        assert_eq!(source.codes(DAY), [""; 0], "{says}: {}", source.check(DAY));
    }
}

#[test]
fn r03_a_school_names_no_exception_from_what_the_town_closes() {
    let says = "extensions.allowed: [cjpalhdlnbpafiamejdnhcphjbkeiagm]";
    let source = Source::small().with("rules/oest.yaml", &of_the_school(says));
    assert_eq!(source.codes(DAY), ["FYR0402"]);
    insta::assert_snapshot!(source.check(DAY));
    let of_the_town = of_the_school(says)
        .replaced("OEST-3", "BY-2025-1")
        .replaced("/skoler/oest", "/");
    let source = Source::small().with("rules/oest.yaml", &of_the_town);
    assert_eq!(source.codes(DAY), [""; 0], "{}", source.check(DAY));
}

#[test]
fn r03_a_school_may_leave_out_exceptions_that_are_named_above() {
    let town = "rule: moeder\ndecision: BY-2025-1\nfor: { unit: /, who: pupils }\n\
                strength: minimum\nset:\n  camera.access: block\n  \
                camera.sites: [https://meet.example, https://tegn.example]\n\
                why:\n  da: Undervisningens møder.\n";
    let school = of_the_school("camera.sites: { pupils: [https://tegn.example] }");
    let source = Source::small()
        .with("rules/moeder.yaml", town)
        .with("rules/oest.yaml", &school);
    assert_eq!(source.codes(DAY), [""; 0], "{}", source.check(DAY));
    let sites = &source.bundle("oest-2024", DAY).chromium["VideoCaptureAllowedUrls"];
    assert_eq!(sites, &serde_json::json!(["https://tegn.example"]));
}

#[test]
fn r25_the_first_exception_loosens() {
    let says = "rule: kamera\ndecision: SK-2025-7\nfor: { unit: /skoler, who: pupils }\n\
                strength: minimum\nset:\n  camera.access: block\nwhy:\n  da: Prøve.\n";
    let old = Source::small().with("rules/kamera.yaml", says);
    let excepting = "camera.access: block\n  camera.sites: [https://meet.example]";
    let new = Source::small().with(
        "rules/kamera.yaml",
        &says.replaced("camera.access: block", excepting),
    );
    let new = new.path().to_str().expect("a path in Unicode");
    let reported = old.fyr("diff", &[new, "--date", DAY, "--format", "json"]);
    let reported: serde_json::Value = serde_json::from_slice(&reported.stdout).expect("JSON");
    let changes = reported["changes"].as_array().expect("changes");
    let risks: Vec<_> = changes.iter().map(|change| &change["risk"]).collect();
    assert_eq!(risks, ["weaker"], "{reported:#}");
}
