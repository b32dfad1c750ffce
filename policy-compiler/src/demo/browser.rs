//! Opening a browser that one pretended device governs, without touching the machine's own policy.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where Debian's Chromium reads its configuration.
const CONFIGURATION: &str = "/etc/chromium";

/// What a person sees first: a site that the second revision closes, and one with a level.
/// Chromium opens none of its own pages, such as `chrome://policy`, from the command line.
const FIRST_PAGES: [&str; 2] = [
    "https://second-revision.example/",
    "https://www.youtube.com/",
];

/// Chromium does not run as root with its sandbox.
const ENTER_AS_ROOT: &str = r#"mount --bind "$1" "$2" && shift 4 && exec "$@" --no-sandbox"#;

/// Only root may mount, so the user is root in the first namespace, and the user again in a second
/// one inside it, where the browser keeps its sandbox.
const ENTER_AS_USER: &str = r#"
mount --bind "$1" "$2" && user=$3 group=$4 && shift 4 &&
exec unshare --user --map-user="$user" --map-group="$group" "$@"
"#;

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
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let enter = if user.is_root() {
        ENTER_AS_ROOT
    } else {
        ENTER_AS_USER
    };
    let child = namespace()
        .args(["sh", "-c", enter, "sh"])
        .arg(device_root.join("etc/chromium"))
        .arg(CONFIGURATION)
        .args([user.as_raw().to_string(), group.as_raw().to_string()])
        .args(["chromium", "--no-first-run"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(FIRST_PAGES)
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
