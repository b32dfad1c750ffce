//! The units that are installed name what the programs really do.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use fyr_fixtures::Replaced as _;
use fyr_tests::binaries::Binary;
use fyr_tests::child::{self, Child};
use fyr_tests::school::School;
use fyr_tests::town::Town;
use fyr_tests::wait;
use walkdir::WalkDir;

#[test]
fn the_agents_unit_waits_for_a_file_that_joining_writes() -> Result<()> {
    let unit = Unit::of(Binary::Agent)?;
    let awaited = unit.value("ConditionPathExistsGlob")?;
    let (directory, pattern) = awaited.rsplit_once('/').context("an absolute path")?;
    let beginning = pattern
        .strip_suffix('*')
        .context("a pattern of a beginning")?;
    let state = format!("/var/lib/{}", unit.value("StateDirectory")?);
    ensure!(directory == state, "{directory} is not {state}");

    let town = Town::new()?;
    let device = town.device()?;
    let written = fs::read_dir(device.device.root().join(directory.trim_start_matches('/')))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    ensure!(
        written.iter().any(|name| name.starts_with(beginning)),
        "{awaited} is not among {written:?}"
    );
    Ok(())
}

#[test]
fn the_agent_writes_only_where_its_unit_lets_it() -> Result<()> {
    let unit = Unit::of(Binary::Agent)?;
    let state = format!("var/lib/{}", unit.value("StateDirectory")?);
    let other = unit.value("ReadWritePaths")?.trim_start_matches('/');
    let town = Town::new()?;
    let device = town.settled_device()?;
    let root = device.device.root();
    for entry in WalkDir::new(root) {
        let entry = entry?;
        let written = entry.path().strip_prefix(root)?;
        ensure!(
            entry.file_type().is_dir() || written.starts_with(&state) || written.starts_with(other),
            "`{}` could not be written under the unit",
            written.display()
        );
    }
    Ok(())
}

#[test]
fn the_servers_unit_starts_it_with_the_credential_that_it_reads() -> Result<()> {
    let unit = Unit::of(Binary::Server)?;
    let credential = unit.value("LoadCredentialEncrypted")?;
    let (credential, _) = credential.split_once(':').context("a name and a file")?;
    let school = School::new()?;
    school.publish(1)?;
    let (keys, passphrase) = school.online_keys()?;
    let (state, credentials) = (tempfile::tempdir()?, tempfile::tempdir()?);
    fs::copy(passphrase, credentials.path().join(credential))?;

    let line = unit.value("ExecStart")?.split_whitespace().skip(1);
    let line = line.map(|word| match word {
        "/var/lib/fyr-server" => state.path().into(),
        "/srv/fyr/repository" => school.repository(),
        "/etc/fyr-server/online-keys" => keys.clone(),
        other => other.into(),
    });
    let line = line.chain(["--listen".into(), "127.0.0.1:0".into()]);
    let mut server = Child::start(&Binary::Server.path()?, line, |command| {
        command.env("CREDENTIALS_DIRECTORY", credentials.path());
    })?;
    server.line("the server to listen", wait::LIMIT, |line| {
        line.starts_with("listening on http://").then_some(())
    })
}

#[test]
fn systemd_finds_no_fault_in_the_units() -> Result<()> {
    let verify = Path::new("/usr/bin/systemd-analyze");
    ensure!(
        verify.exists(),
        "`{}` is missing: `apt-get install systemd`, or `make test`, which does",
        verify.display()
    );
    for binary in [Binary::Agent, Binary::Server] {
        let unit = Unit::of(binary)?;
        // The programs are not installed where the tests run.
        let installed = format!("/usr/bin/{}", binary.name());
        let directory = tempfile::tempdir()?;
        let path = directory.path().join(format!("{}.service", binary.name()));
        let built = binary.path()?.display().to_string();
        fs::write(&path, unit.0.replaced(&installed, &built))?;
        let arguments = ["verify".into(), path.into_os_string()];
        let reported = child::run(verify, arguments)?;
        ensure!(
            reported.status.success() && reported.stderr.is_empty(),
            "{reported:?}"
        );
    }
    Ok(())
}

/// What a unit file says.
struct Unit(String);

impl Unit {
    fn of(binary: Binary) -> Result<Self> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = tests.with_file_name("packaging/systemd");
        let path = path.join(format!("{}.service", binary.name()));
        let unit = Self(fs::read_to_string(&path)?);
        let program = unit.value("ExecStart")?.split(' ').next();
        ensure!(program == Some(format!("/usr/bin/{}", binary.name()).as_str()));
        Ok(unit)
    }

    fn value(&self, name: &str) -> Result<&str> {
        let mut lines = self.0.lines();
        lines
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .with_context(|| format!("the unit sets `{name}`"))
    }
}
