//! Sites that are written otherwise than they are meant: each is reported with what to write, and
//! what it says works.

use super::{base, check, check_snapshot, finds_in_rule, rule};

/// What is printed of a rule that blocks these, without the excerpts of the file.
fn findings_of_blocks(sites: &str) -> String {
    let says = format!("for: /skoler\nstrength: default\nsites:\n  block: {sites}\n");
    let output = check(&[("rules/proeve.yaml", &rule(&says))]);
    let text = String::from_utf8(output.stdout).expect("text");
    let text = text.replace("\n        ", " ");
    let lines = text
        .lines()
        .filter(|line| line.contains(" FYR") || line.starts_with("  help: "));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// What the first finding of a blocked site says to write.
fn advised(site: &str) -> String {
    let reported = findings_of_blocks(&format!("['{site}']"));
    let (_, advice) = reported.split_once("help: write `").expect(&reported);
    advice.split('`').next().unwrap_or_default().to_owned()
}

#[test]
fn a_word_or_an_ending_is_reported_as_no_site() {
    finds_in_rule(
        "FYR0306",
        "for: /skoler\nstrength: default\nsites:\n  block: [spil, nu, co.uk, spil.dk, intranet., .printer, 'kasse:8080', se.]\n",
    );
}

#[test]
fn a_block_around_a_helpline_gets_the_right_order() {
    let closes = rule("for: /skoler\nstrength: minimum\nsites:\n  block: ['*']\n");
    let floor = base("rules/floor.yaml", "service:hjaelpelinjen", "andet.example");
    check_snapshot(
        "everything_is_blocked",
        &[("rules/proeve.yaml", &closes), ("rules/floor.yaml", &floor)],
    );
}

#[test]
fn all_that_one_block_closes_is_reported_at_once_and_the_help_opens_it() {
    let closes = |allow: &str| {
        rule(&format!(
            "for: /skoler\nstrength: minimum\nsites:\n  block: ['*']\n{allow}"
        ))
    };
    let floor = base(
        "rules/floor.yaml",
        "allow: [service:hjaelpelinjen]",
        "warn: []\nset:\n  youtube.identity: closed",
    );
    let fyr = base(
        "fyr.yaml",
        "[login.fyrby.example]",
        "[login.fyrby.example, hjem.example]",
    );
    let check_with = |allow: &str| {
        let rule = closes(allow);
        let files = [
            ("rules/proeve.yaml", rule.as_str()),
            ("rules/floor.yaml", &floor),
            ("fyr.yaml", &fyr),
        ];
        String::from_utf8(check(&files).stdout).expect("text")
    };
    insta::assert_snapshot!(check_with(""));
    let then = check_with("  allow: [login.fyrby.example, hjem.example, hjaelp.example]\n");
    assert!(!then.contains("FYR060"), "{then}");
}

#[test]
fn what_a_site_was_meant_to_be_is_reported_and_works() {
    let slips = [
        "http//spil.dk",
        "https//www.spil3.dk/x",
        "htps://spil.example",
        "https:/spil.dk",
        "https:spil.dk",
        "*.spil.example",
        "www.spil.dk/*",
        "www.spil.dk/a*",
        "spil.dk*",
        "Services:approved",
        "10.0.0.0/8",
        "-a.dk",
        "spil-.dk/x",
        "spil..dk",
        "spil .dk",
        "spil.dk:0",
        "spil.dk?=1",
        "192.168.1",
        "spil.dk\\x",
        "spil.dk/?q=",
        "a.dk, b.dk",
    ];
    let mut table = String::new();
    for slip in slips {
        let advice = advised(slip);
        let listed = if advice.starts_with('[') {
            advice.clone()
        } else {
            format!("['{advice}']")
        };
        let then = findings_of_blocks(&listed);
        assert!(!then.contains("FYR03"), "{slip}: {advice}: {then}");
        table += &findings_of_blocks(&format!("['{slip}']"));
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_site_of_which_nothing_can_be_made_gets_a_description_of_a_site() {
    insta::assert_snapshot!(findings_of_blocks(
        "['', '*spil*', 'blob:*', 'mailto:a', 'spil.dk/a*b', 'a b', 'spil.dk?a=1&a=2', '€']"
    ));
}

#[test]
fn a_star_without_quotes_is_reported_as_one() {
    let reported = [
        "[*]",
        "[*.spil.dk, a.dk]",
        "\n    - a.dk\n    - *.spil.dk",
        "[a.dk, *spil*]",
    ];
    let reported: Vec<String> = reported.into_iter().map(findings_of_blocks).collect();
    insta::assert_snapshot!(reported.concat());
}

#[test]
fn to_block_a_name_that_deceives_is_nobodys_slip() {
    for site in ["hjae1p.example", "xn--spil-prdis-5fg8i.example"] {
        assert_eq!(findings_of_blocks(&format!("[{site}]")), "", "{site}");
    }
    let reported = findings_of_blocks("[spil-p\u{430}radis.example]");
    let (_, encoded) = reported.split_once("very name, write `").expect(&reported);
    let encoded = encoded.split('`').next().unwrap_or_default();
    assert_eq!(findings_of_blocks(&format!("[{encoded}]")), "");
}

/// Every condition of the one rule crosses every condition of the other.
#[test]
fn rules_that_cross_too_often_are_reported_by_their_names_with_what_to_write() {
    let asking = |site: &str, key: &str| {
        let sites = (0..150).map(|number| format!("'{site}?{key}{number}=1'"));
        sites.collect::<Vec<_>>().join(", ")
    };
    let block = rule(&format!(
        "for: /skoler\nstrength: default\nsites:\n  block: [{}]\n",
        asking("spil.example/", "spil")
    ));
    let allow = format!(
        "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nsites:\n  allow: [{}]\nwhy:\n  da: Prøve.\n",
        asking("spil.example/skak", "parti")
    );
    check_snapshot(
        "sites_that_cross",
        &[("rules/proeve.yaml", &block), ("rules/oest.yaml", &allow)],
    );
}

/// A category is in a browser's list as a whole or not at all, and this one is too long for any.
#[test]
fn essential_hosts_that_a_full_list_leaves_out_are_reported_with_what_puts_them_first() {
    let fyr = base(
        "fyr.yaml",
        "domains: [fyrby.example]\n",
        "domains: [fyrby.example]\n  providers: [feide]\n",
    );
    let list =
        "category: aaben\ntitle: { da: Åben }\nsource: os\nlicence: CC0-1.0\nfiles: [aaben.txt]\n";
    let sites = (0..1000).map(|number| format!("s{number}.example\n"));
    let essential = "hjaelp.example\nlogin.fyrby.example\nauth.dataporten.no\nidp.feide.no\n";
    let listed: String = sites.chain([essential.to_owned()]).collect();
    let closes = rule(
        "for: /skoler\nstrength: minimum\nsites:\n  block: ['*']\n  allow: [category:aaben]\n",
    );
    let floor = base(
        "rules/floor.yaml",
        "allow: [service:hjaelpelinjen]",
        "warn: []\nset:\n  youtube.identity: closed",
    );
    check_snapshot(
        "essential_hosts_over_the_limit",
        &[
            ("fyr.yaml", &fyr),
            ("lists/lists.yaml", list),
            ("lists/aaben.txt", &listed),
            ("rules/proeve.yaml", &closes),
            ("rules/floor.yaml", &floor),
        ],
    );
}
