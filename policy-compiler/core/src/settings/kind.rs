//! The closed set of value types: how each is read, compared and described.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value as Json;

use crate::catalogue::Given;
use crate::catalogue::Policy;
use crate::catalogue::schema::Mismatch;
use crate::meant::did_you_mean;

/// The type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of these words, weakest first.
    Levels(&'static [Level]),
    /// One of these words: the first is weaker than the others, which cannot be compared.
    Choice(&'static [Level]),
    /// A whole number.
    Number(Scale),
    /// A set of names; the fewer, the stricter.
    Names(Name),
    /// The value of a browser's own policy; only equal values can be compared.
    Policy(&'static Policy),
}

/// One word of a [`Kind::Levels`] or [`Kind::Choice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// The word, as documents and reports write it.
    pub word: &'static str,
    /// Other words that people write for it.
    pub also: &'static [&'static str],
}

/// The bounds, unit and direction of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// The least number taken.
    pub least: u32,
    /// The greatest number taken.
    pub most: u32,
    /// What is counted, in the plural: `minutes`.
    pub unit: &'static str,
    /// Which end is strict.
    pub stricter: Stricter,
}

/// Which of two numbers is the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stricter {
    /// The greater.
    Greater,
    /// The smaller.
    Smaller,
}

/// What a name in a set names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// A domain: `skola.example`.
    Domain,
    /// A browser extension: 32 letters `a`–`p` (Chromium) or `name@vendor` (Firefox).
    Extension,
    /// A site that may ask for something: `https://meet.example`.
    Origin,
}

/// A value of some [`Kind`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A word of [`Kind::Levels`] or [`Kind::Choice`].
    Level(&'static str),
    /// A number.
    Number(u32),
    /// A set of names in their canonical form.
    Names(BTreeSet<String>),
    /// The value of a browser's own policy, checked against the catalogue.
    Policy(Json),
}

/// Why a written value is none of its setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a value of the setting")]
pub enum ParseValueError {
    /// Not one of the setting's words.
    Word {
        /// What was written, cut after 80 characters.
        given: String,
        /// The words taken, weakest first.
        accepts: Vec<&'static str>,
        /// The word that was probably meant.
        meant: Option<&'static str>,
    },
    /// Not a whole number within bounds.
    Number {
        /// What was written, cut after 80 characters.
        given: String,
        /// What is counted and its bounds.
        scale: Scale,
    },
    /// Not a name, or a set of names, of the expected kind.
    Name {
        /// What was written, cut after 80 characters.
        given: String,
        /// What is named.
        name: Name,
    },
    /// A list without a name in it, which would mean no name at all.
    NoNames {
        /// What would be named.
        name: Name,
    },
    /// Not a value of the browser's policy.
    Policy(Mismatch),
}

impl Kind {
    /// Reads a value as people write it; one name may stand for a list of one.
    pub fn parse(self, given: &Given) -> Result<Value, ParseValueError> {
        match self {
            Self::Levels(levels) | Self::Choice(levels) => parse_level(levels, given),
            Self::Number(scale) => parse_number(scale, given),
            Self::Names(name) => parse_names(name, given),
            Self::Policy(policy) => {
                let value = policy.schema().read(given);
                value.map(Value::Policy).map_err(ParseValueError::Policy)
            }
        }
    }

    /// Which of two values of this kind is the stricter: `Greater` when `a` is; `None` when
    /// neither bounds the other.
    pub fn strictness(self, a: &Value, b: &Value) -> Option<Ordering> {
        if a == b {
            return Some(Ordering::Equal);
        }
        match (self, a, b) {
            (Self::Levels(levels), Value::Level(a), Value::Level(b)) => {
                Some(rank(levels, a)?.cmp(&rank(levels, b)?))
            }
            (Self::Choice(levels), Value::Level(a), Value::Level(b)) => {
                match (rank(levels, a)?, rank(levels, b)?) {
                    (0, _) => Some(Ordering::Less),
                    (_, 0) => Some(Ordering::Greater),
                    (_, _) => None,
                }
            }
            (Self::Number(scale), Value::Number(a), Value::Number(b)) => match scale.stricter {
                Stricter::Greater => Some(a.cmp(b)),
                Stricter::Smaller => Some(b.cmp(a)),
            },
            (Self::Names(_), Value::Names(a), Value::Names(b)) => {
                match (a.is_subset(b), b.is_subset(a)) {
                    (true, _) => Some(Ordering::Greater),
                    (_, true) => Some(Ordering::Less),
                    (false, false) => None,
                }
            }
            // A value of another kind, or two of a browser's own policy.
            (
                Self::Levels(_)
                | Self::Choice(_)
                | Self::Number(_)
                | Self::Names(_)
                | Self::Policy(_),
                _,
                _,
            ) => None,
        }
    }

