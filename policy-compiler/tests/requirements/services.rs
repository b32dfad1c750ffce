//! The catalogue of services, single blocks and what waits for review: R10 to R13.

use std::collections::HashSet;

use fyr_fixtures::Replaced as _;
use fyr_schemas::CaseNumber;
use fyr_schemas::bundle::Bundle;
use serde_json::{Value, json};

use crate::source::{Source, stdout};

const DAY: &str = "2026-11-23";

/// An entry that says everything an approved service has to.
pub(crate) const TEGN: &str = "service: tegn
name: Tegn
category: tegning
status: approved
vendor: { name: Tegn ApS, country: DK }
purpose: Tegning i billedkunst
personal-data: [navn, klasse]
legal-basis: folkeskoleloven § 40
processor-agreement: DBA-2025-11
transfer-outside-eu: none
data-classes: [intern]
dpia: { reference: DPIA-2025-4, version: 1, date: 2025-05-01 }
security-validation: { reference: SV-2025-9, date: 2025-06-01 }
decision: SK-2025-7
review: 2027-06-01
sites: [tegn.example]
";

#[test]
fn r11_an_entry_that_says_everything_has_nothing_to_report() {
    let source = Source::small().with("services/tegn.yaml", TEGN);
    assert_eq!(source.check(DAY), "nothing to report\n");
}

#[test]
fn r11_an_approved_entry_without_a_security_validation_is_reported() {
    let validation = "security-validation: { reference: SV-2025-9, date: 2025-06-01 }\n";
    let unvalidated = TEGN.replaced(validation, "");
    let source = Source::small().with("services/tegn.yaml", &unvalidated);
    assert_eq!(source.codes(DAY), ["FYR1003"]);
    let missing = &source.found(DAY)[0]["data"]["missing"];
    assert_eq!(*missing, serde_json::json!(["security-validation"]));
    let denied = unvalidated.replaced("status: approved", "status: denied");
    let source = source.with("services/tegn.yaml", &denied);
    assert_eq!(source.codes(DAY), [""; 0]);
}

#[test]
fn r11_an_approved_entry_past_its_review_date_is_reported() {
    let source = Source::small().with("services/tegn.yaml", TEGN);
    assert_eq!(source.codes("2027-06-01"), [""; 0]);
    assert_eq!(source.codes("2027-06-02"), ["FYR1004"]);
}

#[test]
fn r11_the_assessment_of_a_service_grows_old_like_that_of_a_decision() {
    let source = Source::small().with(
        "services/tegn.yaml",
        &TEGN.replaced("review: 2027-06-01", "review: 2029-06-01"),
    );
    assert!(!source.codes("2028-05-01").contains(&"FYR0509".to_owned()));
    assert!(source.codes("2028-05-02").contains(&"FYR0509".to_owned()));
}

/// The file of one single block, whole.
const BLOCK: &str = "rule: luk-quiz
decision: SK-2025-7
for: /skoler
strength: minimum
sites:
  block: [quiz.example]
why:
  da: Siden lækker navne.
";

fn review(source: &Source) -> Value {
    let json = stdout(&source.fyr("review", &["--date", DAY, "--json"]));
    serde_json::from_str(&json).expect("JSON")
}

#[test]
fn r13_a_single_block_is_one_short_file() {
    let before = Source::small();
    assert_eq!(review(&before)["single-blocks"], json!([]));
    let groups = ["oest-2024", "oest-2021", "oest-personale", "vest-2018"];
    let closed = |bundle: &Bundle| {
        let lists = [
            &bundle.chromium["URLBlocklist"],
            &bundle.firefox["WebsiteFilter"]["Block"],
        ];
        let lists = lists.map(|list| list.as_array().expect("a list").clone());
        lists.map(|list| list.into_iter().collect::<HashSet<Value>>())
    };
    let were_closed = groups.map(|group| closed(&before.bundle(group, DAY)));

    // Nothing is written but this file, and nothing more is asked for.
    let source = before.with("rules/quiz.yaml", BLOCK);
    assert!(BLOCK.lines().count() < 10);
    assert_eq!(source.check(DAY), "nothing to report\n");
    let quiz = [json!("quiz.example"), json!("*://*.quiz.example/*")];
    for (group, were_closed) in groups.into_iter().zip(were_closed) {
        let bundle = source.bundle(group, DAY);
        let mut with_quiz = were_closed;
        for (list, entry) in with_quiz.iter_mut().zip(&quiz) {
            assert!(list.insert(entry.clone()), "it was open before");
        }
        assert_eq!(closed(&bundle), with_quiz, "{group}");
        let mut controls = bundle.controls.iter();
        let control = controls.find(|control| control.id.as_str() == "sites.block.luk-quiz");
        let decision = control.expect("the control").decision.as_ref();
        assert_eq!(decision.map(CaseNumber::as_str), Some("SK-2025-7"));
    }
    assert_eq!(
        review(&source)["single-blocks"],
        json!([{
            "rule": "luk-quiz", "unit": "/skoler", "sites": ["quiz.example"],
            "decision": "SK-2025-7", "owner": "skolechef", "since": "2025-05-12", "days": 560,
            "review": "2028-05-01", "place": "rules/quiz.yaml:6:11",
        }])
    );
}

