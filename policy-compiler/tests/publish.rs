//! `fyr publish` and `fyr enrol-token`, as an administrator meets them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fyr_fixtures::Replaced as _;
use fyr_seal::{Published, Repository};
use jiff::Timestamp;

#[path = "publish/clock.rs"]
mod clock;
#[path = "publish/rotate.rs"]
mod rotate;

const ROLES: [&str; 5] = ["root", "targets", "snapshot", "timestamp", "enrolment"];

#[test]
fn a_published_policy_says_what_changes_and_keeps_its_revision_while_it_stays_the_same() {
    let office = Office::with_keys(&ROLES);
    let first = office.publish();
    assert!(first.status.success(), "{first:?}");
    reported(&first, "new: ");
    reported(
        &first,
        "the root is signed too: the repository has no root yet",
    );
    assert_eq!(office.published().revision().0, 1);

    let again = office.publish();
    reported(&again, "unchanged: ");
    assert!(!stderr(&again).contains("changed: \n"), "{again:?}");
    assert_eq!(office.published().revision().0, 1);
}

#[test]
fn nothing_is_published_without_a_terminal() {
    let office = Office::with_keys(&ROLES);
    let asked = office.fyr(&["publish", &office.policy, "--repository", "repository"]);
    refused(&asked, "there is no terminal to ask on");
    assert!(!office.path("repository").exists());
}

#[test]
fn a_missing_key_is_named_with_the_command_that_makes_it() {
    let office = Office::with_keys(&["root", "targets", "snapshot"]);
    refused(
        &office.publish(),
        "holds no key of timestamp enrolment: name",
    );
    reported(
        &office.publish(),
        "`fyr key new timestamp enrolment --keys keys`",
    );
    assert!(!office.path("repository").exists());
}

#[test]
fn a_directory_without_keys_is_reported_as_that() {
    let office = Office::with_keys(&[]);
    fs::create_dir_all(office.path("keys")).unwrap();
    fs::write(office.path("keys/fyr.yaml"), "organisation: x\n").unwrap();
    refused(
        &office.publish(),
        "`keys` holds no keys: name the directory that does",
    );
}

#[test]
fn a_misspelt_repository_is_not_made() {
    let office = Office::with_keys(&ROLES);
    let publish = |repository: &str, more: &[&str]| {
        let arguments = [
            "publish",
            &office.policy,
            "--repository",
            repository,
            "--yes",
        ];
        office.fyr(&[&arguments[..], more].concat())
    };
    refused(
        &publish("repositry", &[]),
        "correct the path, or use `--new`",
    );
    refused(
        &publish("keys", &["--new"]),
        "holds other files and no repository",
    );
    assert!(office.publish().status.success());
    refused(&publish("repository", &["--new"]), "leave out `--new`");
    refused(
        &publish("repositry", &["--new"]),
        "look whether its path is misspelt",
    );
    assert!(!office.path("repositry").exists());
}

#[test]
fn a_wrong_passphrase_publishes_nothing_and_names_the_key() {
    let office = Office::with_keys(&ROLES);
    office.passphrase("another passphrase");
    let published = office.publish();
    refused(&published, "the passphrase does not open this key");
    reported(&published, "keys/root.pem");
    assert!(!stderr(&published).contains("another passphrase"));
    assert!(!office.path("repository/metadata").exists());
}

#[test]
fn the_roots_key_can_be_put_away_after_the_first_publication() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    fs::remove_file(office.path("keys/root.pem")).unwrap();
    let again = office.publish();
    assert!(again.status.success(), "{again:?}");
    let said = String::from_utf8_lossy(&again.stdout);
    let expected = "nothing changes: it stays at revision 1 of ";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn a_policy_with_an_error_is_not_published() {
    let office = Office::with_keys(&ROLES);
    let published = office.fyr(&["publish", "no-such-policy", "--repository", "r", "--yes"]);
    assert!(!published.status.success());
    assert!(!office.path("r").exists());
}

#[test]
fn a_token_lets_a_device_into_its_group_and_no_other() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    let published = office.published();
    let group = published.bundles().into_keys().next().unwrap();
    let written = office.token(group.as_str());
    let line = String::from_utf8(written.stdout).unwrap();
    assert_eq!(line.lines().count(), 1);
    let envelope = fyr_trust::token::parse(&line).unwrap();
    let keys = published.enrolment_keys();
    let token = fyr_trust::token::verify(&envelope, keys, Timestamp::now()).unwrap();
    assert_eq!(token.group, group);
    assert_eq!(&token.root, published.first_root());
}

#[test]
fn a_token_for_a_group_that_is_not_published_is_not_written() {
    let office = Office::with_keys(&ROLES);
    refused(&office.token("anything"), "run `fyr publish`");
    assert!(office.publish().status.success());
    let group = office.published().bundles().into_keys().next().unwrap();
    refused(
        &office.token(&format!("{group}x")),
        &format!("did you mean `{group}`?"),
    );
}

#[test]
fn a_token_is_not_signed_with_a_key_that_no_device_would_find() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    let group = office.published().bundles().into_keys().next().unwrap();
    for file in ["enrolment.pem", "enrolment.pub"] {
        fs::remove_file(office.path("keys").join(file)).unwrap();
    }
    office.make_key("enrolment");
    refused(
        &office.token(group.as_str()),
        "run `fyr publish` with these keys first",
    );
}

