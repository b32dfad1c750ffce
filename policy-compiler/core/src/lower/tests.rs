//! Lowering: what holds for every group, and a few groups word for word.

mod mixtures;

use std::collections::BTreeSet;

use fyr_schemas::bundle::{Audience, GapReason};
use serde_json::{Value as Json, json};
use url::Url;

use super::*;
use crate::catalogue::{self, Given};
use crate::desired::{Decided, SiteEntry};
use crate::gap::Cause;
use crate::settings::tests::values;
use crate::settings::{self, Value};
use crate::url_filter::{SiteRule, verdict};

fn decided<T>(value: T, rule: &str) -> Decided<T> {
    Decided {
        value,
        rule: rule.parse().expect(rule),
        decision: Some("85.10.09-G01-33-21".parse().expect("a case number")),
    }
}

fn nothing() -> Desired {
    Desired {
        organisation: "ballerup".parse().expect("an organisation"),
        group: "skovlunde-2031".parse().expect("a group"),
        unit: "/skoler/skovlunde".parse().expect("a unit"),
        unit_name: Some("Skovlunde Skole".to_owned()),
        audience: Audience::Pupils,
        stage: "indskoling".parse().expect("a stage"),
        settings: BTreeMap::new(),
        sites: Vec::new(),
        kept_parts: Vec::new(),
        oldest_browsers: BTreeMap::new(),
        decisions: BTreeMap::new(),
    }
}

impl Desired {
    fn set(mut self, name: &str, given: impl Into<Given>) -> Self {
        let setting = settings::find(name).expect(name);
        let value = setting.parse(&given.into()).expect(name);
        let id = name.parse().expect(name);
        self.settings.insert(id, decided(value, "a-rule"));
        self
    }

    fn site(mut self, rule: &str, verdict: Verdict, filter: &str) -> Self {
        let filter = filter.parse().expect(filter);
        let entry = SiteEntry::Filter(SiteRule { verdict, filter });
        self.sites.push(decided(entry, rule));
        self
    }

    fn block(self, filter: &str) -> Self {
        self.site("closed", Verdict::Block, filter)
    }

    fn allow(self, filter: &str) -> Self {
        self.site("open", Verdict::Allow, filter)
    }
}

fn coverage(lowered: &Lowered, control: &str, engine: Engine) -> Coverage {
    let found = lowered
        .bundle
        .controls
        .iter()
        .find(|found| found.id.as_str() == control)
        .expect(control);
    found.coverage.get(&engine).expect(control).clone()
}

fn gap(lowered: &Lowered, control: &str, engine: Engine) -> Gap {
    match coverage(lowered, control, engine) {
        Coverage::Gap(gap) => gap,
        other => panic!("`{control}` is no gap in {engine} but {other:?}"),
    }
}

#[track_caller]
fn lists(desired: &Desired, closed: &[&str], open: &[&str]) -> Lowered {
    let lowered = lower(desired);
    let list = |name| {
        lowered
            .bundle
            .firefox
            .get("WebsiteFilter")
            .and_then(|lists| lists.get(name))
    };
    assert_eq!(list("Block"), Some(&json!(closed)));
    assert_eq!(list("Exceptions"), Some(&json!(open)));
    lowered
}

#[test]
fn a_pupils_policy_is_lowered_word_for_word() {
    let mut desired = nothing()
        .set("youtube.level", "strict")
        .set("youtube.identity", "closed")
        .set("safesearch.bing", "on")
        .set("safesearch.duckduckgo", "on")
        .set("sign-in.domains", vec!["skola.example", "elev.example"])
        .set("screen.lock-after", "10")
        .set("chromium.BookmarkBarEnabled", "no")
        .block("chat.example")
        .block("games.example:8443")
        .allow("bris.se");
    let escapes = settings::family("escape").filter(|row| row.name != "escape.page-viewers");
    for setting in escapes {
        desired = desired.set(setting.name, "closed");
    }
    let lowered = lower(&desired);
    assert!(lowered.clashes.is_empty(), "{:?}", lowered.clashes);
    insta::assert_json_snapshot!(lowered.bundle);
}

#[test]
fn a_policy_of_guidance_alone_is_lowered_to_nothing_but_its_controls() {
    let desired = nothing()
        .set("youtube.level", "off")
        .set("escape.incognito", "open")
        .allow("umo.se");
    let lowered = lower(&desired);
    assert_eq!(lowered.bundle.firefox, BTreeMap::new());
    assert_eq!(lowered.bundle.hosts, BTreeMap::new());
    insta::assert_json_snapshot!(lowered.bundle.controls);
}

