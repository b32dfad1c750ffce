//! The one table of settings: what can be decided, in which words, how strict each value is,
//! and what enforces it in each browser engine.
//!
//! Parsing, floors, help and lowering all read this table. A new browser setting is one row
//! in one file below `settings/`.

mod devices;
mod equipment;
mod escape;
mod examples;
mod kind;
mod mechanism;
mod owned;
mod privacy;
mod role;
mod safesearch;
mod senses;
mod sign_in;
#[cfg(test)]
pub(crate) mod tests;
mod youtube;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::Engine;

pub(crate) use self::kind::is_chromium_extension;
pub use self::kind::{Kind, Level, Name, ParseValueError, Scale, Stricter, Value};
#[cfg(test)]
pub(crate) use self::mechanism::UNFORESEEN;
pub(crate) use self::mechanism::{Effect, Mechanism, Reach, mechanism};
pub(crate) use self::owned::{Power, for_the_organisation, spoken_of, undoing};
pub use self::role::{Bypass, Restriction, Role};
use crate::catalogue::{self, Given, Policy, Support};
use crate::meant::did_you_mean;
use crate::url_filter::UrlFilter;

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// `family.setting`, or `chromium.PolicyName` and `firefox.PolicyName` for a browser's own.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// What holds where no rule mentions it, in words: the browser's own default.
    pub default: &'static str,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// What it is to the proof that no restriction can be walked around.
    pub role: Role,
    pub(crate) lowering: Lowering,
}

/// How a setting's values are enforced.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lowering {
    /// Two levels: the first is what browsers do anyway, the second takes these means.
    Switch {
        chromium: fn() -> Mechanism,
        firefox: fn() -> Mechanism,
    },
    /// Means that depend on the value.
    ByValue {
        chromium: fn(&Value) -> Mechanism,
        firefox: fn(&Value) -> Mechanism,
    },
    /// The value is a browser's own policy and goes to that browser as it is.
    Verbatim(&'static Policy),
    /// No target of this version enforces it, because …
    NoTarget(&'static str),
}

/// Looks a setting up by name: a row of the table, or a browser's own policy.
pub fn find(name: &str) -> Option<&'static Setting> {
    TABLE.get(name).copied().or_else(|| VERBATIM.get(name))
}

/// Every row of the table, by name. Browsers' own policies are not among them.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    TABLE.values().copied()
}

/// The rows of one family, by name: `safesearch` for every `safesearch.…`.
pub fn family(family: &str) -> impl Iterator<Item = &'static Setting> {
    all().filter(move |setting| setting.family() == family)
}

/// The setting that was probably meant by a name that [`find`] does not know.
pub fn nearest(name: &str) -> Option<&'static str> {
    did_you_mean(name, TABLE.keys().chain(VERBATIM.keys()).copied())
}

/// The policies of browsers whose names begin so, a few at most.
pub fn beginning_with(name: &str) -> impl Iterator<Item = &'static str> {
    const FEW: usize = 4;

    let names = VERBATIM.keys().copied();
    names.filter(move |full| full.starts_with(name)).take(FEW)
}

/// The setting that keeps the school account from appearing on the sites of a filter.
pub(crate) fn identity_over(filter: &UrlFilter) -> Option<&'static Setting> {
    find(Ruled::over(filter)?.identity)
}

/// The setting that gives the sites of a filter in their own restricted form.
pub(crate) fn restricted_form_of(filter: &UrlFilter) -> Option<&'static Setting> {
    find(Ruled::over(filter)?.restricted_form)
}

/// A host that settings rule over by name.
struct Ruled {
    host: &'static str,
    identity: &'static str,
    restricted_form: &'static str,
}

impl Ruled {
    fn over(filter: &UrlFilter) -> Option<&'static Self> {
        RULED.iter().find(|ruled| {
            let host = ruled.host.parse::<UrlFilter>();
            host.is_ok_and(|host| host.contains(filter))
        })
    }
}

const RULED: &[Ruled] = &[Ruled {
    host: "youtube.com",
    identity: "youtube.identity",
    restricted_form: "youtube.level",
}];

/// Why a browser's own policy that exists cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It sets YouTube to moderate without a word.
    SetsYouTube,
    /// It sends every visited address to Google.
    SendsAddresses,
    /// Rules about sites write it.
    WrittenByRules,
    /// The browser calls it deprecated.
    Deprecated,
    /// The browser obeys it only from Google's cloud.
    CloudOnly,
    /// The browser takes it only as a recommendation.
    RecommendedOnly,
    /// It is for the browser vendor's own use.
    Internal,
    /// The browser does not obey it on Linux.
    Elsewhere,
    /// Newer versions of the browser do not know it.
    Removed {
        /// The browser.
        engine: Engine,
        /// The last version that did.
        last: BrowserVersion,
    },
}

