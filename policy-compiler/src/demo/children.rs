//! Running our own programs, and ending by process id what was started.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Why one of our programs did not do its part.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChildError {
    /// This program does not know where it lies.
    #[error("find the directory of this program")]
    OwnPath(#[source] std::io::Error),
    /// A program is missing beside this one.
    #[error(
        "`{0}` is not beside this program: build or install fyr, fyr-agent and fyr-server together"
    )]
    Missing(PathBuf),
    /// A program could not be started.
    #[error("start `{0}`")]
    Start(PathBuf, #[source] std::io::Error),
    /// A program ended with an error.
    #[error("`{command}` failed:\n{stderr}")]
    Failed {
        /// The program and its first arguments.
        command: String,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// A program ended before it was ready.
    #[error("`{0}` ended before it was ready: see `{1}`")]
    NotReady(PathBuf, PathBuf),
    /// The file for a program's messages could not be made.
    #[error("write `{0}`")]
    Log(PathBuf, #[source] std::io::Error),
}

/// The directory that holds `fyr`, `fyr-agent` and `fyr-server`.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    directory: PathBuf,
}

impl Programs {
    /// Looks beside the running program.
    pub(crate) fn beside_this_one() -> Result<Self, ChildError> {
        let own = std::env::current_exe().map_err(ChildError::OwnPath)?;
        let directory = own.parent().map(Path::to_path_buf).unwrap_or_default();
        let programs = Self { directory };
        for name in ["fyr", "fyr-agent", "fyr-server"] {
            programs.path(name)?;
        }
        Ok(programs)
    }

    fn path(&self, name: &str) -> Result<PathBuf, ChildError> {
        let path = self.directory.join(name);
        if path.is_file() {
            Ok(path)
        } else {
            Err(ChildError::Missing(path))
        }
    }

    /// Runs a program to its end and returns what it printed.
    pub(crate) fn run(&self, name: &str, arguments: &[OsString]) -> Result<String, ChildError> {
        let path = self.path(name)?;
        let output = Command::new(&path)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| ChildError::Start(path, error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let first: Vec<_> = arguments
            .iter()
            .take(2)
            .map(|argument| argument.to_string_lossy())
            .collect();
        Err(ChildError::Failed {
            command: format!("{name} {}", first.join(" ")),
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    /// Starts a program that stays, with the environment of its unit and its messages going to `log`.
    pub(crate) fn start(
        &self,
        name: &str,
        arguments: &[OsString],
        unit: &str,
        log: &Path,
    ) -> Result<Running, ChildError> {
        let path = self.path(name)?;
        let messages =
            std::fs::File::create(log).map_err(|error| ChildError::Log(log.to_owned(), error))?;
        let child = Command::new(&path)
            .args(arguments)
            .envs(environment(unit))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(messages)
            .spawn()
            .map_err(|error| ChildError::Start(path.clone(), error))?;
        Ok(Running {
            child,
            path,
            log: log.to_owned(),
        })
    }
}

/// The variables that a unit sets, one a line.
fn environment(unit: &str) -> impl Iterator<Item = (&str, &str)> {
    unit.lines()
        .filter_map(|line| line.strip_prefix("Environment=")?.split_once('='))
}

/// A program that was started and is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    path: PathBuf,
    log: PathBuf,
}

impl Running {
    /// Waits for the line that begins with `prefix` and returns the rest of it.
    pub(crate) fn line_after(&mut self, prefix: &str) -> Result<String, ChildError> {
        let not_ready = || ChildError::NotReady(self.path.clone(), self.log.clone());
        let stdout = self.child.stdout.take().ok_or_else(not_ready)?;
        BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix(prefix).map(str::to_owned))
            .ok_or_else(not_ready)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            // A child that ended on its own cannot be ended again: nothing to do about it.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_sets_one_variable_a_line() {
        let unit = "[Service]\nEnvironment=ONE=1\n# Environment=NO=0\nEnvironment=TWO=a=b\n";
        let found: Vec<_> = environment(unit).collect();
        assert_eq!(found, [("ONE", "1"), ("TWO", "a=b")]);
    }
}
