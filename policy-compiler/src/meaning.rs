//! What a finding means: the table's words, and an example that a test provokes.

use fyr_policy_core::meant::did_you_mean;
use fyr_policy_core::{Code, Language, Severity, wording};

/// What the case of each code prints, in the order of the codes. A test compares it with the program.
static EXAMPLES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// A code with all its texts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Meaning {
    /// The stable code.
    pub(crate) code: &'static str,
    /// Whether it keeps a policy from compiling.
    pub(crate) severity: Severity,
    /// What it is, in one line.
    pub(crate) title: &'static str,
    /// Why it matters, and what to do.
    #[serde(rename = "meaning")]
    pub(crate) why: &'static str,
    /// The finding as it is printed for a policy that provokes it.
    pub(crate) example: &'static str,
}

impl Meaning {
    /// What a code means.
    pub(crate) fn of(code: Code) -> Self {
        let wording::Meaning { title, text } = wording::meaning(code, Language::English);
        Self {
            code: code.as_str(),
            severity: code.severity(),
            title,
            why: text,
            example: example(code),
        }
    }

    /// All of it as people read it, in lines of at most so many columns.
    pub(crate) fn in_words(&self, columns: usize) -> String {
        let meaning = textwrap::fill(self.why, columns);
        let Self {
            code,
            title,
            example,
            ..
        } = self;
        let consequence = self.consequence();
        format!("{code}: {title}\n{consequence}\n\n{meaning}\n\nFor example:\n\n{example}\n")
    }

    /// The severity in words.
    pub(crate) fn consequence(&self) -> &'static str {
        match self.severity {
            Severity::Error => "an error: the policy does not compile",
            Severity::Warning => "a warning: the policy compiles, and a person should review it",
        }
    }
}

/// What the case of a code prints, without the tally.
fn example(code: Code) -> &'static str {
    let mut examples = EXAMPLES.iter();
    let example = examples.find(|(of, _)| *of == code.as_str());
    let text = example.map_or("", |(_, text)| *text);
    let findings = text.trim_end().rsplit_once("\n\n");
    findings.map_or(text, |(findings, _)| findings).trim_end()
}

/// Whether this is meant as a code, known or not: `fyr401`.
pub(crate) fn is_meant_as_code(text: &str) -> bool {
    let digits = text
        .get(..3)
        .filter(|letters| letters.eq_ignore_ascii_case("fyr"))
        .and_then(|_| text.get(3..));
    digits.is_some_and(|digits| {
        digits
            .bytes()
            .all(|digit| digit.is_ascii_digit() || digit == b'-')
    })
}

/// What to say of a code that does not exist.
pub(crate) fn unknown(text: &str) -> String {
    let number: String = text.chars().filter(char::is_ascii_digit).collect();
    let padded = format!("FYR{number:0>4}");
    let mut codes = Code::ALL.iter().map(|code| code.as_str());
    let exact = codes.clone().find(|code| *code == padded);
    let meant = exact.or_else(|| did_you_mean(&padded, codes.clone()));
    let (first, last) = (codes.next().unwrap_or_default(), codes.next_back());
    let help = meant.map_or_else(
        || {
            let last = last.unwrap_or_default();
            format!("the codes run from `{first}` to `{last}`, as `fyr check` prints them")
        },
        |code| format!("did you mean `{code}`?"),
    );
    format!("no finding has this code; {help}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_example() {
        for code in Code::ALL {
            let example = Meaning::of(*code).example;
            assert!(example.contains(code.as_str()), "{code}: {example}");
            assert!(!example.contains("1 error"), "{code}: {example}");
        }
    }

    #[test]
    fn a_slip_in_a_code_finds_it_and_a_directory_is_none() {
        assert!(unknown("fyr401").contains("`FYR0401`"));
        assert!(unknown("FYR4001").contains("did you mean"));
        assert!(unknown("FYR7777").contains("run from `FYR0101`"));
        for text in ["fyr401", "FYR7777", "FYR", "Fyr-0401"] {
            assert!(is_meant_as_code(text), "{text}");
        }
        for text in ["policy", "fyrby", "fyr/policy", "", "f", "æøå"] {
            assert!(!is_meant_as_code(text), "{text}");
        }
    }
}
