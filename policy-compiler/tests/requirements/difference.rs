//! What a change changes, and for whom: R25, and journey 2 up to the merge.

use std::path::Path;
use std::process::Command;

use fyr_fixtures::Replaced as _;
use serde_json::Value;

use crate::source::{Source, copy, stderr, stdout};

const DAY: &str = "2026-11-23";

/// `fyr diff OLD NEW ARGUMENTS…` for the day.
fn diff(old: &str, new: &str, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_fyr"))
        .args(["diff", old, new, "--date", DAY])
        .args(arguments)
        .output()
        .expect("fyr runs")
}

fn directory(source: &Source) -> &str {
    source.path().to_str().expect("a path in Unicode")
}

fn reported(old: &Source, new: &Source, arguments: &[&str]) -> Value {
    let format = [&["--json"], arguments].concat();
    let output = diff(directory(old), directory(new), &format);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).expect("JSON")
}

fn git(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["-c", "user.name=Fyrby", "-c", "user.email=it@fyrby.example"])
        .args(arguments)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{}", stderr(&output));
}

/// The board's decision as one file, and the rule that carries it out as another.
const DECISION: &str = "decision: 85.10.09-G01-7-26
title: Videosamtaler med fremmede på mellemtrinnet
body: borne-og-skoleudvalget
date: 2026-11-18
status: decided
purpose: Ingen tilfældige videosamtaler i skoletiden
legal-basis: folkeskoleloven § 40
owner: skolechef
review: 2028-11-01
";

const RULE: &str = "rule: videosamtaler
decision: 85.10.09-G01-7-26
for: { unit: /skoler, stage: mellemtrin }
strength: minimum
set:
  camera.access: block
sites:
  block: [snak-nu.example, video-rundt.example, tilfaeldig.example]
why:
  da: Videosamtaler med fremmede er lukkede på mellemtrinnet.
";

#[test]
fn journey_2_a_pull_request_says_what_changes_for_whom_and_who_decided() {
    let policy = Source::example("ballerup");
    git(policy.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(policy.path(), &["add", "--all"]);
    git(policy.path(), &["commit", "--quiet", "--message=Policy"]);
    let policy = policy
        .with("decisions/videosamtaler.yaml", DECISION)
        .with("rules/videosamtaler.yaml", RULE);
    let output = diff("main", directory(&policy), &["--format", "markdown"]);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!("journey_2_the_comment", stdout(&output));
    git(policy.path(), &["add", "--all"]);
    git(policy.path(), &["commit", "--quiet", "--message=Decided"]);
    let tree = Command::new(env!("CARGO_BIN_EXE_fyr"))
        .args([
            "diff", "main~1", "main", "--date", DAY, "--format", "markdown",
        ])
        .current_dir(policy.path())
        .output()
        .expect("fyr runs");
    assert_eq!(stdout(&tree), stdout(&output), "{}", stderr(&tree));
}

/// The small policy as the only commit of a repository, below `policy/`.
fn committed() -> tempfile::TempDir {
    let repository = tempfile::tempdir().expect("a directory");
    let policy = Source::small();
    copy(policy.path(), &repository.path().join("policy"));
    git(
        repository.path(),
        &["init", "--quiet", "--initial-branch=main"],
    );
    git(repository.path(), &["add", "--all"]);
    git(
        repository.path(),
        &["commit", "--quiet", "--message=Policy"],
    );
    repository
}

/// `fyr diff OLD NEW` in a directory.
fn diff_in(place: &Path, old: &str, new: &str) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_fyr"))
        .args(["diff", old, new, "--date", DAY])
        .current_dir(place)
        .output()
        .expect("fyr runs")
}

#[test]
fn a_directory_does_not_take_the_place_of_the_revision_a_change_is_compared_with() {
    let repository = committed();
    let place = repository.path();
    std::fs::remove_file(place.join("policy/rules/floor.yaml")).expect("a floor");
    git(place, &["update-ref", "refs/remotes/origin/main", "main"]);
    for name in ["main", "origin/main"] {
        copy(&place.join("policy"), &place.join(name));
        let output = diff_in(place, name, "policy");
        assert!(!output.status.success(), "{}", stdout(&output));
        let reported = format!("write `./{name}` for the directory");
        assert!(stderr(&output).contains(&reported), "{}", stderr(&output));
        let revision = diff_in(place, &format!("{name}^{{commit}}"), "policy");
        assert!(
            stdout(&revision).contains("weaker"),
            "{}",
            stderr(&revision)
        );
        let directory = diff_in(place, &format!("./{name}"), "policy");
        assert_eq!(stdout(&directory), "nothing changes for any group\n");
    }
}

