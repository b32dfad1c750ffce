//! Opening a browser that one pretended device governs, without touching the machine's own policy.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where Debian's Chromium reads its configuration.
const CONFIGURATION: &str = "/etc/chromium";

/// Why no browser can be opened here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrowserError {
    /// No Chromium.
    #[error(
        "there is no Chromium here: install it (`apt-get install chromium`) and run this again"
    )]
    NoChromium,
    /// No screen.
    #[error(
        "there is no screen to open a window on (neither WAYLAND_DISPLAY nor DISPLAY is set): \
         run `fyr demo --browser` in a desktop session"
    )]
    NoScreen,
    /// The kernel or its settings do not let this user make a namespace.
    #[error(
        "this machine does not let you make a mount namespace ({0}): run as root, or allow \
         unprivileged user namespaces (`sysctl kernel.unprivileged_userns_clone=1`)"
    )]
    NoNamespace(String),
    /// The program could not be started.
    #[error("start `unshare`: install util-linux")]
    Start(#[source] std::io::Error),
}

/// An open browser; closed when this is dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    child: Child,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have been closed by its user already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens a Chromium in a mount namespace where `device_root`'s policy stands at `/etc/chromium`.
pub(crate) fn open(device_root: &Path, profile: &Path) -> Result<Browser, BrowserError> {
    if chromium().is_none() || !Path::new(CONFIGURATION).is_dir() {
        return Err(BrowserError::NoChromium);
    }
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        return Err(BrowserError::NoScreen);
    }
    try_namespace()?;
    let chromium_flags = if rustix::process::geteuid().is_root() {
        "--no-sandbox"
    } else {
        ""
    };
    let child = namespace()
        .args(["sh", "-c"])
        .arg(
            "mount --bind \"$1\" \"$2\" && exec chromium $4 --no-first-run \
             --user-data-dir=\"$3\" chrome://policy https://www.youtube.com/",
        )
        .arg("sh")
        .arg(device_root.join("etc/chromium"))
        .arg(CONFIGURATION)
        .arg(profile)
        .arg(chromium_flags)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(BrowserError::Start)?;
    Ok(Browser { child })
}

/// `unshare` with what this user needs for a mount namespace of its own.
fn namespace() -> Command {
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command
}

fn try_namespace() -> Result<(), BrowserError> {
    let tried = namespace()
        .arg("true")
        .output()
        .map_err(BrowserError::Start)?;
    if tried.status.success() {
        Ok(())
    } else {
        Err(BrowserError::NoNamespace(
            String::from_utf8_lossy(&tried.stderr).trim().to_owned(),
        ))
    }
}

fn chromium() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join("chromium"))
        .find(|path| path.is_file())
}
