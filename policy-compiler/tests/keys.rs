//! `fyr key`, as an administrator meets it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const PASSPHRASE: &str = "correct horse battery";

#[test]
fn keys_are_made_and_listed() {
    let place = place();
    let made = fyr(
        place.path(),
        &["key", "new", "root", "targets", "--keys", "keys"],
    );
    assert!(made.status.success(), "{made:?}");
    let listed = fyr_bare(place.path(), &["key", "list", "--keys", "keys"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let names: Vec<_> = listed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(names, ["root", "targets"]);
}

#[test]
fn a_key_is_never_overwritten_and_of_several_none_is_made_when_one_exists() {
    let place = place();
    let first = fyr(place.path(), &["key", "new", "root", "--keys", "keys"]);
    assert!(first.status.success(), "{first:?}");
    let before = fs::read(place.path().join("keys/root.pem")).unwrap();
    let again = fyr(
        place.path(),
        &["key", "new", "targets", "root", "--keys", "keys"],
    );
    refused(&again, "`keys/root.pem` exists and is not overwritten");
    assert_eq!(
        fs::read(place.path().join("keys/root.pem")).unwrap(),
        before
    );
    assert!(!place.path().join("keys/targets.pem").exists());
}

#[test]
fn a_passphrase_that_others_can_read_is_refused_before_a_key_is_made() {
    let place = place();
    let file = place.path().join("passphrase");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let made = fyr(place.path(), &["key", "new", "root", "--keys", "keys"]);
    refused(&made, "can be read by others: run `chmod 600`");
    assert!(!place.path().join("keys").exists());
}

#[test]
fn without_a_terminal_and_a_file_no_passphrase_is_asked_for_and_no_key_is_made() {
    let place = place();
    let made = fyr_bare(place.path(), &["key", "new", "root", "--keys", "keys"]);
    refused(
        &made,
        "there is no terminal to ask for the passphrase of root",
    );
}

#[test]
fn the_passphrase_of_an_unattended_run_is_a_systemd_credential() {
    let place = place();
    let credentials = place.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join("fyr-passphrase"), PASSPHRASE).unwrap();
    let made = command(place.path(), &["key", "new", "root", "--keys", "keys"])
        .env("CREDENTIALS_DIRECTORY", &credentials)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn no_option_takes_a_passphrase_and_no_secret_is_printed() {
    let place = place();
    let asked = fyr_bare(
        place.path(),
        &["key", "new", "root", "--passphrase", PASSPHRASE],
    );
    assert!(!asked.status.success());
    let made = fyr(place.path(), &["key", "new", "root", "--keys", "keys"]);
    let printed = [made.stdout, made.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    assert_eq!(printed, "made keys/root.pem\n");
}

#[test]
fn an_unknown_role_is_named_with_those_there_are() {
    let place = place();
    let asked = fyr_bare(place.path(), &["key", "new", "admin", "--keys", "keys"]);
    let reported = String::from_utf8(asked.stderr).unwrap();
    assert!(
        reported.contains("`admin` is not a role: use root, targets"),
        "{reported}"
    );
}

fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let passphrase = place.path().join("passphrase");
    fs::write(&passphrase, format!("{PASSPHRASE}\n")).unwrap();
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    place
}

fn fyr(place: &Path, arguments: &[&str]) -> Output {
    command(place, arguments)
        .args(["--passphrase-file", "passphrase"])
        .output()
        .unwrap()
}

fn fyr_bare(place: &Path, arguments: &[&str]) -> Output {
    command(place, arguments).output().unwrap()
}

fn command(place: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fyr"));
    command
        .args(arguments)
        .current_dir(place)
        .env_remove("CREDENTIALS_DIRECTORY")
        .stdin(Stdio::null());
    command
}

#[track_caller]
fn refused(output: &Output, words: &str) {
    let reported = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it succeeded");
    assert!(reported.contains(words), "{reported}");
}