#[test]
fn a_revision_without_a_policy_at_its_top_is_answered_with_the_one_below_it() {
    let place = committed();
    let output = diff_in(place.path(), "main", "main");
    assert_eq!(
        stderr(&output),
        "fyr: `main` holds no policy here: write `main:./policy`\n"
    );
    let output = diff_in(place.path(), "main:./policy", "main:./policy");
    assert_eq!(stdout(&output), "nothing changes for any group\n");
}

#[test]
fn a_comparison_runs_nothing_that_the_repository_asks_for() {
    let repository = committed();
    let place = repository.path();
    let ran = place.join("ran");
    let spy = place.join(".git/spy");
    std::fs::write(&spy, format!("#!/bin/sh\ntouch '{}'\ncat\n", ran.display())).expect("a spy");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&spy, mode).expect("a program");
    std::fs::create_dir_all(place.join(".git/hooks")).expect("hooks");
    std::fs::copy(&spy, place.join(".git/hooks/post-index-change")).expect("a hook");
    let spy = spy.to_str().expect("a path");
    std::fs::write(place.join(".git/info/attributes"), "* filter=spy\n").expect("attributes");
    for (key, value) in [
        ("core.fsmonitor", spy),
        ("filter.spy.smudge", spy),
        ("diff.spy.textconv", spy),
    ] {
        git(place, &["config", key, value]);
    }
    let output = diff_in(place, "main", "policy");
    assert_eq!(stdout(&output), "nothing changes for any group\n");
    assert!(!ran.exists(), "git ran a program of the repository");
}

