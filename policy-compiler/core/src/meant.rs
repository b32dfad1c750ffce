//! What was probably meant by a name that is not known.

use serde::Serialize;

/// How many known names are listed.
const FEW: usize = 12;

/// What was probably meant by a name that is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Meant {
    /// One of these, of which a part was written.
    Whole(Vec<String>),
    /// This one, which is written almost alike.
    Near(String),
    /// None is near.
    Unclear {
        /// The first names that are known.
        known: Vec<String>,
        /// How many more are known.
        more: usize,
    },
}

impl Meant {
    /// What was probably meant among the names that are known.
    pub fn among<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known: Vec<&str> = known.into_iter().collect();
        known.sort_unstable();
        known.dedup();
        let owned = |names: &mut dyn Iterator<Item = &&str>| -> Vec<String> {
            names.map(|name| (*name).to_owned()).collect()
        };
        let wholes = owned(&mut known.iter().filter(|name| is_part_of(given, name)));
        if (1..=FEW).contains(&wholes.len()) {
            return Self::Whole(wholes);
        }
        match did_you_mean(given, known.iter().copied()) {
            Some(name) => Self::Near(name.to_owned()),
            None => Self::Unclear {
                known: owned(&mut known.iter().take(FEW)),
                more: known.len().saturating_sub(FEW),
            },
        }
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

/// Whether a name is another with a part before or behind it: `skovlunde` of `skovlunde-2026`,
/// `incognito` of `escape.incognito`.
fn is_part_of(part: &str, name: &str) -> bool {
    let (behind, before) = (name.strip_prefix(part), name.strip_suffix(part));
    !part.is_empty()
        && (behind.is_some_and(|rest| rest.starts_with(['-', '.']))
            || before.is_some_and(|rest| rest.ends_with(['-', '.'])))
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
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let incognito = Meant::Whole(owned(&["escape.incognito"]));
        assert_eq!(Meant::among("incognito", settings), incognito);
        let family = Meant::Whole(owned(&["escape.guest", "escape.incognito"]));
        assert_eq!(Meant::among("escape", settings), family);
        let none = Meant::Unclear {
            known: owned(&["escape.guest", "escape.incognito"]),
            more: 0,
        };
        assert_eq!(Meant::among("cognito", settings), none);
    }
}
