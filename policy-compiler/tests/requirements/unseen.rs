//! R25: no change loosens anything unseen behind another change; and none is called harmless
//! that needs a reviewer.

use fyr_fixtures::Replaced as _;
use serde_json::json;

use crate::ahead::{compared, reported, timed};
use crate::source::Source;

/// A rule of a unit over one site or setting.
fn rule(name: &str, unit: &str, strength: &str, says: &str) -> String {
    let case = if unit == "/" {
        "BY-2025-1"
    } else {
        "SK-2025-7"
    };
    format!(
        "rule: {name}\ndecision: {case}\nfor: {unit}\nstrength: {strength}\n{says}\nwhy:\n  \
         da: Ro.\n"
    )
}

const CLOSED: &str = "sites:\n  block: [gulv.example]";

fn with_rules(rules: &[String]) -> Source {
    Source::small().with("rules/nye.yaml", &rules.join("---\n"))
}

#[track_caller]
fn has_line(reported: &str, line: &str) {
    assert!(
        reported.contains(&format!("\n{line}")),
        "{line}: {reported}"
    );
}

#[test]
fn r25_a_floor_that_goes_from_under_a_stricter_rule_is_weaker() {
    // The school has a floor of its own, and the one above it goes or comes down.
    for (says, what) in [
        (CLOSED, "gulv.example"),
        ("set:\n  camera.access: block", "camera.access"),
    ] {
        let school = rule("skole", "/skoler/oest", "minimum", says);
        let floor = |unit: &str| rule("gulv", unit, "minimum", says);
        let with_floor = |unit: &str| with_rules(&[school.clone(), floor(unit)]);
        let alone = || with_rules(std::slice::from_ref(&school));
        let has = |reported: &str, risk: &str, units: &[&str]| {
            let mut lines = reported.lines().filter(|line| line.starts_with(risk));
            let is_reported = lines.any(|line| {
                line.contains(what)
                    && units
                        .iter()
                        .any(|unit| line.ends_with(&format!("| all groups in {unit}")))
            });
            assert!(is_reported, "{reported}");
        };
        has(
            &reported(&with_floor("/skoler"), &alone()),
            "weaker",
            &["/skoler/oest"],
        );
        let back = reported(&alone(), &with_floor("/skoler"));
        has(&back, "tighter", &["/skoler/oest"]);
        assert_eq!(
            compared(&alone(), &with_floor("/skoler"))["risk"],
            "tighter"
        );
        let lower = reported(&with_floor("/"), &with_floor("/skoler"));
        has(&lower, "weaker", &["/skoler", "/skoler/oest"]);
    }
}

#[test]
fn r25_a_floor_that_a_stricter_rule_hid_is_weaker_when_it_goes() {
    let level = |unit: &str, strength: &str, level: &str| {
        let says = format!("set:\n  youtube.level: {level}");
        rule(strength, unit, strength, &says)
    };
    let school = level("/skoler/oest", "default", "strict");
    let small = || {
        Source::small()
            .with_edit("rules/floor.yaml", "youtube.level", "youtube.identity")
            .with_edit(
                "rules/floor.yaml",
                "{ pupils: moderate, personale: off }",
                "open",
            )
    };
    let hidden = small().with(
        "rules/nye.yaml",
        &[school.clone(), level("/skoler", "minimum", "moderate")].join("---\n"),
    );
    let reported = reported(&hidden, &small().with("rules/nye.yaml", &school));
    has_line(
        &reported,
        "weaker | youtube.level, floor | moderate, minimum from /skoler → none | all groups in /skoler/oest",
    );
}

#[test]
fn r25_a_floor_of_another_unit_is_weaker_where_it_stands_lower() {
    let floor = |units: &[&str]| {
        let rules = units.iter().zip(0..);
        let rules =
            rules.map(|(unit, number)| rule(&format!("gulv-{number}"), unit, "minimum", CLOSED));
        with_rules(&rules.collect::<Vec<_>>())
    };
    let lower = reported(
        &floor(&["/skoler"]),
        &floor(&["/skoler/oest", "/skoler/vest"]),
    );
    has_line(
        &lower,
        "weaker | gulv.example | block: from /skoler → from /skoler/oest | all groups in /skoler/oest",
    );
    let higher = compared(
        &floor(&["/skoler/oest", "/skoler/vest"]),
        &floor(&["/skoler"]),
    );
    assert_eq!(higher["risk"], "tighter");
}

