//! A browser that finds a device's root where the machine's `/etc` stands.
//!
//! The machine's own policy is neither read nor touched: in a mount namespace of its own the browser
//! sees `ROOT/etc/chromium` as `/etc/chromium`, and the rest of `/etc` as it is.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::child::Child;
use crate::network::Entrance;

/// Bound directories follow what the agent renames into them; a bound *file* would not, so single
/// files such as `hosts` are reached through symbolic links.
const ENTER: &str = r#"
set -eu
scratch=$1 root=$2
shift 2
mount --bind /etc "$scratch/machine"
mount --bind "$scratch/etc" /etc
for entry in "$root"/etc/*; do
    if [ -d "$entry" ]; then mount --bind "$entry" "/etc/${entry##*/}"; fi
done
exec "$@"
"#;

/// The machine's `/etc` with a device's laid over it.
#[derive(Debug)]
pub struct Namespace {
    root: PathBuf,
    scratch: TempDir,
}

impl Namespace {
    /// Lays what stands in `ROOT/etc` now over the machine's `/etc`. What changes inside those
    /// directories later is seen; a directory that appears later is not.
    pub fn over(root: &Path) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        fs::create_dir(scratch.path().join("machine"))?;
        let etc = scratch.path().join("etc");
        fs::create_dir(&etc)?;
        let ours = root.join("etc");
        for entry in fs::read_dir(&ours).with_context(|| format!("reading `{}`", ours.display()))? {
            let entry = entry?;
            if entry.path().is_dir() {
                fs::create_dir(etc.join(entry.file_name()))?;
            } else {
                symlink(entry.path(), etc.join(entry.file_name()))?;
            }
        }
        for entry in fs::read_dir("/etc")? {
            let (name, path) = entry.map(|entry| (entry.file_name(), entry.path()))?;
            if fs::symlink_metadata(etc.join(&name)).is_ok() {
                continue;
            }
            // A link of the machine may be relative to `/etc`, so it is repeated, not pointed at.
            let target = match fs::read_link(&path) {
                Ok(target) => target,
                Err(_) => scratch.path().join("machine").join(&name),
            };
            symlink(target, etc.join(name))?;
        }
        Ok(Self {
            root: root.to_owned(),
            scratch,
        })
    }

    /// Starts a program inside, as the first process of a process namespace: when it is killed,
    /// everything it started is killed with it.
    pub fn start(
        &self,
        network: Option<&Entrance>,
        home: &Path,
        program: &Path,
        arguments: &[OsString],
    ) -> Result<Child> {
        let mut line: Vec<OsString> = Vec::new();
        if let Some(network) = network {
            line.extend(["nsenter".into(), network.flag().into(), "--".into()]);
        }
        line.extend(["unshare", "--mount", "--pid", "--fork", "--kill-child"].map(Into::into));
        line.push("--mount-proc".into());
        if !rustix::process::geteuid().is_root() {
            line.push("--map-root-user".into());
        }
        line.extend(["sh", "-c", ENTER, "enter"].map(Into::into));
        line.extend([self.scratch.path().into(), self.root.clone().into()]);
        line.push(program.into());
        line.extend_from_slice(arguments);
        let (first, rest) = line.split_first().context("a command line has a program")?;
        Child::start(Path::new(first), rest, |command| {
            command
                .env("HOME", home)
                .env("TMPDIR", home)
                .env_remove("DBUS_SESSION_BUS_ADDRESS")
                .env_remove("DISPLAY")
                .env_remove("WAYLAND_DISPLAY");
        })
    }
}