#[test]
fn youtube_is_a_policy_in_chromium_and_a_name_in_firefox() {
    for (level, value, address) in [
        ("moderate", 1, "216.239.38.119"),
        ("strict", 2, "216.239.38.120"),
    ] {
        let lowered = lower(&nothing().set("youtube.level", level));
        assert_eq!(
            lowered.bundle.chromium.get("ForceYouTubeRestrict"),
            Some(&json!(value))
        );
        let names: BTreeSet<_> = lowered
            .bundle
            .hosts
            .values()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, BTreeSet::from([address.to_owned()]));
        assert_eq!(
            coverage(&lowered, "youtube.level", Engine::Chromium),
            Coverage::Policy(vec!["ForceYouTubeRestrict".into()])
        );
        let Coverage::Hosts(names) = coverage(&lowered, "youtube.level", Engine::Firefox) else {
            panic!("Firefox is covered by names");
        };
        assert_eq!(names.len(), 5);
    }
}

#[test]
fn google_is_safe_in_every_country_and_its_images_address_is_closed() {
    let lowered = lower(&nothing().set("safesearch.google", "on"));
    let bundle = &lowered.bundle;
    assert_eq!(
        bundle.chromium.get("ForceGoogleSafeSearch"),
        Some(&json!(true))
    );
    assert_eq!(bundle.hosts.len(), 269);
    let closed = bundle.chromium.get("URLBlocklist").and_then(Json::as_array);
    let closed = closed.expect("closed sites");
    assert!(closed.contains(&json!(".images.google.dk")));
    assert_eq!(closed.len(), 269, "one for each domain of Google");
    assert_eq!(lowered.gaps().count(), 0);
    let viewers = settings::find("escape.page-viewers").expect("a setting");
    let closed = sites_of(Engine::Chromium, viewers, &Value::Level("closed"));
    assert_eq!(closed.count(), 4 + 269);
}

#[test]
fn an_engine_that_publishes_no_address_is_reached_at_its_safe_site_alone() {
    let desired = nothing().set("safesearch.duckduckgo", "on");
    let lowered = lists(
        &desired,
        &["*://*.duckduckgo.com/*"],
        &["*://safe.duckduckgo.com/*"],
    );
    assert_eq!(lowered.gaps().count(), 0);
    assert_eq!(
        lowered.bundle.chromium.get("URLAllowlist"),
        Some(&json!([".safe.duckduckgo.com"]))
    );
}

#[test]
fn a_rule_that_closes_an_engine_closes_its_safe_site_too() {
    let desired = nothing()
        .set("safesearch.duckduckgo", "on")
        .block("duckduckgo.com");
    let lowered = lists(&desired, &["*://*.duckduckgo.com/*"], &[]);
    assert_eq!(lowered.bundle.chromium.get("URLAllowlist"), None);
    assert_eq!(lowered.clashes, []);
}

#[test]
fn a_rule_that_opens_what_a_setting_closes_is_a_clash_and_stays_closed() {
    let desired = nothing()
        .set("safesearch.other-engines", "on")
        .allow("startpage.com");
    let lowered = lower(&desired);
    assert_eq!(lowered.bundle.chromium.get("URLAllowlist"), None);
    let clash = Clash {
        engine: Engine::Chromium,
        subject: "startpage.com".into(),
        kept: "safesearch.other-engines".parse().expect("a control"),
        dropped: "sites.allow.open".parse().expect("a control"),
    };
    assert_eq!(lowered.clashes.first(), Some(&clash));
    assert_eq!(
        gap(&lowered, "sites.allow.open", Engine::Chromium).reason,
        GapReason::Partial
    );
}

#[test]
fn a_setting_and_a_browsers_own_policy_that_disagree_are_a_clash() {
    let desired = nothing()
        .set("escape.incognito", "closed")
        .set("chromium.IncognitoModeAvailability", "0");
    let lowered = lower(&desired);
    assert_eq!(
        lowered.bundle.chromium.get("IncognitoModeAvailability"),
        Some(&json!(1))
    );
    let [clash] = lowered.clashes.as_slice() else {
        panic!("one clash, not {:?}", lowered.clashes);
    };
    assert_eq!(clash.kept.as_str(), "escape.incognito");
    assert_eq!(clash.subject, "IncognitoModeAvailability");
    let agreeing = nothing()
        .set("escape.incognito", "closed")
        .set("chromium.IncognitoModeAvailability", "1");
    assert_eq!(lower(&agreeing).clashes, []);
}

