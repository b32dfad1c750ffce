//! Settings for accounts, equipment and what sees people: R04, R08, R16, R17, R18, R19, R41, R42.

use fyr_schemas::CaseNumber;
use fyr_schemas::bundle::{Audience, Bundle, Control, Coverage, Engine, GapReason};
use serde_json::json;

use crate::source::{Source, stdout};

const DAY: &str = "2026-11-23";

fn control<'a>(bundle: &'a Bundle, id: &str) -> &'a Control {
    let mut controls = bundle.controls.iter();
    controls
        .find(|control| control.id.as_str() == id)
        .expect(id)
}

fn gap(bundle: &Bundle, id: &str, engine: Engine) -> Option<GapReason> {
    match &control(bundle, id).coverage[&engine] {
        Coverage::Gap(gap) => Some(gap.reason),
        Coverage::Policy(_) | Coverage::Hosts(_) | Coverage::Lists(_) | Coverage::Inherent => None,
    }
}

/// A rule of the council for the whole town.
fn of_the_town(says: &str) -> String {
    format!("rule: proeve\ndecision: BY-2025-1\nstrength: minimum\n{says}why:\n  da: Prøve.\n")
}

/// The small policy, whose catalogue says how old one is to be for YouTube.
fn with_youtube(says: &str) -> Source {
    Source::small()
        .with(
            "services/youtube.yaml",
            "service: youtube\nname: YouTube\nsites: [youtube.com]\n\
             minimum-age: { age: 13, below: signed-out }\n",
        )
        .with("rules/proeve.yaml", &of_the_town(says))
}

#[test]
fn r04_youtube_is_watched_while_no_pupil_appears_there_with_the_school_account() {
    let says = "for: { unit: /skoler, who: pupils }\nset:\n  youtube.identity: closed\n";
    let source = with_youtube(says);
    assert_eq!(source.codes(DAY), [""; 0], "{}", source.check(DAY));
    let explained = |url| source.explain(DAY, "oest-2021", ["--url", url]);
    assert!(explained("https://www.youtube.com/watch?v=x").contains("allow"));
    for page in [
        "https://studio.youtube.com/",
        "https://www.youtube.com/upload",
    ] {
        assert!(explained(page).contains("block"), "{page}");
    }
}

#[test]
fn r04_pupils_below_the_minimum_age_who_watch_and_sign_in_are_reported() {
    let elsewhere = "for: { unit: /skoler, who: pupils }\nset:\n  camera.access: block\n";
    let source = with_youtube(elsewhere);
    assert_eq!(source.codes(DAY), ["FYR0609"]);
    let reported = source.check(DAY);
    assert!(
        reported.contains("`oest-2021` and `oest-2024`"),
        "{reported}"
    );
    assert!(
        !reported.contains("vest-2018"),
        "they are old enough: {reported}"
    );

    let blocked = "for: { unit: /skoler, who: pupils }\nsites:\n  block: [service:youtube]\n";
    assert_eq!(with_youtube(blocked).codes(DAY), [""; 0]);
}

#[test]
fn r08_one_switch_filters_pupils_and_staff_and_each_bundle_says_whose_it_is() {
    let malmo = Source::example("malmo");
    for (group, audience) in [
        ("mollevang-2021", Audience::Pupils),
        ("mollevang-personal", Audience::Staff),
    ] {
        let bundle = malmo.bundle(group, DAY);
        assert_eq!(bundle.audience, audience);
        assert_eq!(bundle.chromium["ForceGoogleSafeSearch"], json!(true));
        let switch = control(&bundle, "safesearch.google");
        assert_eq!(switch.rule.as_str(), "filtrerad-sokning");
        let decision = switch.decision.as_ref().map(CaseNumber::as_str);
        assert_eq!(decision, Some("KS-2025-03-05"));
    }
}