#[test]
fn r25_an_exception_that_a_floor_gains_is_weaker_under_a_stricter_rule() {
    let of_school = rule(
        "skole",
        "/skoler/oest",
        "default",
        "sites:\n  block: [a.gulv.example]",
    );
    let floor =
        |says: &str| with_rules(&[of_school.clone(), rule("gulv", "/skoler", "minimum", says)]);
    let opened = "sites:\n  block: [gulv.example]\n  allow: [a.gulv.example]";
    let reported = reported(&floor(CLOSED), &floor(opened));
    has_line(
        &reported,
        "weaker | a.gulv.example | block: minimum → default | all groups in /skoler/oest",
    );
}

#[test]
fn r25_the_loss_of_a_setting_that_has_no_value_of_its_own_is_weaker() {
    for says in [
        "sign-in.domains: [fyrby.example]",
        "screen.lock-after: 10",
        "password.min-length: 12",
    ] {
        let with = with_rules(&[rule("konto", "/", "default", &format!("set:\n  {says}"))]);
        let name = says.split(':').next().expect("a name");
        has_line(
            &reported(&with, &Source::small()),
            &format!("weaker | {name} |"),
        );
        has_line(
            &reported(&Source::small(), &with),
            &format!("tighter | {name} |"),
        );
    }
}

#[test]
fn r25_what_cannot_be_compared_is_to_be_looked_at() {
    let sites = |of: &str| {
        let says =
            format!("set:\n  camera.access: block\n  camera.sites: ['https://{of}.example']");
        with_rules(&[rule("kamera", "/skoler", "default", &says)])
    };
    let compared = compared(&sites("a"), &sites("b"));
    assert_eq!(compared["risk"], "different");
}

#[test]
fn r25_another_time_zone_is_weaker_where_floors_depend_on_hours() {
    let elsewhere = timed().with_edit("fyr.yaml", "Europe/Copenhagen", "Pacific/Auckland");
    let reported = reported(&timed(), &elsewhere);
    has_line(
        &reported,
        "weaker | time-zone | Europe/Copenhagen (CET-1CEST,",
    );
}

#[test]
fn r25_a_group_that_takes_the_place_of_another_is_held_against_it() {
    let floor = rule("gulv", "/skoler/vest", "minimum", CLOSED);
    let units = |source: Source| {
        source.with_edit(
            "units.yaml",
            "  vest-2018: { unit: /skoler/vest, start: 2018 }\n",
            "  vest-9a: { unit: /skoler/vest, start: 2018 }\n",
        )
    };
    let renamed = compared(
        &with_rules(std::slice::from_ref(&floor)),
        &units(with_rules(std::slice::from_ref(&floor))),
    );
    let added = json!({"unit": "/skoler/vest", "stage": "udskoling", "replaces": "vest-2018"});
    assert_eq!(renamed["groups"]["added"], json!({ "vest-9a": added }));
    assert_eq!(renamed["groups"]["removed"], json!(["vest-2018"]));
    assert_eq!(renamed["risk"], "group-removed");
    let loosened = reported(&with_rules(&[floor]), &units(Source::small()));
    has_line(
        &loosened,
        "weaker | gulv.example | block → allow | pupils in /skoler/vest",
    );
}

#[test]
fn r25_a_floor_for_a_stage_without_a_class_is_missed() {
    // No class of Øst is in the last stage for years.
    let udskoling = "{ unit: /skoler/oest, stage: udskoling }";
    let floor = with_rules(&[rule("gulv", udskoling, "minimum", CLOSED)]);
    has_line(
        &reported(&floor, &Source::small()),
        "weaker | gulv.example | block → allow | udskoling in /skoler/oest, which has no class yet",
    );
    let both = |stages: &str| {
        let of = format!("{{ unit: /skoler/oest, stage: {stages} }}");
        with_rules(&[rule("gulv", &of, "minimum", CLOSED)])
    };
    let narrowed = reported(&both("[mellemtrin, udskoling]"), &both("mellemtrin"));
    has_line(
        &narrowed,
        "weaker | gulv.example | block → allow | udskoling in /skoler/oest",
    );
    let same = reported(&floor, &floor);
    assert_eq!(same, "nothing changes for any group");
}