#[test]
fn a_browsers_own_policy_is_a_gap_in_the_other_browser() {
    let lowered = lower(&nothing().set("chromium.BookmarkBarEnabled", "yes"));
    assert_eq!(
        lowered.bundle.chromium.get("BookmarkBarEnabled"),
        Some(&json!(true))
    );
    let gap = gap(&lowered, "chromium.BookmarkBarEnabled", Engine::Firefox);
    assert_eq!(gap.reason, GapReason::NoMechanism);
}

#[test]
fn a_setting_without_a_target_is_a_gap_in_every_engine() {
    let lowered = lower(&nothing().set("screen.lock-after", "10"));
    for engine in Engine::ALL {
        let gap = gap(&lowered, "screen.lock-after", engine);
        assert_eq!(gap.reason, GapReason::NoTarget);
    }
}

#[test]
fn exceptions_of_the_camera_join_its_rule_in_firefox() {
    let desired = nothing()
        .set("camera.access", "no")
        .set("camera.sites", "https://meet.example");
    let lowered = lower(&desired);
    let camera = json!({"Camera": {
        "Allow": ["https://meet.example/"], "BlockNewRequests": true, "Locked": true
    }});
    assert_eq!(lowered.bundle.firefox.get("Permissions"), Some(&camera));
    assert_eq!(lowered.clashes, []);
}

#[test]
fn the_account_pattern_escapes_points() {
    let desired = nothing().set("sign-in.domains", vec!["skola.example", "elev.example"]);
    let chromium = lower(&desired).bundle.chromium;
    assert_eq!(
        chromium.get("RestrictSigninToPattern"),
        Some(&json!(r".*@(elev\.example|skola\.example)"))
    );
    assert_eq!(
        chromium.get("AllowedDomainsForApps"),
        Some(&json!("elev.example,skola.example"))
    );
}

#[test]
fn an_exception_that_nothing_closes_is_not_written_for_firefox() {
    let desired = nothing().block("x.example").allow("bris.se");
    let lowered = lists(&desired, &["*://*.x.example/*"], &[]);
    assert_eq!(lowered.gaps().count(), 0);
}

#[test]
fn an_exception_that_would_open_more_is_left_out_of_firefox_and_reported() {
    let desired = nothing()
        .block("*")
        .allow("x.example")
        .block("x.example/chat");
    let lowered = lists(&desired, &["<all_urls>", "*://*.x.example/chat*"], &[]);
    assert_eq!(
        gap(&lowered, "sites.allow.open", Engine::Firefox).detail,
        "`x.example` stays closed: the browser would open `x.example/chat` with it"
    );
    assert_eq!(
        coverage(&lowered, "sites.allow.open", Engine::Chromium),
        Coverage::Policy(vec!["URLAllowlist".into()])
    );
}

#[test]
fn the_entry_past_a_browsers_limit_is_reported_and_never_cut_in_silence() {
    let mut desired = nothing().site("last", Verdict::Block, "last.example");
    for at in 0..1000 {
        let filter = format!("x{at}.example").parse().expect("a filter");
        let rule = SiteRule {
            verdict: Verdict::Block,
            filter,
        };
        desired
            .sites
            .insert(at, decided(SiteEntry::Filter(rule), "closed"));
    }
    let lowered = lower(&desired);
    for engine in Engine::ALL {
        assert_eq!(
            gap(&lowered, "sites.block.last", engine).detail,
            "`last.example` does not fit: the browser reads 1000 entries of a list"
        );
        assert!(matches!(
            coverage(&lowered, "sites.block.closed", engine),
            Coverage::Policy(_)
        ));
    }
    assert_eq!(
        lowered
            .bundle
            .chromium
            .get("URLBlocklist")
            .and_then(Json::as_array)
            .map(Vec::len),
        Some(1000)
    );
}

#[test]
fn a_list_that_the_oldest_browser_does_not_know_puts_nothing_in_force() {
    let mut desired = nothing().block("c.example");
    let filter = "c.example".parse().expect("a filter");
    let of_firefox = |desired: &Desired| {
        let [_, firefox] = placements(desired);
        firefox.of(Verdict::Block, &filter)
    };
    let list = "WebsiteFilter";
    assert_eq!(of_firefox(&desired), Placement::Browser { list });
    let oldest = "52".parse().expect("a version");
    desired.oldest_browsers.insert(Engine::Firefox, oldest);
    let Placement::Nowhere(LossReason::Unread(unknown)) = of_firefox(&desired) else {
        panic!("Firefox 52 knows no `{list}`");
    };
    let reported = gap(&lower(&desired), "sites.block.closed", Engine::Firefox).detail;
    let cause = [Cause::NotKnown(unknown)];
    assert_eq!(reported, wording::causes(&cause, Language::English));
}

