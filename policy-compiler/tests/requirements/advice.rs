//! What a finding advises works, and what is sound is not reported. Each case is judged by the data of
//! its findings; how they are worded is in `tests/diagnostics`.

use fyr_fixtures::Replaced as _;
use serde_json::Value;

use crate::source::Source;

const DAY: &str = "2026-11-23";

/// A rule of the school board that says this.
fn rule(says: &str) -> String {
    format!("rule: proeve\ndecision: SK-2025-7\n{says}why:\n  da: Prøve.\n")
}

fn with_rule(says: &str) -> Source {
    Source::small().with("rules/proeve.yaml", &rule(says))
}

/// What is found of a rule that blocks these sites.
fn blocking(sites: &str) -> Vec<Value> {
    with_rule(&format!(
        "for: /skoler\nstrength: default\nsites:\n  block: {sites}\n"
    ))
    .found(DAY)
}

fn codes(found: &[Value]) -> Vec<&str> {
    let codes = found.iter().map(|finding| finding["code"].as_str());
    codes.map(|code| code.expect("a code")).collect()
}

/// The sites that a finding about a site says to write.
fn advised(found: &Value) -> Vec<String> {
    let fault = found["data"]["fault"].as_object().expect("a fault");
    let (kind, says) = fault.iter().next().expect("a kind");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    match kind.as_str() {
        "several" => says["sites"]
            .as_array()
            .expect("sites")
            .iter()
            .map(text)
            .collect(),
        "unknown-scheme" => vec![format!(
            "{}://{}",
            text(&says["scheme"]),
            text(&says["rest"])
        )],
        "no-colon" => vec![text(&says["rest"])],
        "address-range" => vec![text(&says["address"])],
        "filter" if says["meant"].is_null() => {
            vec![text(&says["error"]["spelling"]["canonical"])]
        }
        _ => vec![text(&says["meant"])],
    }
}

#[test]
fn what_a_site_was_meant_to_be_works() {
    for slip in [
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
    ] {
        let found = blocking(&format!("['{slip}']"));
        let advice = advised(found.first().expect(slip));
        let then = blocking(&format!("['{}']", advice.join("', '")));
        let then = codes(&then);
        assert!(
            !then.iter().any(|code| code.starts_with("FYR03")),
            "{slip}: {advice:?}: {then:?}"
        );
    }
}

#[test]
fn opening_what_one_block_closes_is_enough() {
    let check = |allow: &str| {
        with_rule(&format!(
            "for: /skoler\nstrength: minimum\nsites:\n  block: ['*']\n{allow}"
        ))
        .with_edit(
            "rules/floor.yaml",
            "sites:\n  allow: [service:hjaelpelinjen]",
            "set:\n  youtube.identity: closed",
        )
        .with_edit(
            "fyr.yaml",
            "[login.fyrby.example]",
            "[login.fyrby.example, hjem.example]",
        )
        .codes(DAY)
    };
    assert_eq!(check(""), ["FYR0601", "FYR0602"]);
    let opened = "  allow: [login.fyrby.example, hjem.example, hjaelp.example]\n";
    assert_eq!(check(opened), [""; 0]);
}

#[test]
fn to_block_a_name_that_deceives_is_no_slip() {
    for site in ["hjae1p.example", "xn--spil-prdis-5fg8i.example"] {
        assert_eq!(codes(&blocking(&format!("[{site}]"))), [""; 0], "{site}");
    }
    let found = blocking("[spil-p\u{430}radis.example]");
    let encoded = found[0]["data"]["host"].as_str().expect("the name encoded");
    assert_eq!(codes(&blocking(&format!("[{encoded}]"))), [""; 0]);
}

#[test]
fn a_document_that_is_laid_out_in_an_unusual_way_is_read() {
    const UNUSUAL: &str = "for: {\n  unit: /skoler,\n    stage: [mellemtrin,\nindskoling] # begge\n  }\n\
        strength:\n  default\nset: { youtube.level:\n  strict }\nsites:\n  block:\n  - \"a.example\"\n\
        \n  - 'b.example'\n# slut\n";
    let folded = rule(UNUSUAL).replaced(
        "why:\n  da: Prøve.\n",
        "why:\n   da: >\n     Fordi [det\n        er: besluttet.\n",
    );
    for text in [rule(UNUSUAL), folded] {
        let codes = |text: &str| Source::small().with("rules/proeve.yaml", text).codes(DAY);
        let read = codes(&text);
        assert!(
            !read.iter().any(|code| code.starts_with("FYR01")),
            "{read:?}"
        );
        // A fault elsewhere in it is reported as what it is.
        let faulty = text.replaced("  default", "  defalt");
        assert_eq!(codes(&faulty), ["FYR0104"], "{faulty}");
    }
}