#[test]
fn every_key_that_is_added_or_removed_is_shown_before_anything_is_signed() {
    let office = Office::with_keys(&ROLES);
    let hex = |office: &Office| office.published().enrolment_keys().keys.clone();
    reported(&office.publish(), "  root key added: root (");
    let ours = hex(&office).remove(0);
    assert!(!stderr(&office.publish()).contains(" key "));

    office.make_key("enrolment-mallory");
    office.make_key("targets-mallory");
    fs::remove_file(office.path("keys/enrolment.pub")).unwrap();
    let asked = office.fyr(&["publish", &office.policy, "--repository", "repository"]);
    refused(&asked, "there is no terminal to ask on");
    reported(&asked, "  enrolment key added: enrolment-mallory (");
    reported(&asked, &format!("  enrolment key removed: {ours}"));
    reported(&asked, "  targets key added: targets-mallory (");
    assert_eq!(hex(&office), [ours]);
}

#[test]
fn a_repository_put_in_place_of_ours_is_neither_published_to_nor_named_in_a_token() {
    let (office, attacker) = (Office::with_keys(&ROLES), Office::with_keys(&ROLES));
    assert!(office.publish().status.success());
    let group = office.published().bundles().into_keys().next().unwrap();
    // All that is public of ours, under roots of the attacker's own.
    fs::copy(
        office.path("keys/enrolment.pub"),
        attacker.path("keys/enrolment.pub"),
    )
    .unwrap();
    assert!(attacker.publish().status.success());
    fs::remove_dir_all(office.path("repository")).unwrap();
    fs::rename(attacker.path("repository"), office.path("repository")).unwrap();
    let planted = fs::read(office.path("repository/metadata/timestamp.json")).unwrap();

    let words = "is not the repository that the keys belong to";
    let token = office.token(group.as_str());
    refused(&token, words);
    assert!(token.stdout.is_empty());
    refused(&office.publish(), words);

    // Without what the keys remember, nothing is believed either.
    fs::remove_file(office.path("keys/repository.json")).unwrap();
    refused(&office.token(group.as_str()), "no `repository.json` beside");
    refused(&office.publish(), "no `repository.json` beside the keys");
    let kept = fs::read(office.path("repository/metadata/timestamp.json")).unwrap();
    assert_eq!(kept, planted);
}

#[test]
fn a_repository_rolled_back_to_an_older_state_or_to_nothing_is_not_published_to() {
    let mut office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    copy_tree(&office.path("repository"), &office.path("older"));
    office.policy = office.changed_policy();
    let second = office.publish();
    assert!(second.status.success(), "{second:?}");
    assert_eq!(office.published().revision().0, 2);

    fs::remove_dir_all(office.path("repository")).unwrap();
    fs::rename(office.path("older"), office.path("repository")).unwrap();
    refused(
        &office.publish(),
        "is older than what the keys have published",
    );

    fs::remove_dir_all(office.path("repository")).unwrap();
    refused(&office.publish(), "the keys have published before");
    assert!(!office.path("repository").exists());
}

#[test]
fn keys_that_lost_their_memory_adopt_their_repository_only_when_reported_to() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    fs::remove_file(office.path("keys/repository.json")).unwrap();
    refused(&office.publish(), "`fyr publish --adopt-repository`");
    let adopted = office.fyr(&[
        "publish",
        &office.policy,
        "--repository",
        "repository",
        "--yes",
        "--adopt-repository",
    ]);
    assert!(adopted.status.success(), "{adopted:?}");
    assert!(office.publish().status.success());
}

/// An administrator's desk: a policy, keys, and the passphrase that opens them.
struct Office {
    place: tempfile::TempDir,
    policy: String,
}

impl Office {
    fn with_keys(roles: &[&str]) -> Self {
        let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy");
        let office = Self {
            place: tempfile::tempdir().unwrap(),
            policy: policy.to_str().unwrap().to_owned(),
        };
        office.passphrase("correct horse battery");
        for role in roles {
            office.make_key(role);
        }
        office
    }

    fn passphrase(&self, words: &str) {
        let file = self.path("passphrase");
        fs::write(&file, words).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn make_key(&self, role: &str) {
        let made = self.fyr(&["key", "new", role]);
        assert!(made.status.success(), "{made:?}");
    }

    fn publish(&self) -> Output {
        let arguments = [
            "publish",
            &self.policy,
            "--repository",
            "repository",
            "--yes",
        ];
        if self.path("repository/metadata").exists() {
            self.fyr(&arguments)
        } else {
            self.fyr(&[&arguments[..], &["--new"]].concat())
        }
    }

    fn token(&self, group: &str) -> Output {
        let server = "http://127.0.0.1:8470";
        self.fyr(&[
            "enrol-token",
            "--repository",
            "repository",
            "--server",
            server,
            "--group",
            group,
        ])
    }

    /// A copy of the policy with a stricter level.
    fn changed_policy(&self) -> String {
        let copy = self.path("policy");
        copy_tree(Path::new(&self.policy), &copy);
        let rules = copy.join("rules/floor.yaml");
        let text = fs::read_to_string(&rules).unwrap();
        fs::write(&rules, text.replaced("pupils: moderate", "pupils: strict")).unwrap();
        copy.to_str().unwrap().to_owned()
    }

    fn published(&self) -> Published {
        let repository = Repository::at(self.path("repository"));
        repository.published().unwrap().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Runs a subcommand that needs the keys.
    fn fyr(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_fyr"))
            .args(arguments)
            .args(["--keys", "keys", "--passphrase-file", "passphrase"])
            .current_dir(self.place.path())
            .env_remove("CREDENTIALS_DIRECTORY")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

fn copy_tree(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(copied.unwrap().success());
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn reported(output: &Output, words: &str) {
    let reported = stderr(output);
    assert!(reported.contains(words), "{reported}");
}

#[track_caller]
fn refused(output: &Output, words: &str) {
    assert!(!output.status.success(), "it succeeded");
    reported(output, words);
}
