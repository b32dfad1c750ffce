//! What a service of the catalogue takes out of a floor by its status or its category, and what not:
//! R03, R10 and R21.

use fyr_fixtures::Replaced as _;

use crate::services::TEGN;
use crate::source::Source;

const DAY: &str = "2026-11-23";

/// A catalogue in which the service has these statuses, below a floor over what is denied.
fn below_a_floor(statuses: &str) -> Source {
    let floor = "rule: afvist\ndecision: SK-2025-7\nfor: /skoler\nstrength: locked\nsites:\n  \
                 block: ['services:denied', 'services:not-assessed']\nwhy:\n  da: Prøve.\n";
    let parts = format!("status: [{statuses}]");
    Source::small()
        .with_edit(
            "services/help.yaml",
            "kind: helpline",
            "kind: helpline\nstatus: under-review\ndecision: SK-2025-7",
        )
        .with(
            "services/tegn.yaml",
            &TEGN.replaced("status: approved", &parts),
        )
        .with("rules/afvist.yaml", floor)
}

#[test]
fn r03_no_status_of_a_school_takes_a_denied_service_out_of_a_floor_above() {
    let denied = "{ for: /skoler, status: denied }";
    assert_eq!(below_a_floor(denied).codes(DAY), [""; 0]);
    for status in [
        "approved",
        "approved, decision: OEST-3",
        "under-review, decision: OEST-3",
        "under-review",
        "expired",
    ] {
        let school = format!("{denied}, {{ for: /skoler/oest, status: {status} }}");
        let found = below_a_floor(&school).codes(DAY);
        assert!(found.contains(&"FYR0503".to_owned()), "{status}: {found:?}");
    }
    let school = format!("{denied}, {{ for: /skoler/oest, status: under-review }}");
    insta::assert_snapshot!(below_a_floor(&school).check(DAY));
}

#[test]
fn r21_no_body_decides_for_others_what_they_may_not_use_either() {
    for status in ["approved", "denied", "under-review"] {
        let of_a_school = format!("{{ for: /skoler, status: {status}, decision: OEST-3 }}");
        let found = below_a_floor(&of_a_school).codes(DAY);
        assert!(found.contains(&"FYR0503".to_owned()), "{status}: {found:?}");
    }
}

#[test]
fn r03_who_decides_the_floor_may_except_a_school_from_what_is_denied() {
    let parts = "{ for: /skoler, status: denied }, \
                 { for: /skoler/oest, status: approved, decision: SK-2025-7 }";
    let source = below_a_floor(parts);
    assert_eq!(source.codes(DAY), [""; 0], "{}", source.check(DAY));
}

#[test]
fn r03_of_what_no_higher_unit_assessed_a_school_says_what_it_is_there_by_a_decision_of_its_own() {
    let own = "{ for: /skoler/oest, status: approved, decision: OEST-3 }";
    let source = below_a_floor(own);
    assert_eq!(source.codes(DAY), [""; 0], "{}", source.check(DAY));
    let undecided = "{ for: /skoler/oest, status: under-review }";
    let text = TEGN
        .replaced("status: approved", &format!("status: [{undecided}]"))
        .replaced("decision: SK-2025-7\n", "");
    let source = source.with("services/tegn.yaml", &text);
    assert_eq!(source.codes(DAY), ["FYR0503"]);
}

#[test]
fn r03_a_status_without_a_decision_takes_nothing_out_of_a_decided_floor_wherever_it_stands() {
    let of_pupils = "{ for: { unit: /skoler, who: pupils }, status: under-review }";
    let denied = "{ for: /skoler, status: denied, decision: SK-2025-7 }";
    let source = below_a_floor(&format!("{denied}, {of_pupils}"));
    // It cites the case of the service, which the board decided.
    assert_eq!(source.codes(DAY), [""; 0], "{}", source.check(DAY));
    for denied in [denied, "{ for: /, status: denied, decision: BY-2025-1 }"] {
        let text = TEGN
            .replaced(
                "status: approved",
                &format!("status: [{denied}, {of_pupils}]"),
            )
            .replaced("\ndecision: SK-2025-7\n", "\n");
        let undecided = below_a_floor("").with("services/tegn.yaml", &text);
        assert_eq!(undecided.codes(DAY), ["FYR0503"], "{denied}");
    }
}

#[test]
fn r03_what_is_closed_by_its_name_no_school_approves_for_itself() {
    let own = "{ for: /skoler/oest, status: approved, decision: OEST-3 }";
    let below = |closes: &str| {
        let floor = format!(
            "rule: gulv\ndecision: SK-2025-7\nfor: /skoler\nstrength: locked\nsites:\n  \
             allow: ['services:approved', bris.example]\n  block: [{closes}]\nwhy:\n  da: Prøve.\n"
        );
        below_a_floor(own).with("rules/afvist.yaml", &floor)
    };
    let text = below("example").check(DAY);
    assert!(text.contains("FYR0503"), "{text}");
    // A floor that closes everything except what is approved, and what is not assessed, leaves it to them.
    for closes in ["'*'", "'services:not-assessed'"] {
        let text = below(closes).check(DAY);
        assert!(!text.contains("FYR0503"), "{closes}: {text}");
    }
}

