//! Policies larger than browsers' lists: what does not fit is reported.

use fyr_policy_core::resolve::resolve;
use fyr_policy_core::url_filter::Verdict;
use fyr_policy_core::{Code, Compilation, Sources, compile};
use fyr_schemas::bundle::Engine;
use fyr_schemas::{ControlId, GroupId};
use proptest::prelude::*;
use url::Url;

use crate::device::Device;
use crate::municipality::{DECISION, FYR, UNITS_FILE};
use crate::{DAY, policy};

const UNITS: [&str; 4] = ["/", "/nord", "/nord/skole", "/syd"];

/// A rule over a category of so many sites from a number on and parts of as many sites behind them,
/// and over so many sites by name.
#[derive(Debug, Clone)]
pub(crate) struct Large {
    unit: &'static str,
    strength: &'static str,
    verdict: &'static str,
    from: usize,
    listed: usize,
    parts: usize,
    named: usize,
}

pub(crate) fn large() -> impl Strategy<Value = Large> {
    (
        prop::sample::select(&UNITS[..]),
        prop::sample::select(vec!["default", "default", "minimum", "locked"]),
        prop::sample::select(vec!["block", "block", "allow", "warn"]),
        0..1500_usize,
        prop::sample::select(vec![0, 10, 400, 900, 1200]),
        prop::sample::select(vec![0, 0, 10, 400, 1200]),
        prop::sample::select(vec![0, 1, 5, 300]),
    )
        .prop_map(
            |(unit, strength, verdict, from, listed, parts, named)| Large {
                unit,
                strength,
                verdict,
                from,
                listed,
                parts,
                named: if listed + parts == 0 {
                    named.max(1)
                } else {
                    named
                },
            },
        )
}

pub(crate) fn sources(rules: &[Large], is_everything_closed: bool) -> Sources {
    files(rules, is_everything_closed).into_iter().collect()
}

fn files(rules: &[Large], is_everything_closed: bool) -> Vec<(String, String)> {
    let mut files = vec![
        ("fyr.yaml".to_owned(), FYR.to_owned()),
        ("units.yaml".to_owned(), UNITS_FILE.to_owned()),
        ("decisions/all.yaml".to_owned(), DECISION.to_owned()),
    ];
    for (number, large) in rules.iter().enumerate() {
        let Large {
            unit,
            strength,
            verdict,
            from,
            listed,
            parts,
            named,
        } = large;
        let listed = from + listed;
        let parts = (listed..listed + parts).map(|number| format!("{}/p", site(number)));
        let sites: Vec<String> = (*from..listed).map(site).chain(parts).collect();
        let category = (!sites.is_empty()).then(|| format!("'category:c{number}'"));
        let below = (0..*named).map(|at| format!("'{}'", part(from + 7 * at)));
        let said: Vec<String> = category.into_iter().chain(below).collect();
        files.push((
            format!("rules/{number}.yaml"),
            format!(
                "rule: regel-{number}\ndecision: R-1\nfor: {unit}\nstrength: {strength}\nsites:\n  \
                 {verdict}: [{}]\nwhy: {{ da: derfor }}\nguidance: {{ da: pas på }}\n",
                said.join(", ")
            ),
        ));
        if !sites.is_empty() {
            files.push((
                format!("lists/c{number}.yaml"),
                format!(
                    "category: c{number}\ntitle: {{ da: c }}\nsource: os\nlicence: fri\nfiles: [c{number}]\n"
                ),
            ));
            files.push((format!("lists/c{number}"), sites.join("\n")));
        }
    }
    if is_everything_closed {
        let rule = "rule: proeve\ndecision: R-1\nfor: /\nstrength: default\nsites: { block: ['*'] }\nwhy: { da: ro }\n";
        files.push(("rules/proeve.yaml".to_owned(), rule.to_owned()));
    }
    files
}

/// Some sites have names that no hosts file holds.
fn site(number: usize) -> String {
    if number % 50 == 49 {
        format!("s_{number}.example")
    } else {
        format!("s{number}.example")
    }
}

/// A site by its name, a name below it, or a part of it.
fn part(number: usize) -> String {
    match number % 4 {
        0 => site(number),
        1 => format!("www.{}", site(number)),
        2 => format!("{}/p", site(number)),
        _ => format!("m.{}", site(number)),
    }
}