#[test]
fn r13_single_blocks_are_listed_with_owner_age_and_review_and_counted() {
    let emergency = "decision: NOED-1\ntitle: Lækage\nbody: skoleudvalget\ndate: 2026-11-20\n\
                     status: emergency\ndecide-by: 2026-12-04\npurpose: Elevers navne\n\
                     owner: digitaliseringschef\n";
    let urgent = BLOCK
        .replaced("luk-quiz", "luk-kort")
        .replaced("SK-2025-7", "NOED-1")
        .replaced("quiz.example", "service:tegn, kort.example/leg");
    let source = Source::small()
        .with("rules/quiz.yaml", BLOCK)
        .with("decisions/noed.yaml", emergency)
        .with("rules/kort.yaml", &urgent)
        .with(
            "services/tegn.yaml",
            &TEGN.replaced(
                "security-validation: { reference: SV-2025-9, date: 2025-06-01 }\n",
                "",
            ),
        );
    insta::assert_snapshot!(stdout(&source.fyr("review", &["--date", DAY])));
    let reported = review(&source);
    assert_eq!(reported["single-blocks"][0]["rule"], "luk-quiz");
    assert_eq!(reported["single-blocks"][0]["owner"], "skolechef");
    assert_eq!(reported["single-blocks"][0]["days"], 560);
    assert_eq!(reported["due"][0]["task"], "validate");
    assert_eq!(reported["due"][1]["task"], "decide");
    assert_eq!(reported["due"][1]["by"], "2026-12-04");
}

