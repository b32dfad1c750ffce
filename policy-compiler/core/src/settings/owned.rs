//! Which of the browsers' own policies belong to which setting: those that enforce it, read off
//! the table, and those beside them that would undo it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fyr_schemas::bundle::Engine;
use serde_json::Value as Json;

use super::{Effect, Setting, all, find, mechanism};
use crate::catalogue::{self, Policy};

/// The policies that undo a setting although nothing of it is enforced by them. After a slash
/// stands how the names of those members of a table begin that do.
const UNDOES: &[(&str, &[&str])] = &[
    (
        "biometrics.picture-search",
        &["firefox.Preferences/browser.search.visualSearch."],
    ),
    (
        "camera.access",
        &[
            "chromium.VideoCaptureAllowedUrls",
            "firefox.Preferences/media.navigator.",
            "firefox.Preferences/permissions.default.camera",
        ],
    ),
    (
        "cast.access",
        &[
            "chromium.AccessCodeCastEnabled",
            "chromium.MediaRouterCastAllowAllIPs",
        ],
    ),
    (
        "escape.browser-configuration",
        &[
            "chromium.BrowserLabsEnabled",
            "chromium.CommandLineFlagSecurityWarningsEnabled",
            "chromium.EnableExperimentalPolicies",
            "firefox.Preferences/browser.aboutConfig.",
        ],
    ),
    (
        "escape.developer-tools",
        &[
            "chromium.DeveloperToolsAvailabilityAllowlist",
            "chromium.ExtensionDeveloperModeSettings",
            "firefox.Preferences/devtools.",
        ],
    ),
    (
        "escape.dns-over-https",
        &[
            "chromium.BuiltInDnsClientEnabled",
            "chromium.DnsOverHttpsTemplates",
            "firefox.Preferences/doh-rollout.",
            "firefox.Preferences/network.trr.",
        ],
    ),
    (
        "escape.extensions",
        &[
            "chromium.ExtensionAllowedTypes",
            "chromium.ExtensionDeveloperModeSettings",
            "chromium.ExtensionInstallAllowlist",
            "chromium.ExtensionInstallForcelist",
            "chromium.ExtensionInstallSources",
            "chromium.ExtensionSettings",
            "firefox.Extensions",
            "firefox.InstallAddonsPermission",
            "firefox.Preferences/extensions.",
            "firefox.Preferences/xpinstall.",
        ],
    ),
    ("escape.guest", &["chromium.BrowserGuestModeEnforced"]),
    (
        "escape.history-deletion",
        &[
            "chromium.BrowsingDataLifetime",
            "chromium.ClearBrowsingDataOnExitList",
            "chromium.ForceEphemeralProfiles",
            "chromium.SavingBrowserHistoryDisabled",
            "firefox.ClearOnShutdown",
            "firefox.Preferences/places.history.",
            "firefox.Preferences/privacy.clearOnShutdown",
            "firefox.Preferences/privacy.sanitize.",
            "firefox.SanitizeOnShutdown",
        ],
    ),
    (
        "escape.incognito",
        &[
            "chromium.IncognitoModeUrlAllowlist",
            "firefox.Preferences/browser.privatebrowsing.",
            "firefox.PrivateBrowsingModeAvailability",
        ],
    ),
    (
        "escape.profiles",
        &[
            "chromium.ProfilePickerOnStartupAvailability",
            "firefox.LegacyProfiles",
            "firefox.Preferences/browser.profiles.",
        ],
    ),
    (
        "escape.proxy",
        &[
            "chromium.EnableProxyOverrideRulesForAllUsers",
            "firefox.Preferences/browser.ipProtection.",
            "firefox.Preferences/network.proxy.",
        ],
    ),
    ("escape.quic", &["firefox.Preferences/network.http.http3."]),
    (
        "extensions.allowed",
        &[
            "chromium.ExtensionInstallForcelist",
            "chromium.ExtensionSettings",
            "firefox.Extensions",
            "firefox.InstallAddonsPermission",
        ],
    ),
    ("headsets.access", &["firefox.Preferences/dom.vr."]),
    (
        "location.access",
        &[
            "chromium.PreciseGeolocationAllowedForUrls",
            "firefox.Preferences/geo.",
            "firefox.Preferences/permissions.default.geo",
        ],
    ),
    (
        "microphone.access",
        &[
            "chromium.AudioCaptureAllowedUrls",
            "firefox.Preferences/media.navigator.",
            "firefox.Preferences/permissions.default.microphone",
        ],
    ),
    (
        "motion-sensors.access",
        &[
            "chromium.SensorsAllowedForUrls",
            "firefox.Preferences/device.sensors.",
        ],
    ),
    (
        "password.leak-warning",
        &["firefox.Preferences/signon.management."],
    ),
    (
        "password.manager",
        &[
            "firefox.OfferToSaveLogins",
            "firefox.Preferences/signon.rememberSignons",
        ],
    ),
    (
        "privacy.popups",
        &[
            "chromium.PopupsAllowedForUrls",
            "firefox.Preferences/dom.disable_open_during_load",
            "firefox.Preferences/dom.popup",
        ],
    ),
    (
        "privacy.prediction",
        &[
            "firefox.Preferences/browser.urlbar.speculativeConnect.",
            "firefox.Preferences/network.dns.disablePrefetch",
            "firefox.Preferences/network.predictor.",
            "firefox.Preferences/network.prefetch-next",
        ],
    ),
    (
        "privacy.search-suggestions",
        &[
            "firefox.Preferences/browser.search.suggest.",
            "firefox.Preferences/browser.urlbar.suggest.",
        ],
    ),
    (
        "privacy.sync",
        &["firefox.Preferences/identity.fxaccounts."],
    ),
    (
        "privacy.telemetry",
        &[
            "firefox.Preferences/app.normandy.",
            "firefox.Preferences/datareporting.",
            "firefox.Preferences/toolkit.telemetry.",
        ],
    ),
    (
        "screen-sharing.access",
        &[
            "chromium.SameOriginTabCaptureAllowedByOrigins",
            "chromium.ScreenCaptureAllowedByOrigins",
            "chromium.ScreenCaptureWithoutGestureAllowedForOrigins",
            "chromium.TabCaptureAllowedByOrigins",
            "chromium.WindowCaptureAllowedByOrigins",
            "firefox.Preferences/media.getdisplaymedia.",
        ],
    ),
    (
        "screen-sharing.sites",
        &[
            "chromium.SameOriginTabCaptureAllowedByOrigins",
            "chromium.ScreenCaptureWithoutGestureAllowedForOrigins",
            "chromium.TabCaptureAllowedByOrigins",
            "chromium.WindowCaptureAllowedByOrigins",
        ],
    ),
    (
        "sign-in.browser",
        &["firefox.Preferences/identity.fxaccounts."],
    ),
    (
        "sign-in.domains",
        &["chromium.ProfileSeparationDomainExceptionList"],
    ),
    (
        "updates.browser",
        &[
            "chromium.RelaunchWindow",
            "firefox.AppAutoUpdate",
            "firefox.AppUpdatePin",
            "firefox.BackgroundAppUpdate",
            "firefox.DisableAppUpdate",
            "firefox.DisableSystemAddonUpdate",
            "firefox.ManualAppUpdateOnly",
            "firefox.Preferences/app.update.",
            "firefox.Preferences/extensions.update.",
        ],
    ),
    (
        "usb.access",
        &[
            "chromium.WebUsbAllowDevicesForUrls",
            "chromium.WebUsbAskForUrls",
        ],
    ),
];