#[test]
fn a_board_may_shorten_its_own_floor() {
    let timetable = "decision: BY-2025-1
periods:
  skoletid:
    days: mon-fri
    hours: 08:00-15:00
    except:
      - { for: /skoler/oest, hours: 08:00-12:00, decision: SK-2025-7 }
holidays:
  - { name: Fagdag, on: 2026-12-03, for: /skoler/oest, decision: SK-2025-7 }
";
    let floor = "for: { unit: /skoler, who: pupils }\nduring: skoletid\nstrength: minimum\n\
                 sites:\n  block: [spil.example]\n";
    let source = with_rule(floor).with("timetable.yaml", timetable);
    assert_eq!(source.codes(DAY), [""; 0], "{}", source.check(DAY));
}

/// The class of 2024 is in grade 3 until it moves up on 1 August 2028.
#[test]
fn what_is_wrong_once_the_classes_have_moved_up_is_reported_a_hundred_days_before() {
    let source = with_rule(
        "for: { unit: /skoler, stage: mellemtrin }\nstrength: minimum\nset:\n  camera.access: block\n",
    )
    .with(
        "rules/aaben.yaml",
        "rule: aaben\ndecision: OEST-3\nfor: { unit: /skoler/oest, stage: mellemtrin }\n\
         strength: default\nset:\n  camera.access: allow\nwhy:\n  da: Prøve.\n",
    )
    .with_edit("units.yaml", "  oest-2021: { unit: /skoler/oest, start: 2021 }\n", "");
    let is_ahead = |day| source.codes(day).contains(&"FYR0510".to_owned());
    assert!(is_ahead("2028-04-23"));
    assert!(!is_ahead("2028-04-22"));
}

#[test]
fn more_sites_than_any_list_holds_are_referred_to_a_category() {
    let sites = (0..20_001).map(|number| format!("s{number}.example"));
    let found = blocking(&format!("[{}]", sites.collect::<Vec<_>>().join(", ")));
    assert_eq!(codes(&found), ["FYR0304"]);
}

#[test]
fn lists_that_overlap_in_more_sites_than_browsers_take_are_asked_to_agree() {
    let lists = ["lukket", "aaben"].map(|name| {
        format!(
            "category: {name}\ntitle: {{ da: Liste }}\nsource: os\nlicence: CC0-1.0\nfiles: [alle.txt]\n"
        )
    });
    let sites = (0..20_001).map(|number| format!("s{number}.example\n"));
    let source = with_rule("for: /skoler\nstrength: default\nsites:\n  block: [category:lukket]\n")
        .with("lists/lists.yaml", &lists.join("---\n"))
        .with("lists/alle.txt", &sites.collect::<String>())
        .with(
            "rules/oest.yaml",
            "rule: oest\ndecision: OEST-3\nfor: /skoler/oest\nstrength: default\nsites:\n  \
                 allow: [category:aaben]\nwhy:\n  da: Prøve.\n",
        );
    assert_eq!(source.codes(DAY), ["FYR0304"]);
}

/// A timetable with thousands of exceptions, as one would be that a program writes.
fn with_exceptions(until: &str, exceptions: &str, more: &str) -> Source {
    let timetable = format!(
        "periods:\n  skoletid:\n    days: mon-fri\n    hours: 08:00-15:30\n{until}    except:\n\
         {exceptions}{more}"
    );
    Source::small().with("timetable.yaml", &timetable)
}

/// Each exception is for days that never end and are holidays throughout: to compute every day of
/// each would take minutes.
#[test]
fn a_period_that_holidays_cover_to_the_end_of_time_is_over_at_once() {
    let source = with_exceptions(
        "    until: 9999-12-31\n",
        &"      - { for: /skoler/oest, hours: 08:00-15:00 }\n".repeat(2_000),
        "holidays:\n  - { name: Altid, from: 2020-01-01, until: 9999-12-31 }\n",
    );
    let codes = source.codes(DAY);
    assert!(codes.contains(&"FYR0905".to_owned()), "{codes:?}");
    assert!(!codes.contains(&"FYR0910".to_owned()), "{codes:?}");
}

#[test]
fn many_exceptions_of_equal_rank_are_one_finding() {
    let exceptions = (0..300).map(|number| {
        let (hour, minute) = (8 + number / 60, number % 60);
        format!("      - {{ for: /skoler/oest, hours: {hour:02}:{minute:02}-15:00 }}\n")
    });
    let source = with_exceptions("", &exceptions.collect::<String>(), "");
    let found = source.found(DAY);
    let of_exceptions = codes(&found).into_iter().filter(|code| *code == "FYR0910");
    assert_eq!(of_exceptions.count(), 1);
}