    /// The words taken, weakest first, or a description of what is.
    pub fn accepts(self) -> Vec<String> {
        match self {
            Self::Levels(levels) | Self::Choice(levels) => {
                levels.iter().map(|level| level.word.to_owned()).collect()
            }
            Self::Number(scale) => vec![format!(
                "a whole number of {} from {} to {}",
                scale.unit, scale.least, scale.most
            )],
            Self::Names(name) => vec![format!("a list, each {name}")],
            Self::Policy(policy) => vec![policy.schema().to_string()],
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(word) => f.write_str(word),
            Self::Number(number) => number.fmt(f),
            Self::Names(names) if names.is_empty() => f.write_str("none"),
            Self::Names(names) => {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                f.write_str(&names.join(", "))
            }
            Self::Policy(value) => value.fmt(f),
        }
    }
}

impl Name {
    /// The one spelling of this name; `None` when it is not one.
    fn canonical(self, text: &str) -> Option<String> {
        match self {
            Self::Domain => canonical_domain(text),
            Self::Extension => is_extension(text).then(|| text.to_owned()),
            Self::Origin => {
                let host = text.strip_prefix("https://")?;
                canonical_domain(host.strip_suffix('/').unwrap_or(host))
                    .map(|host| format!("https://{host}"))
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Domain => "a domain",
            Self::Extension => "an extension's id",
            Self::Origin => "an https origin",
        })
    }
}

fn parse_level(levels: &'static [Level], given: &Given) -> Result<Value, ParseValueError> {
    let text = given.excerpt();
    let word = text.to_ascii_lowercase();
    let found = match given {
        Given::Scalar(_) => levels
            .iter()
            .find(|level| level.word == word || level.also.contains(&word.as_str())),
        Given::List(_) | Given::Table(_) => None,
    };
    let accepts: Vec<_> = levels.iter().map(|level| level.word).collect();
    found
        .map(|level| Value::Level(level.word))
        .ok_or_else(|| ParseValueError::Word {
            meant: did_you_mean(&word, accepts.iter().copied()),
            given: text,
            accepts,
        })
}

fn parse_number(scale: Scale, given: &Given) -> Result<Value, ParseValueError> {
    let text = given.excerpt();
    let number = match given {
        Given::Scalar(text) => text.parse().ok(),
        Given::List(_) | Given::Table(_) => None,
    };
    number
        .filter(|number| (scale.least..=scale.most).contains(number))
        .map(Value::Number)
        .ok_or(ParseValueError::Number { given: text, scale })
}

fn parse_names(name: Name, given: &Given) -> Result<Value, ParseValueError> {
    let refuse = |given: &Given| ParseValueError::Name {
        given: given.excerpt(),
        name,
    };
    let parse_name = |each: &Given| match each {
        Given::Scalar(text) => name.canonical(text).ok_or_else(|| refuse(each)),
        Given::List(_) | Given::Table(_) => Err(refuse(each)),
    };
    let names = match given {
        Given::Scalar(_) => BTreeSet::from([parse_name(given)?]),
        Given::List(items) => items.iter().map(parse_name).collect::<Result<_, _>>()?,
        Given::Table(_) => return Err(refuse(given)),
    };
    // A browser takes an empty list of domains to mean every domain.
    if names.is_empty() && name == Name::Domain {
        return Err(ParseValueError::NoNames { name });
    }
    Ok(Value::Names(names))
}

fn rank(levels: &[Level], word: &str) -> Option<usize> {
    levels.iter().position(|level| level.word == word)
}

fn canonical_domain(text: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(text).ok()?;
    (ascii.contains('.') && !ascii.ends_with('.')).then_some(ascii)
}

fn is_extension(text: &str) -> bool {
    let is_firefox = || {
        let inner = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        text.split_once('@')
            .is_some_and(|(name, vendor)| !name.is_empty() && !vendor.is_empty())
            || inner.is_some_and(|guid| guid.len() == 36)
    };
    text.len() <= 255
        && text
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, '"' | ',' | '*'))
        && (is_chromium_extension(text) || is_firefox())
}

/// Whether an extension's id is one of Chromium's.
pub(crate) fn is_chromium_extension(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'a'..=b'p'))
}