#[test]
fn r25_days_that_are_not_compared_are_counted() {
    let ends = |months: std::ops::Range<i8>| {
        let rules = months.map(|month| {
            let rule = rule(
                &format!("gulv-{month}"),
                "/skoler",
                "minimum",
                &format!("sites:\n  block: [gulv-{month}.example]"),
            );
            rule.replaced("for:", &format!("until: 2028-{month:02}-10\nfor:"))
        });
        with_rules(&rules.collect::<Vec<_>>())
    };
    let compared = compared(&ends(1..1), &ends(1..12));
    let left_out = json!(["2028-09-11", "2028-10-11", "2028-11-11"]);
    assert_eq!(compared["not-compared"], left_out);
}

#[test]
fn r21_another_ground_of_hours_services_lists_and_reasons_is_reported() {
    let case_of = |what: &str| {
        timed().with_edit(
            "timetable.yaml",
            what,
            &format!("{what}, decision: BY-2025-1"),
        )
    };
    let hours = reported(
        &timed(),
        &case_of("for: /skoler }").with_edit(
            "timetable.yaml",
            " }, decision: BY-2025-1",
            ", decision: BY-2025-1 }",
        ),
    );
    has_line(
        &hours,
        "ground | skoletid | mon-fri 08:00-15:00: SK-2025-7 → BY-2025-1 | pupils in /skoler",
    );
    let holidays = reported(&timed(), &case_of("name: Jul"));
    has_line(
        &holidays,
        "ground | holidays | 2026-12-21 until 2027-01-03: SK-2025-7 → BY-2025-1",
    );
    let edited = |path: &str, old: &str, new: &str| {
        reported(&Source::small(), &Source::small().with_edit(path, old, new))
    };
    let renamed = edited("fyr.yaml", "name: Skoleudvalget", "name: Direktionen");
    has_line(
        &renamed,
        "ground | fyr.yaml, bodies.skoleudvalget.name | Skoleudvalget → Direktionen",
    );
    let reason = edited(
        "rules/floor.yaml",
        "da: Begrænset for elever.",
        "da: Fordi.",
    );
    has_line(
        &reason,
        "ground | rule youtube, why.da | Begrænset for elever. → Fordi. | all groups in /skoler",
    );
    // What keeps children and devices in reach of help needs a reviewer.
    let reachable = edited("fyr.yaml", "always-reachable: [login.fyrby.example]\n", "");
    has_line(
        &reachable,
        "different | fyr.yaml, always-reachable | [login.fyrby.example] → nothing | all groups",
    );
    let helpline = edited("services/help.yaml", "kind: helpline\n", "");
    has_line(
        &helpline,
        "different | service:hjaelpelinjen, kind | helpline → ordinary | all groups",
    );
}

/// Lists of one site each, beside rules.
fn with_lists(lists: &[(&str, &str)], rules: &[String]) -> Source {
    let source = with_rules(rules);
    let lists = lists.iter();
    lists.fold(source, |source, (category, sites)| {
        let list = format!(
            "category: {category}\ntitle: {{ da: {category} }}\nsource: os\nlicence: fri\n\
             files: [{category}.txt]\n"
        );
        source
            .with(&format!("lists/{category}.yaml"), &list)
            .with(&format!("lists/{category}.txt"), sites)
    })
}

#[test]
fn r25_a_listed_site_that_another_rule_opens_is_weaker() {
    let lists = [("spil", "spil.dr.example\nn.example\n")];
    let closes = rule(
        "k",
        "/skoler",
        "default",
        "sites:\n  block: ['category:spil']",
    );
    let opens = rule(
        "o",
        "/skoler/oest",
        "default",
        "sites:\n  allow: [dr.example]",
    );
    let old = with_lists(&lists, std::slice::from_ref(&closes));
    let reported_of = reported(&old, &with_lists(&lists, &[closes, opens]));
    has_line(
        &reported_of,
        "weaker | category:spil has spil.dr.example | block → allow | all groups in /skoler/oest",
    );
    // Two lists that share a site, of which the other decides.
    let lists = [
        ("aa", "m.example\na.example\n"),
        ("bb", "m.example\nb.example\n"),
    ];
    let both = |allows: &str, blocks: &str| {
        let allows = rule("a", allows, "default", "sites:\n  allow: ['category:aa']");
        let blocks = rule("b", blocks, "default", "sites:\n  block: ['category:bb']");
        with_lists(&lists, &[allows, blocks])
    };
    let swapped = reported(&both("/", "/skoler"), &both("/skoler", "/"));
    assert!(
        swapped.contains("has m.example | block → allow | all groups"),
        "{swapped}"
    );
}