#[test]
fn r13_a_policy_that_cannot_be_read_is_not_reviewed() {
    let source = Source::small().with("rules/quiz.yaml", "rule: [\n");
    let output = source.fyr("review", &["--date", DAY]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
}

/// A service with its status, and everything that an approved one says.
fn tool(name: &str, status: &str) -> String {
    TEGN.replaced_all("tegn", name)
        .replaced("status: approved", &format!("status: {status}"))
}

/// Four services: one approved for all groups, one for staff alone, one denied, one new.
fn with_catalogue(rule: &str) -> Source {
    let approved = "\n  - { for: /skoler, status: under-review }\n  \
                    - { for: { unit: /skoler, who: staff }, status: approved }";
    let services = [
        tool("regn", "approved"),
        tool("noter", approved),
        tool("chat", "denied"),
        tool("ny", "not-assessed"),
    ];
    Source::small()
        .with("services/katalog.yaml", &services.join("---\n"))
        .with("rules/katalog.yaml", rule)
}

#[track_caller]
fn verdicts<const N: usize>(source: &Source, group: &str, sites: [&str; N]) -> [String; N] {
    sites.map(|site| {
        let reported = source.explain(DAY, group, ["--url", &format!("{site}.example")]);
        let verdict = reported
            .lines()
            .next()
            .and_then(|line| line.rsplit(' ').next());
        verdict.expect("a verdict").to_owned()
    })
}

const SITES: [&str; 5] = ["regn", "noter", "chat", "ny", "ukendt"];

#[test]
fn r10_in_enforced_mode_what_is_not_approved_for_the_role_is_blocked() {
    let source = with_catalogue(
        "rule: katalog\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nsites:\n  \
         allow: [services:approved, service:hjaelpelinjen, login.fyrby.example]\n  block: ['*']\nwhy: { da: Kun det godkendte. }\n",
    );
    let pupils = ["allow", "block", "block", "block", "block"];
    assert_eq!(verdicts(&source, "oest-2021", SITES), pupils);
    let staff = ["allow", "allow", "block", "block", "block"];
    assert_eq!(verdicts(&source, "oest-personale", SITES), staff);
    assert_eq!(verdicts(&source, "oest-2021", ["hjaelp"]), ["allow"]);
}

#[test]
fn r10_a_service_is_not_approved_by_calling_it_a_helpline() {
    let source = with_catalogue(
        "rule: katalog\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nsites:\n  \
         allow: [services:approved, service:hjaelpelinjen, login.fyrby.example]\n  block: ['*']\n\
         why: { da: Kun det godkendte. }\n",
    )
    .with(
        "services/spil.yaml",
        "service: spil\nname: Spil\nkind: helpline\nsites: [spil.example]\n",
    );
    assert_eq!(source.codes(DAY), ["FYR0601", "FYR0702"]);
}

#[test]
fn r10_a_rule_that_opens_a_denied_service_by_name_is_reported() {
    let opens = |word: &str, scope: &str, more: &str| {
        format!(
            "rule: katalog\ndecision: SK-2025-7\nfor: {scope}\nstrength: default\n\
             sites: {{ {word} }}\nguidance: {{ da: Ingen navne. }}\nwhy: {{ da: Prøve. }}\n{more}"
        )
    };
    let codes = |status: &str, rule: &str| {
        let source = Source::small()
            .with("services/chat.yaml", &tool("chat", status))
            .with("rules/katalog.yaml", rule);
        let mut codes = source.codes(DAY);
        codes.retain(|code| code == "FYR1011");
        codes
    };
    let allows = opens("allow: [service:chat]", "/skoler", "");
    for status in ["denied", "expired"] {
        assert_eq!(codes(status, &allows), ["FYR1011"], "{status}");
    }
    for status in ["approved", "under-review", "not-assessed"] {
        assert_eq!(codes(status, &allows), [""; 0], "{status}");
    }
    let warns = opens("warn: [service:chat]", "/skoler", "");
    assert_eq!(codes("denied", &warns), ["FYR1011"]);
    let blocks = opens("block: [service:chat]", "/skoler", "");
    assert_eq!(codes("denied", &blocks), [""; 0]);

    // Only whom the status and the rule have in common are reported.
    let parts =
        "\n  - { for: /skoler, status: approved }\n  - { for: /skoler/vest, status: denied }";
    assert_eq!(codes(parts, &allows), ["FYR1011"]);
    assert_eq!(
        codes(parts, &opens("allow: [service:chat]", "/skoler/oest", "")),
        [""; 0]
    );
    let closed_there = opens(
        "allow: [service:chat]",
        "/skoler",
        "---\nrule: vest\ndecision: SK-2025-7\nfor: /skoler/vest\nstrength: default\n\
         sites: { block: [service:chat] }\nwhy: { da: Prøve. }\n",
    );
    assert_eq!(codes(parts, &closed_there), [""; 0]);

    let helpline = tool("chat", "denied").replaced("name: Tegn\n", "name: Tegn\nkind: helpline\n");
    let source = Source::small()
        .with("services/chat.yaml", &helpline)
        .with("rules/katalog.yaml", &allows);
    assert!(!source.codes(DAY).contains(&"FYR1011".to_owned()));
}

#[test]
fn r10_in_guidance_mode_what_is_not_listed_stays_reachable() {
    let source = with_catalogue(
        "rule: katalog\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nsites:\n  \
         warn: [services:under-review]\n  block: [services:denied]\n\
         guidance: { da: Skriv ingen navne. }\nwhy: { da: Katalogets ord. }\n",
    );
    assert_eq!(source.codes(DAY), Vec::<String>::new());
    let pupils = ["allow", "warn", "block", "allow", "allow"];
    assert_eq!(verdicts(&source, "oest-2021", SITES), pupils);
    let staff = ["allow", "allow", "block", "allow", "allow"];
    assert_eq!(verdicts(&source, "oest-personale", SITES), staff);
}

#[test]
fn r12_a_service_joins_its_category_and_the_rule_of_the_category_is_over_it() {
    let rule = "rule: tegning\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nsites:\n  \
                block: [category:tegning]\nwhy: { da: Tegning. }\n";
    let source = Source::small()
        .with("services/tegn.yaml", TEGN)
        .with("rules/tegning.yaml", rule);
    assert_eq!(verdicts(&source, "oest-2021", ["tegn"]), ["block"]);
}

#[test]
fn r10_what_stays_open_under_any_status_is_no_repetition_of_what_depends_on_it() {
    let source = with_catalogue(
        "rule: katalog\ndecision: SK-2025-7\nfor: /skoler\nstrength: minimum\nsites:\n  \
         allow: [services:approved]\nwhy: { da: Det godkendte. }\n---\n\
         rule: altid\ndecision: SK-2025-7\nfor: /skoler\nstrength: default\nsites:\n  \
         allow: [regn.example]\nwhy: { da: Altid. }\n",
    );
    assert_eq!(source.check(DAY), "nothing to report\n");
}

/// The approved service, assessed by a case that says this.
fn approved_by(case: &str) -> Source {
    let case = format!(
        "decision: TEGN-1\ntitle: Tegn\n{case}date: 2026-03-02\npurpose: Tegning\n\
         legal-basis: folkeskoleloven § 40\nowner: skolechef\nreview: 2028-03-01\n"
    );
    let tegn = tool("tegn", "approved").replaced("SK-2025-7", "TEGN-1");
    Source::small()
        .with("decisions/tegn.yaml", &case)
        .with("services/tegn.yaml", &tegn)
}

#[test]
fn r11_what_approves_a_service_is_in_force_and_was_competent_to() {
    let by = |body: &str, says: &str| approved_by(&format!("body: {body}\nstatus: {says}\n"));
    let committee = |says: &str| by("skoleudvalget", says);
    assert_eq!(committee("in-force").check(DAY), "nothing to report\n");
    assert_eq!(committee("rejected").codes(DAY), ["FYR0502"]);
    for says in [
        "draft",
        "hearing",
        "decided\nuntil: 2026-11-22",
        "decided\nfrom: 2027-01-01",
    ] {
        assert_eq!(committee(says).codes(DAY), ["FYR1010"], "{says}");
    }
    let board = by("bestyrelsen-oest", "in-force");
    assert_eq!(board.codes(DAY), ["FYR0503"]);
    insta::assert_snapshot!(board.check(DAY));
    let at_its_school = "status:\n  - { for: /skoler/oest, status: approved }\n  \
                         - { for: /skoler/vest, status: denied }";
    let at_its_school = tool("tegn", "approved")
        .replaced("SK-2025-7", "TEGN-1")
        .replaced("status: approved", at_its_school);
    let board = board.with("services/tegn.yaml", &at_its_school);
    assert_eq!(board.check(DAY), "nothing to report\n");
}

#[test]
fn r11_a_case_that_was_rejected_may_deny_a_service() {
    let source = approved_by("body: skoleudvalget\nstatus: rejected\n");
    let denied = tool("tegn", "denied").replaced("SK-2025-7", "TEGN-1");
    let source = source.with("services/tegn.yaml", &denied);
    assert_eq!(source.check(DAY), "nothing to report\n");
}

#[test]
fn r21_two_boards_approve_one_service_each_for_its_own() {
    let board =
        "  bestyrelsen-oest: { name: Skolebestyrelsen på Øst, competent-for: /skoler/oest }\n";
    let with_vest = format!(
        "{board}  bestyrelsen-vest: {{ name: Skolebestyrelsen på Vest, competent-for: /skoler/vest }}\n"
    );
    let case = |case: &str, body: &str| {
        format!(
            "decision: {case}\ntitle: Tegn\nbody: {body}\nstatus: in-force\ndate: 2026-03-02\n\
             purpose: Tegning\nlegal-basis: folkeskoleloven § 40\nowner: skolechef\n\
             review: 2028-03-01\n"
        )
    };
    let cases = [
        case("OEST-9", "bestyrelsen-oest"),
        case("VEST-9", "bestyrelsen-vest"),
    ];
    let approved = |vest: &str, of_service: &str| {
        let status = format!(
            "status:\n  - {{ for: /skoler/oest, status: approved }}\n  \
             - {{ for: /skoler/vest, status: approved{vest} }}"
        );
        let text = TEGN
            .replaced("status: approved", &status)
            .replaced("decision: SK-2025-7\n", of_service);
        Source::small()
            .with_edit("fyr.yaml", board, &with_vest)
            .with("decisions/tegn.yaml", &cases.join("---\n"))
            .with("services/tegn.yaml", &text)
    };
    let of_oest = "decision: OEST-9\n";
    let each_its_own = approved(", decision: VEST-9", of_oest);
    assert_eq!(each_its_own.check(DAY), "nothing to report\n");
    let owned = approved(", decision: VEST-9", "");
    assert_eq!(owned.codes(DAY), ["FYR1003"], "no body decided it for Øst");

    // The line that goes too far is shown, and no other body could carry both.
    let by_one = approved("", of_oest);
    assert_eq!(by_one.codes(DAY), ["FYR0503"]);
    insta::assert_snapshot!(by_one.check(DAY));
    let crossed = approved(", decision: OEST-9", "decision: SK-2025-7\n");
    assert_eq!(crossed.codes(DAY), ["FYR0503"]);
    let unknown = approved(", decision: VEST-99", of_oest);
    assert_eq!(unknown.codes(DAY), ["FYR0202"]);
}
