//! Bundles for the tests of this crate.

use fyr_schemas::bundle::{Audience, Bundle, Control, Coverage, Engine, FORMAT, Gap, GapReason};
use serde_json::json;

/// A bundle with one policy per target, one control per kind of coverage.
pub(crate) fn bundle() -> Bundle {
    let mut bundle = empty_bundle();
    bundle
        .chromium
        .insert("ForceYouTubeRestrict".into(), json!(2));
    bundle
        .chromium
        .insert("URLBlocklist".into(), json!(["x.example"]));
    bundle
        .firefox
        .insert("DisablePrivateBrowsing".into(), json!(true));
    bundle.hosts.insert(
        "www.youtube.com".parse().unwrap(),
        "216.239.38.120".parse().unwrap(),
    );
    bundle.controls = vec![
        control(
            "browser.private",
            Coverage::Inherent,
            Coverage::Policy(vec!["DisablePrivateBrowsing".into()]),
        ),
        control(
            "sites.block",
            Coverage::Policy(vec!["URLBlocklist".into()]),
            Coverage::Gap(Gap {
                reason: GapReason::NoMeans,
                detail: "no means".into(),
            }),
        ),
        control(
            "youtube.level",
            Coverage::Policy(vec!["ForceYouTubeRestrict".into()]),
            Coverage::Hosts(vec!["www.youtube.com".parse().unwrap()]),
        ),
    ];
    bundle
}

/// A bundle that asks for nothing.
pub(crate) fn empty_bundle() -> Bundle {
    Bundle {
        format: FORMAT,
        organisation: "ballerup".parse().unwrap(),
        group: "indskoling".parse().unwrap(),
        unit: "/skoler".parse().unwrap(),
        audience: Audience::Pupils,
        stage: "indskoling".parse().unwrap(),
        controls: Vec::new(),
        decisions: [].into(),
        chromium: [].into(),
        firefox: [].into(),
        hosts: [].into(),
        closed: [].into(),
        timetable: None,
        variants: Vec::new(),
    }
}

fn control(id: &str, chromium: Coverage, firefox: Coverage) -> Control {
    Control {
        id: id.parse().unwrap(),
        value: "on".into(),
        rule: "a-rule".parse().unwrap(),
        decision: Some("85.10.09-G01-33-21".parse().unwrap()),
        coverage: [(Engine::Chromium, chromium), (Engine::Firefox, firefox)].into(),
    }
}