#[test]
fn r25_a_listed_site_that_a_floor_loses_under_a_stricter_rule_is_weaker() {
    let rules = [
        rule(
            "l",
            "/",
            "minimum",
            "sites:\n  warn: ['category:aa']\nguidance:\n  da: Tænk.",
        ),
        rule(
            "lo",
            "/skoler",
            "default",
            "sites:\n  block: ['category:bb']",
        ),
    ];
    let lists = |aa: &'static str| with_lists(&[("aa", aa), ("bb", "m.example\n")], &rules);
    let reported = reported(&lists("m.example\na.example\n"), &lists("a.example\n"));
    has_line(&reported, "weaker | category:aa loses m.example | warn");
}

#[test]
fn r25_hours_that_a_rule_loses_before_it_has_begun_are_weaker() {
    let hours = |from: &str, until: &str| {
        let safe = rule(
            "sikker",
            "/skoler",
            "default",
            "set:\n  safesearch.google: on",
        );
        let safe = safe.replaced("for:", &format!("during: skoletid\nfrom: {from}\nfor:"));
        with_rules(&[safe]).with(
            "timetable.yaml",
            &format!(
                "decision: SK-2025-7\nperiods:\n  skoletid: {{ days: mon-fri, hours: 08:00-{until}, \
                 for: /skoler }}\n"
            ),
        )
    };
    for from in ["2027-02-01", "2028-01-01"] {
        let reported = reported(&hours(from, "15:00"), &hours(from, "09:00"));
        has_line(
            &reported,
            "weaker | skoletid | mon-fri 08:00-15:00 → mon-fri 08:00-09:00",
        );
    }
}

#[test]
fn r25_nothing_that_is_reported_of_one_hides_what_is_graver_for_another() {
    // Above it stands a lock of the town for one stage, which hides that the others lose theirs.
    let of_town = rule(
        "z",
        "{ unit: /, stage: mellemtrin }",
        "locked",
        "set:\n  safesearch.google: on",
    )
    .replaced("SK-2025-7", "BY-2025-1");
    let with = |strength: &str| {
        let school = rule(
            "x",
            "/skoler/oest",
            strength,
            "set:\n  safesearch.google: on",
        );
        with_rules(&[of_town.clone(), school.replaced("SK-2025-7", "OEST-3")])
    };
    let reported = reported(&with("locked"), &with("default"));
    has_line(
        &reported,
        "weaker | safesearch.google | on: locked → default",
    );
}

#[test]
fn r25_a_rule_that_is_rewritten_on_a_day_too_far_to_compare_is_not_passed_over() {
    let months = |last: &str| {
        let rules = (1..=11).map(|month| {
            let site = if month == 11 {
                last.to_owned()
            } else {
                format!("gulv-{month}.example")
            };
            let says = format!("sites:\n  block: [{site}]");
            let rule = rule(&format!("gulv-{month}"), "/skoler", "minimum", &says);
            rule.replaced("for:", &format!("from: 2028-{month:02}-10\nfor:"))
        });
        with_rules(&rules.collect::<Vec<_>>())
    };
    let rewritten = reported(&months("gulv-11.example"), &months("andet.example"));
    has_line(&rewritten, "weaker | gulv-11.example | block → allow");
    let same = compared(&months("a.example"), &months("a.example"));
    let left_out = json!(["2028-09-10", "2028-10-10", "2028-11-10"]);
    assert_eq!(same["not-compared"], left_out);
}

#[test]
fn r25_a_class_of_another_age_is_to_be_looked_at() {
    let older = Source::small().with_edit("units.yaml", "start: 2024", "start: 2023");
    let reported = reported(&Source::small(), &older);
    has_line(
        &reported,
        "different | group oest-2024, age of the youngest | 7 → 8",
    );
}

