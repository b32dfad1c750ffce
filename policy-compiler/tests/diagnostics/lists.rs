//! Findings about categories and the files that list their sites.

use super::{check_snapshot, finds, rule};

/// The category of games of chance, with more lines of its document.
fn category(more: &str) -> String {
    format!(
        "category: pengespil\ntitle: {{ da: Pengespil }}\nsource: Spillemyndigheden\nlicence: CC0-1.0\n{more}"
    )
}

const GAMES: &str = "spil.example\nbingo.example\n";

#[test]
fn a_misspelt_category_is_named_with_the_one_that_was_meant() {
    let rule = rule("for: /skoler\nstrength: minimum\nsites:\n  block: [category:pengspil]\n");
    finds(
        "FYR0820",
        &[
            ("lists/lists.yaml", &category("files: [spil.txt]\n")),
            ("lists/spil.txt", GAMES),
            ("rules/proeve.yaml", &rule),
        ],
    );
}

#[test]
fn lists_that_overlap_in_more_sites_than_browsers_take_are_asked_to_agree() {
    let lists = ["lukket", "aaben"].map(|name| {
        format!(
            "category: {name}\ntitle: {{ da: Liste }}\nsource: os\nlicence: CC0-1.0\nfiles: [alle.txt]\n"
        )
    });
    let sites: Vec<String> = (0..20_001)
        .map(|number| format!("s{number}.example"))
        .collect();
    let block = rule("for: /skoler\nstrength: default\nsites:\n  block: [category:lukket]\n");
    let allow = "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nsites:\n  allow: [category:aaben]\nwhy:\n  da: Prøve.\n";
    check_snapshot(
        "lists_that_overlap_too_much",
        &[
            ("lists/lists.yaml", &lists.join("---\n")),
            ("lists/alle.txt", &sites.join("\n")),
            ("rules/proeve.yaml", &block),
            ("rules/oest.yaml", allow),
        ],
    );
}

#[test]
fn a_list_without_its_file_is_found_before_it_opens_everything() {
    finds(
        "FYR0821",
        &[
            (
                "lists/lists.yaml",
                &category("files: [spl.txt, spil.txt]\n"),
            ),
            ("lists/spil.txt", GAMES),
        ],
    );
}

#[test]
fn a_changed_list_is_reported_with_its_new_digest() {
    let digest = "0".repeat(64);
    let more = format!("files: [spil.txt]\ndigest: {digest}\n");
    finds(
        "FYR0822",
        &[
            ("lists/lists.yaml", &category(&more)),
            ("lists/spil.txt", GAMES),
        ],
    );
}

#[test]
fn a_download_that_failed_is_an_empty_category() {
    finds(
        "FYR0823",
        &[
            ("lists/lists.yaml", &category("files: [spil.txt]\n")),
            ("lists/spil.txt", "# fetched 2026-11-01\n"),
        ],
    );
}

#[test]
fn a_file_that_no_category_names_is_not_read() {
    finds(
        "FYR0824",
        &[
            ("lists/lists.yaml", &category("files: [spil.txt]\n")),
            ("lists/spil.txt", GAMES),
            ("lists/ny/spil.txt", GAMES),
        ],
    );
}

#[test]
fn a_list_of_advertisements_is_no_list_of_sites() {
    let adblock = "||spil.example^\n||bingo.example^$third-party\nx.example##.ad\n/ads/*\n";
    finds(
        "FYR0825",
        &[
            ("lists/lists.yaml", &category("files: [spil.txt]\n")),
            ("lists/spil.txt", adblock),
        ],
    );
}

#[test]
fn a_helpline_among_a_category_is_found_with_the_line_that_lists_it() {
    let rule = rule("for: /skoler\nstrength: minimum\nsites:\n  block: [category:pengespil]\n");
    let output = super::check(&[
        ("lists/lists.yaml", &category("files: [spil.txt]\n")),
        ("lists/spil.txt", "spil.example\nchat.hjaelp.example\n"),
        ("rules/proeve.yaml", &rule),
    ]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stdout).expect("text"));
}

#[test]
fn a_school_opens_no_member_of_a_category_that_is_closed_above() {
    let above = rule("for: /skoler\nstrength: minimum\nsites:\n  block: [category:pengespil]\n");
    let below = "rule: skak\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nsites:\n  allow: [turnering.spil.example]\nwhy:\n  da: Prøve.\n";
    let output = super::check(&[
        ("lists/lists.yaml", &category("files: [spil.txt]\n")),
        ("lists/spil.txt", GAMES),
        ("rules/proeve.yaml", &above),
        ("rules/skak.yaml", below),
    ]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stdout).expect("text"));
}

#[test]
fn a_file_that_is_not_there_is_reported_once() {
    let list = category("files: [gambling.txt]\n");
    check_snapshot("a_list_file_not_there", &[("lists/lists.yaml", &list)]);
}

#[test]
fn where_no_category_is_declared_it_is_said_how() {
    let rule = rule("for: /skoler\nstrength: minimum\nsites:\n  block: [category:pengespil]\n");
    check_snapshot("no_category_declared", &[("rules/proeve.yaml", &rule)]);
}
