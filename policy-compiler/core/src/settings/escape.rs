//! The bypasses of every other rule, each to be left open or closed.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use super::{
    Bypass, Kind, Lowering, Mechanism, Name, OPEN_CLOSED, Restriction, Role, Setting, Value,
    is_chromium_extension,
};
use crate::catalogue;
use crate::url_filter::UrlFilter;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "escape.incognito",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Private windows.",
        role: Role::Bypasses {
            bypass: Bypass::PrivateWindow,
            opens: &[
                Restriction::Content,
                Restriction::Sites,
                Restriction::Account,
            ],
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("IncognitoModeAvailability", 1),
            firefox: || Mechanism::policy("DisablePrivateBrowsing", true),
        },
    },
    Setting {
        name: "escape.guest",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Browsing as a guest, outside the profile.",
        role: Role::Bypasses {
            bypass: Bypass::Guest,
            opens: Restriction::ALL,
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("BrowserGuestModeEnabled", false),
            firefox: Mechanism::inherent,
        },
    },
    Setting {
        name: "escape.profiles",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Adding a second browser profile.",
        role: Role::Bypasses {
            bypass: Bypass::SecondProfile,
            opens: Restriction::ALL,
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("BrowserAddPersonEnabled", false),
            firefox: || Mechanism::policy("BlockAboutProfiles", true),
        },
    },
    Setting {
        name: "escape.developer-tools",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "The browser's developer tools, and the port through which another program drives it \
              (`--remote-debugging-port`).",
        role: Role::Bypasses {
            bypass: Bypass::DeveloperTools,
            opens: &[
                Restriction::Content,
                Restriction::Sites,
                Restriction::Account,
            ],
        },
        lowering: Lowering::Switch {
            chromium: || {
                // Another program that drives the browser opens private windows and chooses a proxy.
                Mechanism::policy("DeveloperToolsAvailability", 2)
                    .and("RemoteDebuggingAllowed", false)
            },
            firefox: || Mechanism::policy("DisableDeveloperTools", true),
        },
    },
    Setting {
        name: "escape.task-manager",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Ending an extension or a page from the browser's task manager.",
        role: Role::Bypasses {
            bypass: Bypass::EndedExtension,
            opens: &[Restriction::Content, Restriction::Sites],
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("TaskManagerEndProcessEnabled", false),
            firefox: || Mechanism::missing("Firefox has no policy for `about:processes`"),
        },
    },
    Setting {
        name: "escape.javascript-urls",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Running scripts by `javascript:` in the address bar or a bookmark.",
        role: Role::Bypasses {
            bypass: Bypass::JavascriptAddress,
            opens: &[Restriction::Content, Restriction::Sites],
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::block(["javascript://*"]),
            firefox: || Mechanism::missing("Firefox has no policy for `javascript:` in bookmarks"),
        },
    },
    Setting {
        name: "escape.dns-over-https",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Resolving names through a resolver that the browser or the user chooses.",
        role: Role::Bypasses {
            bypass: Bypass::OtherResolver,
            opens: &[Restriction::Content, Restriction::Sites],
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("DnsOverHttpsMode", "off"),
            firefox: || {
                Mechanism::policy("DNSOverHTTPS", json!({"Enabled": false, "Locked": true}))
            },
        },
    },
    Setting {
        name: "escape.proxy",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Reaching the network through a proxy, and the browser's own VPN. Closed means a \
              direct connection; a school that needs a proxy names it by the browser's own policy.",
        role: Role::Bypasses {
            bypass: Bypass::OwnProxy,
            opens: &[
                Restriction::Content,
                Restriction::Sites,
                Restriction::Account,
            ],
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("ProxySettings", json!({"ProxyMode": "direct"})),
            firefox: || {
                Mechanism::policy("Proxy", json!({"Mode": "none", "Locked": true}))
                    .and("IPProtectionAvailable", false)
            },
        },
    },
    Setting {
        name: "escape.quic",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "HTTP/3, which a filtering proxy in the network may not see.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("QuicAllowed", false),
            firefox: || {
                Mechanism::policy(
                    "Preferences",
                    json!({"network.http.http3.enable": {"Value": false, "Status": "locked"}}),
                )
            },
        },
    },
    Setting {
        name: "escape.extensions",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Installing browser extensions, VPNs among them. `extensions.allowed` names \
              exceptions.",
        role: Role::Bypasses {
            bypass: Bypass::OwnExtension,
            opens: &[
                Restriction::Content,
                Restriction::Sites,
                Restriction::Account,
            ],
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("ExtensionInstallBlocklist", json!(["*"])),
            firefox: || {
                Mechanism::policy(
                    "ExtensionSettings",
                    json!({"*": {"installation_mode": "blocked"}}),
                )
            },
        },
    },
    Setting {
        name: "extensions.allowed",
        kind: Kind::Names(Name::Extension),
        default: "none is named",
        doc: "Extensions that may be installed where `escape.extensions` is closed.",
        role: Role::Excepts("escape.extensions"),
        lowering: Lowering::ByValue {
            chromium: |ids| allowed_in_chromium(ids),
            firefox: |ids| allowed_in_firefox(ids),
        },
    },
    Setting {
        name: "escape.history-deletion",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Deleting the browser's history. What is kept stays on the device.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("AllowDeletingBrowserHistory", false),
            firefox: || {
                Mechanism::policy("DisableForgetButton", true)
                    .partly("Firefox hides the forget button; its history window still deletes")
            },
        },
    },
    Setting {
        name: "escape.browser-configuration",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "The browser's own pages for experiments, hidden preferences and starting without \
              policy-bound add-ons.",
        role: Role::Bypasses {
            bypass: Bypass::ConfigurationPages,
            opens: Restriction::ALL,
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::block(["chrome://flags"]),
            firefox: || {
                Mechanism::policy("BlockAboutConfig", true)
                    .and("BlockAboutSupport", true)
                    .and("DisableSafeMode", true)
                    .and("DisableProfileRefresh", true)
            },
        },
    },
    Setting {
        name: "escape.page-viewers",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Sites that show other sites' pages under their own name: translators, caches and \
              accelerated pages.",
        role: Role::Bypasses {
            bypass: Bypass::PageViewer,
            opens: &[Restriction::Sites],
        },
        lowering: Lowering::Switch {
            chromium: || Mechanism::block(PAGE_VIEWERS).and_block_all(&GOOGLE_VIEWERS),
            firefox: || Mechanism::block(PAGE_VIEWERS).and_block_all(&GOOGLE_VIEWERS),
        },
    },
];