#[test]
fn r25_a_unit_of_another_name_is_no_loss_of_the_old_one() {
    let named = |name: &str| {
        let units = "units:\n  /skoler: { name: Skolerne }\n  /skoler/NAVN: { name: Skolen, groups: [2021] }\n";
        let says = "set:\n  safesearch.google: on";
        with_rules(&[rule("sikker", &format!("/skoler/{name}"), "default", says)])
            .with("units.yaml", &units.replaced("NAVN", name))
            .with_edit("fyr.yaml", "/skoler/oest", &format!("/skoler/{name}"))
    };
    let reported = reported(&named("vest"), &named("vestre"));
    assert!(!reported.contains("weaker |"), "{reported}");
}

#[test]
fn r25_a_site_that_two_filters_cross_in_is_weaker_where_it_opens() {
    let closes = rule(
        "k",
        "/skoler",
        "minimum",
        "sites:\n  block: [video.example/shorts]",
    );
    for opens in [".video.example", "m.video.example"] {
        let says = format!("sites:\n  allow: [{opens}]");
        let both = [closes.clone(), rule("o", "/skoler", "minimum", &says)];
        let reported = reported(
            &with_rules(std::slice::from_ref(&closes)),
            &with_rules(&both),
        );
        has_line(
            &reported,
            &format!("weaker | {opens}/shorts | block → allow"),
        );
    }
}

#[test]
fn r25_hours_and_statuses_for_a_stage_without_a_class_are_missed() {
    let vest = "{ unit: /skoler/vest, stage: indskoling }";
    let hours = timed().with_edit(
        "timetable.yaml",
        "hours: 08:00-15:00, for: /skoler }",
        &format!(
            "hours: 08:00-15:00, for: /skoler, except: [{{ for: {vest}, decision: SK-2025-7, hours: \
             {{ mon: 08:00-08:01 }} }}] }}"
        ),
    );
    let of_hours = reported(&timed(), &hours);
    has_line(
        &of_hours,
        "weaker | skoletid | mon-fri 08:00-15:00 → mon 08:00-08:01 | indskoling",
    );
    let tik = |status: &str| {
        let tik = format!(
            "service: tik\nname: Tik\nstatus: {status}\ndecision: SK-2025-7\nsites: [tik.example]\n"
        );
        with_rules(&[rule(
            "k",
            "/skoler",
            "minimum",
            "sites:\n  block: ['services:denied']",
        )])
        .with("services/tik.yaml", &tik)
    };
    let parts =
        format!("[{{ for: /skoler, status: denied }}, {{ for: {vest}, status: under-review }}]");
    let of_status = reported(&tik("denied"), &tik(&parts));
    has_line(
        &of_status,
        "weaker | tik.example | block → allow | indskoling in /skoler/vest",
    );
}

#[test]
fn r25_what_is_reported_of_one_name_or_day_hides_nothing_of_another() {
    let lists = [
        ("bb", "porno.example\nandet.example\n"),
        ("cc", "porno.example\ntegn.example\n"),
    ];
    let closes = rule(
        "k",
        "/skoler",
        "default",
        "sites:\n  block: [x.example, 'category:bb']",
    );
    let opens = rule(
        "j",
        "/skoler/oest",
        "default",
        "sites:\n  allow: [x.example, 'category:cc']",
    );
    let old = with_lists(&lists, std::slice::from_ref(&closes));
    let of_names = reported(&old, &with_lists(&lists, &[closes, opens]));
    assert!(
        of_names.contains("has porno.example | block → allow"),
        "{of_names}"
    );
    let safe = |name: &str, days: &str| {
        let safe = rule(name, "/skoler", "minimum", "set:\n  safesearch.google: on");
        safe.replaced("for:", &format!("{days}for:"))
    };
    let gap = [
        safe("k", "until: 2026-12-01\n"),
        safe("k2", "from: 2026-12-03\nuntil: 2027-12-31\n"),
    ];
    let of_days = reported(&with_rules(&[safe("k", "")]), &with_rules(&gap));
    has_line(
        &of_days,
        "weaker | safesearch.google | on → off | all groups in /skoler, on 2026-12-02",
    );
    has_line(
        &of_days,
        "weaker | safesearch.google | on → off | all groups in /skoler, from 2028-01-01",
    );
}