#[test]
fn several_losses_of_one_control_are_counted() {
    let desired = nothing()
        .block("a.example:1")
        .block("b.example?q=*")
        .block("c.example");
    let lowered = lists(&desired, &["*://*.c.example/*"], &[]);
    assert_eq!(
        gap(&lowered, "sites.block.closed", Engine::Firefox).detail,
        "`a.example:1`: the browser cannot tell ports apart (and 1 more: `fyr sites` lists all)"
    );
}

/// Checks what must hold for every lowered policy.
fn assert_lawful(desired: &Desired) {
    let lowered = lower(desired);
    assert_eq!(lower(desired), lowered);
    let bundle = &lowered.bundle;
    for (engine, file) in [
        (Engine::Chromium, &bundle.chromium),
        (Engine::Firefox, &bundle.firefox),
    ] {
        for (name, value) in file {
            let policy = catalogue::find_in(engine, name).expect(name);
            assert_eq!(policy.support, catalogue::Support::Obeyed, "{name}");
            assert_eq!(policy.check(value), Ok(()), "{name}");
        }
        for control in &bundle.controls {
            match control
                .coverage
                .get(&engine)
                .expect("every engine has an entry")
            {
                Coverage::Policy(names) => {
                    assert!(!names.is_empty(), "{control:?}");
                    for name in names {
                        assert!(file.contains_key(name), "{control:?}");
                    }
                }
                Coverage::Hosts(names) => {
                    assert!(!names.is_empty(), "{control:?}");
                    assert!(names.iter().all(|name| bundle.hosts.contains_key(name)));
                }
                Coverage::Lists(categories) => {
                    assert!(!categories.is_empty(), "{control:?}");
                    assert!(
                        categories
                            .iter()
                            .all(|name| bundle.closed.contains_key(name))
                    );
                }
                Coverage::Gap(gap) => assert!(!gap.detail.is_empty(), "{control:?}"),
                Coverage::Inherent => {}
            }
        }
    }
    let ids: Vec<_> = bundle.controls.iter().map(|control| &control.id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for list in ["URLAllowlist", "URLBlocklist"] {
        let length = bundle
            .chromium
            .get(list)
            .and_then(Json::as_array)
            .map(Vec::len);
        assert!(length.is_none_or(|length| (1..=1000).contains(&length)));
    }
}

#[test]
fn every_value_of_every_setting_is_lowered_to_what_browsers_know() {
    for setting in settings::all() {
        for value in values(setting) {
            let mut desired = nothing();
            let id = setting.name.parse().expect(setting.name);
            desired
                .settings
                .insert(id, decided(value.clone(), "a-rule"));
            assert_lawful(&desired);
            let written = lower(&desired).bundle.controls;
            assert_eq!(
                written.first().map(|control| control.value.clone()),
                Some(value.to_string())
            );
        }
    }
}

#[test]
fn no_value_of_a_setting_is_forgotten() {
    for setting in settings::all() {
        for value in values(setting) {
            let mut desired = nothing();
            let id = setting.name.parse().expect(setting.name);
            desired
                .settings
                .insert(id, decided(value.clone(), "a-rule"));
            let lowered = lower(&desired);
            for engine in Engine::ALL {
                if let Coverage::Gap(gap) = coverage(&lowered, setting.name, engine) {
                    let forgotten = gap.detail.contains(settings::UNFORESEEN);
                    assert!(!forgotten, "{} {value}", setting.name);
                }
            }
        }
    }
}

#[test]
fn every_setting_at_once_is_lowered_without_a_clash() {
    let mut desired = nothing();
    for setting in settings::all() {
        let value = values(setting).pop().expect(setting.name);
        let id = setting.name.parse().expect(setting.name);
        desired.settings.insert(id, decided(value, "a-rule"));
    }
    assert_lawful(&desired);
    assert_eq!(lower(&desired).clashes, []);
}

#[test]
fn the_strictest_value_of_every_setting_does_something_or_says_why_not() {
    for setting in settings::all().filter(|setting| setting.default_value().is_some()) {
        let strictest = values(setting).pop().expect(setting.name);
        let mut desired = nothing();
        let id = setting.name.parse().expect(setting.name);
        desired.settings.insert(id, decided(strictest, "a-rule"));
        let lowered = lower(&desired);
        assert_ne!(
            coverage(&lowered, setting.name, Engine::Chromium),
            Coverage::Inherent,
            "{}",
            setting.name
        );
    }
}
