//! Accounts: which of them may sign in, and where.

use super::{
    Bypass, Kind, Level, Lowering, Mechanism, Name, OPEN_CLOSED, Restriction, Role, Setting, Value,
};

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "sign-in.domains",
        kind: Kind::Names(Name::Domain),
        default: "any account",
        doc: "The only domains whose accounts can sign in to Google's services, and to the \
              browser.",
        role: Role::Restricts(Restriction::Account),
        lowering: Lowering::ByValue {
            chromium: |domains| {
                Mechanism::policy("AllowedDomainsForApps", joined(domains))
                    .and("RestrictSigninToPattern", account_pattern(domains))
            },
            firefox: |domains| Mechanism::policy("AllowedDomainsForApps", joined(domains)),
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
        role: Role::Restricts(Restriction::Account),
        lowering: Lowering::ByValue {
            chromium: |choice| match choice {
                Value::Level("off") => Mechanism::policy("BrowserSignin", 0),
                Value::Level("forced") => Mechanism::policy("BrowserSignin", 2)
                    .partly("Chromium on Linux offers browser sign-in and does not insist on it"),
                Value::Level("on") => Mechanism::inherent(),
                Value::Level(_) | Value::Number(_) | Value::Names(_) | Value::Policy(_) => {
                    Mechanism::unforeseen()
                }
            },
            firefox: |choice| match choice {
                Value::Level("off") => Mechanism::policy("DisableFirefoxAccounts", true),
                Value::Level("forced") => {
                    Mechanism::missing("Firefox cannot require signing in to the browser")
                }
                Value::Level("on") => Mechanism::inherent(),
                Value::Level(_) | Value::Number(_) | Value::Names(_) | Value::Policy(_) => {
                    Mechanism::unforeseen()
                }
            },
        },
    },
    Setting {
        name: "sign-in.second-account",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Signing in with a second account beside the school's. `sign-in.domains` bounds \
              Google's; closed, the browser offers no profile for another account besides.",
        role: Role::Bypasses {
            bypass: Bypass::SecondAccount,
            opens: &[Restriction::Account],
        },
        lowering: Lowering::Switch {
            chromium: || {
                Mechanism::policy("SigninInterceptionEnabled", false)
                    .partly("an account of another site signs in there as on any page")
            },
            firefox: || {
                Mechanism::missing(
                    "Firefox has no policy for accounts; `sign-in.domains` bounds Google's",
                )
            },
        },
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