/// Why a browser's own policy that exists cannot be set; `None` for an unknown name.
pub fn why_not(name: &str) -> Option<Refusal> {
    if let Some((_, refusal)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return Some(*refusal);
    }
    let policy = catalogue::find(name)?;
    match policy.support {
        Support::Obeyed => None,
        Support::Deprecated => Some(Refusal::Deprecated),
        Support::CloudOnly => Some(Refusal::CloudOnly),
        Support::RecommendedOnly => Some(Refusal::RecommendedOnly),
        Support::Internal => Some(Refusal::Internal),
        Support::Elsewhere => Some(Refusal::Elsewhere),
        Support::Removed => Some(Refusal::Removed {
            engine: policy.engine,
            last: policy.versions.until?,
        }),
    }
}

impl Setting {
    /// The part of the name before the point.
    pub fn family(&self) -> &'static str {
        self.name
            .split_once('.')
            .map_or(self.name, |(family, _)| family)
    }

    /// Reads a value as people write it.
    pub fn parse(&self, given: &Given) -> Result<Value, ParseValueError> {
        self.kind.parse(given)
    }

    /// The words taken, weakest first, or a description of what is.
    pub fn accepts(&self) -> Vec<String> {
        self.kind.accepts()
    }

    /// Which of two values is the stricter: `Greater` when `a` is; `None` when neither bounds
    /// the other.
    pub fn strictness(&self, a: &Value, b: &Value) -> Option<Ordering> {
        self.kind.strictness(a, b)
    }

    /// Whether `value` falls below `floor`. What cannot be compared does.
    pub fn is_weaker(&self, value: &Value, floor: &Value) -> bool {
        matches!(self.strictness(value, floor), None | Some(Ordering::Less))
    }

    /// Every value of a setting that takes one of a few words, weakest first.
    pub(crate) fn levels(&self) -> impl Iterator<Item = Value> {
        let levels = match self.kind {
            Kind::Levels(levels) | Kind::Choice(levels) => levels,
            Kind::Number(_) | Kind::Names(_) | Kind::Policy(_) => &[],
        };
        levels.iter().map(|level| Value::Level(level.word))
    }

    /// The value that holds where no rule mentions the setting; `None` where that is the
    /// absence of one.
    pub fn default_value(&self) -> Option<Value> {
        match self.kind {
            Kind::Levels(_) | Kind::Choice(_) => self.parse(&Given::from(self.default)).ok(),
            Kind::Number(_) | Kind::Names(_) | Kind::Policy(_) => None,
        }
    }
}

/// Off or on, where on is the stricter.
pub(crate) const OFF_ON: Kind = Kind::Levels(&[
    Level {
        word: "off",
        also: &["no", "false"],
    },
    Level {
        word: "on",
        also: &["yes", "true"],
    },
]);

/// A way that is open or closed: `no` and `off` close it.
pub(crate) const OPEN_CLOSED: Kind = Kind::Levels(&[
    Level {
        word: "open",
        also: &["on", "yes", "true", "allow"],
    },
    Level {
        word: "closed",
        also: &["off", "no", "false", "block"],
    },
]);

/// Something that sites or the browser may do, or may not.
pub(crate) const ALLOW_BLOCK: Kind = Kind::Levels(&[
    Level {
        word: "allow",
        also: &["on", "yes", "true", "open"],
    },
    Level {
        word: "block",
        also: &["off", "no", "false", "closed"],
    },
]);

/// Policies that exist and are never emitted, and why.
const REFUSED: &[(&str, Refusal)] = &[
    ("chromium.ForceSafeSearch", Refusal::SetsYouTube),
    ("chromium.SafeSitesFilterBehavior", Refusal::SendsAddresses),
    ("chromium.URLAllowlist", Refusal::WrittenByRules),
    ("chromium.URLBlocklist", Refusal::WrittenByRules),
    ("firefox.WebsiteFilter", Refusal::WrittenByRules),
];

static TABLE: LazyLock<BTreeMap<&'static str, &'static Setting>> = LazyLock::new(|| {
    [
        youtube::ROWS,
        safesearch::ROWS,
        sign_in::ROWS,
        escape::ROWS,
        privacy::ROWS,
        devices::ROWS,
        senses::ROWS,
        equipment::ROWS,
    ]
    .into_iter()
    .flatten()
    .map(|setting| (setting.name, setting))
    .collect()
});

static VERBATIM: LazyLock<BTreeMap<&'static str, Setting>> = LazyLock::new(|| {
    catalogue::all()
        .filter(|policy| policy.support == Support::Obeyed)
        .filter(|policy| {
            REFUSED
                .iter()
                .all(|(refused, _)| *refused != policy.full_name)
        })
        .map(|policy| (policy.full_name, verbatim(policy)))
        .collect()
});

fn verbatim(policy: &'static Policy) -> Setting {
    Setting {
        name: policy.full_name,
        kind: Kind::Policy(policy),
        default: "not set",
        doc: "A policy of the browser under the browser's own name.",
        role: Role::Neither,
        lowering: Lowering::Verbatim(policy),
    }
}