/// The small policy, whose floor leaves out a group of devices from home.
fn with_personal_devices(rule: &str) -> Source {
    Source::small()
        .with_edit(
            "units.yaml",
            "groups:\n",
            "groups:\n  egne: { unit: /skoler/oest, stage: udskoling, ownership: personal }\n",
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
        .with("rules/proeve.yaml", &of_the_town(rule))
}

#[test]
fn r16_a_personal_device_takes_rules_over_the_account_and_gets_no_bundle() {
    let account = with_personal_devices(
        "for: /\nset:\n  sign-in.domains: [fyrby.example]\n  sign-in.second-account: closed\n",
    );
    assert_eq!(account.codes(DAY), ["FYR0610"], "{}", account.check(DAY));
    let bundles = std::fs::read_dir(account.compiled(DAY).join("bundles")).expect("bundles");
    let names: Vec<String> = bundles
        .map(|entry| entry.expect("an entry").file_name().display().to_string())
        .collect();
    assert!(names.contains(&"oest-2021.json".to_owned()));
    assert!(!names.contains(&"egne.json".to_owned()));
    let sites = account.fyr("sites", &["--date", DAY, "--group", "egne"]);
    assert!(stdout(&sites).starts_with("nothing is enforced: personal devices"));
    let sites = stdout(&account.fyr("sites", &["--date", DAY, "--json"]));
    assert!(sites.contains("oest-2021") && !sites.contains("egne"));
}

#[test]
fn r16_that_no_target_reaches_the_account_on_a_personal_device_is_a_gap_and_explained() {
    let account = with_personal_devices(
        "for: /\nset:\n  sign-in.domains: [fyrby.example]\n  sign-in.second-account: closed\n",
    );
    let unreached = "no target of this version reaches the accounts of personal devices";
    let gaps = std::fs::read(account.compiled(DAY).join("gaps.json")).expect("the gaps");
    let gaps: Vec<serde_json::Value> = serde_json::from_slice(&gaps).expect("JSON");
    for id in ["sign-in.domains", "sign-in.second-account"] {
        for engine in ["chromium", "firefox"] {
            let note = json!({
                "control": id, "engine": engine, "groups": ["egne"],
                "gap": {"reason": "no-target", "detail": unreached},
            });
            assert!(gaps.contains(&note), "{note} in {gaps:?}");
        }
    }
    for id in ["sign-in.domains", "sign-in.second-account"] {
        let reported = account.explain(DAY, "egne", ["--setting", id]);
        assert!(reported.contains(unreached), "{reported}");
        let managed = account.explain(DAY, "oest-2021", ["--setting", id]);
        assert!(!managed.contains(unreached), "{managed}");
    }
    let narrowed = with_personal_devices(
        "for: { unit: /, ownership: managed }\nset:\n  sign-in.domains: [fyrby.example]\n  \
         sign-in.second-account: closed\n",
    );
    assert_eq!(narrowed.codes(DAY), [""; 0]);
}

#[test]
fn r16_a_setting_or_a_site_on_a_personal_device_does_not_compile() {
    for says in [
        "for: /\nset:\n  screen.lock-after: 5\n",
        "for: /\nset:\n  camera.access: block\n",
        "for: /\nsites:\n  block: [spil.example]\n",
    ] {
        assert_eq!(
            with_personal_devices(says).codes(DAY),
            ["FYR0604"],
            "{says}"
        );
    }
    insta::assert_snapshot!(
        with_personal_devices("for: /\nset:\n  screen.lock-after: 5\n").check(DAY)
    );
}

#[test]
fn r17_accounts_and_passwords_are_ruled_by_role_and_reported_like_any_control() {
    let says = "for: /\nset:\n  sign-in.domains: [fyrby.example]\n  \
                sign-in.second-account: closed\n  \
                password.min-length: { pupils: 8, staff: 12 }\n  \
                screen.lock-after: { pupils: 10, staff: 5 }\n";
    let source = Source::small().with("rules/proeve.yaml", &of_the_town(says));
    for (group, length, minutes) in [("oest-2021", "8", "10"), ("oest-personale", "12", "5")] {
        let bundle = source.bundle(group, DAY);
        assert_eq!(bundle.chromium["AllowedDomainsForApps"], "fyrby.example");
        assert_eq!(bundle.firefox["AllowedDomainsForApps"], "fyrby.example");
        assert_eq!(bundle.chromium["SigninInterceptionEnabled"], json!(false));
        assert_eq!(bundle.chromium["BrowserAddPersonEnabled"], json!(false));
        assert_eq!(control(&bundle, "password.min-length").value, length);
        assert_eq!(control(&bundle, "screen.lock-after").value, minutes);
        // No target of this version writes them: said, and never passed over.
        for engine in Engine::ALL {
            for id in ["password.min-length", "screen.lock-after"] {
                assert_eq!(gap(&bundle, id, engine), Some(GapReason::NoTarget), "{id}");
            }
        }
    }
}

#[test]
fn r18_only_accounts_of_the_schools_pattern_sign_in_to_the_browser() {
    let says = "for: /\nset:\n  sign-in.domains: { pupils: elev.fyrby.example, staff: [fyrby.example, elev.fyrby.example] }\n  sign-in.second-account: closed\n";
    let source = Source::small().with("rules/proeve.yaml", &of_the_town(says));
    let pattern = |group| source.bundle(group, DAY).chromium["RestrictSigninToPattern"].clone();
    assert_eq!(pattern("oest-2021"), r".*@(elev\.fyrby\.example)");
    assert_eq!(
        pattern("oest-personale"),
        r".*@(elev\.fyrby\.example|fyrby\.example)"
    );
}

#[test]
fn r19_staff_are_outside_the_tiers_and_inside_the_security_floor() {
    let source = Source::small();
    let staff = source.bundle("oest-personale", DAY);
    assert_eq!(staff.chromium.get("ForceYouTubeRestrict"), None);
    assert_eq!(control(&staff, "youtube.level").value, "off");
    assert_eq!(control(&staff, "escape.incognito").value, "closed");
    assert_eq!(staff.chromium["IncognitoModeAvailability"], json!(1));
    let loosened = "rule: proeve\ndecision: OEST-3\nfor: { unit: /skoler/oest, who: staff }\n\
                    strength: default\nset:\n  escape.incognito: open\nwhy:\n  da: Prøve.\n";
    let source = source.with("rules/proeve.yaml", loosened);
    assert_eq!(source.codes(DAY), ["FYR0402"]);
}

#[test]
fn r41_what_is_recommended_with_the_equipment_holds_where_a_browser_can_hold_it() {
    let says = "for: { unit: /, who: staff }\nset:\n  password.min-length: 14\n  \
                password.leak-warning: on\n  password.reuse-warning: on\n  \
                password.sign-in-pages: [https://login.fyrby.example]\n  \
                screen.lock-after: 5\n  updates.browser: on\n";
    let source = Source::small().with("rules/proeve.yaml", &of_the_town(says));
    let bundle = source.bundle("oest-personale", DAY);
    let chromium = &bundle.chromium;
    assert_eq!(chromium["PasswordLeakDetectionEnabled"], json!(true));
    assert_eq!(chromium["PasswordProtectionWarningTrigger"], json!(1));
    assert_eq!(
        chromium["PasswordProtectionLoginURLs"],
        json!(["https://login.fyrby.example/"])
    );
    assert_eq!(chromium["RelaunchNotification"], json!(2));
    assert_eq!(
        bundle.firefox["RelaunchRequired"],
        json!({"NotificationPeriodHours": 24})
    );
    // The rest is reported as what to recommend.
    for id in ["password.min-length", "screen.lock-after"] {
        let Coverage::Gap(gap) = &control(&bundle, id).coverage[&Engine::Chromium] else {
            panic!("`{id}` is no gap");
        };
        assert!(
            gap.detail.ends_with("hand it out as a recommendation"),
            "{}",
            gap.detail
        );
    }
    assert_eq!(
        gap(&bundle, "password.reuse-warning", Engine::Firefox),
        Some(GapReason::NoMechanism)
    );
}

/// What sees, hears or measures people, closed to pupils.
const NOT_WATCHED: &str = "for: { unit: /skoler, who: pupils }\nset:\n  camera.access: block\n  \
    microphone.access: block\n  screen-sharing.access: block\n  motion-sensors.access: block\n  \
    headsets.access: block\n  biometrics.passkeys: block\n  biometrics.picture-search: block\n";

#[test]
fn r42_no_facial_recognition_is_a_rule_with_its_decision_and_a_floor_for_pupils() {
    let source = Source::small().with("rules/proeve.yaml", &of_the_town(NOT_WATCHED));
    let pupils = source.bundle("oest-2024", DAY);
    assert_eq!(pupils.chromium["VideoCaptureAllowed"], json!(false));
    assert_eq!(pupils.chromium["AudioCaptureAllowed"], json!(false));
    assert_eq!(pupils.chromium["ScreenCaptureAllowed"], json!(false));
    assert_eq!(pupils.chromium["SearchContentSharingSettings"], json!(1));
    assert_eq!(
        pupils.firefox["Permissions"]["Camera"],
        json!({"BlockNewRequests": true, "Locked": true})
    );
    let camera = control(&pupils, "camera.access");
    assert_eq!(
        camera.decision.as_ref().map(CaseNumber::as_str),
        Some("BY-2025-1")
    );
    let staff = source.bundle("oest-personale", DAY);
    assert_eq!(staff.chromium.get("VideoCaptureAllowed"), None);

    let loosened = "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\n\
                    set:\n  camera.access: { pupils: allow }\nwhy:\n  da: Et projekt.\n";
    let source = source.with("rules/oest.yaml", loosened);
    assert_eq!(source.codes(DAY), ["FYR0401"]);
}

#[test]
fn r42_exceptions_are_named_by_site_and_by_group() {
    let says = format!(
        "{NOT_WATCHED}  camera.sites: {{ udskoling: [https://meet.example], \
         mellemtrin: [https://tegn.example] }}\n"
    );
    let source = Source::small().with("rules/proeve.yaml", &of_the_town(&says));
    let sites = |group| {
        source
            .bundle(group, DAY)
            .chromium
            .get("VideoCaptureAllowedUrls")
            .cloned()
    };
    assert_eq!(
        sites("vest-2018"),
        Some(json!(["https://meet.example"])),
        "udskoling"
    );
    assert_eq!(
        sites("oest-2021"),
        Some(json!(["https://tegn.example"])),
        "mellemtrin"
    );
    assert_eq!(sites("oest-2024"), None, "indskoling");
    let firefox = &source.bundle("vest-2018", DAY).firefox["Permissions"]["Camera"];
    assert_eq!(firefox["Allow"], json!(["https://meet.example/"]));
    assert_eq!(firefox["BlockNewRequests"], json!(true));
}