/// The translator's own page stays open: what it shows comes from these two hosts.
const PAGE_VIEWERS: [&str; 4] = [
    "cdn.ampproject.org",
    "translate.goog",
    "translate.googleusercontent.com",
    "webcache.googleusercontent.com",
];

/// At `www` alone, where the bare names lead: `google.TLD` would be the classroom's host too.
static GOOGLE_VIEWERS: LazyLock<Vec<UrlFilter>> = LazyLock::new(|| {
    catalogue::google_domains()
        .filter_map(|suffix| format!(".www.google.{suffix}/amp/").parse().ok())
        .collect()
});

fn ids(value: &Value) -> impl Iterator<Item = &String> {
    let names = match value {
        Value::Names(names) => Some(names),
        Value::Level(_) | Value::Number(_) | Value::Policy(_) => None,
    };
    names.into_iter().flatten()
}

fn allowed_in_chromium(value: &Value) -> Mechanism {
    let ids: Vec<_> = ids(value)
        .filter(|id| is_chromium_extension(id))
        .cloned()
        .collect();
    if ids.is_empty() {
        return Mechanism::inherent();
    }
    Mechanism::policy("ExtensionInstallAllowlist", ids)
}

fn allowed_in_firefox(value: &Value) -> Mechanism {
    let ids: Map<_, _> = ids(value)
        .filter(|id| !is_chromium_extension(id))
        .map(|id| (id.clone(), json!({"installation_mode": "allowed"})))
        .collect();
    if ids.is_empty() {
        return Mechanism::inherent();
    }
    Mechanism::policy("ExtensionSettings", Json::Object(ids))
}
