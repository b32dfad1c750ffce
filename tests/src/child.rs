//! A child process: its output is collected, and it never outlives the test.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// The most output kept of one stream; what comes after is read and dropped.
const KEPT: usize = 1 << 20;

/// A running child, killed on drop.
///
/// `setpriv --pdeathsig` makes the kernel kill it when the thread that started it ends, so a test
/// that is killed leaves nothing behind. A child therefore belongs to the thread that started it.
#[derive(Debug)]
pub struct Child {
    name: String,
    running: std::process::Child,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Child {
    /// Starts `program` with `arguments`; `adjust` may set its directory or environment.
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        adjust: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        adjust(&mut command);
        let mut running = command
            .spawn()
            .with_context(|| format!("starting `{}`", program.display()))?;
        let stdout = collect(running.stdout.take());
        let stderr = collect(running.stderr.take());
        Ok(Self {
            name: program.display().to_string(),
            running,
            stdout,
            stderr,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.running.id()
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        lock(&self.stdout).clone()
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        lock(&self.stderr).clone()
    }

    /// Its standard input, to write to or to close.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.running.stdin.take()
    }

    /// Waits until a line of standard output gives `read` something to return.
    pub fn line<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut read: impl FnMut(&str) -> Option<T>,
    ) -> Result<T> {
        self.until(what, limit, |process| {
            Ok(process.stdout().lines().find_map(&mut read))
        })
    }

    /// Waits for `probe` to answer, and fails at once, with standard error, when the child ends.
    pub fn until<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut probe: impl FnMut(&Self) -> Result<Option<T>>,
    ) -> Result<T> {
        wait::until(what, limit, || {
            let found = probe(self)?;
            if found.is_none()
                && let Some(status) = self.running.try_wait()?
            {
                bail!("`{}` ended with {status}", self.name);
            }
            Ok(found)
        })
        .with_context(|| format!("`{}` wrote:\n{}", self.name, self.stderr()))
    }

    /// Ends it as a power cut would, and waits until it and all its children have ended.
    pub fn kill(&mut self) -> Result<()> {
        self.running.kill()?;
        self.running.wait()?;
        self.drained()
    }

    /// Ends it in order, as `systemctl stop` does, and waits until it has ended.
    pub fn end(&mut self) -> Result<Ended> {
        kill_process(Pid::from_child(&self.running), Signal::TERM)?;
        self.wait_here()
    }

    /// Waits for it to end.
    pub fn wait(mut self) -> Result<Ended> {
        self.wait_here()
    }

    fn wait_here(&mut self) -> Result<Ended> {
        drop(self.running.stdin.take());
        let name = self.name.clone();
        let status = wait::until(&format!("the end of `{name}`"), wait::LIMIT, || {
            Ok(self.running.try_wait()?)
        })?;
        self.drained()?;
        Ok(Ended {
            status,
            stdout: self.stdout(),
            stderr: self.stderr(),
        })
    }

    /// Waits until its output is closed and the collectors have read all of it.
    fn drained(&self) -> Result<()> {
        wait::until("the end of its output", wait::LIMIT, || {
            let streams = [&self.stdout, &self.stderr];
            let open = streams.iter().any(|text| Arc::strong_count(text) > 1);
            Ok((!open).then_some(()))
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // If it has ended already, there is nothing to kill.
        let _ = self.kill();
    }
}

impl Ended {
    /// The standard output of a command that succeeded.
    pub fn success(self) -> Result<String> {
        if self.status.success() {
            return Ok(self.stdout);
        }
        bail!(
            "ended with {}\n{}\n{}",
            self.status,
            self.stdout,
            self.stderr
        )
    }
}

/// Runs a command to its end.
pub fn run<A: Into<OsString>>(
    program: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Ended> {
    Child::start(program, arguments.into_iter().map(Into::into), |_| ())?.wait()
}

fn lock(text: &Mutex<String>) -> std::sync::MutexGuard<'_, String> {
    text.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a pipe to its end in a thread of its own, so that the child never blocks on it.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    if let Some(pipe) = pipe {
        let text = Arc::clone(&text);
        thread::spawn(move || {
            let mut lines = BufReader::new(pipe);
            let mut line = Vec::new();
            while lines
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                let mut text = lock(&text);
                if text.len() < KEPT {
                    text.push_str(&String::from_utf8_lossy(&line));
                }
                line.clear();
            }
        });
    }
    text
}
