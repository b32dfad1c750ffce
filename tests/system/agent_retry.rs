//! What a running agent does when a disk or the path to the server refuses it: it tries again within
//! seconds, and no report is lost.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, ensure};
use fyr_schemas::fleet::{DeviceState, FleetDevice};
use fyr_schemas::report::{
    ControlState, EventKind, FailureReason, Found, Place, Product, StatePart,
};
use fyr_tests::binaries::Binary;
use fyr_tests::child::{self, Child, Ended};
use fyr_tests::municipality::Enrolled;
use fyr_tests::town::{Town, bundle};
use fyr_tests::wait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const CHROMIUM: Place = Place::Chromium(Product::Chromium);

fn fails_for(seen: &FleetDevice, reason: FailureReason) -> bool {
    let failed = ControlState::Failed(reason);
    seen.findings.iter().any(|finding| finding.state == failed)
}

fn has_repaired(seen: &FleetDevice, repaired: Place) -> bool {
    let mut events = seen.events.iter();
    events.any(|event| matches!(event.what, EventKind::Repaired { place, .. } if place == repaired))
}

/// A directory in which not even root can write, until this is dropped.
struct Immutable(PathBuf);

impl Immutable {
    fn make(path: PathBuf) -> Result<Self> {
        chattr("+i", &path)?
            .success()
            .context("this test needs CAP_LINUX_IMMUTABLE: run it as root")?;
        Ok(Self(path))
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        let _is_free = chattr("-i", &self.0);
    }
}

fn chattr(flag: &str, path: &Path) -> Result<Ended> {
    let line: [OsString; 2] = [flag.into(), path.into()];
    child::run(Path::new("chattr"), line)
}

#[test]
fn a_file_that_could_not_be_written_is_written_soon_after_it_can_be() -> Result<()> {
    let town = Town::new()?;
    let mut device = town.settled_device()?;
    let file = device.device.managed().join("fyr.json");
    fs::write(&file, "{}")?;
    // Nothing tells the agent when this directory can be written again.
    let staging = device.device.root().join("etc/chromium/policies/.fyr");
    let immutable = Immutable::make(staging)?;
    let agent = device.run()?;
    // One attempt at the start, and one after the policy was fetched.
    agent.until("both attempts to fail", wait::LIMIT, |agent| {
        let failed = agent.stderr().matches("cannot write /etc/chromium").count();
        Ok((failed >= 2).then_some(()))
    })?;
    town.device_that("the failed repair", |seen| {
        fails_for(seen, FailureReason::NoPermission)
    })?;
    drop(immutable);
    town.device_that("the repair", |seen| {
        seen.state == DeviceState::Compliant && has_repaired(seen, CHROMIUM)
    })?;
    ensure!(fs::read(&file)? != b"{}");
    Ok(())
}

/// Runs the agent of a device whose clock is ahead by as much as `offset` contains, at any time.
fn with_a_clock(device: &Enrolled, offset: &Path) -> Result<Child> {
    let file = format!("FAKETIME_TIMESTAMP_FILE={}", offset.display());
    let mut line: Vec<OsString> = [
        "LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1",
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        &file,
    ]
    .map(Into::into)
    .into();
    line.extend([Binary::Agent.path()?.into(), "--root".into()]);
    line.extend([device.device.root().into(), "run".into()]);
    Child::start(Path::new("env"), line, |_| {})
}

/// When the agent plans its next repair.
fn next_repair(device: &Enrolled) -> Result<Option<Timestamp>> {
    let status = device.agent(&["status", "--json"])?.stdout;
    let status: Value = serde_json::from_str(&status)?;
    let next = status.pointer("/next/repair").and_then(Value::as_str);
    Ok(next.map(str::parse).transpose()?)
}

#[test]
fn a_clock_that_is_set_back_does_not_delay_the_next_repair() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let file = device.device.managed().join("fyr.json");
    fs::write(&file, "{}")?;
    let immutable = Immutable::make(device.device.root().join("etc/chromium/policies/.fyr"))?;
    let offset = town.state().join("offset");
    fs::write(&offset, "+3600")?;
    let mut agent = with_a_clock(&device, &offset)?;
    agent.until(
        "a repair that is planned an hour ahead",
        wait::LIMIT,
        |_| {
            let hour = Timestamp::now() + SignedDuration::from_mins(50);
            Ok(next_repair(&device)?.filter(|next| *next > hour))
        },
    )?;
    fs::write(&offset, "+0")?;
    let failures = |agent: &Child| agent.stderr().matches("cannot write /etc/chromium").count();
    let before = failures(&agent);
    agent.until(
        "an attempt with the clock that is right",
        wait::LIMIT,
        |agent| Ok((failures(agent) > before).then_some(())),
    )?;
    drop(immutable);
    town.device_that("the repair", |seen| {
        seen.state == DeviceState::Compliant && has_repaired(seen, CHROMIUM)
    })?;
    Ok(())
}

