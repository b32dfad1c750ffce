//! Words about what devices reach, and about what their browsers support.

use std::collections::BTreeSet;

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::Engine;

use super::{Said, phrase};
use crate::finding::{Blocked, Diagnostic, Need, PlatformUse, Reach, Role};
use crate::settings::{self, Bypass};

pub(super) fn words(found: &Reach, whole: &Diagnostic) -> Said {
    match found {
        Reach::EssentialBlocked { need, blocked } => essential_blocked(*need, blocked, whole),
        Reach::ListFull {
            need,
            name,
            site,
            rule,
        } => list_full((*need, name.as_deref()), site, rule.as_str()),
        Reach::PlatformBlocked {
            purpose,
            blocked,
            hosts,
        } => {
            let (what, hosts) = (what_is(blocked), phrase::quoted(hosts));
            let purpose = match purpose {
                PlatformUse::SignIn => "sign-in",
                PlatformUse::Classroom => "classroom",
            };
            let groups = phrase::groups(&whole.groups);
            Said::new(
                format!("{what} is blocked; the {purpose} of {groups} needs {hosts}"),
                format!(
                    "narrow the block, or allow {hosts} in a rule as strong as `{}`",
                    blocked.rule
                ),
            )
        }
        Reach::UnknownPlatform {
            purpose,
            name,
            meant,
        } => Said::new(
            match purpose {
                PlatformUse::SignIn => format!("unknown sign-in `{name}`"),
                PlatformUse::Classroom => format!("unknown classroom `{name}`"),
            },
            format!(
                "{}, or list its hosts under `always-reachable`",
                phrase::meant(meant)
            ),
        ),
        Reach::BypassOpen { settings } => bypass_open(settings, whole),
        Reach::AccountUnreached { settings, .. } => {
            let are = if settings.len() == 1 { "is" } else { "are" };
            Said::new(
                format!(
                    "{} {are} not enforced for {}: no target reaches the accounts of personal devices",
                    phrase::several(settings.iter().map(String::as_str), "settings"),
                    phrase::groups(&whole.groups)
                ),
                "accept it as a gap, or add `ownership: managed` to the rule's `for`",
            )
        }
        Reach::PersonalDevice { group, unit } => {
            let rules: Vec<(&str, &str)> = whole
                .places
                .iter()
                .filter_map(|mark| match &mark.role {
                    Role::SetsOnDevice { rule, what } => Some((rule.as_str(), what.as_str())),
                    _ => None,
                })
                .collect();
            let (what, part) = match rules.as_slice() {
                [(_, what)] => (format!("`{what}` is"), "the rule's `for`"),
                several => {
                    let names = several.iter().map(|(rule, _)| *rule);
                    let names = phrase::several(names, "rules");
                    (format!("{names} are"), "the `for` of each rule")
                }
            };
            Said::new(
                format!("{what} for the devices of `{group}`, which are personal devices"),
                format!(
                    "add `ownership: managed` to {part}: `for: {{ unit: {unit}, ownership: managed }}`"
                ),
            )
        }
        Reach::Clash {
            policy,
            dropped,
            kept,
            keep,
        } => Said::new(
            format!("`{dropped}` and `{kept}` need different values of `{policy}`"),
            match keep {
                Some(keep) => format!("set `{keep}` alone"),
                None => "set one of them".to_owned(),
            },
        ),
        Reach::TooNew { engine, oldest } => too_new(*engine, *oldest, whole),
    }
}

/// What is blocked, in the words of the policy.
fn what_is(blocked: &Blocked) -> String {
    match &blocked.category {
        Some(category) => format!("`{}` of `category:{category}`", blocked.filter),
        None => format!("`{}`", blocked.filter),
    }
}

