//! The units that are installed name what the programs really do.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
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
        fs::write(&path, unit.0.replaced_all(&installed, &built))?;
        if binary == Binary::Server {
            // What an administrator copies for a port below 1024 is verified with it.
            let more = path.with_extension("service.d");
            fs::create_dir(&more)?;
            fs::write(more.join("low-port.conf"), Unit::low_port()?.0)?;
        }
        let arguments = ["verify".into(), path.into_os_string()];
        let reported = child::run(verify, arguments)?;
        ensure!(
            reported.status.success() && reported.stderr.is_empty(),
            "{reported:?}"
        );
    }
    Ok(())
}

/// Starts the server on the port of HTTPS as another user, in a network of its own, with the
/// capabilities of these units.
fn listen_on_the_port_of_https(state: &Path, units: &[&Unit]) -> Result<Child> {
    const SCRIPT: &str = r#"
set -eu
ip link set lo up
bounding=$1 ambient=$2
shift 2
exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set "$bounding" \
    --inh-caps "$ambient" --ambient-caps "$ambient" "$@"
"#;
    let capabilities = |name: &str| {
        let set = units.iter().filter_map(|unit| unit.value(name).ok());
        let names = set.flat_map(str::split_whitespace);
        let names = names.map(|it| format!(",+{}", it.trim_start_matches("CAP_").to_lowercase()));
        format!("-all{}", names.collect::<String>())
    };
    fs::set_permissions(state, fs::Permissions::from_mode(0o777))?;
    // The directory of the build may be closed to other users.
    let program = state.join("fyr-server");
    fs::copy(Binary::Server.path()?, &program)?;
    let directory = |name: &str| state.join(name).into_os_string();
    let line = ["--net", "sh", "-c", SCRIPT, "listen"].map(OsString::from);
    let sets = [
        capabilities("CapabilityBoundingSet"),
        capabilities("AmbientCapabilities"),
    ];
    let server = [
        program.into_os_string(),
        "--state".into(),
        directory("state"),
        "--repository".into(),
        directory("repository"),
        "--listen".into(),
        "127.0.0.1:443".into(),
    ];
    let line = line.into_iter().chain(sets.map(Into::into)).chain(server);
    Child::start(Path::new("unshare"), line, |_| {})
}

#[test]
fn the_server_has_the_capability_of_the_port_of_https_only_where_an_administrator_gives_it()
-> Result<()> {
    let unit = Unit::of(Binary::Server)?;
    ensure!(unit.value("CapabilityBoundingSet")?.is_empty());
    let state = tempfile::tempdir()?;
    let refused = listen_on_the_port_of_https(state.path(), &[&unit])?.wait()?;
    ensure!(!refused.status.success(), "{refused:?}");
    ensure!(refused.stderr.contains("127.0.0.1:443"), "{refused:?}");

    let state = tempfile::tempdir()?;
    let mut server = listen_on_the_port_of_https(state.path(), &[&unit, &Unit::low_port()?])?;
    server.line("the server to listen", wait::LIMIT, |line| {
        line.starts_with("listening on http://127.0.0.1:443")
            .then_some(())
    })
}

#[test]
fn the_units_bound_the_memory_of_the_programs() -> Result<()> {
    for binary in [Binary::Agent, Binary::Server] {
        let unit = Unit::of(binary)?;
        unit.value("MemoryMax")?;
    }
    Unit::of(Binary::Server)?.value("MemoryHigh")?;
    Ok(())
}

#[test]
fn no_directory_of_the_package_is_made_inside_one_of_the_servers_user() -> Result<()> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = tests.with_file_name("packaging/systemd/fyr-server.tmpfiles");
    let lines = fs::read_to_string(path)?;
    let lines = lines.lines().filter(|line| line.starts_with("d "));
    let lines: Vec<Vec<&str>> = lines
        .map(|line| line.split_whitespace().collect())
        .collect();
    let owner = |line: &[&str]| line.get(3).copied() == Some("root");
    for line in &lines {
        let inside = lines.iter().filter(|other| {
            let path = line.get(1).map(Path::new);
            let above = other.get(1).map(Path::new);
            path != above
                && path
                    .zip(above)
                    .is_some_and(|(path, above)| path.starts_with(above))
        });
        for above in inside {
            ensure!(owner(above), "{line:?} is inside {above:?}");
        }
    }
    ensure!(lines.len() >= 3, "{lines:?}");
    Ok(())
}