/// Tables in which several settings have members of their own.
const SHARED: [&str; 2] = ["firefox.Permissions", "firefox.Preferences"];

/// What a browser's own policy gives to another, so that only the organisation may set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    /// The browser starts another program.
    StartsProgram,
    /// The browser starts several programs.
    StartsPrograms,
    /// Sites may start programs.
    SitesStartPrograms,
    /// Extensions may start programs.
    ExtensionsStartPrograms,
    /// The browser loads a library.
    LoadsLibrary,
    /// A sandbox is absent.
    RemovesSandbox,
    /// The browser trusts a certificate's holder.
    TrustsCertificate,
    /// Policies come from another place.
    PoliciesFromElsewhere,
    /// Policies apply that the browser does not know.
    UnknownPolicies,
    /// Other policies apply.
    OtherPrecedence,
    /// The device can be used over a network.
    RemoteUse,
    /// Another program controls the browser.
    RemoteControl,
    /// Another program reads every page.
    PagesRead,
    /// The browser comes from another place.
    BrowserFromElsewhere,
}

/// How the names of those policies begin that start programs, load code, trust strangers'
/// certificates or take policies from elsewhere: nothing that stands in a policy holds against them.
const FOR_THE_ORGANISATION: &[(&str, Power)] = &[
    ("chromium.AlternativeBrowser", Power::StartsProgram),
    ("chromium.AudioSandboxEnabled", Power::RemovesSandbox),
    (
        "chromium.AutoLaunchProtocolsFromOrigins",
        Power::SitesStartPrograms,
    ),
    ("chromium.BrowserSwitcher", Power::StartsProgram),
    ("chromium.CACertificates", Power::TrustsCertificate),
    ("chromium.CloudManagement", Power::PoliciesFromElsewhere),
    (
        "chromium.CloudPolicyOverrides",
        Power::PoliciesFromElsewhere,
    ),
    ("chromium.CloudUserPolicy", Power::PoliciesFromElsewhere),
    (
        "chromium.EnableExperimentalPolicies",
        Power::UnknownPolicies,
    ),
    ("chromium.GSSAPILibraryName", Power::LoadsLibrary),
    ("chromium.NativeMessaging", Power::ExtensionsStartPrograms),
    (
        "chromium.NetworkServiceSandboxEnabled",
        Power::RemovesSandbox,
    ),
    ("chromium.PolicyAtomicGroupsEnabled", Power::OtherPrecedence),
    (
        "chromium.PolicyDictionaryMultipleSourceMergeList",
        Power::PoliciesFromElsewhere,
    ),
    (
        "chromium.PolicyListMultipleSourceMergeList",
        Power::PoliciesFromElsewhere,
    ),
    ("chromium.RemoteAccessHost", Power::RemoteUse),
    ("chromium.RemoteDebuggingAllowed", Power::RemoteControl),
    ("firefox.AppUpdateURL", Power::BrowserFromElsewhere),
    (
        "firefox.AutoLaunchProtocolsFromOrigins",
        Power::SitesStartPrograms,
    ),
    ("firefox.Certificates", Power::TrustsCertificate),
    ("firefox.ContentAnalysis", Power::PagesRead),
    ("firefox.Handlers", Power::StartsPrograms),
    ("firefox.SecurityDevices", Power::LoadsLibrary),
];

