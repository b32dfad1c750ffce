//! R28: for each bypass that is taken out of an otherwise closed policy, every restriction that
//! it leads round is reported, with that way and no other; and nothing is reported for a closed policy.

use std::collections::BTreeSet;

use fyr_policy_core::finding::{self, Reach};
use fyr_policy_core::settings::{self, Restriction, Role, Setting};
use fyr_policy_core::{Diagnostic, Finding, Sources, compile};

use crate::DAY;
use crate::municipality::{DECISION, FYR, UNITS_FILE};

/// One rule for each kind of restriction, and each way to restrict sites.
const RESTRICTIONS: [(&str, Restriction, &str); 6] = [
    (
        "indhold",
        Restriction::Content,
        "set: { youtube.level: moderate }",
    ),
    ("sider", Restriction::Sites, "sites: { block: [x.example] }"),
    (
        "advarsel",
        Restriction::Sites,
        "sites: { warn: [y.example] }\nguidance: { da: Tænk dig om. }",
    ),
    (
        "udgivelse",
        Restriction::Sites,
        "set: { youtube.identity: closed }",
    ),
    (
        "konto",
        Restriction::Account,
        "set: { sign-in.domains: [fyrby.example] }",
    ),
    (
        "kamera",
        Restriction::Device,
        "set: { camera.access: block }",
    ),
];

/// A municipality that closes these ways, and what is found in it.
fn findings(closed: &[&Setting]) -> Vec<Diagnostic> {
    let rule = |name: &str, says: &str| {
        format!(
            "rule: {name}\ndecision: R-1\nfor: /\nstrength: minimum\n{says}\nwhy: {{ da: derfor }}\n"
        )
    };
    let mut rules: Vec<String> = RESTRICTIONS
        .iter()
        .map(|(name, _, says)| rule(name, says))
        .collect();
    let settings: Vec<String> = closed
        .iter()
        .map(|way| format!("{}: closed", way.name))
        .collect();
    rules.push(rule(
        "omveje",
        &format!("set: {{ {} }}", settings.join(", ")),
    ));
    let files = [
        ("fyr.yaml", FYR.to_owned()),
        ("units.yaml", UNITS_FILE.to_owned()),
        ("decisions/all.yaml", DECISION.to_owned()),
        ("rules/all.yaml", rules.join("---\n")),
    ];
    let sources: Sources = files
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text))
        .collect();
    compile(&sources, DAY).diagnostics
}

fn ways() -> Vec<(&'static Setting, &'static [Restriction])> {
    settings::all()
        .filter_map(|setting| match setting.role {
            Role::Bypasses { opens, .. } => Some((setting, opens)),
            Role::Restricts(_) | Role::Excepts(_) | Role::Neither => None,
        })
        .collect()
}

#[test]
fn each_bypass_that_is_not_closed_is_reported_for_every_rule_that_it_bypasses() {
    let ways = ways();
    let all: Vec<&Setting> = ways.iter().map(|(setting, ..)| *setting).collect();
    assert_eq!(findings(&all), []);
    for (open, opens) in ways {
        let closed: Vec<&Setting> = all
            .iter()
            .filter(|setting| setting.name != open.name)
            .copied()
            .collect();
        let reported = findings(&closed);
        let [finding] = reported.as_slice() else {
            panic!("{}: one finding for all rules: {reported:?}", open.name);
        };
        let settings = vec![open.name.to_owned()];
        let expected = Finding::from(Reach::BypassOpen { settings });
        assert_eq!(finding.finding, expected);
        assert_eq!(finding.groups.len(), 4, "{finding:?}");
        let restrictions: BTreeSet<&str> = finding
            .places
            .iter()
            .filter_map(|mark| match &mark.role {
                finding::Role::Restricts { rule, since: None } => Some(rule.as_str()),
                _ => None,
            })
            .collect();
        let expected: BTreeSet<&str> = RESTRICTIONS
            .iter()
            .filter(|(_, kind, _)| opens.contains(kind))
            .map(|(rule, ..)| *rule)
            .collect();
        assert!(!expected.is_empty(), "{} opens nothing", open.name);
        assert_eq!(restrictions, expected, "{}", open.name);
    }
}

#[test]
fn every_kind_of_restriction_has_a_setting_and_a_way_round() {
    for kind in Restriction::ALL {
        let restricts = |setting: &Setting| setting.role == Role::Restricts(*kind);
        assert!(settings::all().any(restricts), "{kind:?}");
        assert!(
            ways().iter().any(|(_, opens)| opens.contains(kind)),
            "{kind:?}"
        );
    }
}