pub(crate) fn address() -> impl Strategy<Value = Url> {
    let below = prop::sample::select(vec!["", "", "www.", "m."]);
    let path = prop::sample::select(vec!["/", "/p/q"]);
    (below, 0..2600_usize, path).prop_map(|(below, number, path)| {
        let address = format!("https://{below}{}{path}", site(number));
        address.parse().expect("an address")
    })
}

fn is_reported(
    compilation: &Compilation,
    control: &ControlId,
    engine: Engine,
    group: &GroupId,
) -> bool {
    compilation.gaps.iter().any(|note| {
        note.control == *control && note.engine == engine && note.groups.contains(group)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every site of every rule is as the rules say in every browser, or the control that decides
    /// over it is among the reported gaps.
    #[test]
    fn what_does_not_hold_in_a_browser_is_a_reported_gap(
        rules in prop::collection::vec(large(), 1..5),
        is_everything_closed in prop::bool::weighted(0.2),
        addresses in prop::collection::vec(address(), 60),
    ) {
        let sources = sources(&rules, is_everything_closed);
        let compilation = compile(&sources, DAY);
        let mut findings = compilation.diagnostics.iter();
        let inexpressible = findings.find(|finding| finding.code() == Code::InexpressibleSites);
        prop_assert_eq!(inexpressible, None, "hosts and paths can be written for any browser");
        if compilation.failed() {
            return Ok(());
        }
        let policy = policy(&sources);
        for (group, resolved) in resolve(&policy).groups {
            let device = Device::new(&compilation, group);
            for url in &addresses {
                let Some(claim) = resolved.sites.verdict(url) else { continue };
                let control = match claim.says.verdict {
                    Verdict::Allow => ControlId::sites_allow(claim.rule.id()),
                    Verdict::Warn => ControlId::sites_warn(claim.rule.id()),
                    Verdict::Block => ControlId::sites_block(claim.rule.id()),
                };
                for engine in Engine::ALL {
                    let holds = device.opens(engine, url) == claim.says.verdict.is_open();
                    prop_assert!(
                        holds || is_reported(&compilation, &control, engine, group),
                        "{url} for {group} in {engine}: {}", control.as_str()
                    );
                }
            }
        }
    }

    /// Names close what is closed and nothing else, in any browser.
    #[test]
    fn no_name_is_closed_that_anything_is_open_at(
        rules in prop::collection::vec(large(), 1..5),
        addresses in prop::collection::vec(address(), 60),
    ) {
        let sources = sources(&rules, false);
        let compilation = compile(&sources, DAY);
        if compilation.failed() {
            return Ok(());
        }
        let policy = policy(&sources);
        for (group, resolved) in resolve(&policy).groups {
            let device = Device::new(&compilation, group);
            for url in &addresses {
                if !device.resolves(url) {
                    let verdict = resolved.sites.verdict(url).map(|claim| claim.says.verdict);
                    prop_assert_eq!(verdict, Some(Verdict::Block), "{} for {}", url, group);
                }
            }
        }
    }
}

/// A floor over a part of what a school closes as a whole: the school's entry comes last, and the
/// part is closed all the same where there is no room for the whole.
#[test]
fn browsers_get_a_floor_where_what_contains_it_may_be_left_out() {
    let floor = |strength, listed| Large {
        unit: "/",
        strength,
        verdict: "block",
        from: 0,
        listed,
        parts: 0,
        named: 0,
    };
    let rule = |name: &str, unit: &str, strength: &str, site: &str| {
        let text = format!(
            "rule: {name}\ndecision: R-1\nfor: {unit}\nstrength: {strength}\nsites: {{ block: [{site}] }}\n\
             why: {{ da: ro }}\n"
        );
        (format!("rules/{name}.yaml"), text)
    };
    let with = |listed| {
        let mut files = files(&[floor("minimum", listed)], false);
        files.push(rule("gulv", "/", "locked", "m.x.example"));
        files.push(rule("skole", "/nord/skole", "default", "x.example"));
        let sources = files.into_iter().collect();
        let compilation = compile(&sources, DAY);
        assert!(!compilation.failed(), "{:?}", compilation.diagnostics);
        let group = "skole-2024".parse().expect("a group");
        let device = Device::new(&compilation, &group);
        let opens = |url: &str| {
            let url = url.parse().expect(url);
            Engine::ALL.map(|engine| device.opens(engine, &url))
        };
        (opens("https://m.x.example/"), opens("https://x.example/"))
    };
    for listed in [999, 1000] {
        assert_eq!(with(listed), ([false, false], [false, false]), "{listed}");
    }
}
