//! How `fyr-server` ends when it cannot begin: wrong usage is 2, a failure is 1 and one clear line.

use std::io;
use std::process::{Command, Output};

fn server(arguments: &[&str]) -> io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_fyr-server"))
        .args(arguments)
        .output()
}

#[test]
fn wrong_usage_is_exit_code_two() {
    for arguments in [
        &["--stat", "x"][..],
        &["--state", "x"],
        &["--state", "x", "--repository", "y", "--listen", "nowhere"],
    ] {
        assert_eq!(
            server(arguments).unwrap().status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_failure_is_exit_code_one_and_names_the_program() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("file");
    std::fs::write(&file, "no directory").unwrap();
    let path = file.display().to_string();
    let output = server(&["--state", &path, "--repository", "y"]).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("fyr-server: "), "{said}");
}
