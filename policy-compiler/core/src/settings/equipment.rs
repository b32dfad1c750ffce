//! R17, R41: what is recommended with the equipment, held where something can hold it: passwords
//! that are long and used once, a screen that locks, a browser that is up to date.

use serde_json::json;

use super::{
    ALLOW_BLOCK, Kind, Lowering, Mechanism, Name, OFF_ON, Role, Scale, Setting, Stricter, Value,
};

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "password.manager",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "The browser's password manager.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("PasswordManagerEnabled", false),
            firefox: || Mechanism::policy("PasswordManagerEnabled", false),
        },
    },
    Setting {
        name: "password.min-length",
        kind: Kind::Number(Scale {
            least: 1,
            most: 128,
            unit: "characters",
            stricter: Stricter::Greater,
        }),
        default: "not set",
        doc: "The least length of a new password. A browser knows nothing of it: until something \
              holds it, tell it to those who get the equipment.",
        role: Role::Neither,
        lowering: Lowering::NoTarget(
            "this version writes no account rules; hand it out as a recommendation",
        ),
    },
    Setting {
        name: "password.leak-warning",
        kind: OFF_ON,
        default: "off",
        doc: "The browser warns where a password that it keeps or sees typed is known from a leak. \
              It asks its vendor with a part of the password's digest.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || {
                Mechanism::policy("PasswordLeakDetectionEnabled", true)
                    .and("PasswordDismissCompromisedAlertEnabled", false)
            },
            firefox: || {
                let on = json!({"Value": true, "Status": "locked"});
                Mechanism::policy(
                    "Preferences",
                    json!({"signon.management.page.breach-alerts.enabled": on}),
                )
                .partly("Firefox warns of the passwords that it keeps, not of those typed")
            },
        },
    },
    Setting {
        name: "password.reuse-warning",
        kind: OFF_ON,
        default: "off",
        doc: "The browser warns where the organisation's password is typed on another site. \
              `password.sign-in-pages` says where it belongs.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("PasswordProtectionWarningTrigger", 1),
            firefox: || {
                Mechanism::missing(
                    "Firefox cannot tell that a password is used again; hand it out as a \
                     recommendation",
                )
            },
        },
    },
    Setting {
        name: "password.sign-in-pages",
        kind: Kind::Names(Name::Origin),
        default: "none is named",
        doc: "The pages where the organisation's password belongs, for `password.reuse-warning`.",
        role: Role::Neither,
        lowering: Lowering::ByValue {
            chromium: |pages| Mechanism::policy("PasswordProtectionLoginURLs", addresses(pages)),
            firefox: |_| Mechanism::missing("Firefox cannot tell that a password is used again"),
        },
    },
    Setting {
        name: "screen.lock-after",
        kind: Kind::Number(Scale {
            least: 1,
            most: 240,
            unit: "minutes",
            stricter: Stricter::Smaller,
        }),
        default: "not set",
        doc: "The screen locks after so many minutes without use.",
        role: Role::Neither,
        lowering: Lowering::NoTarget(
            "this version writes no desktop settings; hand it out as a recommendation",
        ),
    },
    Setting {
        name: "updates.browser",
        kind: OFF_ON,
        default: "off",
        doc: "The browser insists on the restart that finishes an update, within a day, and updates its parts and extensions.",
        role: Role::Neither,
        lowering: Lowering::Switch {
            chromium: || {
                Mechanism::policy("RelaunchNotification", 2)
                    .and("RelaunchNotificationPeriod", DAY_IN_MILLISECONDS)
                    .and("ComponentUpdatesEnabled", true)
            },
            firefox: || {
                Mechanism::policy("RelaunchRequired", json!({"NotificationPeriodHours": 24}))
                    .and("ExtensionUpdate", true)
            },
        },
    },
];

const DAY_IN_MILLISECONDS: u32 = 24 * 60 * 60 * 1000;

fn addresses(value: &Value) -> Vec<String> {
    match value {
        Value::Names(origins) => origins.iter().map(|origin| format!("{origin}/")).collect(),
        Value::Level(_) | Value::Number(_) | Value::Policy(_) => Vec::new(),
    }
}
