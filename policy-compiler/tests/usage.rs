//! The `fyr` command as people mistype it, and as shells cut it off.

#![expect(clippy::expect_used, reason = "a case that cannot be set up fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn fyr(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fyr"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("fyr runs")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

fn base() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy"))
}

#[test]
fn a_closed_output_ends_the_command_without_an_error() {
    for arguments in [
        &["explain", "FYR0401"][..],
        &["check", "."],
        &["lists", ".", "--json"],
        &["review", ".", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = Command::new(env!("CARGO_BIN_EXE_fyr"))
            .args(arguments)
            .current_dir(base())
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .expect("fyr runs");
        let output = child.wait_with_output().expect("fyr ends");
        assert_eq!(stderr(&output), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(141), "{arguments:?}");
    }
}

#[test]
fn a_day_in_another_form_is_answered_with_the_right_one() {
    for day in ["1.8.2027", "2027/08/01"] {
        let output = fyr(base(), &["check", ".", "--date", day]);
        assert_eq!(output.status.code(), Some(2));
        let reported = stderr(&output);
        assert!(
            reported.contains("did you mean `2027-08-01`?"),
            "{reported}"
        );
    }
}

#[test]
fn a_part_of_a_policy_is_answered_with_the_whole() {
    for (directory, part, whole) in [
        (base().to_owned(), "rules", base().display().to_string()),
        (base().to_owned(), "fyr.yaml", base().display().to_string()),
        (base().join("rules"), ".", base().display().to_string()),
        (base().join(".."), "policy/rules", "policy".to_owned()),
    ] {
        let output = fyr(&directory, &["check", part]);
        assert_eq!(output.status.code(), Some(1));
        let reported = stderr(&output);
        let expected = format!("name the directory of the whole: `{whole}`\n");
        assert!(reported.ends_with(&expected), "{reported}");
    }
}

#[test]
fn a_directory_without_a_policy_is_answered_with_those_below_it() {
    let place = tempfile::tempdir().expect("a directory");
    let output = fyr(place.path(), &["check", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "fyr: `.` holds no policy: name the directory that holds `fyr.yaml`\n"
    );
    for name in ["by", "policy"] {
        fs::create_dir(place.path().join(name)).expect("a directory");
        fs::write(place.path().join(name).join("fyr.yaml"), "").expect("a file");
    }
    for arguments in [&["check", "."][..], &["diff", "policy"]] {
        let reported = fyr(place.path(), arguments);
        let reported = stderr(&reported);
        assert!(
            reported.ends_with("`fyr.yaml`, such as `by`, `policy`\n"),
            "{reported}"
        );
    }
}

#[test]
fn a_directory_with_a_part_of_a_policy_is_reported_what_it_lacks() {
    let place = tempfile::tempdir().expect("a directory");
    fs::create_dir(place.path().join("rules")).expect("a directory");
    let output = fyr(place.path(), &["check", "."]);
    let reported = String::from_utf8(output.stdout).expect("text");
    assert!(reported.contains("`fyr.yaml` is missing"), "{reported}");
}

#[test]
fn a_part_of_a_name_is_answered_with_the_whole() {
    for (arguments, answer) in [
        (
            &["explain", ".", "--group", "vest", "--url", "x.example"][..],
            "unknown group `vest`; write `vest-2018`",
        ),
        (
            &[
                "explain",
                ".",
                "--group",
                "vest-2018",
                "--setting",
                "incognito",
            ],
            "unknown setting `incognito`; write `escape.incognito`",
        ),
        (
            &["lists", ".", "--category", "spil"],
            "unknown category `spil`; add it first: there is none yet",
        ),
    ] {
        let output = fyr(base(), arguments);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stderr(&output), format!("fyr: {answer}\n"));
    }
}

#[test]
fn a_question_without_its_group_is_answered_with_the_usage_of_explain() {
    let output = fyr(base(), &["explain", ".", "--url", "x.example"]);
    assert_eq!(output.status.code(), Some(2));
    let reported = stderr(&output);
    assert!(reported.contains("needs `--group GROUP`"), "{reported}");
    assert!(
        reported.contains("Usage: fyr explain [OPTIONS] <DIR|CODE>"),
        "{reported}"
    );
}

#[test]
fn what_is_no_address_is_not_explained_as_one() {
    let explain = |url| {
        fyr(
            base(),
            &["explain", ".", "--group", "vest-2018", "--url", url],
        )
    };
    for url in ["ht!tp://x.example", "anna@x.example", "not an address", ""] {
        let output = explain(url);
        assert_eq!(output.status.code(), Some(2), "{url}");
        let reported = stderr(&output);
        assert!(
            reported.contains("write it as the browser shows it"),
            "{reported}"
        );
    }
    for (url, address) in [
        ("x.example", "https://x.example/"),
        ("localhost:8080/a", "https://localhost:8080/a"),
        ("mailto:anna@x.example", "mailto:anna@x.example"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("blåbær.example", "https://xn--blbr-roah.example/"),
    ] {
        let output = explain(url);
        let reported = String::from_utf8(output.stdout).expect("text");
        assert!(reported.starts_with(&format!("{address}: ")), "{reported}");
    }
}

/// The help of a command and of everything below it.
fn helps(commands: &[&str], all: &mut Vec<(String, String)>) {
    let arguments = [commands, &["--help"]].concat();
    let output = fyr(base(), &arguments);
    let help = String::from_utf8(output.stdout).expect("text");
    let below = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let names = below.lines().take_while(|line| !line.is_empty());
    let names = names.filter_map(|line| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty()).then_some(name)
    });
    for name in names {
        helps(&[commands, &[name]].concat(), all);
    }
    all.push((commands.join(" "), help));
}

#[test]
fn the_help_of_every_command_fits_its_page_and_says_its_exit_codes() {
    let mut all = Vec::new();
    helps(&[], &mut all);
    assert!(all.len() > 12, "{all:?}");
    for (command, help) in all {
        let longest = help.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{command}: {longest:?}");
        let has_commands = help.contains("\nCommands:\n");
        let says = help.contains("Exit code");
        assert!(has_commands || says, "{command} says no exit codes");
    }
}
