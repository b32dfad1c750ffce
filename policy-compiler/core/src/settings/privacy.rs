//! What the browser keeps, fills in and sends about the person who uses it.

use serde_json::json;

use super::{ALLOW_BLOCK, Lowering, Mechanism, Role, Setting};

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "privacy.sync",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Copying bookmarks, history and passwords to the browser vendor's account.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("SyncDisabled", true),
            firefox: || Mechanism::policy("DisableFirefoxAccounts", true),
        },
    },
    Setting {
        name: "privacy.telemetry",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Usage and crash statistics for the browser's vendor.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || {
                Mechanism::policy("MetricsReportingEnabled", false)
                    .and("UrlKeyedAnonymizedDataCollectionEnabled", false)
            },
            firefox: || {
                Mechanism::policy("DisableTelemetry", true).and("DisableFirefoxStudies", true)
            },
        },
    },
    Setting {
        name: "privacy.search-suggestions",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sending what is typed in the address bar to a search engine before Enter.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("SearchSuggestEnabled", false),
            firefox: || Mechanism::policy("SearchSuggestEnabled", false),
        },
    },
    Setting {
        name: "privacy.prediction",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Connecting to sites before they are opened.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("NetworkPredictionOptions", 2),
            firefox: || Mechanism::policy("NetworkPrediction", false),
        },
    },
    Setting {
        name: "privacy.background",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "The browser running on after its last window is closed.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("BackgroundModeEnabled", false),
            firefox: Mechanism::inherent,
        },
    },
    Setting {
        name: "privacy.popups",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Allowing a site its pop-up windows, against the browser's own advice.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("DefaultPopupsSetting", 2),
            firefox: || {
                Mechanism::policy("PopupBlocking", json!({"Default": true, "Locked": true}))
            },
        },
    },
];
