//! Bad source of every kind ends in findings, never in a panic, and never in a bundle.

use std::fmt::Write as _;

use fyr_policy_core::{Code, Diagnostic, Language, Sources, compile, word};
use jiff::civil::{Date, date};
use proptest::prelude::*;

const DAY: Date = date(2026, 11, 23);

/// A sound policy with a file of every kind.
fn example() -> Vec<(&'static str, &'static str)> {
    macro_rules! files {
        ($($path:literal)*) => {
            vec![$(($path, include_str!(concat!("../../tests/policy/", $path))),)*]
        };
    }
    let mut files = files![
        "fyr.yaml"
        "units.yaml"
        "decisions/cases.yaml"
        "rules/floor.yaml"
        "services/help.yaml"
    ];
    files.extend([
        ("timetable.yaml", TIMETABLE),
        ("lists/lists.yaml", CATEGORY),
        (
            "lists/spil/domains",
            "a.example\n||b.example^\n0.0.0.0 c.example\n",
        ),
        ("rules/tider.yaml", TIMES),
    ]);
    files
}

const TIMETABLE: &str = "periods:
  skoletid: { days: mon-fri, hours: 08:00-15:00, for: /skoler }
holidays:
  - { name: Jul, from: 2026-12-21, until: 2027-01-03 }
";

const CATEGORY: &str = "category: spil
title: { da: Spil }
source: https://lists.example/spil
licence: CC0-1.0
files: [spil]
";

const TIMES: &str = "rule: tider
decision: SK-2025-7
for: /skoler
during: skoletid
strength: default
sites: { block: [category:spil, d.example/leg] }
why: { da: I skoletiden. }
";

/// Compiles, and holds that an error and a bundle never come together.
fn compiles_or_says_why(sources: &Sources) -> Result<(), TestCaseError> {
    let compilation = compile(sources, DAY);
    prop_assert_eq!(compilation.failed(), compilation.bundles.is_empty());
    for finding in &compilation.diagnostics {
        for label in &finding.places {
            sources.position(label.place);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_in_any_file_ends_in_findings(
        file in 0..9_usize,
        text in prop_oneof![
            any::<String>(),
            r#"[\[\]{}:,&*!|>'"%@`\#a-z0-9 \n\t-]{0,80}"#,
        ],
    ) {
        let mut files = example();
        let text: &str = &text;
        files[file].1 = text;
        compiles_or_says_why(&files.into_iter().collect())?;
    }

    #[test]
    fn a_damaged_example_ends_in_findings_or_compiles(
        file in 0..9_usize,
        at in any::<prop::sample::Index>(),
        length in 0..9_usize,
        instead in r#"[\[\]{}:,&*!|>'"a-zæøå0-9 \n-]{0,12}"#,
    ) {
        let mut files: Vec<(&str, String)> =
            example().into_iter().map(|(path, text)| (path, text.to_owned())).collect();
        let damaged: Vec<char> = files[file].1.chars().collect();
        let start = at.index(damaged.len());
        let end = (start + length).min(damaged.len());
        files[file].1 = damaged[..start]
            .iter()
            .copied()
            .chain(instead.chars())
            .chain(damaged[end..].iter().copied())
            .collect();
        compiles_or_says_why(&files.into_iter().collect())?;
    }
}

#[test]
fn the_policy_that_is_damaged_here_is_sound() {
    let compilation = compile(&example().into_iter().collect(), DAY);
    assert_eq!(compilation.diagnostics, []);
    assert!(!compilation.failed());
}

#[track_caller]
fn refused(path: &str, text: &str, expected: Code) {
    let mut files = example();
    files.retain(|(known, _)| *known != path);
    files.push((path, text));
    let compilation = compile(&files.into_iter().collect(), DAY);
    assert!(compilation.bundles.is_empty());
    let codes: Vec<Code> = compilation
        .diagnostics
        .iter()
        .map(Diagnostic::code)
        .collect();
    assert_eq!(codes, [expected], "{:#?}", compilation.diagnostics);
}

#[test]
fn a_billion_laughs_are_refused() {
    let mut text =
        "rule: x\nfor: /\nstrength: locked\nwhy: {}\nset:\n  a0: &a0 [lol, lol]\n".to_owned();
    for level in 1..30 {
        let above = level - 1;
        let _ = writeln!(text, "  a{level}: &a{level} [*a{above}, *a{above}]");
    }
    refused("rules/x.yaml", &text, Code::TooMuch);
}

#[test]
fn a_thousand_brackets_are_refused() {
    let text = format!("set: {{ a: {}", "[".repeat(1000));
    refused("rules/x.yaml", &text, Code::TooMuch);
    let text = format!("set: {{ a: {}", "{a: ".repeat(1000));
    refused("rules/x.yaml", &text, Code::TooMuch);
}

#[test]
fn a_file_of_two_mebibytes_is_refused_unread() {
    let text = "# padding\n".repeat(200_000);
    refused("rules/x.yaml", &text, Code::TooMuch);
}

#[test]
fn more_documents_than_a_person_writes_are_refused() {
    refused("rules/x.yaml", &"---\n".repeat(2000), Code::TooMuch);
}

#[test]
fn what_cannot_be_seen_is_refused() {
    for (unseen, code) in [
        ('\0', Code::NotText),
        ('\u{7f}', Code::NotText),
        ('\u{200b}', Code::NotText),
        ('\u{202e}', Code::TurnsReading),
    ] {
        let text = format!("# x{unseen}y\n{TIMES}");
        refused("rules/tider.yaml", &text, code);
    }
}

#[test]
fn a_byte_order_mark_and_other_ends_of_lines_change_nothing() {
    let text =
        "rule: x\nfor: /\nstrength: default\nset: { youtube.level: strict }\nwhy: { da: Ja. }\n";
    let reported = |text: String| {
        let mut files = example();
        files.push(("rules/x.yaml", &text));
        let compilation = compile(&files.into_iter().collect(), DAY);
        let messages = compilation.diagnostics.into_iter();
        messages.map(|finding| finding.finding).collect::<Vec<_>>()
    };
    let plain = reported(text.to_owned());
    assert_eq!(reported(format!("\u{feff}{text}")), plain);
    assert_eq!(reported(text.replace('\n', "\r\n")), plain);
}

#[test]
fn a_scalar_of_a_megabyte_is_shown_in_part() {
    let text = format!(
        "rule: x\nfor: /\nstrength: locked\nset: {{ youtube.level: {} }}\n",
        "a".repeat(900_000)
    );
    let mut files = example();
    files.push(("rules/x.yaml", &text));
    let compilation = compile(&files.into_iter().collect(), DAY);
    assert!(compilation.failed());
    for finding in compilation.diagnostics {
        let message = word(&finding, Language::English).message;
        assert!(message.len() < 1000, "{}", message.len());
    }
}

#[test]
fn a_merge_key_is_refused() {
    let text =
        "rule: x\nfor: /\nstrength: locked\nwhy: {}\nset:\n  <<: { youtube.level: strict }\n";
    refused("rules/x.yaml", text, Code::TooMuch);
}

#[test]
fn a_tag_is_refused() {
    let text = "rule: !!python/object:os.system x\nfor: /\nstrength: locked\nwhy: {}\n";
    refused("rules/x.yaml", text, Code::WrongValue);
}