/// What belongs to a setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Owned {
    policy: &'static str,
    /// How the members of its table begin that do; all of it where there is none.
    members: Option<String>,
}

static OWNED: LazyLock<BTreeMap<&'static str, BTreeSet<Owned>>> = LazyLock::new(|| {
    let by_policies = all().map(|setting| (setting.name, enforcing(setting).collect()));
    let mut owned: BTreeMap<&'static str, BTreeSet<Owned>> = by_policies.collect();
    for (setting, undoing) in UNDOES {
        let owned = owned.entry(setting).or_default();
        owned.extend(undoing.iter().map(|name| Owned::read(name)));
    }
    owned
});

impl Owned {
    fn read(text: &'static str) -> Self {
        match text.split_once('/') {
            Some((policy, members)) => Self {
                policy,
                members: Some(members.to_owned()),
            },
            None => Self {
                policy: text,
                members: None,
            },
        }
    }

    /// Whether a value of `policy` says anything about it.
    fn is_set_by(&self, policy: &Policy, value: &Json) -> bool {
        self.policy == policy.full_name
            && match (&self.members, value) {
                (Some(members), Json::Object(said)) => {
                    said.keys().any(|name| name.starts_with(members))
                }
                (Some(_) | None, _) => true,
            }
    }
}

/// Every setting that a browser's own policy speaks of when it has this value.
pub(crate) fn spoken_of(
    policy: &'static Policy,
    value: &Json,
) -> impl Iterator<Item = &'static Setting> {
    OWNED
        .iter()
        .filter(move |(_, owned)| owned.iter().any(|owned| owned.is_set_by(policy, value)))
        .filter_map(|(name, _)| find(name))
}

/// The browsers' own policies that would undo a setting, in the words of the table.
pub(crate) fn undoing(setting: &Setting) -> &'static [&'static str] {
    let row = UNDOES.iter().find(|(name, _)| *name == setting.name);
    row.map_or(&[], |(_, undoing)| undoing)
}

/// Why only the organisation itself may set a browser's own policy; `None` where all may.
pub(crate) fn for_the_organisation(name: &str) -> Option<Power> {
    let row = FOR_THE_ORGANISATION
        .iter()
        .find(|(prefix, _)| name.starts_with(prefix));
    row.map(|(_, power)| *power)
}