/// A floor of the board that opens what is approved or draws, beside one that closes a site.
fn beside_a_closed_site(service: &str) -> Source {
    let floors = "rule: kun\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nsites:\n  \
                  allow: ['category:tegning', 'services:approved']\n  \
                  block: ['services:denied', 'services:not-assessed']\nwhy:\n  da: Prøve.\n---\n\
                  rule: blok\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nsites:\n  \
                  block: [klip.example]\nwhy:\n  da: Prøve.\n";
    let denied =
        "service: tik\nname: Tik\nstatus: denied\ndecision: SK-2025-7\nsites: [tik.example]\n";
    Source::small()
        .with_edit(
            "services/help.yaml",
            "kind: helpline",
            "kind: helpline\nstatus: under-review\ndecision: SK-2025-7",
        )
        .with("services/tegn.yaml", TEGN)
        .with("services/tik.yaml", denied)
        .with("services/z.yaml", service)
        .with("rules/kun.yaml", floors)
}

#[test]
fn r03_no_service_opens_a_closed_site_by_joining_what_is_open() {
    let own = "status: [{ for: /skoler/oest, status: approved, decision: OEST-3 }]\n";
    let by_the_board = ("OEST-3", "SK-2025-7");
    for (says, (uncited, cited), site) in [
        // By its category, which needs no decision.
        (
            "category: tegning\nstatus: under-review\n",
            ("under-review\n", "under-review\ndecision: SK-2025-7\n"),
            "a.klip.example",
        ),
        // By a status that the school gives it.
        (own, by_the_board, "www.klip.example"),
        // Over a part of a service that the board denied.
        (own, by_the_board, "www.tik.example"),
    ] {
        let service = |case: &str| format!("service: z\nname: Z\n{says}{case}sites: [{site}]\n");
        let found = beside_a_closed_site(&service("")).found(DAY);
        let bypasses = |finding: &serde_json::Value| {
            let found = &finding["data"]["finding"];
            found == "join-bypasses" || found == "status-bypasses"
        };
        assert!(found.iter().any(bypasses), "{site}: {found:?}");
        let boards = service("").replaced(uncited, cited);
        let found = beside_a_closed_site(&boards).check(DAY);
        assert!(!found.contains("FYR0503"), "{site}: {found}");
    }
}

#[test]
fn r03_nothing_that_says_the_same_hides_what_a_service_opens() {
    let z = |id: &str, sites: &str| {
        format!("service: {id}\nname: Z\ncategory: tegning\nsites: [{sites}]\n")
    };
    let twin = "rule: zzz\nfor: /skoler\nstrength: minimum\nsites:\n  block: [klip.example]\nwhy:\n  da: x\n";
    let closed = |sites: &str| beside_a_closed_site(&z("z", sites));
    let part = |sites: &str| {
        closed(sites).with_edit("rules/kun.yaml", "[klip.example]", "[klip.example/shorts]")
    };
    for (what, source) in [
        (
            "a second service",
            closed("a.klip.example").with("services/z2.yaml", &z("z2", "a.klip.example")),
        ),
        (
            "a rule without a decision",
            closed("a.klip.example").with("rules/twin.yaml", twin),
        ),
        ("a part below a longer name", part("a.klip.example")),
        ("a part below the very name", part(".klip.example")),
    ] {
        let source = source.with_edit(
            "rules/kun.yaml",
            "'services:denied', 'services:not-assessed'",
            "'services:denied'",
        );
        let found = source.check(DAY);
        assert!(found.contains("FYR0503"), "{what}: {found}");
    }
    // The board decided on the service, and a school says the same of it by its own decision.
    let both = "status:\n  - { for: /skoler, status: under-review }\n  \
                - { for: /skoler/oest, status: under-review, decision: OEST-3 }\ndecision: SK-2025-7\n";
    let decided = format!("{}{both}", z("z", "a.klip.example"));
    let found = beside_a_closed_site(&decided).check(DAY);
    assert!(!found.contains("FYR0503"), "{found}");
}

#[test]
fn r03_a_school_that_repeats_a_floor_takes_nothing_from_it() {
    let denied = "{ for: /skoler, status: denied }, \
                  { for: /skoler/oest, status: under-review, decision: OEST-3 }";
    for case in ["decision: OEST-3\n", ""] {
        let copy = format!(
            "rule: zz\n{case}for: /skoler/oest\nstrength: minimum\nsites:\n  \
             block: ['services:denied', 'services:not-assessed']\nwhy:\n  da: x\n"
        );
        let found = below_a_floor(denied)
            .with("rules/zz.yaml", &copy)
            .check(DAY);
        assert!(found.contains("FYR0503"), "{case}: {found}");
    }
}

#[test]
fn r03_a_status_for_all_groups_needs_a_decision_as_one_for_a_part_does() {
    let service = |case: &str| {
        format!("service: z\nname: Z\nstatus: under-review\n{case}sites: [z.example]\n")
    };
    let found = beside_a_closed_site(&service("")).check(DAY);
    assert!(found.contains("FYR0503"), "{found}");
    let found = beside_a_closed_site(&service("decision: SK-2025-7\n")).check(DAY);
    assert!(!found.contains("FYR0503"), "{found}");
}
