//! An administrator publishes as root, and the server runs as the owner of the repository.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use anyhow::{Result, ensure};
use fyr_tests::binaries::Binary;
use fyr_tests::child::Child;
use fyr_tests::municipality::Municipality;
use fyr_tests::wait;
use walkdir::WalkDir;

/// `nobody`: a user without any right.
const USER: u32 = 65534;

#[test]
fn what_root_publishes_is_renewed_by_a_server_of_another_user_under_every_umask() -> Result<()> {
    ensure!(
        fs::metadata("/proc/self")?.uid() == 0,
        "this test gives files to another user: run it as root, as `make system` does"
    );
    for umask in ["022", "077"] {
        let municipality = Municipality::like("ballerup")?;
        fs::create_dir(municipality.repository())?;
        chown(municipality.repository(), Some(USER), Some(USER))?;
        municipality.publish_under(umask)?;
        for entry in WalkDir::new(municipality.repository()) {
            let entry = entry?;
            let found = entry.metadata()?;
            let path = entry.path().display();
            ensure!(
                (found.uid(), found.gid()) == (USER, USER),
                "{umask}: the owner of {path}"
            );
            let wanted = if found.is_dir() { 0o755 } else { 0o644 };
            let is_lock = entry.file_name() == ".lock";
            let mode = found.mode() & wanted;
            ensure!(
                is_lock || mode == wanted,
                "{umask}: {path} has the mode {mode:o}"
            );
        }
        renews(&municipality, umask)?;
    }
    Ok(())
}

/// Starts the server as [`USER`] and waits until it has renewed.
fn renews(municipality: &Municipality, umask: &str) -> Result<()> {
    let place = tempfile::tempdir()?;
    let (keys, passphrase) = municipality.online_keys(place.path())?;
    for path in WalkDir::new(place.path()) {
        chown(path?.path(), Some(USER), Some(USER))?;
    }
    let above = municipality.repository();
    let above = above.parent().unwrap_or(Path::new("/"));
    fs::set_permissions(above, Permissions::from_mode(0o755))?;
    let mut arguments = ["--reuid", "--regid"]
        .map(|option| format!("{option}={USER}"))
        .to_vec();
    arguments.extend([
        "--clear-groups".to_owned(),
        Binary::Server.path()?.display().to_string(),
    ]);
    for (option, path) in [
        ("--state", place.path().join("state")),
        ("--repository", municipality.repository()),
        ("--online-keys", keys),
        ("--passphrase-file", passphrase),
    ] {
        arguments.extend([option.to_owned(), path.display().to_string()]);
    }
    arguments.extend(["--listen", "127.0.0.1:0"].map(str::to_owned));
    let mut server = Child::start(Path::new("setpriv"), arguments, |_| {})?;
    server.until("the renewal", wait::LIMIT, |server| {
        let log = server.stderr();
        ensure!(
            !log.contains("ERROR") && !log.contains("WARN"),
            "{umask}: {log}"
        );
        Ok(log.contains("metadata renewed").then_some(()))
    })
}
