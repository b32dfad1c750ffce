//! What the compiler found: a code, a message, the places it is about, and what to do.

use std::collections::BTreeMap;

use fyr_schemas::GroupId;

use crate::code::Code;
use crate::source::Place;

pub use crate::code::Severity;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where it shows, the first one foremost.
    pub labels: Vec<Label>,
    /// What kind of finding it is.
    pub code: Code,
    /// What was found, in one line.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// A place with what is to be seen there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The place.
    pub place: Place,
    /// What is to be seen there.
    pub text: String,
}

impl Diagnostic {
    /// A finding without a place yet.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            labels: Vec::new(),
            code,
            message: message.into(),
            help: None,
        }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            place,
            text: text.into(),
        });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to do where that is known.
    #[must_use]
    pub fn help_if(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// What it says of its only place; `None` for one of several places, or of none.
    fn statement(&self) -> Option<Statement> {
        let [label] = self.labels.as_slice() else {
            return None;
        };
        let (message, help) = (self.message.clone(), self.help.clone());
        Some((self.code, message, help, label.text.clone()))
    }

    /// Whether it keeps the policy from compiling.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}

/// The findings of one run, in the order of their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds the findings of a part of the work.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Whether any of them keeps the policy from compiling.
    pub fn any_error(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// The findings, sorted by place, each once. What is said alike of several places is one
    /// finding with all of them: a name that nobody has is one mistake, wherever it is used.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort();
        self.0.dedup();
        let mut folded: Vec<Diagnostic> = Vec::new();
        let mut first: BTreeMap<Statement, usize> = BTreeMap::new();
        for finding in self.0 {
            let at = finding
                .statement()
                .map(|statement| *first.entry(statement).or_insert(folded.len()));
            match at.and_then(|at| folded.get_mut(at)) {
                Some(same) => same.labels.extend(finding.labels),
                None => folded.push(finding),
            }
        }
        folded
    }
}

/// What a finding says of its only place, wherever that is.
type Statement = (Code, String, Option<String>, String);

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

/// The name in `known` that `given` was probably meant to be.
pub fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 100;
    const MOST_SLIPS: usize = 4;

    let given = given.to_lowercase();
    if given.chars().nth(LONGEST).is_some() {
        return None;
    }
    known
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let distance = strsim::damerau_levenshtein(&given, &lower);
            (distance, gap(&given, &lower), name)
        })
        .filter(|(distance, _, name)| {
            let longer = name.chars().count().max(given.chars().count());
            *distance <= (longer / 3).clamp(1, MOST_SLIPS)
        })
        .min()
        .map(|(_, _, name)| name)
}

/// The number in `known` that `given` is a slip or two away from; one further away is another
/// number, and no slip.
pub fn number_meant<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    did_you_mean(given, known).filter(|meant| strsim::damerau_levenshtein(given, meant) <= 2)
}

/// The audience that a word of the Nordic languages means.
pub fn audience_meant(word: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 2] = [
        (
            "pupils",
            &[
                "pupil", "pupils", "elev", "elever", "elevene", "students", "oppilaat",
            ],
        ),
        (
            "staff",
            &[
                "staff",
                "ansatte",
                "personale",
                "personal",
                "lærere",
                "lärare",
                "teachers",
                "henkilöstö",
            ],
        ),
    ];
    let word = word.to_lowercase();
    let found = WORDS
        .iter()
        .find(|(_, words)| words.contains(&word.as_str()));
    found.map(|(audience, _)| *audience)
}

/// How far apart the first characters are in which two names differ: `2027` is nearer to `2026`
/// than to `2020`.
fn gap(one: &str, other: &str) -> u32 {
    let mut pairs = one.chars().zip(other.chars());
    let differs = pairs.find(|(a, b)| a != b);
    differs.map_or(0, |(a, b)| u32::from(a).abs_diff(u32::from(b)))
}

/// Help for a name that is not known: the nearest one, or all there are when they are few.
pub fn help_for_unknown<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    const FEW: usize = 12;

    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let wholes: Vec<&str> = known
        .iter()
        .copied()
        .filter(|name| is_part_of(given, name))
        .collect();
    if (1..=FEW).contains(&wholes.len()) {
        let one_of = if wholes.len() == 1 { "" } else { "one of " };
        return format!("write {one_of}{}", in_backticks(&wholes));
    }
    match did_you_mean(given, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "there is none yet".to_owned(),
        None if known.len() <= FEW => format!("known here: {}", in_backticks(&known)),
        None => format!(
            "known here: {} and {} more",
            in_backticks(known.get(..FEW).unwrap_or(&[])),
            known.len() - FEW
        ),
    }
}

/// Whether a name is another with a part before or behind it: `skovlunde` of `skovlunde-2026`,
/// `incognito` of `escape.incognito`.
fn is_part_of(part: &str, name: &str) -> bool {
    let (behind, before) = (name.strip_prefix(part), name.strip_suffix(part));
    !part.is_empty()
        && (behind.is_some_and(|rest| rest.starts_with(['-', '.']))
            || before.is_some_and(|rest| rest.ends_with(['-', '.'])))
}

/// `a`, `b`, `c`.
pub fn in_backticks<T: AsRef<str>>(names: &[T]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `skovlunde-2026`, or `skovlunde-2026` and 11 groups more.
pub fn groups_in_words(groups: &[&GroupId]) -> String {
    let names: Vec<&str> = groups.iter().map(|group| group.as_str()).collect();
    in_words(&names, "groups")
}

/// `skovlunde`, or `skovlunde` and 11 `kind` more.
pub fn in_words(names: &[&str], kind: &str) -> String {
    match names {
        [] => format!("no {kind}"),
        [one] => format!("`{one}`"),
        [one, other] => format!("`{one}` and `{other}`"),
        [first, rest @ ..] => format!("`{first}` and {} {kind} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word_and_a_stranger_does_not() {
        let known = ["youtube.level", "youtube.identity", "safesearch.google"];
        assert_eq!(did_you_mean("youtube.levle", known), Some("youtube.level"));
        assert_eq!(did_you_mean("YouTube.level", known), Some("youtube.level"));
        assert_eq!(did_you_mean("camera", known), None);
        let groups = ["skovlunde-2020", "skovlunde-2026"];
        assert_eq!(
            did_you_mean("skovlunde-2027", groups),
            Some("skovlunde-2026")
        );
        assert_eq!(did_you_mean(&"x".repeat(1000), groups), None);
    }

    #[test]
    fn a_part_of_a_name_finds_the_whole() {
        let settings = ["escape.incognito", "escape.guest"];
        let help = |given| help_for_unknown(given, settings);
        assert_eq!(help("incognito"), "write `escape.incognito`");
        let family = "write one of `escape.guest`, `escape.incognito`";
        assert_eq!(help("escape"), family);
        assert_eq!(
            help("cognito"),
            "known here: `escape.guest`, `escape.incognito`"
        );
    }
}