#[test]
fn an_installation_without_systemd_follows_no_link_of_the_servers_user() -> Result<()> {
    const SCRIPT: &str = r#"
set -eu
mount -t tmpfs tmpfs /srv
mount -t tmpfs tmpfs /run
mkdir /run/etc /run/tools
cp /etc/passwd /etc/group /etc/nsswitch.conf /run/etc
mount --bind /run/etc /etc
getent group fyr >/dev/null || echo 'fyr:x:64000:' >>/etc/group
getent passwd fyr >/dev/null || echo 'fyr:x:64000:64000::/:/bin/false' >>/etc/passwd
for tool in sh getent install; do
    ln -s "$(command -v "$tool")" "/run/tools/$tool"
done
mkdir -p /srv/fyr /srv/precious
chown fyr:fyr /srv/fyr
ln -s /srv/precious /srv/fyr/repository
chown -h fyr:fyr /srv/fyr/repository
owner() { stat -c %U "$1"; }
PATH=/run/tools "$(command -v sh)" "$1" configure >&2
echo "$(owner /srv/precious) $(owner /srv/fyr)"
rm /srv/fyr/repository
PATH=/run/tools "$(command -v sh)" "$1" configure >&2
owner /srv/fyr/repository
"#;
    let script = package_script("fyr-server", "postinst");
    let line = ["--mount", "sh", "-c", SCRIPT, "install"].map(OsString::from);
    let line = line.into_iter().chain([script]);
    let printed = child::run(Path::new("unshare"), line)?.success()?;
    assert_eq!(printed, "root root\nfyr\n");
    Ok(())
}

fn package_script(package: &str, name: &str) -> OsString {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scripts = tests.with_file_name("packaging/debian").join(package);
    scripts.join(name).into_os_string()
}

/// Runs a script of a package as `dpkg` does on an upgrade, where systemd runs, and returns the commands
/// that it gives to systemd.
fn upgrade(package: &str) -> Result<String> {
    const SCRIPT: &str = r#"
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/fake
for name in systemctl systemd-sysusers systemd-tmpfiles; do
    printf '#!/bin/sh\necho "%s $*"\n' "$name" > "/run/fake/$name"
    chmod 755 "/run/fake/$name"
done
PATH=/run/fake:$PATH sh "$1" configure 0.0.9
"#;
    let line = ["--mount", "sh", "-c", SCRIPT, "upgrade"].map(OsString::from);
    let line = line
        .into_iter()
        .chain([package_script(package, "postinst")]);
    child::run(Path::new("unshare"), line)?.success()
}

#[test]
fn an_upgrade_ends_the_program_of_the_version_before() -> Result<()> {
    let agent = upgrade("fyr-agent")?;
    ensure!(agent.contains("systemctl restart fyr-agent"), "{agent}");
    // A server that waits for its keys is not started.
    let server = upgrade("fyr-server")?;
    ensure!(
        server.contains("systemctl try-restart fyr-server"),
        "{server}"
    );
    Ok(())
}

#[test]
fn the_packages_contain_the_programs_and_their_units() -> Result<()> {
    let out = tempfile::tempdir()?;
    let programs = Binary::Agent.path()?;
    let programs = programs.parent().context("it is in a directory")?;
    let build = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("packaging/debian/build");
    // The programs of the tests are large, and small packages are not needed here.
    let line: [OsString; 4] = [
        "DPKG_DEB_COMPRESSOR_TYPE=none".into(),
        build.into(),
        programs.into(),
        out.path().into(),
    ];
    let printed = child::run(Path::new("env"), line)?.success()?;
    let packages: Vec<&str> = printed.lines().collect();
    for (name, files) in [
        ("fyr", &["/usr/bin/fyr"][..]),
        (
            "fyr-agent",
            &[
                "/usr/bin/fyr-agent",
                "/usr/lib/systemd/system/fyr-agent.service",
            ],
        ),
        (
            "fyr-server",
            &[
                "/usr/bin/fyr-server",
                "/usr/lib/systemd/system/fyr-server.service",
                "/usr/lib/sysusers.d/fyr-server.conf",
                "/usr/lib/tmpfiles.d/fyr-server.conf",
                "/usr/share/doc/fyr-server/examples/low-port.conf",
            ],
        ),
    ] {
        let start = format!("{}/{name}_", out.path().display());
        let package = packages.iter().find(|path| path.starts_with(&start));
        let package = package.with_context(|| format!("no package {name}: {printed}"))?;
        let contents = child::run(Path::new("dpkg-deb"), ["--contents", package])?.success()?;
        for file in files {
            ensure!(
                contents.contains(&format!(" .{file}\n")),
                "{file}: {contents}"
            );
        }
        let depends = child::run(Path::new("dpkg-deb"), ["--field", package, "Depends"])?;
        ensure!(depends.success()?.starts_with("libc6 (>= 2."), "{name}");
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

    /// What an administrator adds for a port below 1024.
    fn low_port() -> Result<Self> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = tests.with_file_name("packaging/systemd/fyr-server-low-port.conf");
        Ok(Self(fs::read_to_string(path)?))
    }

    fn value(&self, name: &str) -> Result<&str> {
        let mut lines = self.0.lines();
        lines
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .with_context(|| format!("the unit sets `{name}`"))
    }
}
