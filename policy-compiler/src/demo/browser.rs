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
    /// The file for the browser's messages could not be made.
    #[error("write `{0}`")]
    Log(PathBuf, #[source] std::io::Error),
    /// The program could not be started.
    #[error("start `unshare`: install util-linux")]
    Start(#[source] std::io::Error),
}

/// The knowledge that a browser can be opened here; [`Ready::here`] alone makes it.
#[derive(Debug)]
pub(crate) struct Ready {
    chromium: PathBuf,
}

impl Ready {
    /// Looks for a browser, a screen and the right to make a namespace.
    pub(crate) fn here() -> Result<Self, BrowserError> {
        let chromium = chromium()
            .filter(|_| Path::new(CONFIGURATION).is_dir())
            .ok_or(BrowserError::NoChromium)?;
        if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
            return Err(BrowserError::NoScreen);
        }
        let tried = namespace()
            .arg("true")
            .output()
            .map_err(BrowserError::Start)?;
        if tried.status.success() {
            Ok(Self { chromium })
        } else {
            let why = String::from_utf8_lossy(&tried.stderr).trim().to_owned();
            Err(BrowserError::NoNamespace(why))
        }
    }

    /// Opens a Chromium in a mount namespace where `device_root`'s policy stands at `/etc/chromium`.
    /// Its profile and its messages lie in `directory`.
    pub(crate) fn open(
        &self,
        device_root: &Path,
        directory: &Path,
    ) -> Result<Browser, BrowserError> {
        let log = directory.join("messages");
        let messages = std::fs::create_dir_all(directory)
            .and_then(|()| std::fs::File::create(&log))
            .map_err(|error| BrowserError::Log(log.clone(), error))?;
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
            .arg(&self.chromium)
            .arg("--no-first-run")
            .arg(format!("--user-data-dir={}", directory.display()))
            .args(FIRST_PAGES)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(messages)
            .spawn()
            .map_err(BrowserError::Start)?;
        Ok(Browser { child, log })
    }
}

/// An open browser; closed when this is dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    child: Child,
    log: PathBuf,
}

impl Browser {
    /// What to say once it has ended on its own; nothing while it is open.
    pub(crate) fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        if status.success() {
            return Some("the browser was closed".to_owned());
        }
        let messages = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last = messages.lines().last().unwrap_or("it said nothing");
        Some(format!("the browser ended with {status}: {last}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have been closed by its user already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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

fn chromium() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join("chromium"))
        .find(|path| path.is_file())
}