#[test]
fn a_revision_is_read_within_the_bounds_of_a_directory() {
    let repository = committed();
    let place = repository.path();
    let large = "# x\n".repeat(300_000);
    std::fs::write(place.join("policy/rules/large.yaml"), large).expect("a file");
    git(place, &["add", "--all"]);
    git(place, &["commit", "--quiet", "--message=Large"]);
    let output = diff_in(place, "main~1:policy", "main:policy");
    let reported = "`rules/large.yaml` in `main:policy` has 1200000 bytes; a file may have 1048576";
    assert!(stderr(&output).contains(reported), "{}", stderr(&output));
    std::fs::remove_file(place.join("policy/rules/large.yaml")).expect("a file");
    std::os::unix::fs::symlink("/etc/passwd", place.join("policy/rules/x.yaml")).expect("a link");
    git(place, &["add", "--all"]);
    git(place, &["commit", "--quiet", "--message=Link"]);
    let output = diff_in(place, "main~2:policy", "main:policy");
    assert!(
        stderr(&output).contains("`main:policy:rules/x.yaml` is a symbolic link"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn r25_a_list_of_addresses_is_decided_over_before_the_decision_is_made() {
    let old = Source::example("ballerup");
    let new = Source::example("ballerup")
        .with("decisions/videosamtaler.yaml", DECISION)
        .with("rules/videosamtaler.yaml", RULE)
        .with(
            "visited.txt",
            "# as the teachers sent it\nsnak-nu.example/rum/1\nhttps://www.dr.dk/\n",
        );
    let visited = new.path().join("visited.txt");
    let reported = reported(&old, &new, &["--urls", visited.to_str().expect("a path")]);
    let addresses = reported["addresses"].as_array().expect("addresses");
    let urls: Vec<&str> = addresses
        .iter()
        .map(|change| change["url"].as_str().expect("a URL"))
        .collect();
    assert_eq!(urls, ["https://snak-nu.example/rum/1"]);
    assert_eq!(addresses[0]["before"], "allow");
    assert_eq!(addresses[0]["after"], "block");
    let whom = &addresses[0]["whom"];
    assert_eq!(whom["who"]["stages"], serde_json::json!(["mellemtrin"]));
    assert_eq!(whom["unit"], "/skoler");
    assert_eq!(reported["risk"], "tighter");
}

#[test]
fn what_is_deleted_is_reported_like_what_is_new() {
    let old = Source::small();
    let new = Source::small().with_edit(
        "rules/floor.yaml",
        "  youtube.level: { pupils: moderate, personale: off }",
        "  youtube.level: { personale: off }",
    );
    let reported = reported(&old, &new, &[]);
    assert_eq!(reported["risk"], "weaker");
    let change = &reported["changes"][0];
    assert_eq!(change["subject"]["setting"], "youtube.level");
    assert_eq!(change["before"]["value"], "moderate");
    assert_eq!(change["after"]["value"], "off");
    assert_eq!(change["after"]["rule"], Value::Null);
}

#[test]
fn a_group_that_is_gone_is_the_gravest_change() {
    let old = Source::small();
    let new = Source::small().with_edit(
        "units.yaml",
        "  vest-2018: { unit: /skoler/vest, start: 2018 }\n",
        "",
    );
    let reported = reported(&old, &new, &[]);
    assert_eq!(reported["risk"], "group-removed");
    assert_eq!(reported["groups"]["removed"][0], "vest-2018");
}

#[test]
fn a_floor_that_becomes_a_default_is_weaker_though_the_same_value_holds() {
    let old = Source::small();
    let new =
        Source::small().with_edit("rules/floor.yaml", "strength: minimum", "strength: default");
    let reported = reported(&old, &new, &[]);
    assert_eq!(reported["risk"], "weaker");
    assert_eq!(reported["changes"][0]["before"]["strength"], "minimum");
    assert_eq!(reported["changes"][0]["after"]["strength"], "default");
}

#[test]
fn a_rule_that_is_split_in_two_changes_nothing_but_its_name() {
    let old = Source::small();
    let new = Source::small().with_edit("rules/floor.yaml", "rule: youtube\n", "rule: youtube-2\n");
    let reported = reported(&old, &new, &[]);
    assert_eq!(reported["risk"], "ground");
}

#[test]
fn a_policy_that_did_not_change_is_one_line() {
    let policy = Source::small();
    let output = diff(directory(&policy), directory(&policy), &[]);
    assert_eq!(stdout(&output), "nothing changes for any group\n");
}

#[test]
fn a_side_that_is_nowhere_is_reported_in_words() {
    let policy = Source::small();
    let output = diff("--help-me", directory(&policy), &[]);
    assert_eq!(
        output.status.code(),
        Some(2),
        "an option that does not exist"
    );
    let output = diff("v9", directory(&policy), &[]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("`v9` is neither a directory nor a revision"));
}

#[test]
fn a_new_policy_with_errors_is_reported_with_its_places() {
    let old = Source::small();
    let new =
        Source::small().with_edit("rules/floor.yaml", "strength: minimum", "strength: minimal");
    let output = diff(directory(&old), directory(&new), &[]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("FYR0104"), "{}", stderr(&output));
    assert!(stderr(&output).contains("the new policy has errors"));
}

#[test]
fn r25_a_proposal_says_what_it_would_touch_before_it_is_decided() {
    let draft = DECISION.replaced("status: decided", "status: hearing");
    let policy = Source::example("ballerup")
        .with("decisions/videosamtaler.yaml", &draft)
        .with("rules/videosamtaler.yaml", RULE);
    let ask = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_fyr"))
            .args(["diff", directory(&policy), "--date", DAY])
            .args(arguments)
            .output()
            .expect("fyr runs")
    };
    let output = ask(&["--what-if", "85.10.09-G01-7-26"]);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!("r25_the_proposal", stdout(&output));
    let as_it_stands = diff(
        directory(&policy),
        directory(&Source::example("ballerup")),
        &[],
    );
    assert_eq!(stdout(&as_it_stands), "nothing changes for any group\n");
    let output = ask(&["--what-if", "85.10.09-G01-7-62"]);
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("did you mean `85.10.09-G01-7-26`?"),
        "{}",
        stderr(&output)
    );
}

/// The small policy where a rule closes a category of these sites.
fn closing(sites: &str) -> Source {
    Source::small()
        .with(
            "lists/slem.yaml",
            "category: slem\ntitle: { da: Slem }\nsource: os\nlicence: fri\nfiles: [slem]\n",
        )
        .with("lists/slem", sites)
        .with(
            "rules/slem.yaml",
            "rule: slem\ndecision: SK-2025-7\nfor: { unit: /skoler, who: pupils }\n\
             strength: minimum\nsites: { block: [category:slem] }\nwhy: { da: Lukket. }\n",
        )
}

#[test]
fn a_list_that_gains_and_loses_sites_is_reported_site_by_site() {
    let old = closing("ad.example\ndeep.example\n");
    let new = closing("aaa.example\nad.example\nklassen.example\n");
    insta::assert_snapshot!(stdout(&diff(directory(&old), directory(&new), &[])));
    let reported = reported(&old, &new, &[]);
    assert_eq!(reported["risk"], "weaker");
    let listed = &reported["changes"][0]["subject"]["listed"];
    assert_eq!(listed["membership"], "lost");
    assert_eq!(listed["sites"][0], "deep.example");
}

#[test]
fn a_site_that_a_wider_one_takes_the_place_of_is_no_change() {
    let old = closing("a.slem.example\nb.slem.example\n");
    let new = closing("slem.example\n");
    let reported = reported(&old, &new, &[]);
    assert_eq!(reported["risk"], "tighter");
    let changes = reported["changes"].as_array().expect("changes");
    assert_eq!(
        changes.len(),
        1,
        "what was closed stays closed: {changes:?}"
    );
    assert_eq!(changes[0]["subject"]["listed"]["sites"][0], "slem.example");
}