/// What puts some value of a setting in force.
fn enforcing(setting: &'static Setting) -> impl Iterator<Item = Owned> {
    let values = setting.kind.examples().into_iter();
    values
        .flat_map(|value| Engine::ALL.map(|engine| (engine, value.clone())))
        .flat_map(move |(engine, value)| {
            let effects = mechanism(engine, Some(setting), &value).effects;
            effects.into_iter().map(move |effect| (engine, effect))
        })
        .flat_map(|(engine, effect)| match effect {
            Effect::Policy(name, value) => owned(engine, name, &value),
            Effect::Block(_) | Effect::Allow(_) | Effect::Host(..) => Vec::new(),
        })
}

fn owned(engine: Engine, name: &str, value: &Json) -> Vec<Owned> {
    let Some(policy) = catalogue::find_in(engine, name).map(|policy| policy.full_name) else {
        return Vec::new();
    };
    let of = |members| Owned { policy, members };
    match value {
        Json::Object(members) if SHARED.contains(&policy) => {
            members.keys().cloned().map(Some).map(of).collect()
        }
        Json::Object(_)
        | Json::Null
        | Json::Bool(_)
        | Json::Number(_)
        | Json::String(_)
        | Json::Array(_) => vec![of(None)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::Lowering;

    fn says(policy: &str, value: &Json) -> Vec<&'static str> {
        let policy = catalogue::find(policy).expect(policy);
        spoken_of(policy, value)
            .map(|setting| setting.name)
            .collect()
    }

    #[test]
    fn all_that_enforces_a_setting_belongs_to_it() {
        for setting in all() {
            for value in setting.kind.examples() {
                for engine in Engine::ALL {
                    for effect in mechanism(engine, Some(setting), &value).effects {
                        if let Effect::Policy(name, json) = effect {
                            let policy = catalogue::find_in(engine, name).expect(name);
                            let owners = says(policy.full_name, &json);
                            assert!(owners.contains(&setting.name), "{name}: {owners:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn all_that_undoes_a_setting_can_be_set_and_belongs_to_it() {
        for (name, undoing) in UNDOES {
            let setting = find(name).expect(name);
            assert!(!matches!(setting.lowering, Lowering::Verbatim(_)), "{name}");
            for each in *undoing {
                let owned = Owned::read(each);
                assert!(find(owned.policy).is_some(), "{each} cannot be set");
                assert_eq!(owned.members.is_some(), SHARED.contains(&owned.policy));
                let value = owned.members.map_or(json!([]), |member| json!({member: 1}));
                assert!(says(owned.policy, &value).contains(name), "{each}");
            }
        }
    }

    #[test]
    fn all_that_is_for_the_organisation_can_be_set_there() {
        for (prefix, _) in FOR_THE_ORGANISATION {
            let mut policies = catalogue::all();
            assert!(
                policies.any(|policy| policy.full_name.starts_with(prefix)
                    && find(policy.full_name).is_some()),
                "{prefix}"
            );
        }
    }

    #[test]
    fn members_that_no_setting_has_belong_to_none() {
        let zoom = json!({"browser.zoom.full": {"Value": true}});
        assert_eq!(says("firefox.Preferences", &zoom), [""; 0]);
        let notifications = json!({"Notifications": {"BlockNewRequests": true}});
        assert_eq!(says("firefox.Permissions", &notifications), [""; 0]);
        let camera = json!({"Camera": {"Allow": ["https://x.example"]}});
        assert_eq!(
            says("firefox.Permissions", &camera),
            ["camera.access", "camera.sites"]
        );
    }

    /// Names that promise an exception from what is closed, or that let something in; whoever adds
    /// one to the catalogue says here or above what it does.
    #[test]
    fn every_list_of_exceptions_belongs_to_a_setting_or_is_known_to_belong_to_none() {
        let exceptions = catalogue::all()
            .map(|policy| policy.full_name)
            .filter(|name| find(name).is_some() && for_the_organisation(name).is_none())
            .filter(|name| name.contains("Allow") && !name.ends_with("Allowed"))
            .filter(|name| says(name, &json!([])).is_empty());
        let exceptions: Vec<&str> = exceptions.collect();
        insta::assert_snapshot!(exceptions.join("\n"));
    }
}
