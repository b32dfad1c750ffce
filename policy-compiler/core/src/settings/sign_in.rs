//! Accounts: which may sign in, how their passwords are kept, and when the screen locks.

use super::{ALLOW_BLOCK, Kind, Level, Lowering, Means, Name, Scale, Setting, Stricter, Value};

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "sign-in.domains",
        kind: Kind::Names(Name::Domain),
        default: "any account",
        doc: "The only domains whose accounts can sign in to Google's services, and to the \
              browser.",
        lowering: Lowering::ByValue {
            chromium: |domains| {
                Means::policy("AllowedDomainsForApps", joined(domains))
                    .and("RestrictSigninToPattern", account_pattern(domains))
            },
            firefox: |domains| Means::policy("AllowedDomainsForApps", joined(domains)),
        },
    },
    Setting {
        name: "sign-in.browser",
        kind: Kind::Choice(&[
            Level {
                word: "on",
                also: &["yes", "true", "allow"],
            },
            Level {
                word: "off",
                also: &["no", "false", "block"],
            },
            Level {
                word: "forced",
                also: &["force"],
            },
        ]),
        default: "on",
        doc: "Signing in to the browser itself: possible, impossible, or required before use. \
              Impossible and required cannot be compared.",
        lowering: Lowering::ByValue {
            chromium: |choice| match choice {
                Value::Level("off") => Means::policy("BrowserSignin", 0),
                Value::Level("forced") => Means::policy("BrowserSignin", 2)
                    .partly("Chromium on Linux offers browser sign-in and does not insist on it"),
                Value::Level("on") => Means::inherent(),
                Value::Level(_) | Value::Number(_) | Value::Names(_) | Value::Policy(_) => {
                    Means::unforeseen()
                }
            },
            firefox: |choice| match choice {
                Value::Level("off") => Means::policy("DisableFirefoxAccounts", true),
                Value::Level("forced") => {
                    Means::missing("Firefox cannot require signing in to the browser")
                }
                Value::Level("on") => Means::inherent(),
                Value::Level(_) | Value::Number(_) | Value::Names(_) | Value::Policy(_) => {
                    Means::unforeseen()
                }
            },
        },
    },
    Setting {
        name: "password.manager",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "The browser's password manager.",
        lowering: Lowering::Switch {
            chromium: || Means::policy("PasswordManagerEnabled", false),
            firefox: || Means::policy("PasswordManagerEnabled", false),
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
        doc: "The least length of a new password.",
        lowering: Lowering::NoTarget("this version writes no account rules"),
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
        lowering: Lowering::NoTarget("this version writes no desktop settings"),
    },
];

fn names(value: &Value) -> impl Iterator<Item = &str> {
    let names = match value {
        Value::Names(names) => Some(names),
        Value::Level(_) | Value::Number(_) | Value::Policy(_) => None,
    };
    names.into_iter().flatten().map(String::as_str)
}

fn joined(domains: &Value) -> String {
    names(domains).collect::<Vec<_>>().join(",")
}

/// A regular expression over whole account names. A domain holds no character that needs
/// escaping but the point.
fn account_pattern(domains: &Value) -> String {
    let escaped: Vec<_> = names(domains)
        .map(|name| name.replace('.', r"\."))
        .collect();
    format!(".*@({})", escaped.join("|"))
}