/// Runs the agent where the whole root of the device is one full file system, and the Chromium policy
/// is gone. A line on its input prints the status and frees the space.
fn on_a_full_disk(device: &Enrolled) -> Result<Child> {
    const SCRIPT: &str = r#"
set -eu
root=$1 agent=$2
mkdir "$root/disk"
mount -t tmpfs -o size=2m,mode=755 tmpfs "$root/disk"
cp -a "$root/etc" "$root/var" "$root/disk"
mount --bind "$root/disk" "$root"
rm "$root/etc/chromium/policies/managed/fyr.json"
dd if=/dev/zero of="$root/filler" bs=4k 2>/dev/null || true
"$agent" --root "$root" run &
read -r _
"$agent" --root "$root" status || true
rm "$root/filler"
wait
"#;
    let mut line: Vec<OsString> = ["--mount", "--pid", "--fork", "--kill-child"]
        .map(Into::into)
        .into();
    if !rustix::process::geteuid().is_root() {
        line.push("--map-root-user".into());
    }
    line.extend(["sh", "-c", SCRIPT, "full"].map(Into::into));
    line.extend([device.device.root().into(), Binary::Agent.path()?.into()]);
    Child::start(Path::new("unshare"), line, |_| {})
}

#[test]
fn a_full_disk_is_reported_at_once_and_overcome_soon_after_there_is_space() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let mut agent = on_a_full_disk(&device)?;
    town.device_that("the report of the full disk", |seen| {
        seen.state == DeviceState::NonCompliant && fails_for(seen, FailureReason::NoSpace)
    })?;
    let mut input = agent.stdin().context("the script has an input")?;
    writeln!(input, "free the disk")?;
    let seen = town.device_that("the repair", |seen| {
        seen.state == DeviceState::Compliant && has_repaired(seen, CHROMIUM)
    })?;
    ensure!(seen.missing_reports == 0, "{seen:#?}");
    Ok(())
}

#[test]
fn a_new_root_that_cannot_be_stored_is_reported_until_it_is_stored() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.settled_device()?;
    let mut agent = on_a_full_disk(&device)?;
    town.device_that("the report of the full disk", |seen| {
        fails_for(seen, FailureReason::NoSpace)
    })?;
    town.replace_online_keys();
    town.publish(bundle(2)?)?;
    let (part, reason) = (StatePart::Trust, FailureReason::NoSpace);
    let reported = |seen: &FleetDevice, expected: EventKind| {
        seen.events.iter().any(|event| event.what == expected)
    };
    town.device_that("the report that the root is not stored", |seen| {
        reported(seen, EventKind::Unstored { part, reason })
    })?;
    let mut input = agent.stdin().context("the script has an input")?;
    writeln!(input, "free the disk")?;
    town.device_that("the report that all is stored", |seen| {
        seen.state == DeviceState::Compliant && reported(seen, EventKind::StoredAgain)
    })?;
    Ok(())
}