fn essential_blocked(need: Need, blocked: &Blocked, whole: &Diagnostic) -> Said {
    let mut names: Vec<String> = Vec::new();
    let mut sites: Vec<&str> = Vec::new();
    for mark in &whole.places {
        if let Role::Essential { name, site, .. } = &mark.role {
            let name = match name {
                Some(name) => format!("helpline {name}"),
                None => format!("`{site}`"),
            };
            if !names.contains(&name) {
                names.push(name);
            }
            if !sites.contains(&site.as_str()) {
                sites.push(site);
            }
        }
    }
    let (what, names) = (what_is(blocked), names.join(", "));
    let message = match need {
        Need::Helpline => format!("{what} is blocked, which blocks {names}"),
        Need::Recovery | Need::SignIn => {
            format!("{what} is blocked, but {names} must stay reachable")
        }
    };
    let rule = &blocked.rule;
    let is_itself = sites.as_slice() == [blocked.filter.as_str()];
    Said::new(
        message,
        match (&blocked.category, is_itself) {
            (None, true) => "narrow the block, or remove this site from it".to_owned(),
            (Some(_), true) => format!("add `allow: [{}]` to rule `{rule}`", blocked.filter),
            (_, false) => format!(
                "narrow the block, or add `allow: [{}]` to rule `{rule}`",
                sites.join(", ")
            ),
        },
    )
}

fn list_full((need, name): (Need, Option<&str>), site: &str, rule: &str) -> Said {
    let name = name.unwrap_or_default();
    let whose = match need {
        Need::Helpline => format!("`{site}` of helpline {name}"),
        Need::Recovery => format!("`{site}`, which must stay reachable,"),
        Need::SignIn => format!("`{site}`, the sign-in with {name},"),
    };
    Said::new(
        format!("{whose} is blocked: the browser's list has no room for it"),
        format!(
            "add `allow: ['{site}']` to rule `{rule}`, so that it comes first, or allow fewer sites"
        ),
    )
}

fn bypass_open(ways: &[String], whole: &Diagnostic) -> Said {
    let rules = whole.places.iter().filter_map(|mark| match &mark.role {
        Role::Restricts { rule, .. } => Some(rule.as_str()),
        _ => None,
    });
    let words = ways.iter().filter_map(|way| bypass(way));
    let words: Vec<&str> = words.collect();
    let rules: BTreeSet<&str> = rules.collect();
    Said::new(
        format!(
            "{} can bypass {}: {}",
            phrase::groups(&whole.groups),
            phrase::several(rules, "rules"),
            words.join(", ")
        ),
        format!(
            "set {} to `closed` for them, or to `open` if that is decided",
            phrase::quoted(ways)
        ),
    )
}

/// A bypass, by the setting that closes it.
fn bypass(setting: &str) -> Option<&'static str> {
    match settings::find(setting)?.role {
        settings::Role::Bypasses { bypass, .. } => Some(words_of(bypass)),
        settings::Role::Restricts(_) | settings::Role::Excepts(_) | settings::Role::Neither => None,
    }
}

fn words_of(bypass: Bypass) -> &'static str {
    match bypass {
        Bypass::PrivateWindow => "a private window",
        Bypass::Guest => "browsing as a guest",
        Bypass::SecondProfile => "a second browser profile",
        Bypass::DeveloperTools => "the developer tools",
        Bypass::EndedExtension => "ending the extension that filters",
        Bypass::JavascriptAddress => "`javascript:` in the address bar",
        Bypass::OtherResolver => "another resolver over HTTPS",
        Bypass::OwnProxy => "a proxy or VPN of one's own",
        Bypass::OwnExtension => "an extension, a VPN among them",
        Bypass::ConfigurationPages => "the browser's own configuration pages",
        Bypass::PageViewer => "a translator or cache that shows other sites",
        Bypass::SecondAccount => "a second account beside the school's",
    }
}

fn too_new(engine: Engine, oldest: BrowserVersion, whole: &Diagnostic) -> Said {
    let (mut policies, mut needs, mut controls) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for mark in &whole.places {
        if let Role::NeedsVersion {
            control,
            policy,
            since,
        } = &mark.role
        {
            controls.insert(control.as_str());
            policies.insert(policy.as_str());
            needs.insert(since.as_str());
        }
    }
    let update = match needs.iter().next() {
        Some(needed) if needs.len() == 1 => format!("update older browsers to {needed}"),
        Some(_) | None => "update older browsers to the versions shown".to_owned(),
    };
    let need = if controls.len() == 1 { "needs" } else { "need" };
    Said::new(
        format!(
            "{} {need} {}, not supported by {engine} {oldest}",
            phrase::several(controls, "settings"),
            phrase::several(policies, "policies")
        ),
        format!("{update} and raise `browsers`; until then this is a gap"),
    )
}