/// Something that answers in the place of the server: the login page of a network, a proxy, or what
/// pretends to be the server.
struct Portal {
    address: SocketAddr,
    /// How many reports each request carried that had some.
    batches: Arc<Mutex<Vec<usize>>>,
    ended: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

/// What a portal answers.
#[derive(Clone, Copy)]
struct Said {
    status: &'static str,
    problem: &'static str,
}

impl Portal {
    /// One that answers everything so.
    fn open(address: SocketAddr, said: Said) -> Result<Self> {
        let listener = wait::until("the address to be free", wait::LIMIT, || {
            Ok(TcpListener::bind(address).ok())
        })?;
        let batches = Arc::<Mutex<Vec<usize>>>::default();
        let ended = Arc::<AtomicBool>::default();
        let serving = thread::spawn({
            let (batches, ended) = (Arc::clone(&batches), Arc::clone(&ended));
            move || {
                for connection in listener.incoming() {
                    if ended.load(Ordering::SeqCst) {
                        return;
                    }
                    // A connection that breaks off is made again.
                    let answered = connection.map_err(Into::into);
                    if let Ok(Some(reports)) = answered.and_then(|it| answer(it, said)) {
                        batches
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(reports);
                    }
                }
            }
        });
        Ok(Self {
            address,
            batches,
            ended,
            serving: Some(serving),
        })
    }
}

impl Portal {
    fn batches(&self) -> Vec<usize> {
        let batches = self.batches.lock();
        batches.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _wakes_it = TcpStream::connect(self.address);
        let _ended = self.serving.take().map(JoinHandle::join);
    }
}

/// Answers one request, and says how many reports it carried, if it was for reports.
fn answer(mut connection: TcpStream, said: Said) -> Result<Option<usize>> {
    connection.set_read_timeout(Some(wait::LIMIT))?;
    let mut request = BufReader::new(connection.try_clone()?);
    let (mut first, mut length) = (String::new(), 0);
    request.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        request.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse()?;
        }
    }
    let mut carried = vec![0; length];
    request.read_exact(&mut carried)?;
    let Said { status, problem } = said;
    let body = json!({"type": problem, "title": "refused"}).to_string();
    write!(
        connection,
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    if !first.starts_with("POST /api/v1/reports ") {
        return Ok(None);
    }
    let reports: Vec<Value> = serde_json::from_slice(&carried)?;
    Ok(Some(reports.len()))
}

#[test]
fn no_report_is_discarded_for_an_answer_that_is_not_our_servers() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.running_device()?;
    let address = town.server().address();
    let drift = EventKind::Drift {
        place: CHROMIUM,
        found: Found::Changed,
    };
    // Each of them would be final from our own server.
    let statuses = [
        "400 Bad Request",
        "413 Content Too Large",
        "422 Unprocessable Content",
    ];
    for (before, status) in statuses.into_iter().enumerate() {
        town.server().kill()?;
        let problem = "about:blank";
        let portal = Portal::open(address, Said { status, problem })?;
        // Renamed, so that the agent never sees the file empty, which is another drift.
        let changed = device.device.root().join("changed");
        fs::write(&changed, "{}")?;
        fs::rename(&changed, device.device.managed().join("fyr.json"))?;
        wait::until("a report to be refused", wait::LIMIT, || {
            Ok((!portal.batches().is_empty()).then_some(()))
        })?;
        drop(portal);
        town.serve_again()?;
        let seen = town.device_that("the report of the drift", |seen| {
            let drifts = seen.events.iter().filter(|event| event.what == drift);
            drifts.count() > before
        });
        let seen = seen.with_context(|| format!("after {status}: {}", device.log()))?;
        ensure!(seen.missing_reports == 0, "after {status}: {seen:#?}");
    }
    Ok(())
}

#[test]
fn reports_go_one_by_one_to_a_server_that_takes_no_batch() -> Result<()> {
    reports_go_one_by_one_after(Said {
        status: "503 Service Unavailable",
        problem: "urn:fyr:problem:busy",
    })
}

#[test]
fn reports_go_one_by_one_over_a_connection_that_is_too_slow_for_a_batch() -> Result<()> {
    reports_go_one_by_one_after(Said {
        status: "408 Request Timeout",
        problem: "urn:fyr:problem:too-slow",
    })
}

fn reports_go_one_by_one_after(said: Said) -> Result<()> {
    let mut town = Town::new()?;
    let device = town.running_device()?;
    let address = town.server().address();
    town.server().kill()?;
    let portal = Portal::open(address, said)?;
    let policy = device.device.managed().join("fyr.json");
    for _ in 0..3 {
        fs::write(&policy, "{}")?;
        wait::until("the repair", wait::LIMIT, || {
            Ok((fs::read(&policy).ok().is_some_and(|it| it != b"{}")).then_some(()))
        })?;
    }
    wait::until("one report after a refused batch", wait::LIMIT, || {
        let mut batches = portal.batches().into_iter().skip_while(|it| *it == 1);
        Ok(batches.any(|it| it == 1).then_some(()))
    })?;
    drop(portal);
    town.serve_again()?;
    let seen = town.device_that("the reports", |seen| has_repaired(seen, CHROMIUM))?;
    ensure!(seen.missing_reports == 0, "{seen:#?}");
    Ok(())
}
